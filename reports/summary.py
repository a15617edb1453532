"""The top of a report in sentences: warnings, and what was predicted, how well, and what it rests on."""

import pandas as pd

from greenlight_films.datamodules.leak_check import KNOWN_WITH_TARGET, LEAK_ALLOWED
from greenlight_films.datamodules.number_format import counted
from greenlight_films.importance.result import BOTH_SIDES, intervals
from greenlight_films.reports.bootstrap import BELOW_MEAN
from greenlight_films.reports.figures.axes import amount
from greenlight_films.reports.sections import of_learnt_scale
from greenlight_films.studies.metrics import in_order, known_after_release_warning, sentences_of_fit, weighted_by
from greenlight_films.studies.results import NETWORK, Results
from greenlight_films.studies.verdict import verdict_of


def warnings(runs: list[Results]) -> list[str]:
    """Return what must be known before anything else on the page is read."""
    messages = []
    for run in runs:
        prefix = f"{run.name}: " if len(runs) > 1 else ""
        judged = verdict_of(run.metrics)
        if judged and judged.warns:
            messages.append(prefix + " ".join(judged.sentences))
        notices = run.metrics.get("notices", [])
        telling = [notice for notice in notices if LEAK_ALLOWED in notice or KNOWN_WITH_TARGET in notice]
        messages += [prefix + notice for notice in telling]
        if run.metrics.get("leak"):
            messages.append(f"{prefix}{BOTH_SIDES.replace('these importances say', 'scores and importances say')}")
        if late := run.metrics.get("known_after_release"):
            messages.append(prefix + known_after_release_warning(run.target, late))
    return messages


def summary(results: Results, intervals: pd.DataFrame) -> list[str]:
    """Return a few sentences: what was predicted, how well, and what it rests on."""
    rows = results.metrics.get("rows", {})
    kind = "film" if results.metrics.get("films") == sum(rows.values()) else "row"
    unit = f" ({results.unit})" if results.unit else ""
    n_train, n_val, n_test = (rows.get(side, 0) for side in ("train", "val", "test"))
    weighted = weighted_by(results.metrics)
    if not results.models:
        first = (
            f"{results.target}{unit}: {counted(n_train, kind)} to learn from, {n_val:,} to choose by and {n_test:,} to "
            f"test on{weighted}."
        )
    elif results.metrics.get("refit"):
        first = (
            f"Models learnt {results.target}{unit} from {counted(n_train + n_val, kind)}{weighted}"
            f"{',' * bool(weighted)} and were tested on {counted(n_test, f'other {kind}')}."
        )
    else:
        first = (
            f"Models learnt {results.target}{unit} from {counted(n_train, kind)}{weighted}; {counted(n_val, 'other')} "
            f"chose epochs and settings, and {counted(n_test, 'other')} tested them."
        )
    judged = verdict_of(results.metrics)
    good = judged.sentences if judged and not judged.warns else []
    return [first, *sentences_of_fit(results.metrics), *good, *_errors(results, intervals), *_most_important(results)]


def _errors(results: Results, intervals: pd.DataFrame) -> list[str]:
    """Compare the network, or else the best model, with guessing the mean."""
    ranked = [name for name, _ in in_order(results.metrics.get("models", {})) if name in results.models]
    model = NETWORK if NETWORK in ranked else next((name for name in ranked if name != "mean"), None)
    scores = {(row.model, row.score): row for row in intervals.itertuples()}
    gain = scores.get((model, BELOW_MEAN))
    if gain is None:
        return []
    learnt = of_learnt_scale(intervals)
    rmses = learnt[learnt["score"] == "rmse"].set_index("model")["value"]
    low, value, high, less = gain.low_95, gain.value, gain.high_95, "smaller"
    if value < 0:
        low, value, high, less = -high, -value, -low, "larger"
    mean, rmse = (amount(rmses[name], results.learnt_unit) for name in ("mean", model))
    name, unsure = "the network" if model == NETWORK else model, ", which may be none" if low < 0 else ""
    return [
        f"Errors of {name} are {value:.0%} {less} than those of guessing the mean (95 % interval: {low:.0%} to "
        f"{high:.0%}{unsure}): an RMSE of {rmse} in place of {mean}."
    ]


def _most_important(results: Results) -> list[str]:
    """Name up to three columns whose importance is above 0 with its whole interval."""
    if results.aggregated.empty or results.importance.get("warning"):
        return []
    columns = results.aggregated[results.aggregated["level"] == "column"].dropna(subset=["importance"])
    names = columns.loc[intervals(columns)[0] > 0, "name"].head(3).tolist()
    if not names:
        return []
    listed = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
    return [f"The network's predictions rest most on {listed}."]
