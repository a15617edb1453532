"""Notices on numbers of new films that seem to be in another unit than a model's, or lie far from what it learnt."""

import re
from collections.abc import Collection
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pandas as pd

from greenlight_films.datamodules.encoder import EncodedFilms, FilmEncoder
from greenlight_films.datamodules.errors import InputError
from greenlight_films.datamodules.features import Number
from greenlight_films.datamodules.number_format import compact, counted
from greenlight_films.datamodules.tables.formats import Format, Formats
from greenlight_films.datamodules.tables.number_cells import parse_numbers
from greenlight_films.datamodules.tables.number_names import kind_by_name
from greenlight_films.datamodules.targets import TargetColumn, TargetScale

FAR = 1000  # times larger or smaller than usual: millions, or thousands, are written out in one table alone
OTHER_SCALE = 8  # times larger or smaller than usual: points of 100 beside those of 10
FAR_OUT = 0.5  # times the range of the training rows, beyond its ends
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


def number_notices(frame: pd.DataFrame, encoded: EncodedFilms, encoder: FilmEncoder) -> list[str]:
    """Say which numbers of new films seem to be in another unit than a model's, or lie far from all that it learnt.

    Args:
        encoded: the films of the frame.

    Raises:
        InputError: as of `unit_notices`.
    """
    of_units = unit_notices(frame, encoder)
    return [*of_units.values(), *_range_notices(encoded, encoder, of_units)]


def unit_notices(frame: pd.DataFrame, encoder: FilmEncoder) -> dict[str, str]:
    """Say, by column, which numbers of new films seem to be in another unit than those that a model learnt.

    Raises:
        InputError: columns hold several shares from 0 to 1 where the model learnt percent, or the other way round.
    """
    notices, faults = dict[str, str](), list[str]()
    for feature, blocks in zip(encoder.features, encoder.space.groups, strict=True):
        if not isinstance(feature, Number) or blocks[0].fitted.get("constant"):
            continue
        median = blocks[0].fitted["median"]
        usual = float(np.expm1(median) if feature.log1p else median)
        compared = Compared.of(frame[feature.column], encoder.formats.of(feature.column), usual)
        shares = _of_shares(compared) if compared else ""
        if compared and shares and len(np.unique(compared.values)) >= SURE:
            faults.append(shares)
        elif compared and (notice := shares or _of_sizes(compared)):
            notices[feature.column] = notice
    if faults:
        raise InputError("\n".join(faults))
    return notices


def _range_notices(encoded: EncodedFilms, encoder: FilmEncoder, left_out: Collection[str]) -> list[str]:
    """Say of how many films a number lies far beyond all that the model learnt from."""
    notices = list[str]()
    for feature, block, columns in encoder.space.blocks():
        ends = block.fitted.get("range")  # older models have none
        if ends and feature.get("feature") == "Number" and block.column not in left_out:
            values, far = encoded.unscaled[:, columns], np.ptp(ends) * FAR_OUT
            n_far = int(((values < ends[0] - far) | (values > ends[1] + far)).sum())
            if far and n_far:
                least, most = (compact(float(np.expm1(end) if feature.get("log1p") else end)) for end in ends)
                notices.append(
                    f"'{block.column}' of {n_far:,} of {counted(len(values), 'row')} lies far outside of {least} to "
                    f"{most}, which the model learnt from: its predictions there are guesses"
                )
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
