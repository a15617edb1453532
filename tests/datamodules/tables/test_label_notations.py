import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from greenlight_films.datamodules.features import Labels
from greenlight_films.datamodules.tables.label_cells import split_labels
from greenlight_films.datamodules.tables.label_notations import find_notation

NAMES = ["Ann Ode", "Bero Quill", "Cato Wend", "Dara O'Venn", "Edda Tarn", "Filip Orrel", "Gita Hall"]


@settings(max_examples=60, deadline=None, database=None)
@given(
    rows=st.lists(st.lists(st.sampled_from(NAMES), min_size=1, max_size=4, unique=True), min_size=12, max_size=30),
    separator=st.sampled_from([", ", ",", "|", " | ", ";", "; ", " / ", "/", " & ", "\n", " · ", "::", "\t", "、"]),
)
def test_a_separator_of_any_kind_is_found(rows, separator):
    rows = [*rows, NAMES[:2], NAMES[1:4], NAMES[3:5], [NAMES[0], NAMES[2], NAMES[4], NAMES[6]]]
    column = pd.Series([separator.join(row) for row in rows], name="c")
    notation = find_notation(column)
    assert split_labels(column, notation.separators).to_lists() == rows


@pytest.mark.parametrize(
    "cells",
    [
        ["The Good, the Bad", "Love, Actual Love", "Pepi, Luci, Bom", "He Said, She Said", "Alone", "Max, Mon Amour"],
        [
            f"A postman loses letter {n}, looks for it in town {n % 3}, and comes home, where nobody is."
            for n in range(9)
        ],
        [f"{n},{n * 37 % 900 + 100}" for n in range(1, 30)],
        [f"0{n % 9 + 1}/0{n % 7 + 1}/2011" for n in range(30)],
        [f"May {n + 1}, {2010 + n % 4}" for n in range(20)],
        ["(3.4)", "12.1", "(1,250.5)", "(7)"],
        ["Drama", "War", "Drama"],
        [f"{last}, {first}" for first in ("Ann", "Bo", "Cy", "Di") for last in ("Ode", "Fry", "Wend")],
        ["Action & Adventure", "Sci-Fi & Fantasy", "Drama"],
        [28, 12, 30],
        [None, ""],
        [],
    ],
)
def test_titles_sentences_numbers_and_single_values_are_no_labels(cells):
    assert find_notation(pd.Series(cells, name="c")) is None


@pytest.mark.parametrize(
    ("cells", "notation"),
    [
        ([["A", "B"], None, ["C"]], {"format": "list", "key": None, "several": 0.5}),
        ([[{"id": 1, "title": "A"}], [{"id": 2, "title": "B"}]], {"format": "list", "key": "title"}),
        ([{"name": "A", "id": 1}, None], {"format": "list", "key": "name"}),
    ],
)
def test_lists_in_cells_have_a_key_where_they_hold_objects(cells, notation):
    result = find_notation(pd.Series(cells, name="c", dtype=object))
    assert {name: getattr(result, name) for name in notation} == notation


def test_the_arguments_of_a_notation_make_the_feature_that_reads_it():
    crew = [f'[{{"name": "{name}", "job": "Director"}}, {{"name": "B", "job": "Editor"}}]' for name in NAMES]
    notation = find_notation(pd.Series(crew, name="c"))
    assert notation.arguments() == {"format": "json", "where": {"job": "Director"}}
    assert notation.conditions == {"job": {"Director": 7, "Editor": 7}}
    (lists,) = Labels("c", **notation.arguments()).parse(pd.Series(crew, name="c"))
    assert lists.to_lists() == [[name] for name in NAMES]
