"""Notices on numbers of new films that seem to be in another unit than those that a model learnt."""

import re
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pandas as pd

from greenlight_films.datamodules.encoder import FilmEncoder
from greenlight_films.datamodules.errors import InputError
from greenlight_films.datamodules.features import Number
from greenlight_films.datamodules.number_format import compact
from greenlight_films.datamodules.tables.formats import Format, Formats
from greenlight_films.datamodules.tables.number_cells import parse_numbers
from greenlight_films.datamodules.tables.number_names import kind_by_name
from greenlight_films.datamodules.targets import TargetColumn, TargetScale

FAR = 1000  # times larger or smaller than usual: millions, or thousands, are written out in one table alone
OTHER_SCALE = 8  # times larger or smaller than usual: points of 100 beside those of 10
SURE = 5  # different shares from 0 to 1, which are no percentages then


class Compared(NamedTuple):
    """Numbers of new films beside those that a model learnt.

    Attributes:
        values: of new films, without their signs, NaN and 0 left out.
        written: the unit that stands in the new cells, learnt the model's; empty: none.
        usual: number in the model's table.
    """

    name: str
    values: np.ndarray
    written: str
    learnt: str
    usual: float

    @classmethod
    def of(cls, column: pd.Series, format: Format, usual: float) -> "Compared | None":
        """Return what can be compared of a column; None where there is nothing.

        Args:
            format: of the model's table.
        """
        numbers = parse_numbers(column, replace(format, unit=None))
        values = np.abs(numbers.values[~np.isnan(numbers.values) & (numbers.values != 0)])
        if numbers.faults or not len(values) or usual <= 0:
            return None
        return cls(str(column.name), values, numbers.unit, format.unit or "", usual)

    @property
    def middle(self) -> float:
        return float(np.median(self.values))

    @property
    def beside(self) -> str:
        return f"such as {compact(self.middle)}, and the model learnt such as {compact(self.usual)}"


def unit_notices(frame: pd.DataFrame, encoder: FilmEncoder) -> list[str]:
    """Say which numbers of new films seem to be in another unit than those that a model learnt.

    Raises:
        InputError: columns hold several shares from 0 to 1 where the model learnt percent, or the other way round.
    """
    notices, faults = list[str](), list[str]()
    for feature, blocks in zip(encoder.features, encoder.space.groups, strict=True):
        if not isinstance(feature, Number) or blocks[0].fitted.get("constant"):
            continue
        median = blocks[0].fitted["median"]
        usual = float(np.expm1(median) if feature.log1p else median)
        compared = Compared.of(frame[feature.column], encoder.formats.of(feature.column), usual)
        if compared and (shares := _of_shares(compared)):
            (faults if len(np.unique(compared.values)) >= SURE else notices).append(shares)
        elif compared and (sizes := _of_sizes(compared)):
            notices.append(sizes)
    if faults:
        raise InputError("\n".join(faults))
    return notices


def target_notices(frame: pd.DataFrame, target: TargetColumn, scale: TargetScale, formats: Formats) -> list[str]:
    """Say why the target of new films isn't read, or that it seems to be in another unit than the model's."""
    names = [name for name in target.columns if name in frame]
    faults = [str(fault) for name in names for fault in parse_numbers(frame[name], formats.of(name)).faults]
    notices = [f"The target isn't read: {fault}" for fault in faults]
    if not faults and len(names) == len(target.columns) == 1:
        usual = float(scale.in_unit(np.array([scale.mean]))[0])
        compared = Compared.of(frame[names[0]], formats.of(names[0]), usual)
        notices += filter(None, [_of_shares(compared) or _of_sizes(compared)] if compared else [])
    return notices


def _of_shares(compared: Compared) -> str:
    """Return that shares stand for percentages, or percentages for shares; empty where that can't be told."""
    name, values, written, learnt, usual = compared
    if learnt == "%" and not written and usual > 1 and values.max() <= 1 and values.min() < 1:
        return (
            f"column '{name}' holds numbers from 0 to 1 without %, {compared.beside}%; multiply shares by 100, or "
            "write percentages with their sign"
        )
    if written == "%" and not learnt and usual <= 1 < compared.middle:
        return f"column '{name}' is in percent, {compared.beside}; divide them by 100, and leave out their sign"
    return ""


def _of_sizes(compared: Compared) -> str:
    """Return that numbers are of another scale than the model's, or money of another size; empty where nothing is."""
    name, values, written, learnt, usual = compared
    middle = compared.middle
    if learnt.startswith("of ") and not written and values.max() > float(learnt[3:]):
        return f"column '{name}' must hold points {learnt}, as the model's table, got such as {compact(values.max())}"
    if written.startswith("of ") and not learnt and not usual / OTHER_SCALE < middle < usual * OTHER_SCALE:
        return f"column '{name}' holds points {written}, {compared.beside}; convert them"
    unit = learnt or written
    is_money = bool(re.fullmatch("[A-Z]{3}", unit)) or (not unit and kind_by_name(name) == "money")
    if is_money and (values.min() >= usual * FAR or (not written and values.max() <= usual / FAR)):
        return (
            f"all numbers of column '{name}' are {FAR:,} times {'larger' if middle > usual else 'smaller'} than usual, "
            f"or more, {compared.beside}; write out thousands or millions, if they are such"
        )
    return ""
