"""How a column of labels is written, found out from its cells: a separator, or a list in one of several formats."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from greenlight_films.datamodules.errors import InputError
from greenlight_films.datamodules.tables.label_cells import is_nested, read_lists, split_labels, texts_of
from greenlight_films.datamodules.tables.label_lists import LabelLists
from greenlight_films.datamodules.tables.label_literals import (
    FAULTS,
    LITERALS,
    LiteralFormat,
    items_of,
    looks_like_a_list,
)
from greenlight_films.datamodules.tables.spellings import merge_spellings

SAMPLE = 5000  # distinct cells that are looked at
STRONG = ("::", "||", "|", ";", "；", "\n", "\t", "·", "•", "・", "‧", "¦", "、", "，", "،", "^", "~")
WEAK = (",", "/", "\\", "&", "+")
WORDS = (" and ", " & ", " und ", " et ", " y ", " e ", " og ", " och ")  # before a cell's last label
KEYS = ("name", "title", "label", "value", "text", "english_name")


@dataclass(frozen=True)
class Notation:
    """How a column of labels is written.

    Attributes:
        format: as of `Labels`; `list` where the cells are lists themselves.
        separators: of a text.
        key: of objects, the one whose values are labels.
        conditions: of objects, other keys and their values with counts, by which some of them may be chosen.
        share: of the cells that are written so; the others hold a single label or can't be read.
        repeats: share of the labels in cells of several that other cells have as well.
        several: share of the cells that hold several labels.
    """

    format: str
    separators: tuple[str, ...] = ()
    key: str | None = None
    conditions: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    share: float = 1.0
    repeats: float = 1.0
    several: float = 1.0

    @property
    def separator(self) -> str | list[str] | None:
        """The separator, or a list of several, as of `Labels`."""
        return None if not self.separators else self.separators[0] if len(self.separators) == 1 else [*self.separators]

    @property
    def where(self) -> dict[str, str] | None:
        """The directors of a crew."""
        for key, values in self.conditions.items():
            directors = [value for value in values if value.casefold() == "director"]
            if directors and len(values) > 1:
                return {key: directors[0]}
        return None

    def arguments(self) -> dict[str, Any]:
        """Return the arguments of `Labels` that read it, but those that are its defaults."""
        given = {
            "separator": self.separator if self.separator != ", " else None,
            "format": self.format if self.format not in ("text", "list") else None,
            "key": self.key if self.key != "name" else None,
            "where": self.where,
        }
        return {name: value for name, value in given.items() if value is not None}


def find_notation(column: pd.Series) -> Notation | None:
    """Return how a column of labels is written; None where its cells hold a value each, or sentences."""
    if is_nested(column):
        return _nested_notation(column)
    if pd.api.types.is_numeric_dtype(column.dtype) or pd.api.types.is_datetime64_any_dtype(column.dtype):
        return None
    cells = sample_of(texts_of(column))
    return find_literal(cells) or find_separator(cells)


def find_literal(cells: Sequence[str]) -> Notation | None:
    """Return the format of cells of which a fifth or more are lists as a program prints them."""
    lists = [cell for cell in cells if looks_like_a_list(cell)]
    if not cells or len(lists) < 0.2 * len(cells):
        return None
    best: tuple[LiteralFormat, list[list[Any]]] | None = None
    for format in _in_order(lists):
        read = [items for items in (_items_if_any(cell, format) for cell in lists) if items is not None]
        if best is None or len(read) > len(best[1]):
            best = format, read
        if len(read) > 0.7 * len(lists):
            break
    if best is None or len(best[1]) < 0.5 * len(lists):
        return None
    key, conditions = _objects([item for items in best[1] for item in items if isinstance(item, dict)])
    texts = [str(item) for items in best[1] for item in items]
    several = sum(len(items) > 1 for items in best[1]) / len(cells)
    if best[0] == "bare_brackets" and (not several or _are_sentences(texts)):
        return None  # such as a remark in brackets
    if all(cell[0] == "(" for cell in lists) and _are_numbers(texts, ","):
        return None  # (3.4) is a loss
    others = sum(_items_if_any(cell, best[0]) is not None for cell in cells if not looks_like_a_list(cell))
    return Notation(best[0], (), key, conditions, (len(best[1]) + others) / len(cells), several=several)


def find_separator(cells: Sequence[str]) -> Notation | None:
    """Return the separator of cells that hold several short labels, many of which are in several cells."""
    if len(cells) < 2:
        return None
    texts = pa.array(cells, pa.large_string())
    for mark in (*STRONG, *WEAK):
        if not pc.any(pc.match_substring(texts, mark)).as_py():
            continue
        separators = (with_blanks(cells, mark),)
        if mark in ("&", "+") and separators == (mark,):
            continue
        notation = _notation_of(texts, separators, strong=mark in STRONG)
        if mark == ",":
            word = next((word for word in WORDS if _parts_names(texts, separators, word)), None)
            if word and (notation := _notation_of(texts, (", ", word), strong=False)):
                return notation
        if notation:
            return notation
    alone = next((word for word in WORDS if _parts_names(texts, (word,), word)), None)
    return _notation_of(texts, (alone,), strong=False) if alone else None


def sample_of(texts: pa.Array) -> list[str]:
    """Return distinct texts, at most SAMPLE, none empty."""
    distinct = pc.utf8_trim_whitespace(pc.unique(texts.drop_null()))
    step = max(1, -(-len(distinct) // SAMPLE))
    return [cell for cell in distinct.take(pa.array(np.arange(0, len(distinct), step))).to_pylist() if cell]


def _in_order(cells: Sequence[str]) -> list[LiteralFormat]:
    """Return the formats, the strictest first: what JSON reads, others read as well."""
    twice = sum(cell[:1] == '"' for cell in cells) > 0.5 * len(cells)
    numpy = sum(_items_if_any(cell, "numpy_array") is not None for cell in cells)
    loose = sum(_items_if_any(cell, "json") is not None or ("," in cell) for cell in cells)
    first: list[LiteralFormat] = ["json_twice"] if twice else []
    if numpy == len(cells) and loose < len(cells):
        first.append("numpy_array")
    return list(dict.fromkeys([*first, "json", "python", "numpy_array", "postgres", "bare_brackets", *LITERALS]))


def _items_if_any(cell: str, format: LiteralFormat) -> list[Any] | None:
    try:
        return items_of(cell, format)
    except FAULTS:
        return None


def _objects(objects: list[dict[str, Any]]) -> tuple[str | None, dict[str, dict[str, int]]]:
    """Return the key of objects whose values are labels, and the keys with few values, which may choose among them."""
    values: dict[str, list[Any]] = {}
    for item in objects:
        for name, value in item.items():
            values.setdefault(str(name), []).append(value)
    texts = {name: [value for value in those if isinstance(value, str)] for name, those in values.items()}
    common = [name for name, those in values.items() if len(those) >= 0.9 * len(objects)]
    usual = [name for name in KEYS if name in common]
    key = next(iter([*usual, *(name for name in common if texts[name]), *common]), None)
    conditions = {
        name: dict(Counter(those).most_common())
        for name, those in texts.items()
        if name != key and len(those) >= 0.9 * len(objects) and 1 < len(set(those)) <= min(500, len(those) / 2)
    }
    return key, conditions


def _nested_notation(column: pd.Series) -> Notation | None:
    cells = column.dropna().iloc[:SAMPLE]
    objects = [
        item
        for cell in cells
        for item in (cell if isinstance(cell, list | tuple | np.ndarray) else [cell])
        if isinstance(item, dict)
    ]
    key, conditions = _objects(objects)
    try:
        counts = read_lists(cells, key or "name").counts()
    except InputError:
        return None
    return Notation("list", (), key, conditions, several=float((counts > 1).mean()) if len(counts) else 0.0)


def with_blanks(cells: Sequence[str], mark: str) -> str:
    """Return a separator with the blanks that stand beside it wherever it is; without any where they are uneven."""
    if mark in "\n\t":
        return mark
    text, quoted = "\n".join(cells), re.escape(mark)
    before, after = (len(re.findall(pattern, text)) / text.count(mark) for pattern in (f" {quoted}", f"{quoted} "))
    if any(0.01 < share < 0.99 for share in (before, after)):
        return mark
    return " " * round(before) + mark + " " * round(after)


def _notation_of(texts: pa.Array, separators: tuple[str, ...], strong: bool) -> Notation | None:
    """Return the notation with these separators, where cells cut at them are lists of labels."""
    column = pd.Series(texts.to_pylist(), dtype="str")
    cut = split_labels(column, list(separators))
    (lists,), _ = merge_spellings([cut], "", roles=True)
    lists = lists.distinct()
    counts = cut.counts()
    several = counts > 1
    share = float(several.mean())
    if not several.any() or (not strong and several.sum() < 2):
        return None
    cells_of = np.bincount(lists.codes, minlength=len(lists.names))
    parts = lists.codes[np.repeat(several, lists.counts())]
    repeats = float((cells_of[parts] > 1).mean())
    words = lists.names.take(pa.array(np.unique(parts))).to_pylist()
    if _are_sentences(words) or _are_numbers(words, separators[0]):
        return None
    if separators[0].strip() == "," and len(counts) > 9 and (counts == 2).mean() > 0.95 and _has_places(lists):
        return None  # `Ode, Ann` or `Paris, France`: a name each
    least = 0.5 if len(counts) < 50 else 0.3 if len(counts) < 1000 else 0.2  # of a sample, few names are in two cells
    if share < 0.02 or not (repeats >= least or (strong and (repeats >= 0.2 or share >= 0.5))):
        return None
    return Notation("text", separators, share=1.0, repeats=repeats, several=share)


def _has_places(lists: LabelLists) -> bool:
    """Tell whether what stands first in cells hardly ever stands second, as of surnames and first names."""
    first, second = set(lists.at(0).codes.tolist()), set(lists.at(1).codes.tolist())
    return len(first & second) < 0.05 * min(len(first), len(second))


def _are_sentences(texts: Sequence[str]) -> bool:
    """Tell whether texts are too long for labels."""
    lengths = sorted(len(text) for text in texts)
    n_words = sorted(text.count(" ") + 1 for text in texts)
    return bool(texts) and (lengths[int(0.9 * (len(texts) - 1))] > 60 or n_words[len(texts) // 2] > 4)


def _are_numbers(texts: Sequence[str], separator: str) -> bool:
    """Tell whether a comma or slash rather stands within numbers and dates."""
    share = sum(text.replace(".", "").strip("$€£ -").isdigit() for text in texts) / len(texts)
    if separator in (",", "/", "·"):
        return share > 0.3
    return separator.strip() in (",", "/") and 0.3 < share < 0.95


def _parts_names(texts: pa.Array, separators: tuple[str, ...], word: str) -> bool:
    """Tell whether a word such as ` and ` parts names: most of what stands beside it is in other cells as well."""
    holds = pc.match_substring(texts, word)
    cells_of_several = pc.or_(holds, pc.match_substring(texts, separators[0]))
    if pc.sum(holds).as_py() < max(2, 0.5 * pc.sum(cells_of_several).as_py()):
        return False
    column = pd.Series(texts.to_pylist(), dtype="str")
    names = split_labels(column, separators[0] if separators[0] != word else "\n").names
    names = pd.Series(names.to_pylist(), dtype="str")
    cut = split_labels(names, word).distinct()
    several = cut.counts() > 1
    if several.sum() < 2:
        return False
    labels_of = np.bincount(cut.codes, minlength=len(cut.names))
    return bool((labels_of[cut.codes[np.repeat(several, cut.counts())]] > 1).mean() >= 0.5)
