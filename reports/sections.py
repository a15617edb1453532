"""The sections of a report on predictions, importance and several runs: their figures, and what a run lacks."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from greenlight_films.datamodules.program import command
from greenlight_films.importance.result import measure
from greenlight_films.reports.bootstrap import bootstrap_intervals
from greenlight_films.reports.figures import importance_bars, leaderboard, predictions
from greenlight_films.studies.results import NETWORK, Results

SEED = 0
MOST_ROLES = 10
"""At most so many roles have a figure of their own."""


@dataclass(frozen=True)
class Picture:
    """A figure of the page.

    Attributes:
        caption: how to read it, in a sentence or two of plain words.
        wide: whether it takes the page's whole width.
    """

    heading: str
    caption: str
    figure: go.Figure
    wide: bool = False


@dataclass(frozen=True)
class Section:
    """A part of the page.

    Attributes:
        anchor: of links to it.
        missing: what the run does not have, and the command that adds it.
    """

    anchor: str
    heading: str
    pictures: list[Picture] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)


def intervals_of(results: Results) -> pd.DataFrame:
    """Return the scores of every model on the test rows with 95 % intervals: model, score, value, low_95, high_95."""
    table = results.predicted
    if not results.models or len(table) < 2:
        return pd.DataFrame(columns=["model", "score", "value", "low_95", "high_95"])
    predicted = {model: table[model].to_numpy() for model in results.models}
    return bootstrap_intervals(table["actual"].to_numpy(), predicted, table["film"].to_numpy(), SEED)


def scores_section(results: Results, intervals: pd.DataFrame) -> Section:
    """Return how good the predictions are."""
    pictures = []
    if results.metrics.get("models"):
        pictures = [*_score_pictures(results, intervals), *_error_pictures(results)]
    return Section("scores", "How good the predictions are", pictures, _missing_scores(results))


def _missing_scores(results: Results) -> list[str]:
    scored, path = results.metrics.get("models", {}), results.path
    if not scored:
        return [f"No model has been scored. Add scores: {command(f'test --run {path}')}"]
    if len(results.predicted) == 1:
        return ["There is a single test film: no interval and no R² can be computed."]
    if missing := [model for model in scored if model not in results.models]:
        return [
            f"No interval for {', '.join(missing)}: predictions of every test film are not there, or are no numbers. "
            f"Classical models: {command(f'baselines --run {path}')}; the network: {command(f'predict --run {path}')}"
        ]
    return []


def _score_pictures(results: Results, intervals: pd.DataFrame) -> Iterator[Picture]:
    target, unit, test = results.target, results.unit, results.test
    if len(results.models) > 1 and len(intervals):
        yield Picture(
            "All models on the same test films",
            "Dots are scores, lines their 95 % intervals over resampled films. A smaller RMSE and a larger R² are "
            "better; guessing the mean has an R² of 0.",
            leaderboard.leaderboard(intervals, unit),
        )
    if test.empty or NETWORK not in results.models:
        return
    yield Picture(
        "Predicted and actual",
        "Each dot is a test film. On the diagonal the prediction is right.",
        predictions.predicted_against_actual(test, target, unit),
    )
    yield Picture(
        "What is left over",
        "Errors against predictions. A cloud around 0 without a slope means that no error is systematic.",
        predictions.residuals(test, target, unit),
    )
    yield Picture(
        "Are high predictions high?",
        "Films in tenths by their prediction: what was predicted of each tenth, and what it came to.",
        predictions.calibration(test, target, unit),
    )


def _error_pictures(results: Results) -> Iterator[Picture]:
    test, unit = results.test, results.unit
    if test.empty or NETWORK not in results.models:
        return
    if results.year is not None:
        name = str(results.year.name)
        dated = test.assign(**{name: test["row"].map(results.year)}).dropna(subset=[name])
        if len(dated) > 1:
            yield Picture(
                "Errors by year",
                "The mean absolute error of films by when they came out.",
                predictions.errors_by_number(dated, name, unit),
            )
    genres = results.labels_of("genre")
    if len(genres):
        by_genre = results.measured.merge(genres.rename(columns={"value": "genre"}), on="row")
        yield Picture(
            "Errors by genre",
            "The mean absolute error of films by genre; a film counts for each of its genres.",
            predictions.errors_by_label(by_genre, "genre", unit),
        )


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
    return Section("importance", heading, list(_importance_pictures(results)))


def _importance_pictures(results: Results) -> Iterator[Picture]:
    features, sets, side, unit = results.features, results.aggregated, results.side, results.unit
    what = measure(results.importance["loss"], results.importance["unit"])
    yield Picture(
        "Whole columns",
        f"How much worse predictions become when a whole column is shuffled among the {side} films; lines are 95 % "
        "intervals.",
        importance_bars.columns(sets, what),
    )
    if (sets["level"] == "role").sum() > 1:
        yield Picture(
            "Roles",
            "All columns of a role shuffled together: everything about its actors, say.",
            importance_bars.columns(sets, what, "role"),
        )
    yield Picture(
        "The most important features",
        "Single values and numbers. Beside each is the direction in which it moves predictions where it is present.",
        importance_bars.features(features, what, unit),
        wide=True,
    )
    values = features[(features["level"] == "value") & features["importance"].notna()]
    for role in values["role"].drop_duplicates().head(MOST_ROLES):
        yield Picture(
            f"Most important of role {role}",
            f"Of those that a {side} film has, with how many have them. Few films mean wide intervals.",
            importance_bars.values_of_role(features, role, what, unit),
        )


def runs_section(runs: list[Results], intervals: list[pd.DataFrame]) -> Section:
    """Return the scores of several runs side by side."""
    section = Section("runs", "Scores side by side")
    lines = []
    for run, scores in zip(runs, intervals, strict=True):
        r2 = scores[scores["score"] == "r2"].set_index("model").reindex(columns=["low_95", "high_95"])
        for model, values in run.metrics.get("models", {}).items():
            if values["rmse"] is not None and values["r2"] is not None:
                ends = r2.loc[model].to_dict() if model in r2.index else {"low_95": np.nan, "high_95": np.nan}
                lines.append({"run": run.name, "model": model, "rmse": values["rmse"], "r2": values["r2"], **ends})
    if not lines:
        section.missing.append(f"None of these runs has scores. Add them: {command('test --run FOLDER')}")
        return section
    units = {run.unit for run in runs}
    section.pictures.append(
        Picture(
            "All models of all runs",
            "Bars are scores on each run's own test films, lines their 95 % intervals. Runs on other films or targets "
            "can't be compared.",
            leaderboard.runs(pd.DataFrame(lines), units.pop() if len(units) == 1 else ""),
        )
    )
    return section
