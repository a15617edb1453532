import json
from io import BytesIO

import pytest

from greenlight_films.sources.json_objects import json_objects

OUTSIDE = "stands behind an array, and in none itself"
CUT = "the array ends without its ]: cut off"
BROKEN = "is no JSON, and what follows it in the array can't be read"


def read(content: str | bytes) -> list[tuple[int, str, str]]:
    """Return the line of each object, its title, and what is wrong with it."""
    raw = content if isinstance(content, bytes) else content.encode()
    return [(item.line, item.value.get("Title", ""), item.problem) for item in json_objects(BytesIO(raw))]


@pytest.mark.parametrize(
    ("text", "objects"),
    [
        (
            '[{"Title": "A"},\n{"Title": "B"}]\n\n[{"Title": "C"}] [{"Title": "D"}]\n',
            [(1, "A", ""), (2, "B", ""), (4, "C", ""), (4, "D", "")],
        ),
        ('[{"Title": "A"},\n{"Title": "B"},\n', [(1, "A", ""), (2, "B", ""), (3, "", CUT)]),
        ('[{"Title": "A"}]\n[', [(1, "A", ""), (2, "", CUT)]),
        ('[{"Title": "A"},\n{"Title": "B', [(1, "A", ""), (2, "", BROKEN)]),
        (
            '[{"Title": "A"}]\n{"Title": "B"}\nmore\n[{"Title": "C"}]',
            [(1, "A", ""), (2, "", OUTSIDE), (3, "", OUTSIDE), (4, "C", "")],
        ),
        ('{"Title": "A"}\n\n{"Title\n[1]', [(1, "A", ""), (3, "", "is no JSON"), (4, "", "is no JSON object")]),
        ("[1]", [(1, "", "is no JSON object")]),
    ],
)
def test_every_object_comes_with_its_line_and_its_problem(text, objects):
    assert read(text) == objects


@pytest.mark.parametrize("above", ["", "\n\n", "\ufeff", "\ufeff \n"])
def test_empty_lines_above_an_array_count(above):
    assert read(f'{above}[{{"Title": "A"}}]') == [(above.count("\n") + 1, "A", "")]


@pytest.mark.parametrize("form", ["[%b,\n%b]", "%b\n%b"])
def test_bytes_that_are_no_utf_8_cost_their_object_alone(form):
    content = form.encode() % (b'{"Title": "L\xe9olo"}', '{"Title": "Amélie"}'.encode())
    assert read(content) == [(1, "", "is no UTF-8 text"), (2, "Amélie", "")]
    assert next(iter(json_objects(BytesIO(content)))).text == '{"Title": "L\ufffdolo"}'


def test_objects_of_an_array_are_those_that_json_reads():
    films = [{"Title": f"F{n}", "Plot": "]" * n} for n in range(30)]
    for indent in (None, 1):
        assert [item.value for item in json_objects(BytesIO(json.dumps(films, indent=indent).encode()))] == films
