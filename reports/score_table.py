"""Scores of models, for the terminal."""

from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from greenlight_films.datamodules.number_format import compact, fixed, significant
from greenlight_films.studies.metrics import in_order, learnt_end
from greenlight_films.studies.processes import say
from greenlight_films.studies.verdict import Verdict

LOUD = "bold red"
SHORT_FROM = 1e6  # amounts from here on have a letter
HEADINGS = {
    "rmse": "RMSE",
    "mae": "MAE",
    "r2": "R²",
    "rmse_log1p": "RMSE of log1p",
    "r2_log1p": "R² of log1p",
    "spearman": "rank correlation",
    "rmse_of_mean": "RMSE of means",
    "r2_of_mean": "R² of means",
}
OF_MEANS = ("rmse_of_mean", "r2_of_mean")
LEARNT_FIRST = ("rmse_log1p", "r2_log1p", "spearman")  # before the scores in the unit, where there are any
SMEARING = (
    "Predictions are medians, since logarithms were learnt. Means are these times each model's smearing factor (Duan), "
    "from the validation films. Where means score worse than medians, a few films decide the factor."
)
IN_UNIT = ("rmse", "mae", "rmse_of_mean")  # the scores that have the target's unit
AMOUNTS = (*IN_UNIT, "rmse_log1p")  # those that are not shares


def shown_scores(models: dict[str, dict[str, Any]]) -> list[str]:
    """Return the names of the scores that some model has, those of the scale that was learnt first."""
    known = {name for scores in models.values() for name, value in scores.items() if value is not None}
    order = [*LEARNT_FIRST, *HEADINGS] if learnt_end(known) else list(HEADINGS)
    return [name for name in dict.fromkeys(order) if name in known or name in ("rmse", "mae", "r2")]


def print_scores(title: str, unit: str, models: dict[str, dict[str, Any]], console: Console) -> None:
    """Print one line a model, the lowest RMSE on the scale that was learnt first."""
    table = Table(title=Text(title), title_justify="left", title_style="bold")
    table.add_column("model")
    shown = shown_scores(models)
    for name in shown:
        width = len("correlation") if name == "spearman" and is_transformed(shown) else None  # or it would be cut
        table.add_column(Text(heading_of(name, unit, is_transformed(shown))), justify="right", width=width)
    for model, scores in in_order(models):
        cells = [(_amount if name in AMOUNTS else fixed)(scores.get(name)) for name in shown]
        table.add_row(Text(model), *cells)
    console.print(table)


def print_means(unit: str, means: dict[str, dict[str, Any]], console: Console) -> None:
    """Print the scores of mean predictions, a line a model in the order given, and what they are."""
    say(console, SMEARING)
    table = Table("model")
    for heading in ("factor", *(heading_of(name, unit, True) for name in OF_MEANS)):
        table.add_column(Text(heading), justify="right")
    for model, scores in means.items():
        rmse, r2 = (scores[name] for name in OF_MEANS)
        table.add_row(Text(model), significant(scores["smearing"]), _amount(rmse), fixed(r2))
    console.print(table)


def _amount(value: float | None) -> str:
    return significant(value) if value is None or abs(value) < SHORT_FROM else compact(value)


def print_verdict(verdict: Verdict, console: Console) -> None:
    """Print what scores mean, loudly where that is a warning."""
    say(console, " ".join(verdict.sentences), LOUD if verdict.warns else "")


def is_transformed(names: list[str]) -> bool:
    """Tell whether the scores are of a target that is learnt as its logarithm."""
    return learnt_end(names) != ""


def heading_of(name: str, unit: str, transformed: bool = False) -> str:
    """Return what a score is called, with its unit where it has one, or where there is the same on another scale."""
    has_unit = name in IN_UNIT or (transformed and name in ("r2", "r2_of_mean"))
    return f"{HEADINGS[name]}, {unit}" if unit and has_unit else HEADINGS[name]
