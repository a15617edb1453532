"""How hard films are to predict: a regression of the size of errors on predictions, their spread and names known."""

import warnings
from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np
from sklearn.linear_model import GammaRegressor

from greenlight_films.datamodules import EncodedFilms, FeatureSpace

PRIOR_FILMS = 30  # the penalty of the regression, in films
SMALLEST_SPREAD = 1e-4  # in standard deviations of the target
SMALLEST = 0.02  # smallest error that is learnt from, as a share of the mean one: the logarithm of none has no end


@dataclass(frozen=True)
class Difficulty:
    """A gamma regression with log link of absolute errors: exp(intercept + features · coefficients).

    Attributes:
        lowest, highest: (n_features,) ends of the features that it was fitted to; films beyond are taken to be there.
        coefficients: (n_features,).
    """

    lowest: np.ndarray
    highest: np.ndarray
    coefficients: np.ndarray
    intercept: float

    @classmethod
    def fit(cls, features: np.ndarray, errors: np.ndarray, mass: np.ndarray) -> Self:
        """Return the regression of absolute errors.

        Args:
            features: (n_rows, n_features).
            errors: (n_rows,), 0 or more.
            mass: (n_rows,) of each row, above 0, in films.
        """
        mean, spread = features.mean(0), features.std(0)
        spread = np.where(spread > 0, spread, 1.0)
        errors = np.maximum(errors, max(SMALLEST * np.average(errors, weights=mass), 1e-12))
        model = GammaRegressor(alpha=PRIOR_FILMS / mass.sum(), solver="newton-cholesky")
        with warnings.catch_warnings(action="ignore"):  # a fit that stops early makes intervals wider, not wrong
            model.fit((features - mean) / spread, errors, sample_weight=mass)
        coefficients = model.coef_ / spread
        return cls(features.min(0), features.max(0), coefficients, float(model.intercept_ - mean @ coefficients))

    def errors(self, features: np.ndarray) -> np.ndarray:
        """Return the errors that are to be expected of films, (n_rows,); an older regression lacks the last feature."""
        features = features[:, : len(self.coefficients)]
        return np.exp(self.intercept + np.clip(features, self.lowest, self.highest) @ self.coefficients)

    def to_state(self) -> dict[str, Any]:
        """Return plain data."""
        return {name: np.asarray(value).tolist() for name, value in asdict(self).items()}

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Self:
        """Restore what `to_state` returned; a ValueError where it is of another form."""
        names = ("lowest", "highest", "coefficients")
        lowest, highest, coefficients = arrays = [np.asarray(state[name], np.float64) for name in names]
        intercept = float(state["intercept"])
        if len({array.shape for array in arrays}) > 1 or not np.isfinite([*np.concatenate(arrays), intercept]).all():
            raise ValueError("difficulty must hold finite numbers, as many of each")
        return cls(lowest, highest, coefficients, intercept)


def difficulty_features(films: EncodedFilms, space: FeatureSpace, scaled: np.ndarray, spread: np.ndarray) -> np.ndarray:
    """Return what errors depend on, (n_rows, 3 + 2 n_roles) float64.

    The prediction and its square, for each role the logarithms of 1 + the number of a film's labels that the model
    knows, and of 1 + those that it doesn't know, and at last the logarithm of the spread.

    Args:
        scaled: (n_rows,) predictions on the scale that is learnt.
        spread: (n_rows,) standard deviations of what heads and members predict, on that scale; 0 of a single one.
    """
    scaled = np.asarray(scaled, np.float64)
    counts = [np.log1p(count) for pair in role_counts(films, space).values() for count in pair]
    return np.column_stack([scaled, scaled**2, *counts, np.log(np.maximum(spread, SMALLEST_SPREAD))])


def role_counts(films: EncodedFilms, space: FeatureSpace) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Return by role, of each film, the number of its labels that the model knows and that it doesn't, (n_rows,)."""
    roles = list(dict.fromkeys(block.role for block in space.labels))
    role_of_label = np.repeat(
        [roles.index(block.role) for block in space.labels], [len(block.values) for block in space.labels]
    ).astype(np.int64)
    row = np.repeat(np.arange(films.n_rows), np.diff(films.labels.indptr))
    cells = row * len(roles) + role_of_label[films.labels.indices]
    known = np.bincount(cells, minlength=films.n_rows * len(roles)).reshape(films.n_rows, len(roles))
    unknown = {role: np.zeros(films.n_rows, np.int64) for role in roles}
    for column, role in {block.column: block.role for block in space.labels}.items():
        unknown[role] = unknown[role] + films.unseen[column]
    return {role: (known[:, index], unknown[role]) for index, role in enumerate(roles)}
