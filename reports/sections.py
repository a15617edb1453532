"""The sections of a report on predictions, importance and several runs: their figures, and what a run lacks."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pandas as pd

from greenlight_films.datamodules.program import command
from greenlight_films.importance.result import measure
from greenlight_films.reports.bootstrap import BELOW_MEAN, bootstrap_intervals
from greenlight_films.reports.figures import importance_bars, leaderboard, predictions, related
from greenlight_films.reports.pictures import Picture, Section, picture
from greenlight_films.studies.blend import blend_sentence
from greenlight_films.studies.metrics import learnt_end
from greenlight_films.studies.results import NETWORK, Results

MOST_ROLES = 10  # with a figure of their own


def intervals_of(results: Results) -> pd.DataFrame:
    """Return the scores of every model on the test rows with 95 % intervals: model, score, value, low_95, high_95.

    A target that is learnt as its logarithm has rmse_log1p, mae_log1p, r2_log1p; rmse_below_mean is of these then.
    """
    table, scale = results.predicted, results.scale
    if not results.models or len(table) < 2:
        return pd.DataFrame(columns=["model", "score", "value", "low_95", "high_95"])
    weights = table["weight"].to_numpy() if "weight" in table else None

    def intervals(of: Callable[[np.ndarray], np.ndarray]) -> pd.DataFrame:
        predicted = {model: of(table[model].to_numpy()) for model in results.models}
        return bootstrap_intervals(
            of(table["actual"].to_numpy()), predicted, table["film"].to_numpy(), 0, weights=weights
        )

    in_unit = intervals(np.asarray)
    if scale is None or scale.transform == "none":
        return in_unit
    learnt = intervals(scale.learnt)
    is_score = learnt["score"] != BELOW_MEAN
    names = learnt["score"].where(~is_score, learnt["score"] + f"_{scale.transform}")
    return pd.concat([in_unit[in_unit["score"] != BELOW_MEAN], learnt.assign(score=names)], ignore_index=True)


def of_learnt_scale(intervals: pd.DataFrame) -> pd.DataFrame:
    """Return the intervals of the scale that was learnt, its scores as rmse, mae and r2."""
    own = intervals["score"].str.endswith("_log1p")
    if not own.any():
        return intervals
    return intervals[own].assign(score=intervals["score"].str.removesuffix("_log1p"))


def scores_section(results: Results, intervals: pd.DataFrame) -> Section:
    """Return how good the predictions are."""
    section = Section("scores", "How good the predictions are", missing=_missing_scores(results))
    if blend := blend_sentence(results.metrics):
        section.text.append(blend)
    if results.metrics.get("models"):
        if len(results.models) > 1 and len(intervals):
            board = leaderboard.leaderboard(of_learnt_scale(intervals), results.learnt_unit)
            section.pictures.append(picture("All models on the same test films", board))
        if len(results.differences) > 1:
            paired = leaderboard.differences(results.differences, results.learnt_unit)
            section.pictures.append(picture("The network less each model", paired))
        if len(results.test) and NETWORK in results.models:
            section.pictures.extend(_network_pictures(results))
    return section


def _missing_scores(results: Results) -> list[str]:
    scored, path = results.metrics.get("models", {}), results.path
    if not scored:
        next_step = f"test --run {path}" if results.run.has("best") else f"study --resume {path}"
        return [f"No model has been scored. Add scores: {command(next_step)}"]
    if len(results.predicted) == 1:
        return ["There is a single test film: no interval and no R² can be computed."]
    if missing := [model for model in scored if model not in results.models]:
        return [
            f"No interval for {', '.join(missing)}: predictions of every test film are not there, or are no numbers. "
            f"Classical models: {command(f'baselines --run {path}')}; the network: {command(f'predict --run {path}')}"
        ]
    return []


def _network_pictures(results: Results) -> Iterator[Picture]:
    test, target, unit = results.test, results.target, results.unit
    yield picture("Predicted and actual", predictions.predicted_against_actual(test, target, unit))
    errors = predictions.residuals(test, target, unit)
    no_error = "1 (neither too high nor too low)" if errors.layout.yaxis.type == "log" else "0"
    yield picture("What is left over", errors, no_error=no_error)
    yield picture("Are high predictions high?", predictions.calibration(test, target, unit))
    if results.year is not None:
        name = str(results.year.name)
        dated = test.assign(**{name: test["row"].map(results.year)}).dropna(subset=[name])
        if len(dated) > 1:
            yield picture("Errors by year", predictions.errors_by_number(dated, name, unit))
    genres = results.labels_of("genre")
    if len(genres):
        by_genre = results.measured.merge(genres.rename(columns={"value": "genre"}), on="row")
        yield picture("Errors by genre", predictions.errors_by_label(by_genre, "genre", unit))


def best_and_worst(results: Results, most: int = 10) -> dict[str, pd.DataFrame]:
    """Return the test films that were predicted best and worst, by the absolute error."""
    if results.test.empty:
        return {}
    error = (results.test["predicted"] - results.test["actual"]).abs()
    order = np.argsort(error.to_numpy(), kind="stable")
    return {"Predicted best": results.test.iloc[order[:most]], "Predicted worst": results.test.iloc[order[::-1][:most]]}


def missing_importance(results: Results) -> str:
    """Say that importance was not measured, and how to add it."""
    return f"Importance has not been measured. Add it: {command(f'importance --run {results.path}')}"


def importance_section(results: Results) -> Section:
    """Return what the predictions rest on."""
    heading = "What the predictions rest on"
    if results.features.empty:
        return Section("importance", heading, missing=[missing_importance(results)])
    related, notes = list(_related_pictures(results)), results.importance.get("related", [])
    if related:
        related[-1] = replace(related[-1], caption=" ".join([related[-1].caption, *notes]))
    return Section("importance", heading, [*_importance_pictures(results), *related], [] if related else notes)


def _importance_pictures(results: Results) -> Iterator[Picture]:
    features, sets, side, unit = results.features, results.aggregated, results.side, results.unit
    what = measure(results.importance["loss"], results.importance["unit"])
    yield picture("Whole columns", importance_bars.columns(sets, what), side=side)
    if (sets["level"] == "role").sum() > 1:
        yield picture("Roles", importance_bars.columns(sets, what, "role"))
    if len(results.parts):
        yield picture("What it is in a name", importance_bars.parts(results.parts, what))
    yield picture("The most important features", importance_bars.features(features, what, unit), wide=True)
    values = features[(features["level"] == "value") & features["importance"].notna()]
    for role in values["role"].drop_duplicates().head(MOST_ROLES):
        best = importance_bars.values_of_role(features, role, what, unit)
        yield picture("Most important of role {role}", best, role=role, side=side)


def _related_pictures(results: Results) -> Iterator[Picture]:
    """Draw features that say the same as others."""
    what = measure(results.importance["loss"], results.importance["unit"])
    if len(results.groups):
        yield picture("Labels that occur together", related.groups(results.groups, what), side=results.side)
    if len(results.pairs):
        yield picture("Who works through whom", related.pairs(results.pairs, what, results.unit), wide=True)
    if len(results.conditional):
        yield picture("Among films alike", related.conditional(results.conditional, what))


def runs_section(runs: list[Results], intervals: list[pd.DataFrame]) -> Section:
    """Return the scores of several runs side by side."""
    section = Section("runs", "Scores side by side")
    lines = []
    for run, scores in zip(runs, intervals, strict=True):
        known = of_learnt_scale(scores)
        r2 = known[known["score"] == "r2"].set_index("model").reindex(columns=["low_95", "high_95"])
        for model, values in run.metrics.get("models", {}).items():
            learnt = learnt_end(values)
            if values["rmse"] is not None and values[f"r2{learnt}"] is not None:
                ends = r2.loc[model].to_dict() if model in r2.index else {"low_95": np.nan, "high_95": np.nan}
                shown = {name: values.get(f"{name}{learnt}", np.nan) for name in ("rmse", "r2")}
                lines.append({"run": run.name, "model": model, **shown, **ends})
    if not lines:
        section.missing.append(f"None of these runs has scores. Add them: {command('test --run FOLDER')}")
        return section
    units = {run.learnt_unit for run in runs}
    board = leaderboard.runs(pd.DataFrame(lines), units.pop() if len(units) == 1 else "")
    section.pictures.append(picture("All models of all runs", board))
    return section
