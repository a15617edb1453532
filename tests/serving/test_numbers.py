"""The numbers of films, those of dates among them, and what lies beyond what was seen of them."""

from greenlight_films.serving.answers import predict
from greenlight_films.serving.catalogue import Catalogue
from greenlight_films.serving.cells import Film


def test_each_number_is_of_its_column_and_stands_at_its_place(of_dates):
    told = [(number.column, number.name, number.part) for number in of_dates.numbers]
    parts = ["year", "season", "season", "age"]
    assert told == [*(("released", f"released {part}", part) for part in parts), ("runtime", "runtime", "")]
    names = of_dates.space.dense_names()
    assert [names[number.index] for number in of_dates.numbers] == [
        "released year",
        "released season sin",
        "released season cos",
        "released age",
        "runtime",
    ]


def test_a_date_beyond_what_was_seen_is_named_by_its_column(of_dates):
    years = of_dates.known.frame["year"][of_dates.known.is_learnt].astype(int)
    ends = {"least": years.min(), "greatest": years.max()}
    films = [Film({"released": "2050-02-01"}), Film({"released": "1990-02-01"}), Film({})]
    far, near, unknown = predict(of_dates, films)
    assert [(each.column, each.part) for each in far.beyond] == [("released", "year"), ("released", "age")]
    assert far.beyond[0].model_dump() == {"column": "released", "part": "year", "value": 2050, **ends}
    assert near.beyond == unknown.beyond == []
    (shape,) = (shape for shape in Catalogue(of_dates).shape().columns if shape.column == "released")
    assert (shape.kind, shape.least, shape.greatest) == ("date", years.min(), years.max())
    assert years.min() < shape.usual < years.max()
