"""Ordinary least squares, with the errors of its coefficients: statsmodels on numbers and dummies."""

import warnings
from collections.abc import Sequence
from typing import Any, Self

import numpy as np
import pandas as pd

from baselines.baseline import Predictor, Tables
from baselines.design import Design, dependent
from baselines.sample import Sample
from datamodules import EncodedFilms, InputError, TargetScale

MOST_COLUMNS = 1000
"""Errors and variance inflation take the cube of the columns in time, and their square in memory."""

FITS = ("nobs", "df_model", "rsquared", "rsquared_adj", "fvalue", "f_pvalue", "aic", "bic", "llf", "condition_number")


class OLS(Predictor):
    """Linear regression of the target (after log1p, if it has one) on numbers in their own unit and dummies.

    A column that never varies, or that others tell, is left out and named with the reason.

    Args:
        name: what it is called in results.
        columns: patterns of the table's columns; by default numbers, and columns of up to 50 labels.

    Attributes:
        design: the columns.
        coefficients: (n_columns,) float64, 0 for those left out.
        left_out: why, by column.
    """

    stored = ("coefficients", "transform", "shift")
    parts = {"design": Design}  # noqa: RUF012 (a constant)

    def __init__(self, name: str = "ols", columns: Sequence[str] | None = None) -> None:
        self.name = name
        self.columns = columns

    @property
    def option(self) -> str:
        """Return where its columns were given."""
        return "compare.ols" if self.name == "ols" else f"compare.ols.{self.name.removeprefix('ols_')}"

    def check(self, training: Sample) -> None:
        design = Design().fit(training, self.columns, self.option)
        if design.n_columns > MOST_COLUMNS or design.n_columns >= training.n_rows:
            raise InputError(
                f"{self.option} has {design.n_columns:,} columns with the constant for {training.n_rows:,} training "
                f"rows; it takes at most {MOST_COLUMNS:,}, and fewer than rows: name fewer columns of the table, "
                "raise their `min_films`, or leave it to ridge"
            )

    def fit(self, training: Sample) -> Self:
        import statsmodels.api as sm  # takes a second

        self.check(training)
        self.design = Design().fit(training, self.columns, self.option)
        matrix, names = self.design.matrix(training.films), self.design.names
        why = dependent(matrix, names)
        self.kept = np.array([place for place in range(len(names)) if place not in why])
        self.left_out = {names[place]: reason for place, reason in why.items()}
        self.transform, self.shift = training.scale.transform, training.scale.shift
        self.model = sm.OLS(self._unscaled.forward(training.actual), matrix[:, self.kept]).fit()
        self.matrix = matrix[:, self.kept]
        self.coefficients = np.zeros(len(names))
        self.coefficients[self.kept] = self.model.params
        return self

    @property
    def _unscaled(self) -> TargetScale:
        """Undo the target's log1p, and nothing else."""
        return TargetScale(self.transform, self.shift, mean=0.0, std=1.0)

    def predict(self, films: EncodedFilms) -> np.ndarray:
        return self._unscaled.inverse(self.design.matrix(films) @ self.coefficients)

    def in_a_line(self) -> str:
        left_out = f", {len(self.left_out)} left out as others tell them" if self.left_out else ""
        fits = f"AIC {self.model.aic:,.0f}, adjusted R² {self.model.rsquared_adj:.3f}"
        return f"{len(self.kept):,} columns{left_out}; {fits}"

    def tables(self, training: Sample, held_out: Sample) -> Tables:
        """Return coefficients with their errors, how well the whole fits, and statsmodels' summary."""
        fit = {name: getattr(self.model, name) for name in FITS}
        return {
            "coefficients.csv": self._coefficients(),
            "fit.csv": pd.DataFrame({"name": fit.keys(), "value": fit.values()}),
            "summary.txt": self._summary(training),
        }

    def _coefficients(self) -> pd.DataFrame:
        names = np.array(self.design.names, dtype=object)
        robust: Any = self.model.get_robustcov_results("HC3")
        (low, high), (robust_low, robust_high) = self.model.conf_int().T, robust.conf_int().T
        found = pd.DataFrame(
            {
                "name": names[self.kept],
                "coefficient": self.model.params,
                "se": self.model.bse,
                "t": self.model.tvalues,
                "p": self.model.pvalues,
                "low_95": low,
                "high_95": high,
                "se_hc3": robust.bse,
                "p_hc3": robust.pvalues,
                "low_95_hc3": robust_low,
                "high_95_hc3": robust_high,
                "vif": variance_inflation(self.matrix),
            }
        )
        left_out = pd.DataFrame({"name": self.left_out.keys(), "left_out": self.left_out.values()})
        references = pd.DataFrame({"name": self.design.references.values(), "left_out": "the others' reference"})
        return pd.concat([found.assign(left_out=""), left_out, references], ignore_index=True)

    def _summary(self, training: Sample) -> str:
        names = np.array(self.design.names, dtype=object)[self.kept]
        target = "log1p of the target" if self.transform == "log1p" else "target"
        with warnings.catch_warnings(action="ignore"):  # of tests that a handful of rows doesn't allow
            text = [str(self.model.summary(yname=target, xname=list(names)))]
        text += [f"{column}: compared with {label}" for column, label in self.design.references.items()]
        text += [f"left out: {name} {reason}" for name, reason in self.left_out.items()]
        return "\n".join([*text, "Errors that hold for unequal variances (HC3) are in coefficients.csv.", ""])


def variance_inflation(matrix: np.ndarray) -> np.ndarray:
    """Return how many times its relations with the others widen a coefficient's variance, (n_columns,).

    Args:
        matrix: (n_rows, n_columns) of full rank, the first column constant: it gets NaN.
    """
    if matrix.shape[1] < 2:
        return np.full(matrix.shape[1], np.nan)
    correlation = np.atleast_2d(np.corrcoef(matrix[:, 1:], rowvar=False))
    return np.append(np.nan, np.diag(np.linalg.inv(correlation)))
