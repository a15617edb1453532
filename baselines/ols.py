"""Ordinary least squares on numbers and dummies, with the standard errors of its coefficients, by statsmodels."""

import warnings
from collections.abc import Sequence
from typing import ClassVar, Self

import numpy as np
import pandas as pd
from scipy.stats import t as student_t

from greenlight_films.baselines.baseline import Predictor, Tables
from greenlight_films.baselines.design import Design, dependent
from greenlight_films.baselines.sample import Sample
from greenlight_films.datamodules import EncodedFilms, InputError, TargetScale
from greenlight_films.datamodules.number_format import counted

MOST_COLUMNS = 1000  # errors take time with the cube of the columns, memory with the square
EXACT = 1e-9  # a row with 1 - leverage below this is fitted exactly, whatever its target
MOST_SPREAD = 1e12  # where columns' sizes differ by more, float64 keeps no digits of the smaller column
FITS = ("nobs", "df_model", "rsquared", "rsquared_adj", "fvalue", "f_pvalue", "aic", "bic", "llf", "condition_number")


class OLS(Predictor):
    """Linear regression of the target (after log1p, if it has one) on numbers in their own unit and dummies.

    Columns that never vary or depend linearly on others are left out, with the reason.

    Args:
        columns: patterns of the table's columns; by default numbers, and columns of up to 50 labels.
    """

    stored = ("coefficients", "transform", "shift")
    parts: ClassVar = {"design": Design}

    def __init__(self, name: str = "ols", columns: Sequence[str] | None = None) -> None:
        self.name = name
        self.columns = columns

    @property
    def option(self) -> str:
        """Return the name of the option that holds its columns."""
        return "compare.ols" if self.name == "ols" else f"compare.ols.{self.name.removeprefix('ols_')}"

    def check(self, training: Sample) -> None:
        self._designed(training)

    def _designed(self, training: Sample) -> tuple[Design, np.ndarray]:
        """Return the design and its matrix; refuse too many columns, or ones that differ too much in size."""
        design = Design().fit(training, self.columns, self.option)
        if design.n_columns > MOST_COLUMNS or design.n_columns >= training.n_rows:
            raise InputError(
                f"{self.option} has {design.n_columns:,} columns with the constant for {training.n_rows:,} training "
                f"rows; it takes at most {MOST_COLUMNS:,}, and fewer than rows: name fewer columns of the table, "
                "raise their `min_films`, or leave it to ridge"
            )
        matrix = design.matrix(training.films)
        length = np.sqrt((matrix**2).sum(0))
        smallest, largest = int(np.where(length > 0, length, np.inf).argmin()), int(length.argmax())
        if length[largest] > MOST_SPREAD * length[smallest]:
            raise InputError(
                f"{self.option}: {design.names[largest]} is more than {MOST_SPREAD:.0e} times as large as "
                f"{design.names[smallest]}: their sums can't be told apart; give it log1p, or another unit"
            )
        return design, matrix

    def fit(self, training: Sample) -> Self:
        import statsmodels.api as sm  # takes a second

        self.design, matrix = self._designed(training)
        names = self.design.names
        reasons = dependent(matrix, names)
        self.kept = np.array([index for index in range(len(names)) if index not in reasons])
        self.kept_names = [names[index] for index in self.kept]
        self.left_out = {names[index]: reason for index, reason in reasons.items()}
        self.transform, self.shift = training.scale.transform, training.scale.shift
        target, weights = self._unscaled.forward(training.actual), training.weights
        if weights is None:
            self.matrix = matrix[:, self.kept]
            self.model = sm.OLS(target, self.matrix).fit()
        else:  # rows and targets times the root of the weight
            self.model = sm.WLS(target, matrix[:, self.kept], weights).fit()
            self.matrix = self.model.model.wexog
        self.coefficients = np.zeros(len(names))
        self.coefficients[self.kept] = self.model.params
        return self

    @property
    def _unscaled(self) -> TargetScale:
        """Return the target's transform without its scaling."""
        return TargetScale(self.transform, self.shift, mean=0.0, std=1.0)

    def predict(self, films: EncodedFilms) -> np.ndarray:
        return self._unscaled.inverse(self.design.matrix(films) @ self.coefficients)

    def in_a_line(self) -> str:
        left_out = f", {len(self.left_out)} left out" if self.left_out else ""
        fits = f"AIC {self.model.aic:,.0f}, adjusted R² {self.model.rsquared_adj:.3f}"
        return f"{counted(len(self.kept) - 1, 'column')}{left_out}; {fits}"  # the first is the constant

    def tables(self, training: Sample, held_out: Sample) -> Tables:
        """Return coefficients with their standard errors, the goodness of fit, and statsmodels' summary."""
        fit = {name: getattr(self.model, name) for name in FITS}
        return {
            "coefficients.csv": self._coefficients(),
            "fit.csv": pd.DataFrame({"name": fit.keys(), "value": fit.values()}),
            "summary.txt": self._summary(),
        }

    def _coefficients(self) -> pd.DataFrame:
        model = self.model
        low, high = model.conf_int().T
        robust = hc3_errors(self.matrix, model.wresid)
        margin = student_t.ppf(0.975, model.df_resid) * robust
        with np.errstate(divide="ignore", invalid="ignore"):
            p = 2 * student_t.sf(np.abs(model.params / robust), model.df_resid)
        estimated = pd.DataFrame(
            {
                "name": self.kept_names,
                "coefficient": model.params,
                "se": model.bse,
                "t": model.tvalues,
                "p": model.pvalues,
                "low_95": low,
                "high_95": high,
                "se_hc3": robust,
                "p_hc3": p,
                "low_95_hc3": model.params - margin,
                "high_95_hc3": model.params + margin,
                "vif": variance_inflation(self.matrix),
                "standardised": self._standardised(),
            }
        )
        left_out = pd.DataFrame({"name": self.left_out.keys(), "left_out": self.left_out.values()})
        references = pd.DataFrame({"name": self.design.references.values(), "left_out": "the others' reference"})
        return pd.concat([estimated.assign(left_out=""), left_out, references], ignore_index=True)

    def _standardised(self) -> np.ndarray:
        """Return coefficients in standard deviations of target and column, which compare; NaN for the constant."""
        weights = self.model.model.weights
        std, target_std = (
            np.sqrt(np.average((values - np.average(values, 0, weights)) ** 2, 0, weights))
            for values in (self.model.model.exog, self.model.model.endog)
        )
        return np.where((std > 0) & (target_std > 0), self.model.params * std / (target_std or 1.0), np.nan)

    def _summary(self) -> str:
        target = "log1p of the target" if self.transform == "log1p" else "target"
        with warnings.catch_warnings(action="ignore"):  # of tests that a handful of rows doesn't allow
            text = [str(self.model.summary(yname=target, xname=self.kept_names))]
        text += [f"{column}: compared with {label}" for column, label in self.design.references.items()]
        text += [f"left out: {name} {reason}" for name, reason in self.left_out.items()]
        return "\n".join([*text, "Errors that hold for unequal variances (HC3) are in coefficients.csv.", ""])


def hc3_errors(matrix: np.ndarray, residuals: np.ndarray) -> np.ndarray:
    """Return HC3 standard errors of coefficients, (n_columns,), which hold for unequal variances.

    MacKinnon and White 1985, doi 10.1016/0304-4076(85)90158-7. NaN for a coefficient that a single row decides, such
    as that of a label which no other row has: its residual is 0 whatever its target. The matrix, (n_rows, n_columns),
    is of full rank.
    """
    length = np.sqrt((matrix**2).sum(0))
    q, r = np.linalg.qr(matrix / length)
    share = np.linalg.solve(r, q.T)  # of each row in each scaled coefficient
    left = 1 - (q**2).sum(1)
    exact = left < EXACT
    errors = np.sqrt(((share * np.where(exact, 0.0, residuals / np.where(exact, 1.0, left))) ** 2).sum(1))
    single_row = (np.abs(share[:, exact]) > EXACT * np.abs(share).max(1, keepdims=True)).any(1)
    return np.where(single_row, np.nan, errors) / length


def variance_inflation(matrix: np.ndarray) -> np.ndarray:
    """Return variance inflation factors, (n_columns,): how much correlation widens each coefficient's variance.

    The matrix is of full rank; its first column is the constant, or the roots of the rows' weights that all columns are
    multiplied by, and gets NaN.
    """
    if matrix.shape[1] < 2:
        return np.full(matrix.shape[1], np.nan)
    constant, others = matrix[:, 0], matrix[:, 1:]
    centred = others - np.outer(constant, constant @ others) / (constant @ constant)
    centred /= np.sqrt((centred**2).sum(0))
    return np.append(np.nan, np.diag(np.linalg.inv(centred.T @ centred)))
