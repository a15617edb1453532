import ast
import json
import re
import unicodedata
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from greenlight_films.datamodules.errors import InputError
from greenlight_films.datamodules.tables import label_cells
from greenlight_films.datamodules.tables.formats import Format
from greenlight_films.datamodules.tables.label_cells import (
    is_nested,
    parse_labels,
    read_labels,
    read_lists,
    read_words,
    split_labels,
)
from greenlight_films.datamodules.tables.read_table import read_table
from tests.cases import cases, check_message
from tests.data.cases.frames import awkward_frames
from tests.datamodules.tables.test_label_lists import unpacked

MOVIES = Path(__file__).parents[3] / "../shared/data/the_movies_dataset"

needs_movies = pytest.mark.skipif(not MOVIES.is_dir(), reason="the slice of The Movies Dataset is not beside this copy")


def column(cells, dtype="str"):
    return pd.Series(cells, name="c", dtype=dtype)


def arrow(cells, kind):
    return column(pa.array(cells, kind).to_pandas(types_mapper=pd.ArrowDtype), pd.ArrowDtype(kind))


def plain_split(cell, separator):
    labels = [unicodedata.normalize("NFC", label.strip()) for label in (cell or "").split(separator)]
    if separator == ", ":
        labels = [label.strip(", ") for label in labels]  # a comma behind the last label has no blank
    return [label for label in labels if label]


@pytest.mark.parametrize(
    ("cells", "dtype", "expected"),
    [
        (["A, B", "  B ", None, "A"], "str", [["A, B"], ["B"], [], ["A"]]),
        (["", "  ", "x\t"], "str", [[], [], ["x"]]),
        (["e\u0301", "é", "\u1100\u1161\u0308"], "str", [["é"], ["é"], ["가\u0308"]]),
        ([1999, 2001], "int64", [["1999"], ["2001"]]),
        ([862.0, None], "float64", [["862"], []]),
        ([862.5, np.inf, 1e300], "float64", [["862.5"], ["inf"], ["1e+300"]]),
        ([1, "drei", None], "object", [["1"], ["drei"], []]),
        ([True, False], "bool", [["True"], ["False"]]),
        *((["2014-05-01", None], kind, [["2014-05-01"], []]) for kind in ("datetime64[ns]", "timestamp[us][pyarrow]")),
        ([None, None], "object", [[], []]),
        ([], "str", []),
    ],
)
def test_a_cell_read_whole_is_one_trimmed_label_in_nfc(cells, dtype, expected):
    assert unpacked(read_labels(column(cells, dtype))) == expected


def test_a_cell_is_split_into_trimmed_labels_in_nfc_none_empty():
    lists = split_labels(
        column([" A ,  B , ", ", , A, , B, ", ",", "\u00a0A\u2003, e\u0301, é", None, "a, A, A"]), ", "
    )
    assert unpacked(lists) == [["A", "B"], ["A", "B"], [], ["A", "é", "é"], [], ["a", "A", "A"]]
    assert lists.codes.dtype == np.int32
    assert sorted(lists.names.to_pylist()) == ["A", "B", "a", "é"]


@pytest.mark.parametrize("separator", ["|", ".", "[a]", "\\"])
def test_a_separator_is_text_and_no_pattern(separator):
    assert unpacked(split_labels(column([f"x{separator}a{separator}y"]), separator)) == [["x", "a", "y"]]


@settings(max_examples=100, deadline=None, database=None)
@given(
    cells=st.lists(
        st.none()
        | st.text(
            st.sampled_from("aAé e\u0301\u00a0,|")
            | st.characters(exclude_categories=["Cs", "Cn"], exclude_characters="()…»")
        )
    ),
    separator=st.sampled_from([",", ", ", "|", "a", "  "]),
)
@example(cells=[",0"], separator=", ")
def test_splitting_agrees_with_plain_python(cells, separator):
    lists = split_labels(column(cells), separator, Format(missing=()))
    expected = [plain_split(cell, separator) for cell in cells]
    assert unpacked(lists) == expected
    assert [sorted(row) for row in unpacked(lists.distinct())] == [sorted(set(row)) for row in expected]
    assert unpacked(lists.at(1)) == [row[1:2] for row in expected]


def test_chunks_and_slices_of_a_column_change_nothing():
    whole = column(["A, B", None, "B", ", ", "C, A"] * 3)
    expected = unpacked(split_labels(whole, ", "))
    assert unpacked(split_labels(pd.concat([whole[:4], whole[4:9], whole[9:]]), ", ")) == expected
    assert unpacked(split_labels(whole[3:11], ", ")) == expected[3:11]


OBJECTS = pa.list_(pa.struct({"name": pa.string()}))


@pytest.mark.parametrize(
    "cells",
    [
        *(
            arrow([["A ", "B"], None, ["e\u0301", None], ["", "B, C"]], kind)
            for kind in (pa.list_(pa.string()), pa.large_list(pa.large_string()), pa.list_(pa.string(), 2))
        ),
        arrow([[{"name": "A"}, {"name": "B"}], None, [{"name": "é"}], [{"name": "B, C"}]], OBJECTS),
        column([["A", "B"], None, ("é", np.nan), np.array(["B, C"])], "object"),
        column([[{"name": "A", "id": 1}, {"name": "B"}], pd.NA, {"name": "é"}, ["B, C"]], "object"),
        column([{"B", "A"}, float("nan"), "é", ("B, C",)], "object"),
        column([["A", None, "B"], None, frozenset({"é"}), pd.Series(["B, C"])], "object"),
    ],
)
def test_a_cell_that_holds_a_list_is_taken_as_it_is(cells):
    assert is_nested(cells)
    assert unpacked(read_lists(cells, "name")) == [["A", "B"], [], ["é"], ["B, C"]]
    assert unpacked(read_lists(cells[1:3], "name")) == [[], ["é"]]


@pytest.mark.parametrize("cell", [[["A"]], [b"A"], ["\ud800"], [pd.Timestamp("2001-01-01")]])
def test_a_cell_without_a_list_of_labels_is_refused_by_row_and_value(cell):
    message = "column 'c' must hold lists of texts or of objects with the key 'name', row 3 has "
    with pytest.raises(InputError, match=re.escape(message + repr(str(cell)[:80]))):
        read_lists(column([None, ["A"], cell], "object"), "name")


@pytest.mark.parametrize("cell", [[{"nom": "A", "id": 7}], {"nom": "A", "id": 7}])
def test_objects_without_the_key_are_refused_with_the_keys_that_they_have(cell):
    message = "column 'c' must hold objects with the key 'name', they have nom, id, row 3 has "
    with pytest.raises(InputError, match=re.escape(message) + r".*; set `key` to one of these keys"):
        read_lists(column([None, ["A"], cell], "object"), "name")


def test_only_the_objects_of_a_condition_are_labels():
    crew = [{"name": "A", "job": "Director"}, {"name": "B", "job": "Editor"}, {"job": "Editor"}]
    where = {"job": "Director"}
    assert unpacked(read_lists(column([crew, [], None, [crew[1]]], "object"), "name", where)) == [["A"], [], [], []]
    assert unpacked(parse_labels(column([str(crew), None]), "python", "name", Format(), where)) == [["A"], []]


def test_the_frames_of_the_cases_hold_the_same_casts():
    expected = unpacked(split_labels(awkward_frames.clean()["cast"], "|"))
    assert len(expected) == 24
    for name in ("lists", "mixed_lists", "dictionaries"):
        assert unpacked(read_lists(getattr(awkward_frames, name)()["cast"], "name")) == expected
    for name in ("categoricals", "nullable", "arrow", "objects"):
        assert unpacked(split_labels(getattr(awkward_frames, name)()["cast"], "|")) == expected
    with pytest.raises(InputError) as error:
        read_lists(awkward_frames.nested_frames()["cast"], "name")
    (case,) = (case for case in cases("frames") if case["file"].endswith("::nested_frames"))
    check_message(str(error.value), case["expect"]["message"])


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("Don’t LOOK -- don't", ["don't", "look"]),
        ("'Quoted' well-known (2nd)film/1999; a—b", ["quoted", "well-known", "2nd", "film", "1999", "a", "b"]),
        ("Été ÉTÉ e\u0301te\u0301 ÄÖÜSS Ещё раз", ["été", "äöüss", "ещё", "раз"]),
        ("- ' -- '- end-", ["end"]),
        ("N/A", []),
        ("", []),
        (None, []),
    ],
)
def test_words_are_small_letters_once_a_cell_with_hyphens_and_apostrophes_between(cell, words):
    assert read_words(column([cell, "another one"])).to_lists() == [words, ["another", "one"]]


@needs_movies
def test_words_agree_with_plain_python_on_real_overviews():
    cells = read_table(str(MOVIES / "movies_metadata.csv"))["overview"].head(300)
    word = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
    expected = [list(dict.fromkeys(word.findall(str(cell).lower().replace("’", "'")))) for cell in cells.fillna("")]
    assert read_words(cells).to_lists() == expected


@pytest.mark.parametrize("read", [read_labels, lambda cells, format: split_labels(cells, "|", format)])
def test_texts_that_mean_missing_are_no_labels(read):
    cells = column(["A", "NA", " None ", "null", "-"])
    assert unpacked(read(cells, Format())) == [["A"], [], [], [], ["-"]]
    assert unpacked(read(cells, Format(missing=("-",)))) == [["A"], ["NA"], ["None"], ["null"], []]


@pytest.mark.parametrize(
    ("cell", "labels"),
    [
        ("A, B and C", ["A", "B", "C"]),
        ("A, B, and C", ["A", "B", "C"]),
        ("A and B", ["A", "B"]),
        ("Ferdinand, Sandy", ["Ferdinand", "Sandy"]),
    ],
)
def test_a_comma_and_a_word_separate_the_names_of_a_sentence(cell, labels):
    assert unpacked(split_labels(column([cell, None]), [", ", " and "])) == [labels, []]


@pytest.mark.parametrize("cells", [arrow([["A"]], pa.list_(pa.string())), column([["A"], "A"], "object")])
def test_a_list_is_no_text(cells):
    with pytest.raises(InputError, match="column 'c' must hold one text a cell, got lists or objects; use Labels"):
        read_labels(cells)


@pytest.mark.parametrize(
    ("cell", "labels"),
    [
        ('["A", "B"]', ["A", "B"]),
        ('[{"id": 1, "name": "A"}, {"id": 2, "name": " B "}]', ["A", "B"]),
        *(
            ('{"name": "A"}', ["A"]),
            ('"A"', ["A"]),
            ("[]", []),
            ("[1, 2.5, 3.0]", ["1", "2.5", "3"]),
            (None, []),
            ("A", ["A"]),
        ),
    ],
)
@pytest.mark.parametrize(("literal", "nothing"), [("json", "null"), ("python", "None")])
def test_a_literal_is_a_list_of_texts_or_of_objects(cell, labels, literal, nothing):
    cells = column(["[]", cell, '["Z"]', cell, nothing])
    assert unpacked(parse_labels(cells, literal, "name")) == [[], labels, ["Z"], labels, []]


@pytest.mark.parametrize(
    ("literal", "cell"),
    [
        *(("python", cell) for cell in ("A, B", "[A]", "['A'", "[['A']]", "{'A'", "('A' 'B'", "[print('A')]")),
        *(("python", cell) for cell in ("(__import__('os').getcwd())", "(" * 5000, "{[]: 1}")),
        *(("json", cell) for cell in ("['A']", '["\\ud800"]', "[[1]]")),
    ],
)
def test_a_cell_that_is_no_such_literal_is_refused_by_row_and_value(literal, cell):
    message = (
        f"column 'c' must hold lists in {literal} format of texts or of objects with the key 'name', rows 3, 4 have "
        f"{cell[:80]!r} (2 rows); escape a quote that stands within a text, or correct the cell, or declare it "
    )
    with pytest.raises(InputError, match=re.escape(message)):
        parse_labels(column([None, '["A"]', cell, cell]), literal, "name")


@needs_movies
@pytest.mark.parametrize(
    ("file", "name", "key"),
    [
        ("movies_metadata", "genres", "name"),
        ("movies_metadata", "belongs_to_collection", "name"),
        ("credits", "crew", "job"),
    ],
)
def test_python_literals_of_the_movies_dataset_give_the_labels_of_plain_python(file, name, key):
    cells = read_table(str(MOVIES / f"{file}.csv"))[name]
    parsed = [[] if pd.isna(cell) else ast.literal_eval(cell) for cell in cells]
    texts = [[str(item[key]) for item in (items if isinstance(items, list) else [items])] for items in parsed]
    expected = [[label for text in row for label in plain_split(text, "\0")] for row in texts]
    assert sum(map(len, expected)) > 50
    assert unpacked(parse_labels(cells, "python", key)) == expected
    assert unpacked(parse_labels(column([json.dumps(items) for items in parsed]), "json", key)) == expected


@pytest.mark.parametrize("in_chunks", [False, True])
def test_lists_are_the_same_whether_read_at_once_or_in_pieces(monkeypatch, in_chunks):
    rng = np.random.default_rng(3)
    names = np.array(["Ann", " Ann ", "Bo", "Zoe\u0301", "Zoé", "", *(f"P{number}" for number in range(40))])
    cells = [None if rng.random() < 0.1 else rng.choice(names, rng.integers(0, 6)).tolist() for _ in range(200)]
    kind = pa.list_(pa.string())
    parts = [pa.array(cells[:70], kind), pa.array(cells[70:], kind)] if in_chunks else [pa.array(cells, kind)]
    lists = pd.Series(pd.arrays.ArrowExtensionArray(pa.chunked_array(parts)), name="cast")
    whole = read_lists(lists, "name")
    monkeypatch.setattr(label_cells, "ROWS_AT_ONCE", 13)
    pieces = read_lists(lists, "name")
    assert whole.names.to_pylist() == pieces.names.to_pylist()
    assert len(whole.names) == 43
    for part in ("codes", "offsets"):
        assert getattr(whole, part).tolist() == getattr(pieces, part).tolist()
        assert getattr(whole, part).dtype == getattr(pieces, part).dtype
