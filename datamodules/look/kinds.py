"""What each column of a table holds: numbers of some kind, dates, labels, titles, texts, ids."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from greenlight_films.datamodules.errors import InputError
from greenlight_films.datamodules.features import Labels
from greenlight_films.datamodules.films_in_rows import holds_releases, names_people
from greenlight_films.datamodules.look.column import ColumnLook, Kind
from greenlight_films.datamodules.look.names import (
    IDS,
    LINKS,
    has_name,
    is_called,
    is_text,
    is_title,
    looks_like_url,
    names_role,
    role_of,
)
from greenlight_films.datamodules.look.number_looks import TableContext, as_numbers, nothing
from greenlight_films.datamodules.look.unknown_units import unknown_unit_notice
from greenlight_films.datamodules.tables.formats import Format, Formats
from greenlight_films.datamodules.tables.label_cells import is_nested, texts_of
from greenlight_films.datamodules.tables.label_notations import STRONG, Notation, find_notation
from greenlight_films.datamodules.tables.label_roles import RoleColumns, role_columns
from greenlight_films.datamodules.tables.missing_cells import find_missing_texts, mask_missing

SENTENCE = 8  # words of a text on average, from which on it is no title
LIST_MARKS = set(STRONG) - set("\n\t；、，،")  # between labels, and in hardly a sentence
DIFFERENT = 10  # ends of addresses, or all: of fewer, they are rather kinds
SELDOM_EMPTY = 0.02  # share of cells, up to which it says nothing that the others all say the same
ONCE, FEWEST = 0.9, 20  # distinct values a row, and rows, from which on nothing can be learnt of a value
REPEATED = 0.6  # distinct values a row, up to which they are categories


def look_at_columns(
    frame: pd.DataFrame, formats: Formats, delimiter: str | None = None, units: Mapping[str, str] | None = None
) -> list[ColumnLook]:
    """Return what each column holds, in the table's order; columns of one role are looked at together.

    Args:
        formats: how cells are written, as far as that is known.
        delimiter: between the cells of a text file.
        units: of columns, where the table has a line of them.
    """
    context = TableContext(frame, formats, delimiter, units or {})
    roles = role_columns(frame)
    role_of_column = {name: role for role, columns in roles.items() for name in columns.columns}
    looks: dict[str, ColumnLook] = {}
    for name in map(str, frame.columns):
        role = role_of_column.get(name)
        if role is None:
            looks[name] = _look_at(name, context)
        elif role not in looks:
            looks[role] = _look_at_role(role, roles[role], context)
    return _with_titles(list(looks.values()))


def names_of_role(name: str, column: pd.Series, separator: str) -> ColumnLook:
    """Return the look at a column of names that a shape made, with this separator between them."""
    (lists,) = Labels(name, separator=separator).parse(column)
    return ColumnLook(name, "labels", lists, notation=Notation("text", (separator,)), role=role_of(name))


def _look_at(name: str, context: TableContext) -> ColumnLook:
    column = context.frame[name]
    if column.isna().all():
        return nothing(name, len(column), "empty")
    if not is_nested(column):
        number = as_numbers(name, context)
        if number is not None:
            return number
    if not is_nested(column) and not is_title(name):
        notice = unknown_unit_notice(name, texts_of(column).drop_null())
        if notice:
            texts = _as_texts(name, column, context)
            becomes = "left out" if texts.left_out else "taken for labels"
            notice += f", and is {becomes}: write the numbers alone to have them read as such"
            kind: Kind = "text" if texts.left_out else "category"  # and no title
            return replace(texts, kind=kind, role=None, notices=(*texts.notices, notice))
    labels = None if _are_urls(name, column) else _as_labels(name, column, context)
    if not labels and is_nested(column):
        return _without_labels(name, column)
    return labels or _as_texts(name, column, context)


def _without_labels(name: str, column: pd.Series) -> ColumnLook:
    """Return the look at a column of maps, objects or lists from which no labels can be taken."""
    missing = column.isna()
    texts = [None if empty else str(cell) for cell, empty in zip(column, missing, strict=True)]
    cells = pa.array(texts, pa.large_string())
    first = cells.drop_null()[0].as_py()[:80]
    why = "lists or objects without labels"
    return ColumnLook(
        name,
        "nothing",
        cells,
        left_out=why,
        notices=(f"column '{name}' holds {why}, such as {first}; left out",),
    )


def _as_labels(name: str, column: pd.Series, context: TableContext) -> ColumnLook | None:
    if not is_nested(column) and _names_films(name, context):
        return None
    notation = find_notation(column)
    if notation is None or (is_text(name) and not _are_plainly_labels(notation)):
        return None
    feature, format = Labels(name, **notation.arguments()), context.formats.of(name)
    assumed, missing = list[str](), dict[str, int]()
    if not is_nested(column):
        formats, assumed = find_missing_texts(context.frame, [name], context.formats)
        format = formats[name]
        missing = _missing_texts(texts_of(column), format)
    try:
        parsed, notices = feature.prepared(feature.parse(column, format))
    except InputError as problem:
        empty = pa.nulls(len(column), pa.large_string())
        return ColumnLook(name, "labels", empty, notation=notation, role=role_of(name), fault=str(problem))
    lists = parsed[0]
    alike = len(lists.names) == 1 and bool((lists.counts() == 1).all())
    return ColumnLook(
        name,
        "labels",
        lists,
        notation=notation,
        format=format,
        missing=missing,
        role=role_of(name),
        left_out="the same in all rows" if alike else "",
        notices=(*assumed, *notices),
    )


def _are_plainly_labels(notation: Notation) -> bool:
    """Tell labels in a column that is called as texts are: lists, or a mark of lists in nearly all cells."""
    if not notation.separators:
        return True
    mark = notation.separators[0].strip(" ")
    return mark in LIST_MARKS and notation.several > 0.8 and notation.repeats > 0.5


def _missing_texts(raw: pa.Array, format: Format) -> dict[str, int]:
    """Return how many cells hold each text that means missing."""
    masked = pc.and_(raw.is_valid(), mask_missing(raw, format).is_null())
    counts = pc.value_counts(pc.utf8_trim_whitespace(raw.filter(masked)))
    return {item["values"]: item["counts"] for item in counts.to_pylist() if item["values"]}


def _look_at_role(role: str, columns: RoleColumns, context: TableContext) -> ColumnLook:
    arguments = {"format": columns.format} if columns.format != "text" else {}
    feature = Labels(role, from_columns=columns.columns, **arguments)  # type: ignore[arg-type]
    parsed, notices = feature.prepared(feature.read(context.frame, context.formats))
    notice = f"columns {', '.join(columns.columns[:3])}{', ...' * (len(columns.columns) > 3)} hold one role: '{role}'"
    return ColumnLook(
        role,
        "labels",
        parsed[0],
        notation=Notation(columns.format),
        role=role_of(role),
        sources=tuple(columns.columns),
        notices=(*notices, notice),
    )


def _as_texts(name: str, column: pd.Series, context: TableContext) -> ColumnLook:
    formats, notices = find_missing_texts(context.frame, [name], context.formats)
    format = formats[name]
    raw = texts_of(column)
    texts = mask_missing(raw, format)
    known = texts.drop_null()
    if not len(known):
        return nothing(name, len(column), "empty")
    kind, left_out = _kind_of_text(name, known, _names_films(name, context))
    if kind == "category" and (left_out := _why_no_category(name, known, len(column))).startswith("the same"):
        notices.append(f"column '{name}' says {left_out}; left out")
    return ColumnLook(
        name,
        kind,
        pc.utf8_trim_whitespace(texts),
        format=format,
        missing=_missing_texts(raw, format),
        role=role_of(name) if kind == "category" else None,
        left_out=left_out,
        notices=tuple(notices),
    )


def _why_no_category(name: str, known: pa.Array, n_rows: int) -> str:
    """Return why nothing can be learnt from categories, those that are known of a column's rows; empty where it can."""
    n_distinct = pc.count_distinct(known).as_py()
    if n_distinct == 1 and len(known) >= (1 - SELDOM_EMPTY) * n_rows:
        return "the same in all rows" if len(known) == n_rows else "the same in all rows that have it"
    is_once = n_distinct > ONCE * len(known) and len(known) >= FEWEST
    return "nearly every value is there once" if is_once and not names_role(name) else ""


def _names_films(name: str, context: TableContext) -> bool:
    return (is_title(name) and not names_people(context.frame, name)) or holds_releases(context.frame[name])


def _kind_of_text(name: str, known: pa.Array, names_films: bool) -> tuple[Kind, str]:
    sample = known.slice(0, 2000).to_pylist()
    distinct = pc.count_distinct(known).as_py() / len(known)
    words = sum(len(text.split()) for text in sample) / len(sample)
    if _most_are_urls(name, sample):
        return "url", "an address"
    if names_films:
        return "title", "names the film"
    if is_text(name) or words > SENTENCE:
        return "text", "text"
    if (is_called(name, IDS) or _are_codes(sample)) and distinct > REPEATED:
        return "id", "an id"
    if distinct <= REPEATED or (len(known) >= 20 and distinct < 0.9 and words < 4):
        return "category", ""
    if sum(text.rstrip().endswith((".", "!", "?", "。")) for text in sample) > 0.5 * len(sample):
        return "text", "text"
    return ("text", "text") if words > 4 else ("category", "")


def _are_urls(name: str, column: pd.Series) -> bool:
    """Tell whether a column holds addresses, whose commas and slashes part no labels."""
    return not is_nested(column) and _most_are_urls(name, texts_of(column).drop_null().slice(0, 2000).to_pylist())


def _most_are_urls(name: str, texts: Sequence[str]) -> bool:
    """Tell whether most texts are addresses; under `link` and the like also the ends of such, as m/some_title."""
    given = [text.strip() for text in texts if text.strip()]
    may_be_ends = has_name(name, LINKS) and len(set(given)) >= min(DIFFERENT, len(given))
    ends = sum(bool(re.fullmatch(r"\S*/\S*", text)) for text in given) if may_be_ends else 0
    return max(ends, sum(map(looks_like_url, given))) > 0.5 * len(given)


def _are_codes(texts: Sequence[str]) -> bool:
    return sum(bool(re.fullmatch(r"(?=.*\d)[\w-]{4,40}", text)) for text in texts) > 0.9 * len(texts)


def _with_titles(looks: list[ColumnLook]) -> list[ColumnLook]:
    """Return looks in which texts that are nearly all different are titles, where no column is called so."""
    if any(look.kind == "title" for look in looks):
        return looks
    for index, look in enumerate(looks):
        if look.kind == "category" and isinstance(look.values, pa.Array):
            known = look.values.drop_null()
            if len(known) > 3 and pc.count_distinct(known).as_py() > 0.95 * len(known):
                looks[index] = replace(look, kind="title", left_out="names the film", role=None)
                break
    return looks
