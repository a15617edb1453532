import json
from io import BytesIO

import pytest

from greenlight_films.sources.json_objects import json_objects


def read(content: str | bytes) -> list[tuple[int, str, str]]:
    """Return the line of each object, its title, and what is wrong with it."""
    raw = content if isinstance(content, bytes) else content.encode()
    return [(one.line, one.value.get("Title", ""), one.problem) for one in json_objects(BytesIO(raw))]


def test_arrays_may_follow_one_another():
    text = '[{"Title": "A"},\n{"Title": "B"}]\n\n[{"Title": "C"}] [{"Title": "D"}]\n'
    assert read(text) == [(1, "A", ""), (2, "B", ""), (4, "C", ""), (4, "D", "")]


@pytest.mark.parametrize("above", ["", "\n\n", "\ufeff", "\ufeff \n"])
def test_empty_lines_above_an_array_count(above):
    assert read(f'{above}[{{"Title": "A"}}]') == [(above.count("\n") + 1, "A", "")]


def test_an_array_that_is_cut_off_is_told():
    cut = "the array ends without its ]: cut off"
    assert read('[{"Title": "A"},\n{"Title": "B"},\n') == [(1, "A", ""), (2, "B", ""), (3, "", cut)]
    assert read('[{"Title": "A"}]\n[') == [(1, "A", ""), (2, "", cut)]
    broken = "is no JSON, and what follows it in the array can't be read"
    assert read('[{"Title": "A"},\n{"Title": "B') == [(1, "A", ""), (2, "", broken)]


def test_what_stands_behind_an_array_is_rejected_line_by_line():
    text = '[{"Title": "A"}]\n{"Title": "B"}\nmore\n[{"Title": "C"}]'
    outside = "stands behind an array, and in none itself"
    assert read(text) == [(1, "A", ""), (2, "", outside), (3, "", outside), (4, "C", "")]
    assert [one.text for one in json_objects(BytesIO(text.encode()))][1:3] == ['{"Title": "B"}', "more"]


@pytest.mark.parametrize("form", ["[%b,\n%b]", "%b\n%b"])
def test_bytes_that_are_no_utf_8_cost_their_object_alone(form):
    content = form.encode() % (b'{"Title": "L\xe9olo"}', '{"Title": "Amélie"}'.encode())
    assert read(content) == [(1, "", "is no UTF-8 text"), (2, "Amélie", "")]
    assert next(iter(json_objects(BytesIO(content)))).text == '{"Title": "L\ufffdolo"}'


def test_objects_of_an_array_are_those_that_json_reads():
    films = [{"Title": f"F{n}", "Plot": "]" * n} for n in range(30)]
    for indent in (None, 1):
        assert [one.value for one in json_objects(BytesIO(json.dumps(films, indent=indent).encode()))] == films
