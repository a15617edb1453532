import pandas as pd
import pytest

from greenlight_films.datamodules.errors import InputError
from greenlight_films.datamodules.film_table import film_table
from greenlight_films.datamodules.mean_of_rows import MeanOfRows
from greenlight_films.datamodules.tables.formats import Format, Formats
from greenlight_films.datamodules.tables.read_table import Table
from greenlight_films.datamodules.where import parse_condition

REVIEWS = pd.DataFrame({"film": ["a", "b", "a", "b", "a"], "stars": ["1", "2", "3", "4", "5"], "who": list("vwxyz")})


def test_a_condition_is_met_before_rows_are_put_together():
    table = Table(REVIEWS.astype("str"), notices=("read",))
    films, _, notices = film_table(table, parse_condition("stars < 5"), MeanOfRows("film"), Formats())
    assert films.to_dict("list") == {"film": ["a", "b"], "stars": [2.0, 3.0], "n_reviews": [2, 2]}
    first, left_out, shaped = notices
    assert first == "read"
    assert left_out == "data.where leaves out 1 of 5 rows: stars < 5."
    assert shaped == (
        "data.shape: 4 rows become 2 films by film; stars is the mean; left out, for they differ within films and have "
        "no mean: who."
    )


def test_rows_keep_their_numbers_and_formats_that_are_known():
    known = Formats({"stars": Format(decimal=",")})
    films, formats, _ = film_table(Table(REVIEWS), parse_condition("film == 'b'"), None, known)
    assert films.index.tolist() == [1, 3]
    assert formats.of("stars") == Format(decimal=",")


@pytest.mark.parametrize("where", [None, "film is not missing"])
def test_a_table_of_films_stays_as_it_is(where):
    films, *_ = film_table(Table(REVIEWS), parse_condition(where) if where else None, None, Formats())
    assert films.equals(REVIEWS)


def test_a_condition_on_a_column_that_is_not_there_is_refused():
    with pytest.raises(
        InputError, match=r"data\.where: no column 'Film', did you mean 'film'\?; the table has: film, st"
    ):
        film_table(Table(REVIEWS), parse_condition("Film == 'b'"), None, Formats())
