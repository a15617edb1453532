import numpy as np
import pandas as pd
import pytest

from greenlight_films.datamodules.encoder import FilmEncoder
from greenlight_films.datamodules.errors import InputError
from greenlight_films.datamodules.feature_sets import feature_sets
from greenlight_films.datamodules.features import Date, Number
from greenlight_films.datamodules.tables.formats import Format, Formats
from tests.datamodules.features.encoded import fitted, rows_of

ALL = ["year", "season", "weekday", "age"]
CELLS = ["12 June 1994", "1994", "June 1996", None, "3 May 2001", "24 December 2030"]
TRAIN = [0, 1, 2, 3, 4]


def test_each_part_is_what_the_date_tells():
    blocks, parts = fitted(Date("released", ALL), CELLS, TRAIN)
    assert [block.names() for block in blocks[:-2]] == [
        ["released year"],
        ["released year is missing"],
        ["released season sin"],
        ["released season cos"],
        ["released season is missing"],
    ]
    year, no_year, sin, cos, no_season, weekday, age = parts
    assert year.unscaled[:, 0].tolist() == [1994, 1994, 1996, 1995, 2001, 2030]
    assert no_year.values[:, 0].tolist() == [0, 0, 0, 1, 0, 0]
    assert no_season.values[:, 0].tolist() == [0, 1, 0, 1, 0, 0]
    days = np.array([162, 166, 122, 357]) / 365.2425  # of a month its middle
    np.testing.assert_allclose(sin.unscaled[[0, 2, 4, 5], 0], np.sin(2 * np.pi * days))
    np.testing.assert_allclose(cos.unscaled[[0, 2, 4, 5], 0], np.cos(2 * np.pi * days))
    assert rows_of(weekday, blocks[5]) == [["Sunday"], [], [], [], ["Thursday"], []]
    assert weekday.unseen.tolist() == [0, 0, 0, 0, 0, 1]  # no training row is of a Tuesday
    latest = pd.Timestamp("2001-05-03")
    ages = [(latest - pd.Timestamp(day)).days / 365.2425 for day in ("1994-06-12", "1994-07-02", "1996-06-15")]
    np.testing.assert_allclose(age.unscaled[:3, 0], ages)
    assert age.unscaled[4, 0] == 0
    assert age.unscaled[5, 0] < -29  # later than all training rows
    for part in (year, sin, cos, age):
        np.testing.assert_allclose(part.values[TRAIN].mean(), 0, atol=1e-6)


def test_december_is_near_january_and_far_from_june():
    _, (sin, cos) = fitted(Date("x", ["season"]), ["1994-12-28", "1995-01-03", "1995-06-30"])
    points = np.hstack([sin.unscaled, cos.unscaled])
    near, far = np.linalg.norm(points[0] - points[1]), np.linalg.norm(points[0] - points[2])
    assert near < 0.15 < 1.9 < far


def test_a_mark_that_would_say_the_same_as_another_is_left_out():
    blocks, _ = fitted(Date("x", ["year", "season", "age"]), ["1994-12-28", None, "1995-06-30"])
    assert [block.names()[0] for block in blocks] == [
        "x year",
        "x year is missing",
        "x season sin",
        "x season cos",
        "x age",
    ]


def test_the_medians_are_those_of_a_film_with_known_parts():
    encoder = FilmEncoder([Number("n"), Date("released", ALL)])
    frame = pd.DataFrame({"released": CELLS, "n": np.arange(6.0)})
    encoded = encoder.fit_encode(frame, np.array(TRAIN))
    medians = encoder.at_medians()
    names = encoder.space.dense_names()
    assert len(medians) == len(names) == encoder.space.n_dense == len(encoder.space.in_logarithms())
    missing = [name.endswith("is missing") for name in names]
    assert medians[missing].tolist() == [0, 0]
    np.testing.assert_array_equal(medians[1:][~np.array(missing[1:])], encoded.dense[3, 1:][~np.array(missing[1:])])


def test_all_parts_of_a_date_are_shuffled_together_as_its_column():
    encoder = FilmEncoder([Date("released", ALL), Number("n")])
    encoder.fit_encode(pd.DataFrame({"released": CELLS, "n": np.arange(6.0)}), np.array(TRAIN))
    column = next(part for part in feature_sets(encoder.space, {}) if (part.name, part.level) == ("released", "column"))
    assert [encoder.space.dense_names()[index] for index in column.dense] == encoder.space.dense_names()[:-1]
    assert len(column.labels) == encoder.space.n_labels == 2


def test_new_films_are_read_as_the_table_was():
    formats = Formats({"released": Format(day_first=True)})
    encoder = FilmEncoder([Date("released", ["year", "season"])], formats=formats)
    encoder.fit_encode(pd.DataFrame({"released": ["03/04/2011", "25/12/2012"]}), np.array([0, 1]))
    restored = FilmEncoder.from_space(encoder.space, encoder.formats)
    new = restored.encode(pd.DataFrame({"released": ["05/06/2013"]}))
    np.testing.assert_allclose(new.unscaled[0, 1], np.sin(2 * np.pi * 155 / 365.2425))


@pytest.mark.parametrize("parts", [[], ["yer"], ["year", "year"]])
def test_parts_that_are_none_are_refused(parts):
    with pytest.raises(InputError, match=r"'x': `parts` must be (some|a list) of year, season, weekday, age.*, got \["):
        Date("x", parts)


def test_years_and_ages_are_encoded_as_a_number_and_seasons_as_they_are():
    cells = [f"{year}-0{1 + year % 9}-01" for year in range(1990, 2020)]
    blocks, parts = fitted(Date("x", ["year", "season", "age"], encoding="periodic", sigma=1.0), cells)
    assert [block.fitted.get("encoding") for block in blocks] == [{"sigma": 1.0}, None, None, {"sigma": 1.0}]
    (number,), _ = fitted(Number("x", encoding="piecewise"), [int(cell[:4]) for cell in cells])
    (year,), same = fitted(Date("x", ["year"], encoding="piecewise"), cells)
    assert year.fitted["encoding"] == number.fitted["encoding"]
    np.testing.assert_array_equal(parts[0].values, same[0].values)
    with pytest.raises(InputError, match="column 'x': `sigma` must be above 0, got -1"):
        Date("x", sigma=-1)


def test_a_part_that_no_training_row_tells_is_refused():
    with pytest.raises(InputError, match="column 'x' has no date in the 1 training rows; leave it out"):
        fitted(Date("x"), ["N/A", "1994"], train=[0])
    with pytest.raises(InputError, match="column 'x season sin' has no value in the 2 training rows; leave it out"):
        fitted(Date("x"), ["1995", "1994"])
