"""Read films from JSON: a list of objects, one a line, columns, or any of them below a key."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd
import pyarrow as pa

from greenlight_films.datamodules.column_words import words_of
from greenlight_films.datamodules.errors import InputError, listed
from greenlight_films.datamodules.number_format import counted
from greenlight_films.datamodules.tables.encodings import encoding_of, survey
from greenlight_films.datamodules.tables.frames import from_arrow
from greenlight_films.datamodules.tables.layout import Layout
from greenlight_films.datamodules.tables.table_file import TableFile

DEEPEST = 4  # keys that lead to the films
LINES = (".jsonl", ".ndjson")
WORDS_OF_PAGES = """
page pages total count size per offset limit start end index first last next previous prev cursor has more
token url link href result results items status ok success code message error response search query took time version
"""
OF_PAGES = frozenset(WORDS_OF_PAGES.split())  # name what stands beside the films in an answer of an API

Record = Mapping[str, Any]


def read_json(file: TableFile, layout: Layout) -> tuple[pd.DataFrame, Layout, list[str]]:
    """Read films, an object each; objects within them become columns such as `release.year`, lists stay lists.

    Returns:
        The films, the layout with the keys that lead to them, and what must be told.

    Raises:
        InputError: it is no JSON, with the line; or holds no films.
    """
    content = file.read()
    encoding = layout.encoding or encoding_of(survey([content]))
    try:
        text = content.decode(encoding if encoding != "utf-8" else "utf-8-sig")
    except (UnicodeError, LookupError) as error:
        raise InputError(f"{file}: not {encoding} text: {error}; write it as UTF-8") from None
    keys, records, notices = _records_in(_parsed(text, file), file)
    frame = _frame([_flat(record, file) for record in records])
    layout_read = replace(layout, encoding=encoding, records=".".join(keys) or None)
    return frame, layout_read, notices


def _parsed(text: str, file: TableFile) -> Any:
    """Return the value of a JSON text, or a list of one a line."""
    if file.suffix not in LINES:
        try:
            return _loads(text)
        except json.JSONDecodeError as error:
            if not error.msg.startswith("Extra data"):
                raise InputError(
                    f"{file}, line {error.lineno}: no JSON: {error.msg}; mend it, or write the table anew"
                ) from None
        except (RecursionError, ValueError) as error:
            raise InputError(f"{file} is no table in JSON: {error}") from None
    values = []
    for number, line in enumerate(text.split("\n"), start=1):
        try:
            if line.strip():
                values.append(_loads(line))
        except (RecursionError, ValueError) as error:
            raise InputError(
                f"{file}, line {number}: no JSON: {error}; mend the line, or write the table anew"
            ) from None
    return values


def _loads(text: str) -> Any:
    return json.loads(text, object_pairs_hook=_unique)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"an object has the key {twice!r} twice")
    return values


def _records_in(value: Any, file: TableFile) -> tuple[tuple[str, ...], list[Record], list[str]]:
    """Return the keys that lead to the films, the films, and what must be told."""
    candidates = list(_candidates(value, ()))
    if not candidates:
        raise InputError(f"{file} holds no films; a list of objects is needed, or an object of columns")
    keys, records = max(candidates, key=lambda candidate: len(candidate[1]))
    others = [".".join(other) for other, _ in candidates if other != keys]
    name = ".".join(keys)
    if isinstance(value, list) and keys:
        empty = sum(not _in_page(page) for page in value)
        without = f", {empty:,} of them without any" if empty else ""
        notice = f"the films are the {len(records):,} objects below '{name}' of {counted(len(value), 'page')}{without}"
        return keys, records, [notice]
    if not others:
        return keys, records, []
    notice = (
        f"the films are the {len(records):,} objects below '{name}'; left out is what stands below {listed(others)}"
    )
    return keys, records, [notice]


def _candidates(value: Any, keys: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], list[Record]]]:
    if isinstance(value, list):
        objects: list[Record] = [item for item in value if isinstance(item, dict)]
        if objects and len(objects) == len(value):
            yield _from_pages(objects, keys) or (keys, objects)
        elif len(value) > 1 and all(isinstance(item, list) and len(item) == len(value[0]) for item in value):
            yield keys, [dict(zip(map(str, value[0]), row, strict=True)) for row in value[1:]]
    elif isinstance(value, dict) and value:
        columns = value.get("columns")
        if isinstance(columns, list) and isinstance(value.get("data"), list):  # as pandas' orient="split"
            yield keys, [dict(zip(map(str, columns), row, strict=False)) for row in value["data"]]
        elif all(
            isinstance(item, list) and not any(isinstance(cell, dict) for cell in item) for item in value.values()
        ):
            yield from _from_columns(value, keys)
        elif len(value) > 1 and all(isinstance(item, dict) for item in value.values()):
            below = [] if _are_alike(list(value.values())) else list(_candidates_below(value, keys))
            yield from below or _from_objects(value, keys)
        else:
            yield from _candidates_below(value, keys)


def _candidates_below(value: Record, keys: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], list[Record]]]:
    for key, item in value.items() if len(keys) < DEEPEST else ():
        if isinstance(item, list | dict):
            yield from _candidates(item, (*keys, key))


def _are_alike(records: Sequence[Record]) -> bool:
    """Tell films by their ids, which have most keys in common, from the parts of an answer: its status and its data."""
    counts = Counter(key for record in records for key in record)
    return sum(count for count in counts.values() if count > 1) > 0.5 * sum(counts.values())


def _from_pages(objects: list[Record], keys: tuple[str, ...]) -> tuple[tuple[str, ...], list[Record]] | None:
    """Return the films of all pages, where objects are pages of an answer; None where they are films."""
    if not all(len(each) == 1 or any(not isinstance(item, list | dict) for item in each.values()) for each in objects):
        return None
    pages = [_in_page(each) for each in objects]
    keys_in_pages = {inner for page in pages if page is not None for inner in page}
    if None in pages or len(keys_in_pages) != 1:
        return None
    (inner,) = keys_in_pages
    return (*keys, *inner), [film for page in pages if page for film in page[inner]]


def _in_page(page: Record) -> dict[tuple[str, ...], list[Record]] | None:
    """Return the lists of objects in a page, by the keys that lead there; None where the object is a film."""
    lists: dict[tuple[str, ...], list[Record]] = {}
    for key, item in page.items():
        if isinstance(item, dict):
            lists |= {(key, *inner): films for inner, films in (_in_page(item) or {}).items()}
        elif isinstance(item, list):
            lists |= {(key,): item} if item and all(isinstance(each, dict) for each in item) else {}
        elif not words_of(key) or set(words_of(key)) - OF_PAGES:
            return None
    return lists


def _from_columns(columns: Mapping[str, Sequence[Any]], keys: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    lengths = {len(cells) for cells in columns.values()}
    if len(lengths) == 1 and lengths != {0}:
        yield keys, [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _from_objects(value: Mapping[str, Record], keys: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Take objects of objects for columns where the inner keys number the rows, else for films by their ids."""
    rows = list(dict.fromkeys(row for column in value.values() for row in column))
    numbered = all(row.isdecimal() for row in rows)
    uniform = all(len({type(cell) for cell in column.values() if cell is not None}) <= 1 for column in value.values())
    if numbered or (uniform and len(rows) > len(value) and not all(key.isdecimal() for key in value)):
        yield keys, [{name: column.get(row) for name, column in value.items()} for row in rows]
    else:
        yield keys, list(value.values())


def _flat(record: Record, file: TableFile, above: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in record.items():
        cells = _flat(value, file, f"{above}{key}.") if isinstance(value, dict) and value else {f"{above}{key}": value}
        if flat.keys() & cells.keys():
            raise InputError(
                f"{file}: the column '{next(iter(flat.keys() & cells.keys()))}' stands there twice; rename it"
            )
        flat |= cells
    return flat


def _frame(records: Sequence[Record]) -> pd.DataFrame:
    """Return columns of numbers, texts, truth values or lists; cells of several kinds become text."""
    frame = {}
    for name in dict.fromkeys(name for record in records for name in record):
        cells = [record.get(name) for record in records]
        try:
            frame[name] = from_arrow(pa.table({"cells": pa.array(cells)}))["cells"]
        except (pa.ArrowException, OverflowError):
            nested = any(isinstance(cell, list | dict) for cell in cells)
            plain = cells if nested else [None if cell is None else str(cell) for cell in cells]
            frame[name] = pd.Series(plain, dtype=object if nested else "str")
    return pd.DataFrame(frame, index=range(len(records)))
