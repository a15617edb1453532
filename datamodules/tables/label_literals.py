"""Cells that hold a list as a program prints it: JSON, Python, numpy, Postgres, or brackets alone. No code is run."""

import ast
import json
import re
import warnings
from typing import Any, Literal, get_args

LiteralFormat = Literal["json", "python", "numpy_array", "postgres", "bare_brackets", "json_twice"]
LITERALS: tuple[LiteralFormat, ...] = get_args(LiteralFormat)

_TEXT = r"""'(?:[^'\\]|\\.)*+'|"(?:[^"\\]|\\.)*+\""""
_NUMPY_ITEM = rf"(?:{_TEXT}|-?\d+(?:\.\d*)?|nan|None)"
_NUMPY = re.compile(rf"\[\s*+(?:{_NUMPY_ITEM}(?:\s++{_NUMPY_ITEM})*+)?\s*\]", re.DOTALL)
_NUMPY_ITEMS = re.compile(_NUMPY_ITEM, re.DOTALL)
_ADJACENT = re.compile(r"""['"]\s+['"]""")
_POSTGRES_ITEM = r'(?:"(?:[^"\\]|\\.)*+"|[^",{}]*+)'
_POSTGRES = re.compile(rf"\{{{_POSTGRES_ITEM}(?:,{_POSTGRES_ITEM})*+\}}", re.DOTALL)
_POSTGRES_ITEMS = re.compile(rf"[{{,]\s*+({_POSTGRES_ITEM})", re.DOTALL)
_BARE = re.compile(r"\[[^\[\]{}]*\]|\{[^\[\]{}]*\}|\([^\[\]{}()]*\)", re.DOTALL)
_SINGLE = re.compile(r"""[^\[\]{}|;,"'(\s][^\[\]{}|;,"]*""")
"""A single label without brackets, in a column of lists."""

FAULTS = (ValueError, SyntaxError, TypeError, KeyError, MemoryError, RecursionError)
"""What `items_of` raises for a cell that is no such list."""


def looks_like_a_list(cell: str) -> bool:
    """Tell whether a cell stands in brackets, maybe within quotes."""
    inner = cell.strip()
    if len(inner) > 3 and inner[0] == inner[-1] == '"':
        inner = inner[1:-1].strip()
    return len(inner) > 1 and (inner[0] + inner[-1] in ("[]", "{}", "()") or inner.startswith("array(["))


def items_of(cell: str, format: LiteralFormat) -> list[Any]:
    """Return the items of a cell; one of `FAULTS` where it is no list in this format.

    >>> items_of("{Drama,'War'}", "postgres"), items_of("['A' 'B']", "numpy_array"), items_of("Drama", "json")
    (['Drama', "'War'"], ['A', 'B'], ['Drama'])
    """
    text = cell.strip()
    if not looks_like_a_list(text) and text[:1] not in "[{(\"'" and _SINGLE.fullmatch(text):
        return [] if text in ("null", "None", "set()") else [text]
    return _READERS[format](text)


def _json(text: str) -> list[Any]:
    value = json.loads(text)
    if isinstance(value, str) and looks_like_a_list(value):
        value = json.loads(value)
    return _as_items(value)


def _python(text: str) -> list[Any]:
    if _ADJACENT.search(text) and _NUMPY.fullmatch(text):
        return _numpy(text)  # Python would take two texts without a comma for one
    with warnings.catch_warnings():
        if "\\" in text:
            warnings.simplefilter("ignore")  # of escapes that Python doesn't know, and keeps as they are
        node: ast.expr | None = ast.parse(text, mode="eval").body
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and len(node.args) <= 1:
        if node.func.id not in ("set", "frozenset", "list", "tuple", "array"):
            raise ValueError("no literal")
        node = node.args[0] if node.args else None
    if node is None:
        return []
    if isinstance(node, ast.List | ast.Tuple | ast.Set):
        return [_python_value(item) for item in node.elts]  # a set would lose the cell's order
    value = _python_value(node)
    if isinstance(value, str) and looks_like_a_list(value):
        return _python(value)
    return _as_items(value)


def _python_value(node: ast.expr) -> Any:
    return None if isinstance(node, ast.Name) and node.id in ("nan", "NaN", "null") else ast.literal_eval(node)


def _numpy(text: str) -> list[Any]:
    if text.startswith("array(["):
        return _python(text)
    if not _NUMPY.fullmatch(text):
        raise ValueError("no numpy array")
    return [None if item in ("nan", "None") else ast.literal_eval(item) for item in _NUMPY_ITEMS.findall(text)]


def _postgres(text: str) -> list[Any]:
    if not _POSTGRES.fullmatch(text):
        raise ValueError("no Postgres array")
    items = [item.strip() for item in _POSTGRES_ITEMS.findall(text)]
    return [
        re.sub(r"\\(.)", r"\1", item[1:-1]) if item[:1] == '"' else item
        for item in items
        if item and item.upper() != "NULL"
    ]


def _bare_brackets(text: str) -> list[Any]:
    if not _BARE.fullmatch(text):
        raise ValueError("no list in brackets")
    inner = text[1:-1]
    separator = next((mark for mark in ("|", ";", ",") if mark in inner), ",")
    return [item.strip() for item in inner.split(separator)]


def _as_items(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [] if value is None else [value]


_READERS = {
    "json": _json,
    "json_twice": _json,
    "python": _python,
    "numpy_array": _numpy,
    "postgres": _postgres,
    "bare_brackets": _bare_brackets,
}
