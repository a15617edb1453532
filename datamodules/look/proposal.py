"""From what a table's columns hold to the features, target and split that a study of it would declare."""

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np

from greenlight_films.datamodules.errors import InputError, listed, nearest
from greenlight_films.datamodules.leakage import AFTER_RELEASE, has_word, is_money
from greenlight_films.datamodules.look.column import NUMBERS, ColumnLook, Proposed
from greenlight_films.datamodules.look.names import COUNTS, RANKS, TARGETS, VOTES, has_name
from greenlight_films.datamodules.number_format import counted
from greenlight_films.datamodules.tables.column_names import counts_rows
from greenlight_films.datamodules.tables.date_cells import MONTH, Dates
from greenlight_films.datamodules.tables.label_lists import LabelLists
from greenlight_films.datamodules.targets import Target

SKEWED = 20.0
"""Numbers from 0 whose 99th percentile is so many times their median are taken in logarithms."""

MOST_MISSING = 0.98
"""Share of missing cells above which a column is left out."""

FEWEST_COUNTED = 10
"""Rows from which on 1, 2, 3, ... is no chance."""

FEWEST_MONTHS = 0.1
"""Share of dates with a month up to which a column tells years alone: training rows may then have no month at all."""


def propose_feature(column: ColumnLook) -> Proposed | None:
    """Return the feature that a column becomes; None where it can be none."""
    if column.left_out or column.fault or column.missing_share > MOST_MISSING:
        return None
    comment = _comment(column)
    if column.kind in NUMBERS:
        return Proposed("Number", {"column": column.name, **_scale(column)}, comment)
    if column.kind == "date":
        return Proposed("Date", {"column": column.name, "parts": _parts(column)}, comment)
    if column.kind in ("labels", "category"):
        role = {"role": column.role} if column.role else {}
        return Proposed(column.kind.capitalize(), {"column": column.name, **_notation(column), **role}, comment)
    return None


def _parts(column: ColumnLook) -> list[str]:
    """Return what a model can learn from a column of dates; nearly all of a year alone have no season."""
    assert isinstance(column.values, Dates)
    precision = column.values.precision
    has_months = (precision >= MONTH).sum() > FEWEST_MONTHS * (precision > 0).sum()
    return ["year", "season"] if has_months else ["year"]


def _notation(column: ColumnLook) -> dict[str, Any]:
    """Return the arguments of Labels that read the column, or the columns of its role."""
    if column.sources:
        format = {"format": column.notation.format} if column.notation and column.notation.format != "text" else {}
        return {"from_columns": list(column.sources), **format}
    return column.notation.arguments() if column.notation else {}


def _scale(column: ColumnLook) -> dict[str, Any]:
    values = np.asarray(column.values, dtype=np.float64)
    values = values[~np.isnan(values)]
    if column.kind in ("year", "flag", "percentage") or not len(values) or values.min() < 0:
        return {}
    high, middle = np.quantile(values, [0.99, 0.5])
    return {"log1p": True} if column.kind == "money" or high > SKEWED * max(middle, 1e-9) else {}


def _comment(column: ColumnLook) -> str:
    parts: list[str] = [column.kind if column.kind not in ("number", "labels") else ""]
    if isinstance(column.values, LabelLists):
        parts.append(counted(len(column.values.names), "label"))
    parts.append(column.unit)
    if column.missing_share:
        share = f"{column.missing_share:.0%}" if column.missing_share >= 0.005 else "under 1 %"
        texts = [f"{text!r} in {counted(count, 'row')}" for text, count in column.missing.items() if text][:3]
        parts.append(f"{share} missing" + (f" ({', '.join(texts)})" if texts else ""))
    if column.sentinels:
        parts.append(
            " and ".join(f"{count:,} of {text}" for text, count in column.sentinels.items()) + " are no values"
        )
    return ", ".join(part for part in parts if part)


def says_row_number(column: ColumnLook, kept: Sequence[int]) -> bool:
    """Tell whether a column only says where a row stands in the table, from 0 or 1, whatever its name.

    Args:
        kept: rows of the table, from 1; of others a shape made the films.
    """
    if column.kind not in NUMBERS:
        return False
    values = np.asarray(column.values, dtype=np.float64)
    if len(values) < FEWEST_COUNTED:
        return False
    numbers = np.arange(1, 1 + len(values))
    return counts_rows(values - (kept if len(kept) == len(values) else numbers) + numbers)


def possible_targets(columns: Sequence[ColumnLook]) -> list[str]:
    """Return the columns that a study could predict, the likeliest first: numbers known after a film was shown."""
    numbers = [column for column in columns if column.kind in NUMBERS and column.kind not in ("year", "flag")]
    late = [column for column in numbers if has_word(column.name, AFTER_RELEASE) or has_name(column.name, set(TARGETS))]
    fit = [column for column in late if not (column.fault or column.left_out) and _n_values(column) > 1]
    likely = [column for column in fit if not has_name(column.name, RANKS)]

    def rank(column: ColumnLook) -> tuple[int, float]:
        ranks = [rank for rank, word in enumerate(TARGETS) if has_name(column.name, {word})]
        is_count = has_name(column.name, COUNTS | VOTES)
        return (min(ranks, default=len(TARGETS)) + len(TARGETS) * is_count, column.missing_share)

    return [column.name for column in sorted(likely, key=rank)]


def choose_target(columns: Sequence[ColumnLook], target: str | None) -> str | None:
    """Return the target: the one that is wanted, else the likeliest; None where there is none.

    Raises:
        InputError: the wanted one is no column of numbers, or says the same of all films.
    """
    if target is None:
        return next(iter(possible_targets(columns)), None)
    kinds = {column.name: column.kind for column in columns}
    numbers = listed(name for name, kind in kinds.items() if kind in NUMBERS) or "none"
    if target not in kinds:
        raise InputError(f"--target: no column '{target}'{nearest(target, kinds) or '.'} Numbers are: {numbers}")
    if kinds[target] not in NUMBERS:
        raise InputError(
            f"--target must be a column of numbers, got '{target}' of kind {kinds[target]}. Numbers are: {numbers}"
        )
    column = next(column for column in columns if column.name == target)
    if not column.fault and _n_values(column) < 2:
        extremes = column.extremes()
        value = f"which is {extremes[0]:.15g} wherever it is known" if extremes else "which is empty"
        raise InputError(
            f"--target must differ between films, got '{target}', {value}: there is nothing to learn. Numbers are: "
            f"{listed(column.name for column in columns if column.kind in NUMBERS and _n_values(column) > 1) or 'none'}"
        )
    return target


def _n_values(column: ColumnLook) -> int:
    """Return 0 of a column of numbers without any, 1 where all are the same, 2 of others."""
    extremes = column.extremes()
    return 0 if extremes is None else 1 + (extremes[0] != extremes[1])


def propose_target(column: ColumnLook) -> Proposed:
    """Return how a target is declared: money in logarithms."""
    target = Target(column.name, unit=column.unit)
    values = np.asarray(column.values, dtype=np.float64)
    money = column.kind == "money" or is_money(target)
    transform = {"transform": "log1p"} if money and np.nanmin(values) >= 0 else {}
    unit = {"unit": column.unit} if column.unit else {}
    return Proposed("Target", {"column": column.name, **transform, **unit})


def refuse_unfit_names(
    leave_out: Collection[str], columns: Sequence[ColumnLook], of_table: Collection[str], target: str | None
) -> None:
    """Refuse to leave out what is no column, a part of a role, or the target."""
    known = list(dict.fromkeys([*(column.name for column in columns), *map(str, of_table)]))
    whole = {part: column.name for column in columns for part in column.sources}
    problems = [f"no column '{name}'{nearest(name, known)}" for name in leave_out if name not in known]
    problems += [f"'{name}' is a part of '{whole[name]}'; leave that out" for name in leave_out if name in whole]
    problems += [f"'{target}' is the --target, which is no feature anyway; name others"] * (target in leave_out)
    if problems:
        raise InputError("\n".join(f"--leave_out: {problem}" for problem in problems))
