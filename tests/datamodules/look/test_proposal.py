import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from greenlight_films.datamodules.errors import InputError
from greenlight_films.datamodules.look.column import ColumnLook
from greenlight_films.datamodules.look.kinds import look_at_columns
from greenlight_films.datamodules.look.proposal import (
    choose_target,
    possible_targets,
    propose_feature,
    propose_target,
    says_row_number,
)
from greenlight_films.datamodules.tables.formats import Formats
from greenlight_films.datamodules.tables.label_cells import split_labels
from greenlight_films.datamodules.tables.label_notations import Notation

FLAT = np.array([1.0, 2, 3, 4])
LONG_TAILED = np.array([1.0] * 97 + [100.0] * 3)
CAST = split_labels(pd.Series(["A|B", "A"], dtype="str"), "|")


@pytest.mark.parametrize(
    ("column", "name", "arguments"),
    [
        (ColumnLook("x", "number", FLAT), "Number", {"column": "x"}),
        (ColumnLook("x", "number", LONG_TAILED), "Number", {"column": "x", "log1p": True}),
        (ColumnLook("x", "number", -LONG_TAILED), "Number", {"column": "x"}),
        (ColumnLook("x", "money", FLAT), "Number", {"column": "x", "log1p": True}),
        (ColumnLook("x", "year", FLAT + 1990), "Number", {"column": "x"}),
        (ColumnLook("x", "category", pa.array(["a", "b"])), "Category", {"column": "x"}),
        (
            ColumnLook("cast", "labels", CAST, notation=Notation("text", ("|",)), role="actor"),
            "Labels",
            {"column": "cast", "separator": "|", "role": "actor"},
        ),
        (
            ColumnLook("star", "labels", CAST, notation=Notation("text"), sources=("star_1", "star_2")),
            "Labels",
            {"column": "star", "from_columns": ["star_1", "star_2"]},
        ),
    ],
)
def test_a_column_becomes_the_feature_of_its_kind(column, name, arguments):
    proposed = propose_feature(column)
    assert (proposed.name, proposed.arguments) == (name, arguments)
    assert proposed.feature().column == column.name


@pytest.mark.parametrize(
    ("year", "last", "parts"),
    [
        ("({})", "(2011)", ["year"]),
        ("{}年", "2011年", ["year"]),
        ("c. {}", "2011", ["year"]),
        ("{} (USA)", "June 2011", ["year"]),
        ("{}", "2011–2014", ["year"]),
        ("{}-05", "2011", ["year", "season"]),
    ],
)
def test_of_a_year_in_any_notation_no_season_is_proposed_and_its_encoding_has_a_value(year, last, parts):
    texts = [*(year.format(1990 + row % 9) for row in range(39)), last]
    frame = pd.DataFrame({"Year": pd.Series(texts, dtype="str")})
    (column,) = look_at_columns(frame, Formats())
    proposed = propose_feature(column)
    if proposed.name == "Date":
        assert proposed.arguments == {"column": "Year", "parts": parts}
    feature = proposed.feature()
    assert feature.fit(feature.parse(frame["Year"]), np.arange(30))
    assert any("spans of time" in notice for notice in column.notices) == ("–" in last)


@pytest.mark.parametrize(
    "column",
    [
        ColumnLook("x", "title", pa.array(["a", "b"])),
        ColumnLook("x", "number", FLAT, left_out="an id"),
        ColumnLook("x", "number", FLAT, fault="must hold numbers"),
        ColumnLook("x", "number", np.array([*[np.nan] * 99, 1.0])),
    ],
)
def test_titles_faults_and_nearly_empty_columns_become_nothing(column):
    assert propose_feature(column) is None


TARGETS = [
    ColumnLook("year", "year", FLAT),
    ColumnLook("budget", "money", FLAT),
    ColumnLook("votes", "number", FLAT),
    ColumnLook("gross", "money", FLAT),
    ColumnLook("rating", "number", FLAT),
    ColumnLook("revenue", "money", FLAT, fault="two currencies"),
    ColumnLook("genre", "category", pa.array(["a"] * 4)),
]


def test_ratings_come_before_money_and_money_before_counts_of_votes():
    assert possible_targets(TARGETS) == ["rating", "gross", "votes"]
    assert choose_target(TARGETS, None) == "rating"
    assert choose_target(TARGETS[:2], None) is None
    assert choose_target(TARGETS, "budget") == "budget"


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("ratng", "no column 'ratng', did you mean 'rating'\\? Numbers are: year, budget, votes"),
        ("genre", "must be a column of numbers, got 'genre' of kind category. Numbers are: year"),
    ],
)
def test_a_target_that_is_no_number_is_refused_with_those_that_are(target, message):
    with pytest.raises(InputError, match=message):
        choose_target(TARGETS, target)
    with pytest.raises(InputError, match="Numbers are: none"):
        choose_target(TARGETS[-1:], target)


def test_a_column_that_says_the_same_of_all_films_is_no_target():
    votes = ColumnLook("votes", "number", np.array([100.0, np.nan, 100, 100]))
    empty = ColumnLook("ratings", "number", np.full(4, np.nan))
    counted = ColumnLook("reviews", "number", FLAT, left_out="as asked")
    columns = [votes, empty, counted, *TARGETS[:1]]
    assert possible_targets(columns) == []
    with pytest.raises(InputError, match="got 'votes', which is 100 wherever it is known: there is nothing to learn"):
        choose_target(columns, "votes")
    with pytest.raises(InputError, match="got 'ratings', which is empty: there is nothing to learn"):
        choose_target(columns, "ratings")
    assert choose_target(columns, "reviews") == "reviews"


@pytest.mark.parametrize(
    ("column", "arguments"),
    [
        (ColumnLook("gross", "money", FLAT, "EUR"), {"column": "gross", "transform": "log1p", "unit": "EUR"}),
        (ColumnLook("profit", "money", FLAT - 2, "EUR"), {"column": "profit", "unit": "EUR"}),
        (ColumnLook("rating", "number", FLAT), {"column": "rating"}),
    ],
)
def test_money_that_is_never_negative_is_predicted_in_logarithms(column, arguments):
    assert propose_target(column).arguments == arguments


@pytest.mark.parametrize(
    ("names", "target"),
    [
        (["Platz", "Besucher", "Einspielergebnis", "Wertung"], "Wertung"),
        (["Platz", "Besucher", "Einspielergebnis"], "Einspielergebnis"),
        (["排名", "评价人数", "评分"], "评分"),
        (["Rank", "Gross", "Opening"], "Gross"),
        (["Platz", "Сборы", "Рейтинг"], "Рейтинг"),
    ],
)
def test_the_likeliest_target_is_known_by_its_name_in_several_languages_and_is_no_rank(names, target):
    frame = pd.DataFrame({name: pd.Series([str(7 * row) for row in range(3, 20)], dtype="str") for name in names})
    targets = possible_targets(look_at_columns(frame, Formats()))
    assert targets[0] == target
    assert names[0] not in targets


@pytest.mark.parametrize(
    ("values", "kept", "counts"),
    [
        (np.arange(1, 11), range(1, 11), True),
        (np.arange(10), range(1, 11), True),
        (np.arange(10), range(1, 99), True),  # of films that a shape made
        (np.arange(1, 20, 2), range(1, 20, 2), True),  # other rows are no films
        (np.arange(1, 20, 2), range(1, 11), False),
        (np.arange(10, 0, -1), range(1, 11), False),
        (np.arange(2, 12), range(1, 11), False),
        (np.arange(1, 10), range(1, 10), False),
        ([1.0, np.nan, *range(3, 11)], range(1, 11), False),
    ],
)
def test_a_column_that_says_where_a_row_stands_counts_the_rows(values, kept, counts):
    assert says_row_number(ColumnLook("film_no", "number", np.array(values, float)), list(kept)) == counts
