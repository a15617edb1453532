"""Prediction intervals by split conformal inference: the errors on validation films say how wide they must be.

Lei et al. 2018 (doi 10.1080/01621459.2017.1307116), with errors over their expected size; of films with several rows
as Dunn, Wasserman and Ramdas 2022 (doi 10.1080/01621459.2022.2060112).
"""

from dataclasses import dataclass, replace
from typing import Any, NamedTuple, Self

import numpy as np

from greenlight_films.datamodules import EncodedFilms, Films, Fitted, InputError
from greenlight_films.lightning_modules.predictions import FirstFit
from greenlight_films.studies.difficulty import Difficulty, difficulty_features

PERCENT = np.arange(1, 100)
FOLDS = 10


class PredictionIntervals(NamedTuple):
    """Predictions and the ends of their intervals, each (n_rows,) float64 in the target's unit."""

    predicted: np.ndarray
    lower: np.ndarray
    upper: np.ndarray


@dataclass(frozen=True)
class Intervals:
    """Half widths of prediction intervals on the scale that is learnt: a film's expected error times a quantile.

    Attributes:
        films: validation films that they are made from; with unequal weights, how many equal ones tell as much.
        quantiles: (99,) of the validation films' errors over their expected errors, at 1 to 99 %; inf where it takes
            more films.
    """

    films: float
    quantiles: np.ndarray
    difficulty: Difficulty

    @classmethod
    def fit(
        cls,
        features: np.ndarray,
        errors: np.ndarray,
        film: np.ndarray,
        weights: np.ndarray | None = None,
        trained: Difficulty | None = None,
    ) -> Self:
        """Return the intervals that validation rows give; a tenth of the films is judged by the others' difficulty.

        Args:
            features: (n_rows, n_features) of `difficulty_features`.
            errors: (n_rows,) absolute errors on the scale that is learnt.
            film: (n_rows,) the film of each row; one's rows count together as much as another's single row.
            weights: (n_rows,) of rows, above 0.
            trained: the difficulty that the training rows give, which is taken where it fits these errors better.
        """
        film = np.unique(film, return_inverse=True)[1]
        mass = film_mass(film, weights)
        n_films = int(film.max()) + 1
        folds = min(FOLDS, n_films)
        fold = np.random.default_rng(0).permutation(n_films)[film] % folds
        expected = np.empty(len(errors))
        for index in range(folds):
            out = fold == index
            expected[out] = Difficulty.fit(features[~out], errors[~out], mass[~out]).errors(features[out])
        difficulty = Difficulty.fit(features, errors, mass)
        if trained is not None and deviance(errors, trained.errors(features), mass) < deviance(errors, expected, mass):
            difficulty, expected = trained, trained.errors(features)
        return cls(float(mass.sum()), conformal_quantiles(errors / expected, mass, PERCENT / 100), difficulty)

    def has(self, level: float) -> bool:
        """Tell whether there were films enough for a level, a whole percent such as 0.95."""
        return bool(np.isfinite(self.quantiles[round(level * 100) - 1]))

    def around(
        self, predicted: np.ndarray, spread: np.ndarray, films: EncodedFilms, fitted: Fitted, level: float
    ) -> PredictionIntervals:
        """Return predictions of films, (n_rows,) in the target's unit, with their intervals of a level.

        Args:
            spread: (n_rows,) as of `difficulty_features`.
        """
        scaled = fitted.scale.forward(predicted)
        expected = self.difficulty.errors(difficulty_features(films, fitted.encoder.space, scaled, spread))
        half = self.quantiles[round(level * 100) - 1] * expected
        return PredictionIntervals(predicted, *(fitted.scale.inverse(end) for end in (scaled - half, scaled + half)))

    def rescaled(self, factor: float) -> Self:
        """Return the intervals for a scale on which errors are so many times as large."""
        return replace(self, quantiles=self.quantiles * factor)

    def to_state(self) -> dict[str, Any]:
        """Return plain data; a quantile that takes more films is None."""
        quantiles = [float(value) if np.isfinite(value) else None for value in self.quantiles]
        return {"films": self.films, "quantiles": quantiles, "difficulty": self.difficulty.to_state()}

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Self:
        """Restore what `to_state` returned; a ValueError, KeyError or TypeError where it is of another form."""
        quantiles = np.array([np.inf if value is None else value for value in state["quantiles"]], np.float64)
        if quantiles.shape != PERCENT.shape or not (quantiles >= 0).all():
            raise ValueError("quantiles must be 99 numbers from 0")
        return cls(float(state["films"]), quantiles, Difficulty.from_state(state["difficulty"]))


def fit_intervals(
    films: Films, fitted: Fitted, predicted: np.ndarray, spread: np.ndarray, first_fit: FirstFit | None = None
) -> Intervals | None:
    """Return the intervals that the validation films of a study give; None where there can be none.

    How errors differ is learnt from the validation films, or from the training films where that does better on them.

    There are none where films stand on both sides of the split, validation films are too few for 80 %, or predictions
    are no numbers.

    Args:
        predicted: (n_rows,) predictions of all rows, in the target's unit.
        spread: (n_rows,) as of `difficulty_features`.
        first_fit: of a refitted network; the intervals are then those of it.
    """
    if first_fit is not None:
        return None if first_fit.intervals is None else Intervals.from_state(first_fit.intervals)
    assert films.rows is not None
    film, scaled = films.film_codes(), fitted.scale.forward(predicted)
    errors = np.abs(fitted.scale.forward(films.actual) - scaled)

    def of(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray | None]:
        kept = rows if films.weights is None else rows[films.weights[rows] > 0]
        features = difficulty_features(films.encoded.take(kept), fitted.encoder.space, scaled[kept], spread[kept])
        return features, errors[kept], film[kept], None if films.weights is None else films.weights[kept]

    val, train = of(films.rows.val), of(films.rows.train)
    if fitted.leak or len(np.unique(val[2])) < fewest(80) or not np.isfinite(val[1]).all():
        return None
    features, of_train, film_of_train, weights = train
    is_known = len(of_train) and np.isfinite(of_train).all()
    trained = Difficulty.fit(features, of_train, film_mass(film_of_train, weights)) if is_known else None
    return Intervals.fit(*val, trained=trained)


def with_intervals(
    intervals: Intervals | None,
    predicted: np.ndarray,
    spread: np.ndarray,
    films: EncodedFilms,
    fitted: Fitted,
    level: float,
) -> PredictionIntervals:
    """Return predictions of films with their intervals, in the target's unit.

    Raises:
        InputError: there are no intervals of this level.
    """
    if intervals is None:
        raise InputError(
            f"interval must be left out, got {level}: the model has no intervals, for want of validation films or of a "
            "split that keeps films apart; the network of a run has them after `predict --run`"
        )
    if isinstance(level, bool) or not isinstance(level, int | float | np.number):
        raise InputError(f"interval must be a number from 0.01 to 0.99, such as 0.95, got {level!r}")
    percent = round(level * 100) if 0.005 < level < 0.995 else 0
    if not percent or abs(level * 100 - percent) > 1e-6:
        raise InputError(f"interval must be 0.01, 0.02, ... or 0.99, such as 0.95, got {level}")
    if not intervals.has(level):
        raise InputError(
            f"interval {level} takes {fewest(percent)} validation films or more, got {intervals.films:.4g}: "
            "give a lower one, or a split with more validation films"
        )
    return intervals.around(predicted, spread, films, fitted, level)


def fewest(percent: int) -> int:
    """Return how many films intervals of a level take: with n the highest of their errors bounds n in n + 1 films.

    >>> fewest(80), fewest(95)
    (4, 19)
    """
    return -(-percent // (100 - percent))


def deviance(errors: np.ndarray, expected: np.ndarray, mass: np.ndarray) -> float:
    """Return how badly expected errors fit, whatever their scale: half the deviance of a gamma distribution, and more.

    Args:
        errors, expected, mass: (n_rows,).
    """
    return float(np.log(np.average(errors / expected, weights=mass)) + np.average(np.log(expected), weights=mass))


def film_mass(film: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
    """Return how much each row counts, (n_rows,): a film's rows together as one film; their sum is the films' number.

    With weights a film counts as much as its rows weigh in the mean, and the sum is the number of equally weighted
    films that tell as much (Kish 1965).

    Args:
        film: (n_rows,), the film of each row.
        weights: (n_rows,), above 0.
    """
    film = np.unique(film, return_inverse=True)[1]
    share = (np.ones(len(film)) if weights is None else weights) / np.bincount(film)[film]
    of_film = np.bincount(film, weights=share)
    return share / share.sum() * (of_film.sum() ** 2 / (of_film**2).sum())


def conformal_quantiles(scores: np.ndarray, mass: np.ndarray, levels: np.ndarray) -> np.ndarray:
    """Return for each level the score that a new film's score is at most, so often or more; inf where none is known.

    With n films of mass 1 it is the ⌈(n + 1) level⌉-th smallest score: the new film is one of n + 1.

    Args:
        scores: (n_rows,).
        mass: (n_rows,), see `film_mass`.
        levels: (n_levels,) between 0 and 1.
    """
    order = np.argsort(scores, kind="stable")
    reached = np.cumsum(mass[order])
    index = np.searchsorted(reached, levels * (1 + reached[-1]) - 1e-9)
    return np.append(scores[order], np.inf)[index]
