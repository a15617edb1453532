"""`ImportanceResult`: the measured importances of a model's features, as tables with names and as a figure."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import torch

from greenlight_films.importance.alone import Alone
from greenlight_films.importance.contributions import Contributions
from greenlight_films.importance.estimates import FEW_FILMS, FEW_FOR_Z, Estimates, benjamini_hochberg

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from greenlight_films.importance.related import Related

MEASURES = {
    "mse": "increase of the squared error",
    "mae": "increase of the absolute error",
    "rmse": "increase of the RMSE",
    "r2": "loss of R²",
}

TOO_FEW = "too few films to tell"
MEAN_NOTHING = "The model is no better than guessing the mean: these importances mean nothing."
CANT_TELL = "Of a single film, or of films that are all alike, it can't be told whether the model has learnt anything."
BOTH_SIDES = "The same films stand on both sides of the split: these importances say nothing of new films."
SHORT = {
    MEAN_NOTHING: "no better than guessing the mean: means nothing",
    CANT_TELL: "too few films to tell whether the model is any good",
    BOTH_SIDES: "same films in training: says nothing of new films",
}
"""The warnings as every line of a table has them."""


@dataclass(frozen=True)
class ColumnSet:
    """Features that are shuffled together.

    Attributes:
        level: number, column, role or group.
        dense: (n,) int64, indices of numbers.
        labels: (n,) int64, indices of label columns.
    """

    name: str
    level: str
    dense: np.ndarray
    labels: np.ndarray


@dataclass(frozen=True, repr=False)
class ImportanceResult:
    """Importances of a model's features on held-out rows: the increase of its loss when a feature is shuffled.

    Attributes:
        described: one line a feature, label columns first, then numbers: feature (its name), column, value, role,
            level.
        values: of every label column.
        sets: every number as a set of its own, then sets of columns.
        joint: of every set, its columns shuffled together.
        summary: estimator, loss, seed, rows, baseline loss, R², `learnt` (whether the model is better than a
            guess; None: can't be told), leak, time and work, as plain data.
        missing_features: label columns and numbers that were not reached before it was stopped.
        missing_sets: likewise columns, roles and groups.
        alone, contributions: None where it was stopped, and on all devices but the first; contributions of some films.
        method: `exact` or `loop`, and why.
        columns: of the columns of X that were handed to `permutation_importance`; None: of every feature.
        related: features that say the same; None where it was not measured.
        by_part: one line a role and part, its names apart from what is known beside them; None where not measured.
    """

    described: pd.DataFrame
    values: Estimates
    sets: Sequence[ColumnSet]
    joint: Estimates
    summary: dict[str, Any]
    missing_features: int = 0
    missing_sets: int = 0
    alone: Alone | None = None
    contributions: Contributions | None = None
    method: str = "exact: the model's first layer is additive"
    columns: Estimates | None = None
    related: "Related | None" = None
    by_part: pd.DataFrame | None = None

    @property
    def is_whole(self) -> bool:
        """Return whether everything was measured."""
        return not self.missing_features and not self.missing_sets

    @property
    def numbers(self) -> Estimates:
        """Return the importance of every number."""
        return self.joint.take(torch.arange(len(self.described) - len(self.values.mean)))

    @property
    def importances(self) -> np.ndarray:
        """Return the importance in each shuffle, (n_columns, n_repeats); one column where most are in closed form."""
        return self._columns.repeats.numpy()

    @property
    def importances_mean(self) -> np.ndarray:
        """Return the importance of each column, (n_columns,), NaN where no row has anything but 0."""
        return self._columns.mean.numpy()

    @property
    def importances_std(self) -> np.ndarray:
        """Return the standard deviation of a single shuffle, (n_columns,), NaN where a single shuffle was drawn."""
        return self._columns.std.numpy()

    @property
    def _columns(self) -> Estimates:
        return Estimates.cat([self.values, self.numbers]) if self.columns is None else self.columns

    @property
    def warnings(self) -> list[str]:
        """Return what must be known before any of these numbers is read."""
        learnt = self.summary["learnt"]
        first = [CANT_TELL] if learnt is None else [] if learnt else [MEAN_NOTHING]
        return first + [BOTH_SIDES] * self.summary["leak"]

    @property
    def in_short(self) -> str:
        """Return the warnings for a line of a table or a title; empty where there is none."""
        return "; ".join(SHORT[warning] for warning in self.warnings)

    @property
    def measure(self) -> str:
        """Return what an importance is, with its unit."""
        return measure(self.summary["loss"], self.summary["unit"])

    @property
    def films(self) -> str:
        """Return on which films it was measured: `1,234 test films`."""
        sides, n_films = {"test": "test film", "val": "validation film", None: "row"}, self.summary["films"]
        return f"{n_films:,} {sides[self.summary['split']]}{'' if n_films == 1 else 's'}"

    @property
    def features(self) -> pd.DataFrame:
        """Return one line a feature, the most important first.

        Those that no held-out film carries have no importance and come last; ties go by name.
        """
        return self._features.copy(deep=False)

    @cached_property
    def _features(self) -> pd.DataFrame:
        direction = np.nan if self.alone is None else self.alone.direction
        table = self.described.assign(direction=direction, **_numbers(Estimates.cat([self.values, self.numbers])))
        first = ["feature", "importance", "direction", "column", "value", "role", "level"]
        return _ranked(table[[*first, *table.columns.difference(first, sort=False)]], "feature")

    @property
    def aggregated(self) -> pd.DataFrame:
        """Return one line a column, role and group.

        `sum_of_values` adds up the importances of its values and numbers, each shuffled alone; `importance` is that of
        all of them shuffled together. These are two things.
        """
        return self._aggregated.copy(deep=False)

    @cached_property
    def _aggregated(self) -> pd.DataFrame:
        sums = [_sum(columns, self.values, self.numbers) for columns in self.sets]
        table = pd.DataFrame(
            {
                "name": [columns.name for columns in self.sets],
                "level": [columns.level for columns in self.sets],
                "features": [len(columns.dense) + len(columns.labels) for columns in self.sets],
                "sum_of_values": [total for total, _ in sums],
                "sum_of_values_se": [error for _, error in sums],
                **_numbers(self.joint),
            }
        )
        table = table[table["level"] != "number"]
        parts = []
        for _, level in table.groupby("level", sort=False):  # q is among a level: a column may be a role's only one
            p = level["p"].where(level["low_95"].notna())
            parts.append(_ranked(level.assign(q=benjamini_hochberg(p.to_numpy())), "name"))
        return pd.concat(parts, ignore_index=True) if parts else table.assign(rank=[])

    def to_frame(self) -> pd.DataFrame:
        """Return `features`: one line a feature, with importance, standard errors, p and q."""
        return self.features

    def plot(self, top: int = 25) -> "go.Figure":
        """Draw the most important features with 95 % intervals. Needs plotly."""
        import plotly.graph_objects as go

        table = self.features[self.features["importance"].notna()].head(top)
        below, above = table["importance"] - table["low_95"], table["high_95"] - table["importance"]
        error = {"array": above.fillna(0), "arrayminus": below.fillna(0)}
        bars = go.Bar(x=table["importance"], y=table["feature"], orientation="h", error_x=error)
        title = f"The {len(table)} most important of {len(self.features):,} features, {self.films}"
        figure = go.Figure(bars, {"title": f"{title} ({self.in_short})" if self.warnings else title})
        return figure.update_xaxes(title=self.measure).update_yaxes(autorange="reversed", type="category")

    def __repr__(self) -> str:
        lines, table = self._shown()
        return "\n".join([*lines, table.to_string(index=False)])

    def _repr_html_(self) -> str:
        """Return what a notebook shows: the warnings and the most important features."""
        lines, table = self._shown()
        return "".join(f"<p>{line}</p>" for line in lines) + table.to_html(index=False)

    def _shown(self) -> tuple[list[str], pd.DataFrame]:
        table = self.features.head(10)
        about = f"{len(table)} of {len(self.features):,} features on {self.films}: {self.measure}"
        words = [interval_in_words(*ends) for ends in zip(*intervals(table), table["n_films"], strict=True)]
        table = table.assign(**{"95 % interval": words})[["feature", "importance", "95 % interval", "q", "n_films"]]
        return [*self.warnings, about, f"Method: {self.method}"], table


def measure(loss: str, unit: str) -> str:
    """Return what an importance is, with its unit from that of the target.

    >>> measure("mse", "points")
    'increase of the squared error when shuffled, (points)²'
    """
    if loss == "r2" or not unit:
        return f"{MEASURES[loss]} when shuffled"
    return f"{MEASURES[loss]} when shuffled, ({unit}){'²' if loss == 'mse' else ''}"


def intervals(table: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Return where the 95 % interval of each line of a table of importances begins and ends; NaN where it has none.

    A table without intervals, such as older ones, has them from its standard errors, from three films on.
    """
    if "low_95" in table:
        return table["low_95"], table["high_95"]
    margin = 1.96 * np.sqrt(table["se_shuffle"].fillna(0) ** 2 + table["se_sample"] ** 2)
    margin = margin.where(table["n_films"] >= FEW_FILMS)
    return table["importance"] - margin, table["importance"] + margin


def interval_in_words(low: float, high: float, n_films: float) -> str:
    """Return the interval of a feature that so many films have as text; – where all films have it.

    >>> interval_in_words(0.0123, 0.2, 9), interval_in_words(np.nan, np.nan, 2)
    ('0.012 to 0.2', 'too few films to tell')
    """
    unknown = TOO_FEW if n_films < FEW_FOR_Z else "–"
    return unknown if np.isnan(low) else f"{low:.2g} to {high:.2g}"


def _numbers(importance: Estimates) -> dict[str, np.ndarray]:
    columns = {
        "importance": importance.mean,
        "std": importance.std,
        "se_shuffle": importance.se_shuffle,
        "se_sample": importance.se_sample,
        "low_95": importance.low,
        "high_95": importance.high,
        "p": importance.p,
        "q": importance.q(),
        "n_films": importance.n_films,
    }
    return {name: column.numpy() for name, column in columns.items()}


def _sum(columns: ColumnSet, values: Estimates, numbers: Estimates) -> tuple[float, float]:
    """Return the sum of the features' importances, and its error if they were independent."""
    parts = [(numbers, columns.dense), (values, columns.labels)]
    total = sum(float(part.mean[indices].nansum()) for part, indices in parts)
    return total, sum(float(part.variance[indices].nansum()) for part, indices in parts) ** 0.5


def _ranked(table: pd.DataFrame, name: str) -> pd.DataFrame:
    table = table.sort_values(["importance", name], ascending=[False, True], ignore_index=True, na_position="last")
    known = table["importance"].notna()
    return table.assign(rank=pd.Series(np.arange(1, len(table) + 1), dtype="Int64").mask(~known))
