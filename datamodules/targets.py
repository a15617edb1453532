"""What is predicted: a column, or a film's profit ratio; and its scaling for the network, undone before any score."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from greenlight_films.datamodules.arguments import refuse_other_types
from greenlight_films.datamodules.errors import FARTHEST, InputError, too_far
from greenlight_films.datamodules.scores import Scores, regression_scores
from greenlight_films.datamodules.tables.formats import Formats
from greenlight_films.datamodules.tables.number_cells import LARGEST, read_numbers

Transform = Literal["none", "log1p"]


class TargetColumn(ABC):
    """A number per film. Every score and prediction is in this unit, whatever the transform."""

    transform: Transform
    shift: float
    unit: str

    def __post_init__(self) -> None:
        refuse_other_types(type(self), vars(self), f"the target '{self.name}': `{{}}`")

    @property
    @abstractmethod
    def name(self) -> str:
        """The target's name in results."""

    @property
    @abstractmethod
    def columns(self) -> list[str]:
        """The table's columns that the target needs."""

    @property
    def answers(self) -> list[str]:
        """Those of the columns that tell the target, or most of it; none may be a feature."""
        return self.columns

    @property
    def learnt_unit(self) -> str:
        """The unit of what models learn, such as `log1p of US dollars`."""
        return self.unit if self.transform == "none" else f"{self.transform} of {self.unit or self.name}"

    @abstractmethod
    def values(self, frame: pd.DataFrame, formats: Formats = Formats()) -> np.ndarray:
        """Return (n_rows,) float64 in the original unit, NaN where missing."""


@dataclass(frozen=True)
class Target(TargetColumn):
    """A column of the table.

    Attributes:
        transform: `log1p`: the model learns log(1 + shift + value), which suits money.
        shift: added before log1p; a profit ratio of -1 needs 1.
        unit: written beside the scores, such as `US dollars`.
    """

    column: str
    transform: Transform = "none"
    shift: float = 0.0
    unit: str = ""

    @property
    def name(self) -> str:
        return self.column

    @property
    def columns(self) -> list[str]:
        return [self.column]

    def values(self, frame: pd.DataFrame, formats: Formats = Formats()) -> np.ndarray:
        return read_numbers(frame[self.column], formats.of(self.column))


@dataclass(frozen=True)
class ProfitRatio(TargetColumn):
    """(revenue - budget) / budget; missing where the budget is missing, 0 or negative.

    Attributes:
        transform: `log1p`: the model learns log(1 + shift + ratio); a film that earns nothing has ratio -1.
    """

    budget: str
    revenue: str
    transform: Transform = "none"
    shift: float = 1.0
    unit: str = "profit / budget"

    @property
    def name(self) -> str:
        return "profit_ratio"

    @property
    def columns(self) -> list[str]:
        return [self.budget, self.revenue]

    @property
    def answers(self) -> list[str]:
        return [self.revenue]

    def values(self, frame: pd.DataFrame, formats: Formats = Formats()) -> np.ndarray:
        budget, revenue = (read_numbers(frame[name], formats.of(name)) for name in self.columns)
        budget = np.where(budget > 0, budget, np.nan)
        with np.errstate(over="ignore"):  # `read_target` refuses it by its row
            return (revenue - budget) / budget


@dataclass(frozen=True)
class TargetScale:
    """The target as the network sees it: transformed, then standardised by mean and std of the training rows."""

    transform: Transform
    shift: float
    mean: float
    std: float

    @classmethod
    def fit(cls, target: TargetColumn, train: np.ndarray) -> "TargetScale":
        """Learn mean and standard deviation from the training rows' targets, in the original unit."""
        raw = cls(target.transform, target.shift, mean=0.0, std=1.0).forward(train)
        if np.ptp(raw) == 0 or raw.std() == 0:  # differences of 1e-200 have no square
            raise InputError(
                f"the target '{target.name}' is {train[0]:g} in all {len(train):,} training rows: nothing to learn; "
                "give another data.target or other films"
            )
        return cls(target.transform, target.shift, float(raw.mean()), float(raw.std()))

    def forward(self, values: np.ndarray) -> np.ndarray:
        """Scale targets in the original unit."""
        return (self.learnt(values) - self.mean) / self.std

    def inverse(self, scaled: np.ndarray) -> np.ndarray:
        """Return targets or predictions in the original unit, float64."""
        return self.in_unit(scaled.astype(np.float64) * self.std + self.mean)

    def in_unit(self, learnt: np.ndarray) -> np.ndarray:
        """Return in the original unit what `learnt` takes to the scale that is learnt, float64."""
        return np.expm1(learnt) - self.shift if self.transform == "log1p" else learnt

    def learnt(self, values: np.ndarray) -> np.ndarray:
        """Return targets or predictions in the original unit as they are learnt, but for mean and std: log dollars."""
        if self.transform == "none":
            return values
        floor = np.nextafter(-1 - self.shift, np.inf)  # rounding may take a low prediction to where log1p ends
        return np.log1p(np.maximum(values, floor) + self.shift)

    def scores(self, actual: np.ndarray, predicted: np.ndarray, weights: np.ndarray | None = None) -> Scores:
        """Score predictions in the original unit; for a transformed target RMSE and R² on the learnt scale come first.

        On that scale (`rmse_log1p`, `r2_log1p`) a single film far off doesn't outweigh all others. `weights` are of
        the rows.
        """
        scores = regression_scores(actual, predicted, weights)
        if self.transform == "none":
            return scores
        learnt = regression_scores(self.learnt(actual), self.learnt(predicted), weights)
        return {**{f"{name}_{self.transform}": learnt[name] for name in ("rmse", "r2")}, **scores}

    def smearing(self, actual: np.ndarray, predicted: np.ndarray, weights: np.ndarray | None = None) -> float:
        """Return what takes predictions of a log1p target, which are medians, to means: the mean of exp(residual).

        Duan's smearing estimate, doi 10.1080/01621459.1983.10478017, with residuals on the scale that is learnt.

        Args:
            actual: (n_rows,) in the original unit, of rows that the model wasn't fitted to.
            predicted: (n_rows,) likewise.
            weights: (n_rows,), 0 or more.
        """
        return float(np.average(np.exp(self.learnt(actual) - self.learnt(predicted)), weights=weights))

    def mean_of(self, predicted: np.ndarray, smearing: float) -> np.ndarray:
        """Return the means in the original unit that go with (n_rows,) predictions of a log1p target."""
        return smearing * (1 + self.shift + predicted) - 1 - self.shift


def read_target(target: TargetColumn, frame: pd.DataFrame, formats: Formats = Formats(), least: int = 2) -> np.ndarray:
    """Return the target of each row, (n_rows,) float64 with NaN where missing.

    Raises:
        InputError: fewer rows than `least` have a target, or a value is too large or too low for log1p.
    """
    values = target.values(frame, formats)
    known = int(np.sum(~np.isnan(values)))
    if known < least:
        raise InputError(
            f"the target '{target.name}' must be there for {least} row{'s' if least > 1 else ''} or more, "
            f"got {known} of {len(values):,}; give a table that has it"
        )
    remedy = f"correct or empty {' or '.join(map(repr, target.columns))} there"
    _refuse(np.abs(values) > LARGEST, values, frame.index, target, f"must be from -{LARGEST:g} to {LARGEST:g}", remedy)
    if target.transform == "log1p":
        floor = -1 - target.shift
        requirement = f"with log1p and shift {target.shift:g} must be above {floor:g}"
        remedy = "give a larger data.target.shift or another transform"
        _refuse(values <= floor, values, frame.index, target, requirement, remedy)
    return values


def _refuse(
    bad: np.ndarray, values: np.ndarray, index: pd.Index, target: TargetColumn, requirement: str, remedy: str
) -> None:
    if bad.any():
        position = int(bad.argmax())
        row = int(index[position]) + 1
        message = f"the target '{target.name}' {requirement}, row {row} has {values[position]:g}; {remedy}"
        raise InputError(message, row)


def refuse_far_targets(target: TargetColumn, scale: TargetScale, actual: np.ndarray, index: pd.Index) -> None:
    """Refuse a target, (n_rows,), that is too far from the others on the scale; `index` counts the table's rows."""
    far = np.abs(scale.forward(actual)) > FARTHEST
    if far.any():
        position = int(far.argmax())
        remedy = f"correct or empty {' or '.join(map(repr, target.columns))} there"
        raise too_far(f"the target '{target.name}'", int(index[position]) + 1, f"{actual[position]:g}", remedy)
