"""The names of a table's columns: trimmed, each once, by position where there is none."""

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from greenlight_films.datamodules.errors import InputError, listed

INDEX_NAMES = ("", "Unnamed: 0", "__index_level_0__", "index")
"""Names that programs give to a column of row numbers, or leave empty."""


def named(frame: pd.DataFrame, names: Sequence[str], table: str) -> tuple[pd.DataFrame, list[str]]:
    """Return a frame with its columns named, and sentences on those that were left out or named by position.

    An unnamed column without a cell is left out; so is one that stands there again, cell for cell.

    Args:
        frame: columns of any names.
        names: as they were written, by position.
        table: what messages call it.

    Raises:
        InputError: two columns have a name and other cells.
    """
    frame = frame.set_axis(range(frame.shape[1]), axis=1)
    trimmed = [name.strip() for name in names]
    kept = [index for index, name in enumerate(trimmed) if name or not frame[index].isna().all()]
    notices = []
    for index in kept:
        name = trimmed[index]
        trimmed[index] = name or str(index + 1)
        start = _first_row_number(frame[index]) if name in INDEX_NAMES else None
        if start is not None:
            called = f"'{name}' counts" if name else "has no name and counts"
            remark = "it is no feature, and may" if name else f"it is called '{index + 1}', is no feature and may"
            notices.append(f"column {index + 1} {called} the rows from {start}: {remark} be left out")
        elif not name:
            notices.append(f"column {index + 1} has no name: it is called '{index + 1}'")
    kept, faults = _once(frame, trimmed, kept, notices)
    if faults:
        raise InputError(f"{table}: " + "; ".join(faults))
    return frame[kept].set_axis(pd.Index([trimmed[index] for index in kept]), axis=1), notices


def or_position(names: Sequence[str]) -> list[str]:
    """Return the names of columns trimmed; where there is none, the column's position from 1.

    >>> or_position([" title", ""])
    ['title', '2']
    """
    return [name.strip() or str(position) for position, name in enumerate(names, start=1)]


def as_written(name: str, columns: Iterable[object]) -> str:
    r"""Return the column that a name means: one of web pages may have other blanks, which look like the usual ones.

    >>> as_written("Worldwide Gross", ["Film", "Worldwide\u00a0Gross"])
    'Worldwide\xa0Gross'
    """
    names = list(map(str, columns))
    alike = [column for column in names if column.split() == name.split()]
    return alike[0] if len(alike) == 1 and name not in names else name


def _once(
    frame: pd.DataFrame, names: Sequence[str], kept: Sequence[int], notices: list[str]
) -> tuple[list[int], list[str]]:
    """Return the columns without those that stand there again, and a fault for each name of several columns."""
    positions: dict[str, list[int]] = {}
    for index in kept:
        positions.setdefault(names[index], []).append(index)
    again: set[int] = set()
    faults = []
    for name, (first, *others) in positions.items():
        if not others:
            continue
        numbers = listed(index + 1 for index in (first, *others))
        differing = [
            (index, row) for index in others if (row := _first_difference(frame[first], frame[index])) is not None
        ]
        if differing:
            index, row = differing[0]
            cells = [repr(str(frame[each].iloc[row])[:80]) for each in (first, index)]
            faults.append(
                f"{len(others) + 1} columns are called '{name}', the columns {numbers}, and hold other values: row "
                f"{row + 1} has {cells[0]} in column {first + 1} and {cells[1]} in column {index + 1}; rename one of "
                "them"
            )
        else:
            times = "twice" if len(others) == 1 else f"{len(others) + 1} times"
            notices.append(
                f"column '{name}' stands there {times}, as columns {numbers}, cell for cell the same: taken once"
            )
            again |= set(others)
    return [index for index in kept if index not in again], faults


def _first_difference(column: pd.Series, other: pd.Series) -> int | None:
    differs = (column.astype(object).map(str) != other.astype(object).map(str)).to_numpy()
    return int(differs.argmax()) if differs.any() else None


def _first_row_number(column: pd.Series) -> int | None:
    """Return the first number of a column that counts the rows; None for other columns."""
    numbers = pd.to_numeric(column, errors="coerce").to_numpy(np.float64, na_value=np.nan)
    return int(numbers[0]) if counts_rows(numbers) else None


def counts_rows(numbers: np.ndarray) -> bool:
    """Tell whether numbers, (n_rows,) float64, count the rows, from 0 or 1."""
    return len(numbers) > 0 and numbers[0] in (0, 1) and bool((np.diff(numbers) == 1).all())
