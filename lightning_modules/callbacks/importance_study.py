"""What a run's importances are: numbers by feature and by set of features, as tables with names."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
import torch

from greenlight_films.datamodules import FeatureSpace
from greenlight_films.datamodules.feature_sets import FeatureSet
from greenlight_films.importance import Estimates, benjamini_hochberg
from greenlight_films.lightning_modules.callbacks.contributions import Contributions

MEASURES = {
    "mse": "increase of the squared error",
    "mae": "increase of the absolute error",
    "rmse": "increase of the RMSE",
    "r2": "loss of R²",
}

MEAN_NOTHING = "R² is not above 0: the model is no better than guessing the mean, and these importances mean nothing."
BOTH_SIDES = "The same films stand on both sides of the split: these importances say nothing of new films."
SHORT = {
    MEAN_NOTHING: "R² is not above 0: means nothing",
    BOTH_SIDES: "same films in training: says nothing of new films",
}
"""Warnings as every line of a table has them."""


@dataclass(frozen=True)
class ImportanceStudy:
    """Importances of a model's features on held-out films.

    Attributes:
        space: names the features.
        values: of every label column.
        sets: numbers first, in the order of the dense block.
        joint: of every set, its columns shuffled together.
        summary: estimator, loss, seed, rows, baseline loss, R², leak, time and work, as plain data.
        missing_features: label columns and numbers that were not reached before it was stopped.
        missing_sets: likewise columns, roles and groups.
        contributions: what single values move single predictions by; None where it was stopped, and on all devices but
            the first.
    """

    space: FeatureSpace
    values: Estimates
    sets: list[FeatureSet]
    joint: Estimates
    summary: dict[str, Any]
    missing_features: int
    missing_sets: int
    contributions: Contributions | None = None

    @property
    def is_whole(self) -> bool:
        """Tell whether everything was reached."""
        return not self.missing_features and not self.missing_sets

    @property
    def numbers(self) -> Estimates:
        """Return the importance of every number."""
        return Estimates(*(field[: self.space.n_dense] for field in self.joint.fields()))

    @property
    def means_nothing(self) -> bool:
        """Tell whether the model is no better than guessing the mean."""
        return self.summary["r2"] is None or self.summary["r2"] <= 0

    @property
    def warnings(self) -> list[str]:
        """Return what must be known before any of these numbers is read."""
        return [MEAN_NOTHING] * self.means_nothing + [BOTH_SIDES] * self.summary["leak"]

    @property
    def in_short(self) -> str:
        """Return the warnings for a line of a table or a title; empty where there is none."""
        return "; ".join(SHORT[warning] for warning in self.warnings)

    @property
    def measure(self) -> str:
        """Say what an importance is, and in which unit."""
        return measure(self.summary["loss"], self.summary["unit"])

    @property
    def films(self) -> str:
        """Say on which films it was measured."""
        return f"{self.summary['films']:,} {'test' if self.summary['split'] == 'test' else 'validation'} films"

    @cached_property
    def features(self) -> pd.DataFrame:
        """Return one line a feature of the model, label values and numbers, the most important first.

        Those that no held-out film carries have no importance and come last; ties go by name. `direction` is that of
        `Contributions`, empty where there are none.
        """
        dense, labels = self.space.dense, self.space.labels
        blocks = [*labels, *dense]
        sizes = [len(block.values) for block in blocks]
        is_value = np.repeat([block.kind == "label" for block in blocks], sizes)
        values = np.concatenate([np.array(block.values, dtype=object) for block in labels] or [np.array([], object)])
        named = {
            "feature": [*self.space.label_names(), *self.space.dense_names()],
            "column": np.repeat([block.column for block in blocks], sizes),
            "value": np.concatenate([values, np.full(self.space.n_dense, None)]),
            "role": np.repeat([block.role for block in blocks], sizes),
            "level": np.where(is_value, "value", "number"),
            "direction": self._directions(),
        }
        table = _ranked(pd.DataFrame({**named, **_numbers(Estimates.cat([self.values, self.numbers]))}), "feature")
        first = ["feature", "importance", "direction", "column", "value", "role", "level"]
        return table[[*first, *table.columns.difference(first, sort=False)]]

    def _directions(self) -> np.ndarray:
        """Return one a feature, labels first."""
        if self.contributions is None:
            return np.full(self.space.n_labels + self.space.n_dense, np.nan)
        return np.roll(self.contributions.direction, -self.space.n_dense)

    @cached_property
    def aggregated(self) -> pd.DataFrame:
        """Return one line a column, role and group: the sum of its features' importances beside the joint one."""
        by_value, by_number = self.values, self.numbers
        table = pd.DataFrame(
            {
                "name": [some.name for some in self.sets],
                "level": [some.level for some in self.sets],
                "features": [len(some.dense) + len(some.labels) for some in self.sets],
                **_sums(self.sets, by_value, by_number),
                **_numbers(self.joint),
            }
        )
        table = table[table["level"] != "number"]
        parts = [_ranked(_corrected(part), "name") for _, part in table.groupby("level", sort=False)]
        return pd.concat(parts, ignore_index=True) if parts else table.assign(rank=[])


def measure(loss: str, unit: str) -> str:
    """Say what an importance is, and in which unit, of the target's unit."""
    if loss == "r2" or not unit:
        return f"{MEASURES[loss]} when shuffled"
    return f"{MEASURES[loss]} when shuffled, ({unit}){'²' if loss == 'mse' else ''}"


def margins(table: pd.DataFrame) -> pd.Series:
    """Return half the width of the 95 % interval of each line of features or columns."""
    return 1.96 * np.sqrt(table["se_shuffle"].fillna(0) ** 2 + table["se_sample"] ** 2)


def _numbers(importance: Estimates) -> dict[str, np.ndarray]:
    fields = importance.fields()
    names = ("importance", "std", "se_shuffle", "se_sample")
    return {
        **{name: field.numpy() for name, field in zip(names, fields, strict=False)},
        "z": importance.z().numpy(),
        "p": importance.p().numpy(),
        "q": importance.q().numpy(),
        "n_films": importance.n_films.numpy(),
    }


def _sums(sets: list[FeatureSet], values: Estimates, numbers: Estimates) -> dict[str, list[float]]:
    """Add up members' importances; the error of the sum takes them for independent."""
    sums, errors = [], []
    for some in sets:
        parts = [(numbers, some.dense), (values, some.labels)]
        sums.append(sum(float(one.mean[places].nansum()) for one, places in parts))
        errors.append(sum(float(one.variance[places].nansum()) for one, places in parts) ** 0.5)
    return {"sum": sums, "sum_se": errors}


def _corrected(level: pd.DataFrame) -> pd.DataFrame:
    """Return the lines of one level with q among them alone: a column and a role may be the same features."""
    return level.assign(q=benjamini_hochberg(torch.from_numpy(level["p"].to_numpy(copy=True))).numpy())


def _ranked(table: pd.DataFrame, name: str) -> pd.DataFrame:
    table = table.sort_values(["importance", name], ascending=[False, True], ignore_index=True, na_position="last")
    known = table["importance"].notna()
    return table.assign(rank=pd.array(np.where(known, np.arange(1, len(table) + 1), 0), "Int64")).assign(
        rank=lambda ranked: ranked["rank"].mask(~known)
    )
