import ast
import csv
from pathlib import Path

import pytest

from greenlight_films.sources.literal_lists import literal_lists

SLICE = Path(__file__).parents[2].parent / "shared" / "data" / "the_movies_dataset"

CELLS = (
    "[]",
    "[{}]",
    "[{'id': 1, 'name': 'a'}, {'name': 'b', 'order': 3}]",
    "[{'name': None, 'order': None, 'x': 1.5, 'y': -2, 'z': True}]",
    """[{'x': 'a {brace}, it\\'s', 'name': "Rosemary's }, {'name': 'no'}"}]""",
    "[{'name': 'Jos\\xe9\\u00df \\'x\\' \\\\'}]",
    "[{'name': 'a', 'name': 'b'}]",
    "[{'name': 1.5}]",
    "[{'name': 'a', }, ]",
    "[{'name': 'a' 'b'}]",
    "[{\"name\": 'q'}]",
    "[{'name': '\\d', 'order': -1}]",
    "[ {'name':'tight'} ]",
    "[{'name': 'ключ', 'deep': [{'name': 'inner'}]}]",
)

BROKEN = (
    "[{'name': 'a'}", "[{'name': 'a'}]]", "[{'name': 'a'}, ", "[{'name': 'a'}{'name': 'b'}]",
    "[{'name': 'a'} {'name': 'b'}]", "({'name': 'a'}]", "[{'order': 007}]", "[{'name': 'a\nb'}]",
    "[{'name': '\\xg1'}]", "[{'name': print('x')}]", "__import__('os').getcwd()",
)  # fmt: skip


def kept(text: str, *keys: str) -> list[dict[str, object]]:
    return [{key: item[key] for key in keys if key in item} for item in ast.literal_eval(text)]


@pytest.mark.filterwarnings("ignore:invalid escape")
@pytest.mark.parametrize("text", CELLS)
def test_cells_are_read_as_python_reads_them(text):
    assert literal_lists("name", "order")(text) == kept(text, "name", "order")


@pytest.mark.parametrize("text", BROKEN)
def test_what_python_refuses_is_refused(text):
    with pytest.raises((SyntaxError, ValueError)):
        ast.literal_eval(text)
    with pytest.raises((SyntaxError, ValueError)):
        literal_lists("name", "order")(text)


@pytest.mark.skipif(not SLICE.is_dir(), reason=f"needs a slice of the real files in {SLICE}")
def test_real_cells_are_read_without_the_slow_way(monkeypatch):
    with (SLICE / "credits.csv").open(encoding="utf-8", newline="") as stream:
        cells = [row[column] for row in csv.DictReader(stream) for column in ("cast", "crew")]
    expected = [kept(cell, "name", "job", "order") for cell in cells]
    monkeypatch.delattr(ast, "literal_eval")
    read = literal_lists("name", "job", "order")
    plain = [(cell, value) for cell, value in zip(cells, expected, strict=True) if "\\" not in cell]
    assert len(plain) > 35
    assert all(read(cell) == value for cell, value in plain)
