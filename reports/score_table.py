"""Scores of models, for the terminal."""

from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from greenlight_films.datamodules.number_format import fixed, significant
from greenlight_films.studies.metrics import in_order
from greenlight_films.studies.verdict import Verdict

LOUD = "bold red"
HEADINGS = {"rmse": "RMSE", "mae": "MAE", "r2": "R²", "r2_log1p": "R² of log1p", "spearman": "rank correlation"}
IN_UNIT = ("rmse", "mae")  # the scores that have the target's unit


def print_scores(title: str, unit: str, models: dict[str, dict[str, Any]], console: Console) -> None:
    """Print one line a model, the lowest RMSE first."""
    table = Table(title=Text(title), title_justify="left", title_style="bold")
    table.add_column("model")
    known = {name for scores in models.values() for name, value in scores.items() if value is not None}
    shown = [name for name in HEADINGS if name in known or name in ("rmse", "mae", "r2")]
    for name in shown:
        table.add_column(Text(heading_of(name, unit)), justify="right")
    for model, scores in in_order(models):
        cells = [(significant if name in IN_UNIT else fixed)(scores.get(name)) for name in shown]
        table.add_row(Text(model), *cells)
    console.print(table)


def print_verdict(found: Verdict, console: Console) -> None:
    """Print what scores mean, loudly where that is a warning."""
    style = LOUD if found.warns else ""
    console.print(" ".join(found.sentences), style=style, markup=False, highlight=False, soft_wrap=True)


def heading_of(name: str, unit: str) -> str:
    """Return what a score is called, with its unit where it has one."""
    return f"{HEADINGS[name]}, {unit}" if unit and name in IN_UNIT else HEADINGS[name]
