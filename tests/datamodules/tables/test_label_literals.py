import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from greenlight_films.datamodules.tables.label_literals import FAULTS, items_of, looks_like_a_list

TEXTS = st.lists(st.text(st.sampled_from("Ab é'\"\\,{}[]()0") | st.characters(exclude_categories=["Cs", "Cc"])))


def postgres(items):
    quoted = ['"' + item.replace("\\", "\\\\").replace('"', '\\"') + '"' for item in items]
    return "{" + ",".join(quoted) + "}"


WRITERS = {
    "json": json.dumps,
    "json_twice": lambda items: json.dumps(json.dumps(items)),
    "python": repr,
    "numpy_array": lambda items: "[" + " ".join(map(repr, items)) + "]",
    "postgres": postgres,
}


@pytest.mark.parametrize("format", WRITERS)
@settings(max_examples=100, deadline=None, database=None)
@given(items=TEXTS)
def test_a_list_in_any_format_is_read_back(format, items):
    assert items_of(WRITERS[format](items), format) == items


@settings(max_examples=50, deadline=None, database=None)
@given(items=st.lists(st.text(st.sampled_from("Ab é'"), min_size=1).map(str.strip).filter(len), min_size=1))
def test_names_in_bare_brackets_are_read_back(items):
    assert items_of("[" + ", ".join(items) + "]", "bare_brackets") == items


@pytest.mark.parametrize(
    ("cell", "format", "items"),
    [
        *((cell, "python", ["B", "A"]) for cell in ("{'B', 'A'}", "('B', 'A')", "frozenset({'B', 'A'})", "['B' 'A']")),
        *((cell, "python", []) for cell in ("set()", "()", "[]", "None")),
        *((cell, "python", ["A"]) for cell in ("('A',)", "A", "'A'")),
        ("[nan, 'A']", "python", [None, "A"]),
        ("\"['A', 'B']\"", "python", ["A", "B"]),
        (str(np.array(["O'Venn", "B C"])), "numpy_array", ["O'Venn", "B C"]),
        (str(np.array([28, 12])), "numpy_array", [28, 12]),
        ("array(['A', 'B'], dtype=object)", "numpy_array", ["A", "B"]),
        ("['A'\n 'B']", "numpy_array", ["A", "B"]),
        ('{A,"B, C",NULL}', "postgres", ["A", "B, C"]),
        ("{}", "postgres", []),
        ("[A; B, C]", "bare_brackets", ["A", "B, C"]),
        ('"[\\"A\\"]"', "json", ["A"]),
        ("28", "json", ["28"]),
    ],
)
def test_the_items_of_a_cell(cell, format, items):
    assert items_of(cell, format) == items


@pytest.mark.parametrize(
    ("cell", "format"),
    [
        ("['Dara O'Venn', 'A']", "python"),
        ("[print('A')]", "python"),
        ("(__import__('os').getcwd())", "python"),
        ("A, B", "json"),
        ("A|B", "json"),
        ("['A']", "json"),
        ("['A', 'B']", "numpy_array"),
        ("{A,{B}}", "postgres"),
        ("[A", "bare_brackets"),
    ],
)
def test_other_cells_are_faults(cell, format):
    with pytest.raises(FAULTS):
        items_of(cell, format)


def test_a_list_stands_in_brackets():
    cells = ["['A']", " {A} ", '"[\\"A\\"]"', "array(['A'])", "A", "[A", '"A"', "Drama (TV)", ""]
    assert list(map(looks_like_a_list, cells)) == [True] * 4 + [False] * 5
