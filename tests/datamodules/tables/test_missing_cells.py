import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from greenlight_films.datamodules.tables.formats import Format, Formats
from greenlight_films.datamodules.tables.missing_cells import (
    find_missing_texts,
    mask_missing,
    may_be_missing,
    means_missing,
    propose_missing,
    uninformative,
)


@pytest.mark.parametrize(
    "word", ["", "N/A", "k. A.", "#DIV/0!", "—", "\\N", "s/d", "TBA", "Unknown", "нет данных", " ", "NR"]
)
def test_words_and_signs_for_nothing_are_known(word):
    assert means_missing(word)


@pytest.mark.parametrize("word", ["0", "no", "88O", "about 2", "*", "nano", "Nana"])
def test_other_words_are_not_taken_for_missing(word):
    assert not means_missing(word)


def missing_in(*texts, name="x"):
    formats, notices = find_missing_texts(pd.DataFrame({name: pd.Series(texts, dtype="str")}), [name], Formats())
    return formats[name].missing, notices


def test_without_empty_cells_a_word_means_missing_and_that_is_a_notice():
    missing, notices = missing_in("NA", "DE", "FR", "DE")
    assert missing is None  # as in any column of texts
    assert notices == [
        "column 'x': 'NA' (1 row) is taken as missing; if it is a value, declare data.missing: {x: ['']}"
    ]
    assert missing_in("Unknown", "War", "Drama", "War")[0] == ("", "Unknown")


def test_a_word_of_another_sort_means_missing_beside_empty_cells_too():
    assert missing_in("NULL", "", "War", "Drama", "War")[1] != []
    assert missing_in("ND", "NC", "TX", "Not Rated") == (None, [])
    assert missing_in("#N/A", "", "War", "Drama", "War") == (("", "#N/A"), [])


def test_in_casts_as_different_as_titles_what_stands_there_often_means_missing():
    casts = [f"Ann {n} Able, Bo Brave, Cy {n}" for n in range(60)]
    missing, notices = missing_in(*casts, *["\\N"] * 5, name="cast")
    assert (missing, notices) == (None, [])  # as in any column of texts
    missing, notices = missing_in(*casts, *["s/d"] * 3, *["Unknown"] * 4, "None", name="cast")
    assert missing == ("", "s/d", "Unknown")
    assert "'Unknown' (4 rows) is taken as missing" in notices[0]
    titles = [f"The Long Night of {n}" for n in range(60)]
    assert missing_in(*titles, "Unknown", "Unknown", "N/A", "?", name="title") == (("",), [])


def test_what_is_declared_is_the_whole_truth():
    frame = pd.DataFrame({"x": ["NA", "War", "", "-"]})
    declared = Formats({"x": Format(missing=("-",))})
    formats, notices = find_missing_texts(frame, ["x"], declared)
    assert (formats["x"], notices) == (Format(missing=("-",)), [])
    assert mask_missing(pa.array(frame["x"], pa.string()), formats["x"]).to_pylist() == ["NA", "War", None, None]


def test_odd_words_that_stand_again_and_again_are_proposed():
    column = pd.Series(["*", "3", "*", "5", "6"], name="x")
    assert propose_missing(column, (column == "*").to_numpy(), 3) == {"*": 2}
    typos = pd.Series(["3O", "3", "3O"])
    assert propose_missing(typos, np.array([True, False, True]), 1) == {}
    assert propose_missing(column, np.array([True, True, True, True, False]), 1) == {}


@pytest.mark.parametrize(
    ("cells", "sentence"),
    [
        ([None, None], "column 'x' is missing in all 2 rows: nothing can be learnt from it"),
        ([1.0, 1.0], "column 'x' is the same, 1, in all 2 rows: nothing can be learnt from it"),
        (["a", "a"], "column 'x' is the same, a, in all 2 rows: nothing can be learnt from it"),
        ([1.0, None], None),
        ([1.0, 2.0], None),
        ([[1], [1]], None),
        ([1.0], None),
    ],
)
def test_a_column_that_tells_nothing_is_named(cells, sentence):
    column = pd.Series(cells, name="x")
    assert uninformative(column, column.isna().to_numpy()) == sentence


@pytest.mark.parametrize(
    ("cells", "expected"),
    [(["Drama", "", None], False), ([None, None], False), (["Drama", " n/a "], True), (["Unknown"], True)],
)
def test_a_column_tells_whether_a_text_may_mean_missing(cells, expected):
    assert may_be_missing(pd.Series(cells, dtype="str")) is expected
