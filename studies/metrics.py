"""`metrics.json`, `leaderboard.csv` and `predictions.csv`: the scores and predictions of a run as plain data."""

from collections.abc import Container
from math import inf, isfinite
from typing import Any

import numpy as np
import pandas as pd

from greenlight_films.datamodules import FilmDataModule, Films, Scores, TargetScale
from greenlight_films.datamodules.leakage import known_after_release
from greenlight_films.datamodules.number_format import counted
from greenlight_films.datamodules.splits import SIDES
from greenlight_films.importance.result import BOTH_SIDES, SHORT

NUMBER = "row (Greenlight)"  # the column with rows' numbers in the table, in files that don't have all of its rows


def describe_data(study: str, data: FilmDataModule) -> dict[str, Any]:
    """Return the part of `metrics.json` that is known before any model is trained."""
    films, fitted, target = data.films, data.fitted, data.declared.target
    assert films.rows is not None
    return {
        "study": study,
        "target": target.name,
        "unit": target.unit,
        "weight": data.declared.weight,
        "films": len(np.unique(films.film_codes())),
        "rows": {side: len(getattr(films.rows, side)) for side in SIDES},
        "left_out": films.left_out,
        "leak": fitted.leak,
        "known_after_release": known_after_release(target, fitted.encoder.features),
        **describe_learnt(data),
        "notices": data.notices,
        "models": {},
        "fits": {},
    }


def describe_learnt(data: FilmDataModule) -> dict[str, Any]:
    """Return the part of `metrics.json` that depends on the rows that are learnt from."""
    space = data.fitted.encoder.space
    return {
        "features": {"dense": space.n_dense, "labels": space.n_labels},
        "unseen_labels": data.films.unseen(),
        "refit": data.fitted.refitted,
        "refreshed": _refreshed(data),
    }


def _refreshed(data: FilmDataModule) -> dict[str, Any] | None:
    """Return with how many newer films a run was refreshed, and whether its test films came out before some of them."""
    refreshed, films = data.fitted.refreshed, data.films
    if refreshed is None or films.rows is None or films.crossed is None:
        return None
    is_late = False
    if data.fitted.split["rule"] == "TimeSplit" and films.years is not None and refreshed.until is not None:
        is_late = bool((films.years[films.rows.test] < refreshed.until).any())
    return {
        "films": refreshed.films,
        "until": refreshed.until,
        "later_than_tested": is_late,
        "limited": films.crossed.n_limited,
    }


def sentences_of_fit(metrics: dict[str, Any]) -> list[str]:
    """Return sentences on a refit and on newer films, of the content of `metrics.json`; none without these."""
    sentences = []
    if metrics.get("refit"):
        sentences.append(
            "Refit: once validation films had chosen epochs and settings, models were trained anew on training and "
            "validation films. Scores of validation films and the widths of intervals are of the first fit, without "
            "them."
        )
    if refreshed := metrics.get("refreshed"):
        until = "" if refreshed["until"] is None else f", until {refreshed['until']}"
        sentence = (
            f"Refreshed: what is known of names beside their weights was made anew with {refreshed['films']:,} newer "
            f"films{until}; the network is as it was."
        )
        if limited := refreshed.get("limited", 0):  # older runs don't say
            sentence += (
                f" {counted(limited, 'label')} would lie beyond all that the network learnt from: records, effects and "
                "profiles end with the largest and smallest of these, and training anew may say more."
            )
        late = " Test films came out before newer films: scores on them flatter predictions of films to come."
        sentences.append(sentence + late * refreshed["later_than_tested"])
    return sentences


def data_in_a_line(metrics: dict[str, Any], hidden: list[int], members: int, heads: int = 1) -> str:
    """Say what the models are about to learn from; without `hidden` there is no network among them."""
    rows, features, target = metrics["rows"], metrics["features"], metrics["target"]
    n_rows = sum(rows.values())
    films = counted(metrics["films"], "film")
    films = films if n_rows == metrics["films"] else f"{films} in {counted(n_rows, 'row')}"
    network = f", {'MLP' if members == 1 else f'{members} MLPs'} {'-'.join(map(str, hidden))}" if hidden else ""
    network += f", {heads} heads{' each' if members > 1 else ''}" if hidden and heads > 1 else ""
    left_out = f", {metrics['left_out']:,} without {target} left out" if metrics["left_out"] else ""
    return (
        f"{metrics['study']}: {target} of {films} "
        f"({rows['train']:,} train, {rows['val']:,} validate, {rows['test']:,} test{left_out}) "
        f"from {counted(features['dense'], 'number')} and {counted(features['labels'], 'label')}{network}"
        f"{weighted_by(metrics)}"
    )


def weighted_by(metrics: dict[str, Any]) -> str:
    """Return what rows are weighted by, after a comma; empty where all weigh the same."""
    return f", weighted by {metrics['weight']}" if metrics.get("weight") else ""


def data_warnings(metrics: dict[str, Any]) -> list[str]:
    """Return what is to be known of the data before any score is read."""
    warnings = []
    if metrics["leak"]:
        warnings.append("The same films stand on both sides of this split: its scores say nothing of new films.")
    if metrics.get("known_after_release"):
        warnings.append(known_after_release_warning(metrics["target"], metrics["known_after_release"]))
    return warnings


def known_after_release_warning(target: str, columns: list[str]) -> str:
    """Say that columns come too late to predict what a film earns."""
    they_go, them = ("It goes", "it") if len(columns) == 1 else ("They go", "them")
    return (
        f"Known only after release: {', '.join(columns)}. {they_go} with {target}, and can't tell it of a film to "
        f"come: leave {them} out of data.features."
    )


def leaderboard(metrics: dict[str, Any], differences: pd.DataFrame) -> pd.DataFrame:
    """Return one line a model, the best first; `differences` of the network from each, where known, beside its scores.

    Args:
        metrics: the content of `metrics.json`.
        differences: as of `paired_differences`, or empty.
    """
    paired = {line.pop("model"): line for line in differences.to_dict("records")}
    lines = []
    for model, scores in in_order(all_scores(metrics)):
        fit = metrics["fits"].get(model, {})
        train = {f"train_{name}": value for name, value in fit.get("train", {}).items()}
        lines.append({"model": model, **scores, **paired.get(model, {}), **train, "seconds": fit.get("seconds")})
    return with_warning(pd.DataFrame(lines), metrics["leak"])


def all_scores(metrics: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the scores of each model on the test rows, with those of its means where they were asked for."""
    means = metrics.get("means", {})
    return {model: {**scores, **means.get(model, {})} for model, scores in metrics.get("models", {}).items()}


def with_warning(table: pd.DataFrame, leak: bool) -> pd.DataFrame:
    """Return a table whose lines each say that films stand on both sides, where they do."""
    return table.assign(warning=SHORT[BOTH_SIDES]) if leak else table


def learnt_end(scores: Container[str]) -> str:
    """Return what names of scores on the scale that was learnt end with: `_log1p`; empty where that is the unit's."""
    return "_log1p" if "r2_log1p" in scores else ""


def in_order(models: dict[str, dict[str, Any]]) -> list[tuple[str, dict[str, Any]]]:
    """Return models with their scores, the lowest RMSE on the scale that was learnt first."""
    return sorted(models.items(), key=lambda item: _rank(item[1]))


def _rank(scores: dict[str, Any]) -> tuple[float, float]:
    # R² orders as the RMSE does; runs of before that was stored have it, too.
    learnt, rmse = scores.get("r2_log1p"), scores.get("rmse_log1p", scores["rmse"])
    return inf if learnt is None else -learnt, inf if rmse is None else rmse


def plain(scores: Scores) -> dict[str, Any]:
    """Return scores fit for JSON: what can't be told is null."""
    return {name: value if isfinite(value) else None for name, value in scores.items()}


def prediction_table(films: Films, predicted: np.ndarray, scale: TargetScale) -> pd.DataFrame:
    """Return one line a row: film and title where given, row (from 1), split, weight where given, actual, predicted.

    Of a transformed target, `predicted_learnt` is the prediction on the scale that was learnt.
    """
    table = films.ids.assign(row=films.number, split=films.side_names())
    if films.weights is not None:
        table = table.assign(weight=films.weights)
    table = table.assign(actual=films.actual, predicted=predicted)
    return table if scale.transform == "none" else table.assign(predicted_learnt=scale.learnt(predicted))
