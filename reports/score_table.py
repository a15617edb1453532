"""The scores and predictions of a run, as files and as the table at its end."""

from math import inf, isfinite
from typing import Any

import numpy as np
import pandas as pd
from rich.console import Console
from rich.table import Table
from rich.text import Text

from greenlight_films.datamodules import Films, Fitted, Scores, TargetColumn
from greenlight_films.datamodules.leakage import known_after_release
from greenlight_films.datamodules.splits import SIDES
from greenlight_films.lightning_modules.callbacks.importance_study import BOTH_SIDES, SHORT

LOUD = "bold red"
HEADINGS = {"rmse": "RMSE", "mae": "MAE", "r2": "R²", "r2_log1p": "R² of log1p", "spearman": "rank correlation"}
"""Scores as the terminal names them."""


def describe_data(study: str, target: TargetColumn, films: Films, fitted: Fitted) -> dict[str, Any]:
    """Return the part of `metrics.json` that stands before any model is trained."""
    assert films.rows is not None
    space = fitted.encoder.space
    return {
        "study": study,
        "target": target.name,
        "unit": target.unit,
        "films": int(films.ids["film"].nunique()) if "film" in films.ids else films.n_rows,
        "rows": {side: len(getattr(films.rows, side)) for side in SIDES},
        "left_out": films.left_out,
        "features": {"dense": space.n_dense, "labels": space.n_labels},
        "leak": fitted.leak,
        "known_after_release": known_after_release(target, fitted.encoder.features),
        "unseen_labels": films.unseen(),
        "models": {},
        "fits": {},
    }


def leaderboard(metrics: dict[str, Any]) -> pd.DataFrame:
    """Return one line a model, the lowest RMSE on the test rows first."""
    lines = []
    for model, scores in in_order(metrics["models"]):
        fit = metrics["fits"].get(model, {})
        train = {f"train_{name}": value for name, value in fit.get("train", {}).items()}
        lines.append({"model": model, **scores, **train, "seconds": fit.get("seconds")})
    return warned(pd.DataFrame(lines), metrics["leak"])


def warned(table: pd.DataFrame, leak: bool) -> pd.DataFrame:
    """Return a table whose lines each say that films stand on both sides, where they do."""
    return table.assign(warning=SHORT[BOTH_SIDES]) if leak else table


def in_order(models: dict[str, dict[str, Any]]) -> list[tuple[str, dict[str, Any]]]:
    """Return models with their scores, the lowest RMSE first."""
    return sorted(models.items(), key=lambda item: inf if item[1]["rmse"] is None else item[1]["rmse"])


def plain(scores: Scores) -> dict[str, Any]:
    """Return scores fit for JSON: what can't be told is null."""
    return {name: value if isfinite(value) else None for name, value in scores.items()}


def prediction_table(films: Films, predicted: np.ndarray) -> pd.DataFrame:
    """Return one line a film: film and title where given, row (from 1), split, actual, predicted."""
    table = films.ids.copy()
    table["row"] = films.number
    table["split"] = films.side_names()
    table["actual"] = films.actual
    table["predicted"] = predicted
    return table


def print_data(metrics: dict[str, Any], hidden: list[int], console: Console, members: int = 1) -> None:
    """Say in one line what the models are about to learn from; without `hidden` there is no network among them."""
    rows, features, target = metrics["rows"], metrics["features"], metrics["target"]
    n_rows = sum(rows.values())
    films = f"{n_rows:,} films" if n_rows == metrics["films"] else f"{metrics['films']:,} films in {n_rows:,} rows"
    network = f", {'MLP' if members == 1 else f'{members} MLPs'} {'-'.join(map(str, hidden))}" if hidden else ""
    left_out = f", {metrics['left_out']:,} without {target} left out" if metrics["left_out"] else ""
    console.print(
        f"{metrics['study']}: {target} of {films} "
        f"({rows['train']:,} train, {rows['val']:,} validate, {rows['test']:,} test{left_out}) "
        f"from {features['dense']:,} numbers and {features['labels']:,} labels{network}",
        highlight=False,
        markup=False,
        soft_wrap=True,
    )
    if metrics["leak"]:
        console.print(
            "The same films stand on both sides of this split: its scores say nothing of new films.", style=LOUD
        )
    if metrics.get("known_after_release"):
        warning = known_after_release_warning(target, metrics["known_after_release"])
        console.print(warning, style=LOUD, markup=False, soft_wrap=True)


def known_after_release_warning(target: str, columns: list[str]) -> str:
    """Say that columns come too late to predict what a film earns."""
    return (
        f"Known only after release: {', '.join(columns)}. They go with {target}, and can't tell it of a film to come: "
        "leave them out of data.features."
    )


def print_scores(title: str, unit: str, models: dict[str, dict[str, Any]], console: Console) -> None:
    """Print one line a model, the lowest RMSE first."""
    table = Table(title=Text(title), title_justify="left", title_style="bold")
    table.add_column("model")
    told = {name for scores in models.values() for name, value in scores.items() if value is not None}
    shown = [name for name in HEADINGS if name in told or name in ("rmse", "mae", "r2")]
    for name in shown:
        table.add_column(Text(heading_of(name, unit)), justify="right")
    for model, scores in in_order(models):
        cells = [_readable(scores.get(name)) if name in ("rmse", "mae") else _share(scores.get(name)) for name in shown]
        table.add_row(Text(model), *cells)
    console.print(table)
    if "mlp" in models and no_better_than_mean(models["mlp"]):
        console.print("The model is no better than guessing the mean: it has learnt nothing that holds.", style=LOUD)


def heading_of(name: str, unit: str) -> str:
    """Return what a score is called, with its unit where it has one."""
    return f"{HEADINGS[name]}, {unit}" if unit and name in ("rmse", "mae") else HEADINGS[name]


def no_better_than_mean(scores: dict[str, Any]) -> bool:
    """Tell whether a model's predictions are no numbers, or no better than their mean; of one film that isn't known."""
    return scores["rmse"] is None or (scores["r2"] is not None and scores["r2"] <= 0)


def _share(value: float | None) -> str:
    return "–" if value is None else f"{round(value, 3) + 0.0:.3f}"


def _readable(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
