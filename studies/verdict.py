"""What the scores of a network on its test films mean, in sentences for the terminal, pages, cards and `serve`."""

from dataclasses import dataclass
from typing import Any

from greenlight_films.datamodules.number_format import counted, fixed, significant
from greenlight_films.studies.facts import Facts, facts_in

FEW = 20  # test films
WELL, ROUGHLY = 0.6, 0.3  # rank correlations


@dataclass(frozen=True)
class Verdict:
    """Sentences on a network's scores, and whether they warn."""

    sentences: list[str]
    warns: bool


def verdict_of(metrics: dict[str, Any]) -> Verdict | None:
    """Return what the scores in `metrics.json` mean; None where it has none of a network."""
    facts = facts_in(metrics)
    return None if facts is None else verdict(facts, metrics.get("target", "the target"), metrics.get("unit", ""))


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
