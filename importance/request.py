"""`Request`: the checked arguments of `permutation_importance`; `exchanged`: columns of X in any container shuffled."""

import re
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from numbers import Integral
from typing import Any

import numpy as np
import pandas as pd
import torch
from scipy import sparse
from torch import Tensor

from greenlight_films.importance.estimator import Estimator
from greenlight_films.importance.losses import LOSSES, LossName

Groups = Mapping[str, Sequence[str | int]]


@dataclass(frozen=True)
class Request:
    """What to measure, and how.

    Attributes:
        rows: X as a frame, CSR or array.
        actual: (n_rows,) float64, y.
        names: of X's columns.
        groups: by name, indices of X's columns, ascending.
    """

    model: Any
    rows: Any
    actual: Tensor
    names: list[str]
    groups: dict[str, np.ndarray]
    loss: LossName
    estimator: Estimator

    @classmethod
    def of(
        cls, model: Any, rows: Any, actual: Any, names: Any, groups: Any, loss: Any, estimator: Estimator
    ) -> "Request":
        """Check the arguments; raise ValueError at the first that can't be."""
        n_repeats: Any = estimator.n_repeats
        if not isinstance(n_repeats, Integral) or n_repeats < 1:
            raise ValueError(f"n_repeats must be a whole number, 1 or more, got {n_repeats!r}")
        if estimator.kind not in ("expected", "shuffle"):
            raise ValueError(f"estimator must be 'expected' or 'shuffle', got {estimator.kind!r}")
        if loss not in LOSSES:
            raise ValueError(f"loss must be one of {', '.join(LOSSES)}, got {loss!r}")
        if not isinstance(rows, pd.DataFrame):
            rows = sparse.csr_array(rows) if sparse.issparse(rows) else np.asarray(_in_numpy("X", rows))
        actual = _numbers(actual)
        if rows.ndim != 2 or actual.shape != rows.shape[:1] or not len(actual):
            raise ValueError(f"X must be (n_rows, n_columns) and y (n_rows,), got {rows.shape} and {actual.shape}")
        if not np.isfinite(actual).all():
            raise ValueError(f"y must hold finite numbers, got {actual[~np.isfinite(actual)][0]}: leave such rows out")
        if names is None:
            names = rows.columns if isinstance(rows, pd.DataFrame) else [f"x{index}" for index in range(rows.shape[1])]
        if len(names) != rows.shape[1]:
            raise ValueError(f"names must have a name for each of {rows.shape[1]:,} columns of X, got {len(names):,}")
        if not isinstance(groups, Mapping | None):
            raise ValueError(f"groups must be lists of columns by name, such as {{'stars': ['x0']}}, got {groups!r}")
        members = {str(name): _members(name, columns, list(names)) for name, columns in (groups or {}).items()}
        return cls(model, rows, torch.from_numpy(actual), list(map(str, names)), members, loss, estimator)

    def predict(self, rows: Any) -> np.ndarray:
        """Return what the model's `predict` does, in float64."""
        return np.asarray(_in_numpy("predictions", self.model.predict(rows)), np.float64)


def _in_numpy(name: str, values: Any) -> Any:
    """Return a tensor as numpy has it, in float32 where numpy lacks its type; anything else as it is."""
    if not isinstance(values, Tensor):
        return values
    if values.layout != torch.strided:
        remedy = f"give {name}.to_dense(), or a sparse matrix of SciPy"
        raise ValueError(f"{name} must be a dense tensor, got one of layout {values.layout}: {remedy}")
    return (values.float() if values.dtype == torch.bfloat16 else values).numpy(force=True)


def _numbers(actual: Any) -> np.ndarray:
    """Return a copy of y in float64: frames give arrays that can't be written to."""
    actual = _in_numpy("y", actual)
    try:
        return np.array(actual, dtype=np.float64)
    except (TypeError, ValueError):
        texts = [value for value in np.ravel(np.asarray(actual, object)) if isinstance(value, str)]
        got = f"the text {texts[0]!r}" if texts else f"{type(actual).__name__} of other things"
        raise ValueError(f"y must hold a number a row, got {got}: give the target as numbers") from None


def _members(group: str, columns: Any, labels: list[Any]) -> np.ndarray:
    """Return the indices of a group's columns, ascending.

    Args:
        labels: of X's columns, as a frame has them: text, or numbers, which then are no indices.
    """
    if isinstance(columns, str) or not isinstance(columns, Iterable):
        example = columns if isinstance(columns, str | Integral) else labels[0]
        raise ValueError(
            f"groups[{group!r}] must be a list of columns, got {columns!r}: give one, such as [{example!r}]"
        )
    columns = list(columns)
    if not columns:
        raise ValueError(f"groups[{group!r}] needs a column or more: names, indices or patterns, got []")
    names = list(map(str, labels))
    chosen = [_matching(f"groups[{group!r}]", column, labels, names) for column in columns]
    return np.unique(np.concatenate(chosen))


def _matching(group: str, column: Any, labels: list[Any], names: list[str]) -> np.ndarray:
    """Return the indices of the columns that a name, pattern or index stands for, not none."""
    if isinstance(column, bool | np.bool_):
        raise ValueError(
            f"{group} must hold names or indices, got {column}: give those of the columns where it is True"
        )
    if isinstance(column, str):
        fits = re.compile(re.escape(column).replace(r"\*", ".*"), re.DOTALL).fullmatch
        matching = [index for index, name in enumerate(names) if fits(name)]
    elif isinstance(column, Integral) and not any(isinstance(label, Integral) for label in labels):
        matching = [int(column)] if 0 <= int(column) < len(names) else []
    else:
        can_be = isinstance(column, Hashable)  # arrays and lists are no names
        matching = [index for index, label in enumerate(labels) if can_be and label == column]
    if not matching:
        nearest = ", ".join(get_close_matches(str(column), names, 3) or names[:3])
        raise ValueError(f"{group}: {column!r} fits no column of X; there are {nearest}")
    return np.array(matching, np.int64)


def exchanged(rows: Any, columns: np.ndarray, order: np.ndarray) -> Any:
    """Return a copy in which row i has the columns of row order[i]; a sparse matrix stays sparse.

    >>> exchanged(np.array([[1, 2], [3, 4]]), np.array([1]), np.array([1, 0])).tolist()
    [[1, 4], [3, 2]]
    """
    if sparse.issparse(rows):
        moved = np.isin(np.arange(rows.shape[1]), columns)
        stay, move = (sparse.diags_array(part.astype(rows.dtype)) for part in (~moved, moved))
        return sparse.csr_array(rows @ stay + rows[order] @ move)
    if isinstance(rows, pd.DataFrame) and len(columns) > 1:  # one by one, many columns take ten times as long
        stay = np.setdiff1d(np.arange(rows.shape[1]), columns)
        parts = [rows.iloc[:, stay], rows.iloc[order, columns].set_axis(rows.index)]
        return pd.concat(parts, axis=1).iloc[:, np.argsort(np.concatenate([stay, columns]))]
    copy = rows.copy()
    if isinstance(rows, pd.DataFrame):
        for column in columns:
            copy.isetitem(column, rows.iloc[order, column].array)
    else:
        copy[:, columns] = rows[np.ix_(order, columns)]
    return copy


def carried(rows: Any, columns: np.ndarray) -> int:
    """Return how many rows have anything but 0 in the columns; of a frame, all."""
    if isinstance(rows, pd.DataFrame):
        return len(rows)
    return len(np.unique((rows[:, columns] != 0).nonzero()[0]))
