"""Find out how a new table writes labels, separator or list, by the labels that a model knows."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from greenlight_films.datamodules.errors import InputError
from greenlight_films.datamodules.features.feature import Dense, Sparse
from greenlight_films.datamodules.tables.label_cells import parse_labels, split_labels, texts_of
from greenlight_films.datamodules.tables.label_lists import LabelLists
from greenlight_films.datamodules.tables.label_literals import looks_like_a_list
from greenlight_films.datamodules.tables.label_notations import (
    STRONG,
    WEAK,
    Notation,
    find_literal,
    sample_of,
    with_blanks,
)
from greenlight_films.datamodules.tables.spellings import keys_of, without_role

CELLS = 2000  # rows that are looked at
FEW, MANY = 5, 50  # cells, of which all but a label or so must be known
WITHIN_NAMES = ("/", "\\", "&", "+")  # marks that stand in the name of a genre or a company, too; MANY must have them
MOST, SOME = 0.75, 0.2  # share of the labels that must be known, of few cells and of many

_MARKS = re.compile("|".join(re.escape(mark) for mark in (*STRONG, *WEAK, *"[{(")))


@dataclass(frozen=True)
class KnownLabels:
    """The labels of a column that a model knows.

    Attributes:
        values: their names.
        no_roles: as of `LabelLists`.
    """

    values: list[str]
    no_roles: bool = False

    @cached_property
    def _keys(self) -> pa.Array:
        return keys_of(pa.array(self.values, pa.large_string()))

    def are_in(self, lists: LabelLists) -> np.ndarray:
        """Return which labels of some cells are known, in any spelling, (n_labels,) bool."""
        bare = [without_role(name, self.no_roles) for name in lists.names.to_pylist()]
        known = pc.is_in(keys_of(pa.array(bare, pa.large_string())), value_set=self._keys)
        return np.asarray(known, dtype=bool)[lists.codes]


def are_unseen(parts: Sequence[Dense | Sparse]) -> bool:
    """Tell whether most labels that were encoded have no column."""
    sparse = [part for part in parts if isinstance(part, Sparse)]
    return sum(int(part.unseen.sum()) for part in sparse) > sum(len(part.columns) for part in sparse)


def other_notation(column: pd.Series, separators: Sequence[str], known: KnownLabels) -> Notation | None:
    """Return the notation in which a column holds labels that are known; None where it tells no more.

    A label that is merely new is no sign: its parts must be known, of few cells nearly all.

    Args:
        separators: at which its cells were cut.
    """
    cells = sample_of(texts_of(column.iloc[:: max(1, len(column) // CELLS)]))
    if not any(_MARKS.search(_without(cell, separators)) for cell in cells):
        return None
    cut = split_labels(_column(cells), separators)
    are_known = known.are_in(cut)
    literal = find_literal(cells)
    if literal and _n_known_in(cells, literal, known) > are_known.sum():
        return literal
    unseen = np.unique(np.repeat(np.arange(len(cells)), cut.counts())[~are_known])
    return _other_separator([cells[index] for index in unseen], separators, known)


def _other_separator(cells: Sequence[str], separators: Sequence[str], known: KnownLabels) -> Notation | None:
    """Return the separator that stands in most cells and parts the most labels that are known, if one does."""
    best, most = None, 0
    for mark in (*STRONG, *WEAK):
        marked = [cell for cell in cells if mark in cell]
        is_within_names = mark in WITHIN_NAMES
        if not marked or len(marked) < 0.5 * len(cells) or (is_within_names and len(marked) < FEW):
            continue
        separator = with_blanks(marked, mark)
        if separator in separators:
            continue
        n_before = known.are_in(split_labels(_column(marked), separators)).sum()
        are_known = known.are_in(split_labels(_column(marked), separator))
        least = MOST if len(marked) < (MANY if is_within_names else FEW) else SOME
        if (n_known := int(are_known.sum())) > max(most, n_before) and n_known >= least * len(are_known):
            best, most = Notation("text", (separator,)), n_known
    return best


def other_separator(column: pd.Series, separator: str, other: str) -> InputError:
    """Return the error for a new table whose labels another separator parts than those that a model learnt from."""
    cell = next(cell for cell in sample_of(texts_of(column)) if other.strip(" ") in cell)
    return InputError(
        f"column '{column.name}': cells must be written as those that the model learnt from, with {separator!r} "
        f"between labels, got such as {cell[:80]!r}, in which {other!r} parts labels that it knows; write "
        f"{separator!r} in place of {other!r}, or train a model with `separator: {other!r}`"
    )


def _n_known_in(cells: Sequence[str], literal: Notation, known: KnownLabels) -> int:
    lists = _column([cell for cell in cells if looks_like_a_list(cell)])
    try:
        parsed = parse_labels(lists, literal.format, literal.key or "name")  # type: ignore[arg-type]
    except InputError:  # a cell or so isn't in this format
        return 0
    return int(known.are_in(parsed).sum())


def _without(cell: str, separators: Sequence[str]) -> str:
    for separator in separators:
        cell = cell.replace(separator, "")
    return cell


def _column(cells: Sequence[str]) -> pd.Series:
    return pd.Series(cells, dtype="str", name="")
