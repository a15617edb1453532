"""What the scores of a network on its test films mean, in sentences; the same ones wherever a run is told of."""

from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np

from greenlight_films.datamodules import FilmDataModule, TargetScale
from greenlight_films.datamodules.number_format import counted, fixed, significant
from greenlight_films.importance.evidence import Interval, gain_over, rank_correlation, rank_interval

FEW = 20  # test films
WELL, ROUGHLY = 0.6, 0.3  # rank correlations
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


@dataclass(frozen=True)
class Verdict:
    """Sentences on a network's scores, and whether they warn."""

    sentences: list[str]
    warns: bool


def facts_of(data: FilmDataModule, predicted: np.ndarray) -> Facts:
    """Return what is to be known of a network's predictions of the test rows, (n_test,) in the target's unit."""
    films = data.films
    assert films.rows is not None
    train, test = films.learnt, films.rows.test
    n_films = len(np.unique(films.film_codes()[test]))
    facts = measured(films.actual[train], films.actual[test], predicted, data.fitted.scale, n_films)
    worst = None if facts.worst_row is None else int(films.number[test][facts.worst_row - 1])
    return Facts(**{**asdict(facts), "worst_row": worst})


def measured(
    training: np.ndarray, actual: np.ndarray, predicted: np.ndarray, scale: TargetScale, n_films: int
) -> Facts:
    """Return the facts of predictions, (n_rows,), of rows of n_films films; `worst_row` counts these rows from 1."""
    if not np.isfinite(predicted).all():
        return Facts(n_films, finite=False, scale=scale.transform)
    scores = {name: value if np.isfinite(value) else None for name, value in scale.scores(actual, predicted).items()}
    learnt, learnt_predicted, known = map(scale.forward, (actual, predicted, training))
    skill = gain_over(float(known.mean()), learnt, learnt_predicted, n_films)
    order = rank_correlation(actual, predicted, n_films)
    facts: dict[str, Any] = {
        "constant": float(actual[0]) if np.ptp(actual) == 0 else None,
        "scale": scale.transform,
        "rmse": scores["rmse"],
        "r2": scores["r2"],
        "r2_learnt": scores["r2"] if scale.transform == "none" else scores[f"r2_{scale.transform}"],
        **_ends("spearman", "spearman", order),
        **_ends("skill_against_training_mean", "skill", skill),
        **_drift(known, learnt, n_films),
        "training_mean": float(training.mean()),
        "test_mean": float(actual.mean()),
    }
    return Facts(n_films, **facts, **_worst(actual, predicted))


def _ends(name: str, short: str, interval: Interval | None) -> dict[str, Any]:
    if interval is None:
        return {}
    return {name: interval.value, f"{short}_low": interval.low, f"{short}_high": interval.high}


def _drift(known: np.ndarray, learnt: np.ndarray, n_films: int) -> dict[str, float]:
    """Return the drift; targets on the scale that was learnt have mean 0 and deviation 1 over the training rows."""
    if n_films < 2:
        return {}
    drift = float(learnt.mean() - known.mean())
    margin = 1.96 * float(np.sqrt(learnt.var(ddof=1) / n_films + known.var() / len(known)))
    return {"drift": drift, "drift_low": drift - margin, "drift_high": drift + margin}


def _worst(actual: np.ndarray, predicted: np.ndarray) -> dict[str, Any]:
    errors = (predicted - actual) ** 2
    if len(actual) < 3 or not errors.sum() > 0:
        return {}
    worst = int(errors.argmax())
    others = np.delete(actual, worst)
    variance = float(np.sum((others - others.mean()) ** 2))
    without = 1 - float(np.delete(errors, worst).sum()) / variance if variance > 0 else None
    share = float(errors[worst] / errors.sum())
    return {"worst_row": worst + 1, "worst_share": share, "r2_without_worst": without}


def facts_in(metrics: dict[str, Any], model: str = "mlp") -> Facts | None:
    """Return the facts that `metrics.json` has of the network; of an older run those that its scores tell."""
    names = {field.name for field in fields(Facts)}
    if stored := metrics.get("verdict"):
        return Facts(**{name: value for name, value in stored.items() if name in names})
    scores = metrics.get("models", {}).get(model)
    if scores is None:
        return None
    return facts_of_scores(scores, metrics.get("rows", {}).get("test", 0))


def facts_of_scores(scores: dict[str, Any], n_test: int) -> Facts:
    """Return what scores alone tell, where the predictions are not at hand: R² stands for the gain."""
    r2, learnt = scores.get("r2"), scores.get("r2_log1p", scores.get("r2"))
    order = scores.get("spearman")
    return Facts(
        n_test,
        **({} if order is None else _ends("spearman", "spearman", rank_interval(order, n_test))),
        finite=scores.get("rmse") is not None,
        rmse=scores.get("rmse"),
        r2=r2,
        r2_learnt=learnt,
        skill_against_training_mean=learnt,
        skill_low=learnt,
    )


def verdict(facts: Facts, target: str = "the target", unit: str = "") -> Verdict:
    """Return what the facts mean, the most important sentence first."""
    if not facts.finite:
        return Verdict(["The network's predictions are no numbers: lower model.learning_rate, and train anew."], True)
    films = counted(facts.n_test, "test film")
    if facts.constant is not None and facts.n_test > 1:
        same = f"All {films} have the same {target}, {_in_unit(facts.constant, unit)}"
        rmse = f" The RMSE is {_in_unit(facts.rmse, unit)}." if facts.rmse is not None else ""
        return Verdict([f"{same}: there is no R² and no rank correlation.{rmse}"], True)
    if facts.n_test < 2 or facts.r2 is None:
        what = "no score can be given, no R² and no rank correlation"
        return Verdict([f"There is {films}: {what}. Test more films: data.split."], True)
    if not (facts.is_better or facts.is_ordered):
        return Verdict(_nothing(facts, films), True)
    reasons = [*_drift_in_words(facts, unit), *_one_film(facts, unit), *_weak(facts)]
    few = [f"{films[0].upper() + films[1:]} are few: all of this is rough."] if facts.n_test < FEW else []
    return Verdict([*_first(facts, films), *reasons, *few], bool(reasons or few))


def _nothing(facts: Facts, films: str) -> list[str]:
    order = f"rank correlation {fixed(facts.spearman, 2)}"
    worse = facts.skill_high is not None and facts.skill_high < 0
    if facts.is_reversed:
        how = "worse than" if worse or (facts.r2_learnt or 0) < 0 else "no better than"
        return [
            f"On the {films} the network is {how} guessing the mean, and orders them the wrong way round ({order}): "
            "what it learnt has turned into its opposite there. Its importances mislead."
        ]
    how = "worse than" if worse else "no better than"
    return [
        f"On the {films} the network is {how} guessing the mean ({_r2(facts)}, {order}): nothing that it says "
        "of films can be relied on, nor can its importances."
    ]


def _first(facts: Facts, films: str) -> list[str]:
    gain = facts.skill_against_training_mean
    less = ""
    if gain is not None and facts.is_better:
        less = f" Squared errors are {gain:.0%} smaller than those of guessing the training films' mean."
    return [f"The network {_how(facts, films)} ({_r2(facts)}, rank correlation {fixed(facts.spearman, 2)}).{less}"]


def _r2(facts: Facts) -> str:
    score = f"R² {fixed(facts.r2)}"
    if facts.scale == "none":
        return score
    return f"R² of {facts.scale} {fixed(facts.r2_learnt)}, the scale that it learnt, and {score} in the unit"


def _how(facts: Facts, films: str) -> str:
    order = facts.spearman
    if order is None or not facts.is_ordered:
        return f"is better than guessing the mean on the {films}"
    if order >= WELL:
        return f"orders the {films} well"
    return f"orders the {films} {'roughly' if order >= ROUGHLY else 'a little better than chance'}"


def _drift_in_words(facts: Facts, unit: str) -> list[str]:
    if not facts.drift_matters or facts.test_mean is None or facts.training_mean is None:
        return []
    apart = facts.test_mean - facts.training_mean
    if (apart > 0) != ((facts.drift or 0) > 0):  # on the scale that was learnt it is the other way round
        apart = facts.drift or 0.0
        amount = f"{significant(abs(apart), 3)} standard deviations of the scale that it learnt"
    else:
        amount = _in_unit(abs(apart), unit)
    way = "higher" if apart > 0 else "lower"
    return [
        f"The test films lie {amount} {way} on the whole than those it learnt from (drift), which no model can know: "
        "that lowers R², which compares with their own mean. Trust the order more than the amounts."
    ]


def _one_film(facts: Facts, unit: str) -> list[str]:
    if not facts.one_film_matters:
        return []
    where = f" of {unit}" if unit else ""
    return [
        f"A single film (row {facts.worst_row}) makes up {facts.worst_share:.0%} of the squared error{where}; without "
        f"it R² {'there ' if facts.scale != 'none' else ''}would be {fixed(facts.r2_without_worst)}."
    ]


def _weak(facts: Facts) -> list[str]:
    if facts.is_better or facts.drift_matters or facts.one_film_matters:
        return []
    return ["Its errors are no smaller than those of guessing the mean: trust the order, not the amounts."]


def _in_unit(value: float | None, unit: str) -> str:
    return f"{significant(value, 3)} {unit}".strip()
