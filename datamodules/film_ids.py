"""Which rows of a table are of the same film: by a column with its id, or by several, such as title and year."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from greenlight_films.datamodules.errors import InputError
from greenlight_films.datamodules.tables.label_cells import is_nested

BETWEEN = " | "  # the parts of an id


def columns_in(by: str | Sequence[str] | None) -> list[str]:
    """Return the names of the columns of an id, a name or several.

    >>> columns_in("id"), columns_in(["title", "year"]), columns_in(None)
    (['id'], ['title', 'year'], [])
    """
    return [by] if isinstance(by, str) else list(by or ())


def in_words(by: str | Sequence[str] | None) -> str:
    """Return the names of the columns of an id, for a sentence.

    >>> in_words(["title", "year"])
    'title and year'
    """
    return " and ".join(columns_in(by))


def film_ids(frame: pd.DataFrame, by: str | Sequence[str], option: str = "data.film") -> pd.Series:
    """Return the film's id of each row; of several columns their texts joined, missing where the first is.

    Another part that is missing is a part of its own: a film without a year is known by its title.

    Raises:
        InputError: a column holds lists; the message names `option`.
    """
    names = columns_in(by)
    for name in names:
        if is_nested(frame[name]):
            raise InputError(f"{option}: column '{name}' must hold one value a cell, got lists; give another column")
    parts = [_trimmed(frame[name]) for name in names]
    if len(parts) == 1:
        return parts[0]
    texts = [_whole(part).astype("str").fillna("") for part in parts]
    ids = texts[0].str.cat(texts[1:], sep=BETWEEN).rename(BETWEEN.join(names))
    return ids.where(parts[0].notna())


def film_codes(ids: pd.Series) -> np.ndarray:
    """Return the film of each id as a code, (n_rows,) int64 from 0; a missing id is a film of its own."""
    codes, known = pd.factorize(ids)
    unknown = codes < 0
    codes[unknown] = len(known) + np.arange(unknown.sum())
    return codes


def shared_codes(codes: np.ndarray) -> np.ndarray | None:
    """Return the films of rows, (n_rows,), as they are; None where each row is a film of its own."""
    return codes if len(codes) and int(codes.max()) + 1 < len(codes) else None


def cell_codes(column: pd.Series) -> np.ndarray:
    """Return equal cells as equal codes, (n_rows,) int64 from 0, -1 where missing; lists and objects by their texts."""
    try:
        return pd.factorize(column.map(str) if is_nested(column) else column)[0].astype(np.int64)
    except TypeError:  # cells that can't be hashed
        return pd.factorize(column.map(str, na_action="ignore"))[0].astype(np.int64)


def differs_within(column: pd.Series, group: np.ndarray) -> bool:
    """Return whether a column says two things of a group, from the group of each row as a code; gaps say nothing."""
    codes = cell_codes(column)
    known = codes >= 0
    of_group = np.zeros(int(group.max(initial=-1)) + 1, dtype=codes.dtype)
    of_group[group[known]] = codes[known]
    return bool((of_group[group[known]] != codes[known]).any())


def groups_that_differ(column: pd.Series, group: np.ndarray) -> np.ndarray:
    """Return for each group, known by the rows' codes from 0, whether its cells differ, missing ones among them."""
    codes, first = cell_codes(column), np.unique(group, return_index=True)[1]
    differ = np.zeros(len(first), dtype=bool)
    differ[group[codes != codes[first][group]]] = True
    return differ


def codes_by(frame: pd.DataFrame, by: str | Sequence[str]) -> np.ndarray:
    """Return what `film_codes` of `film_ids` does, without their texts: quicker for several columns."""
    parts = [pd.factorize(film_ids(frame, name)) for name in columns_in(by)]
    codes, is_known = np.zeros(len(frame), dtype=np.int64), parts[0][0] >= 0
    for own, known in parts:
        codes = pd.factorize(codes * (len(known) + 1) + own)[0]
    return film_codes(pd.Series(codes).where(is_known))


def group_codes(frame: pd.DataFrame, by: str | Sequence[str], option: str = "data.film") -> np.ndarray:
    """Return codes of the groups of rows that share an id, from 0, in the order of the sorted ids, missing ones first.

    Ids that are whole numbers are sorted as such, also where they are written as text.
    """
    codes = np.zeros(len(frame), dtype=np.int64)
    for name in columns_in(by):
        own, known = pd.factorize(_in_numbers(film_ids(frame, name, option)), sort=True)
        codes = pd.factorize(codes * (len(known) + 1) + own, sort=True)[0]
    return codes


def _trimmed(ids: pd.Series) -> pd.Series:
    if not isinstance(ids.dtype, pd.StringDtype):
        return ids
    trimmed = ids.str.strip()
    return trimmed.where(trimmed != "")


def _whole(ids: pd.Series) -> pd.Series:
    """Return floats that are all whole, as of a column of years with gaps, as integers."""
    if pd.api.types.is_float_dtype(ids.dtype):
        known = ids.dropna()
        if (known == known.round()).all() and (known.abs() < 2**53).all():
            return ids.astype("Int64")
    return ids


def _in_numbers(ids: pd.Series) -> pd.Series:
    if isinstance(ids.dtype, pd.StringDtype) and ids.dropna().str.fullmatch(r"0|-?[1-9]\d{0,17}").all():
        return ids.astype("Int64")
    return ids
