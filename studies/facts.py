"""Figures of a network's predictions of test films (gain, order, drift, outliers), which `verdict` puts in words."""

from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np

from greenlight_films.datamodules import FilmDataModule, TargetScale
from greenlight_films.importance.evidence import Interval, evenness, gain_over, rank_interval

MATTERS = 0.2  # of R²: what drift or a single film must take from it to be told
HALF = 0.5  # of the squared error, that of a single film


@dataclass(frozen=True)
class Facts:
    """What was measured on the test films; None is what can't be told, or an older run doesn't have.

    Attributes:
        n_test: test films.
        finite: whether all predictions are numbers.
        constant: the target of all test films, where it is the same.
        scale: that the target was learnt on, `none` or `log1p`.
        r2: in the target's unit.
        r2_learnt: on the scale that was learnt.
        skill_against_training_mean: the share by which the squared error on that scale is smaller than that of guessing
            the training films' mean, with its interval.
        drift: the mean of the test films less that of the training films, on that scale, in the training films'
            standard deviations, with its interval.
        training_mean: of the target, in its unit.
        test_mean: likewise.
        worst_row: the row, from 1, of the largest error in the unit.
        worst_share: its share of the squared error.
        r2_without_worst: R² in the unit of all others.
    """

    n_test: int
    finite: bool = True
    constant: float | None = None
    scale: str = "none"
    rmse: float | None = None
    r2: float | None = None
    r2_learnt: float | None = None
    spearman: float | None = None
    spearman_low: float | None = None
    spearman_high: float | None = None
    skill_against_training_mean: float | None = None
    skill_low: float | None = None
    skill_high: float | None = None
    drift: float | None = None
    drift_low: float | None = None
    drift_high: float | None = None
    training_mean: float | None = None
    test_mean: float | None = None
    worst_row: int | None = None
    worst_share: float | None = None
    r2_without_worst: float | None = None

    @property
    def is_better(self) -> bool:
        """Whether the network is better than guessing the mean, as far as can be told."""
        return (self.skill_low or 0) > 0

    @property
    def is_ordered(self) -> bool:
        return (self.spearman_low or 0) > 0

    @property
    def is_reversed(self) -> bool:
        return (self.spearman_high or 0) < 0

    @property
    def drift_matters(self) -> bool:
        """Whether R² is low since the test films are others on the whole, which no model can know."""
        if self.drift_low is None or self.drift_high is None or self.drift_low <= 0 <= self.drift_high:
            return False
        return (self.skill_against_training_mean or 0) - (self.r2_learnt or 0) > MATTERS

    @property
    def one_film_matters(self) -> bool:
        if self.worst_share is None or self.r2 is None or self.r2_without_worst is None:
            return False
        return self.worst_share > HALF and self.r2_without_worst - self.r2 > MATTERS


def facts_of(data: FilmDataModule, predicted: np.ndarray) -> Facts:
    """Return what is to be known of a network's predictions of the test rows, (n_test,) in the target's unit.

    Rows count by their weights, as in all scores.
    """
    films = data.films
    assert films.rows is not None
    train, test = films.learnt, films.rows.test
    n_films = len(np.unique(films.film_codes()[test]))
    weights = (None, None) if films.weights is None else (films.weights[train], films.weights[test])
    facts = measured(films.actual[train], films.actual[test], predicted, data.fitted.scale, n_films, *weights)
    worst = None if facts.worst_row is None else int(films.number[test][facts.worst_row - 1])
    return Facts(**{**asdict(facts), "worst_row": worst})


def measured(
    training: np.ndarray,
    actual: np.ndarray,
    predicted: np.ndarray,
    scale: TargetScale,
    n_films: int,
    training_weights: np.ndarray | None = None,
    weights: np.ndarray | None = None,
) -> Facts:
    """Return the facts of predictions, (n_rows,), of rows of n_films films; `worst_row` counts these rows from 1.

    Args:
        training: (n_training,) the target.
        training_weights: (n_training,), 0 or more; None: all count alike.
        weights: (n_rows,) likewise.
    """
    if not np.isfinite(predicted).all():
        return Facts(n_films, finite=False, scale=scale.transform)
    if weights is not None and not (np.ptp(weights) > 0 and weights.any()):
        weights = None
    scored = scale.scores(actual, predicted, weights)
    scores = {name: value if np.isfinite(value) else None for name, value in scored.items()}
    learnt, learnt_predicted, known = map(scale.forward, (actual, predicted, training))
    guess = float(np.average(known, weights=training_weights))
    skill = gain_over(guess, learnt, learnt_predicted, n_films, weights)
    facts: dict[str, Any] = {
        "constant": float(actual[0]) if np.ptp(actual) == 0 else None,
        "scale": scale.transform,
        "rmse": scores["rmse"],
        "r2": scores["r2"],
        "r2_learnt": scores["r2"] if scale.transform == "none" else scores[f"r2_{scale.transform}"],
        **_order(scores["spearman"] if n_films > 1 else None, n_films * evenness(weights)),
        **_ends("skill_against_training_mean", "skill", skill),
        **_drift((known, training_weights), (learnt, weights), n_films),
        "training_mean": float(np.average(training, weights=training_weights)),
        "test_mean": float(np.average(actual, weights=weights)),
    }
    return Facts(n_films, **facts, **_worst(actual, predicted, weights))


def _ends(name: str, short: str, interval: Interval | None) -> dict[str, Any]:
    if interval is None:
        return {}
    return {name: interval.value, f"{short}_low": interval.low, f"{short}_high": interval.high}


def _order(spearman: float | None, n_films: float) -> dict[str, Any]:
    """Return a rank correlation of so many films with its interval."""
    return _ends("spearman", "spearman", None if spearman is None else rank_interval(spearman, n_films))


Weighted = tuple[np.ndarray, np.ndarray | None]


def _drift(known: Weighted, learnt: Weighted, n_films: int) -> dict[str, float]:
    """Return the drift; targets on the scale that was learnt have mean 0 and deviation 1 over the training rows."""
    if n_films < 2:
        return {}
    (mean_known, error_known), (mean, error) = _mean(known, len(known[0])), _mean(learnt, n_films)
    drift, margin = mean - mean_known, 1.96 * float(np.hypot(error, error_known))
    return {"drift": drift, "drift_low": drift - margin, "drift_high": drift + margin}


def _mean(values: Weighted, n_films: int) -> tuple[float, float]:
    """Return the mean of rows of so many films, and its standard error."""
    (of_rows, weights), n = values, n_films * evenness(values[1])
    mean = float(np.average(of_rows, weights=weights))
    return mean, float(np.sqrt(np.average((of_rows - mean) ** 2, weights=weights) / max(n - 1, 1)))


def _worst(actual: np.ndarray, predicted: np.ndarray, weights: np.ndarray | None) -> dict[str, Any]:
    weights = np.ones(len(actual)) if weights is None else weights
    errors = weights * (predicted - actual) ** 2
    if len(actual) < 3 or not errors.sum() > 0:
        return {}
    worst = int(errors.argmax())
    others, counts = np.delete(actual, worst), np.delete(weights, worst)
    variance = float(np.sum(counts * (others - np.average(others, weights=counts)) ** 2)) if counts.any() else 0.0
    without = 1 - float(np.delete(errors, worst).sum()) / variance if variance > 0 else None
    share = float(errors[worst] / errors.sum())
    return {"worst_row": worst + 1, "worst_share": share, "r2_without_worst": without}


def facts_in(metrics: dict[str, Any]) -> Facts | None:
    """Return the facts that `metrics.json` has of the network; of an older run those that its scores tell.

    There R² stands for the gain.
    """
    names = {field.name for field in fields(Facts)}
    if stored := metrics.get("verdict"):
        return Facts(**{name: value for name, value in stored.items() if name in names})
    scores = metrics.get("models", {}).get("mlp")
    if scores is None:
        return None
    n_test, learnt = metrics.get("rows", {}).get("test", 0), scores.get("r2_log1p", scores.get("r2"))
    return Facts(
        n_test,
        **_order(scores.get("spearman"), n_test),
        finite=scores.get("rmse") is not None,
        rmse=scores.get("rmse"),
        r2=scores.get("r2"),
        r2_learnt=learnt,
        skill_against_training_mean=learnt,
        skill_low=learnt,
    )
