"""Features that say the same, for the terminal: groups, pairs, and importances among films alike."""

from collections.abc import Iterable
from typing import Any

import pandas as pd
from rich.console import Console
from rich.table import Table
from rich.text import Text

from greenlight_films.datamodules.number_format import counted
from greenlight_films.importance.result import interval_in_words
from greenlight_films.reports.figures.related import surest
from greenlight_films.studies.processes import say
from greenlight_films.studies.results import Results

SHOWN = 5


def print_related(results: Results, console: Console) -> None:
    """Print the groups that matter most, the pairs that change each other most surely, and what is not there."""
    groups, pairs, conditional = results.groups, results.pairs, results.conditional
    if len(groups):
        best = groups.head(SHOWN)
        columns = {
            "": best["features"],
            "importance": best["importance"],
            "95 % interval": _intervals(best),
            "each alone": best["sum_of_values"],
            "films": best["n_films"],
        }
        title = f"{len(best)} of {counted(len(groups), 'group')} of labels that occur together, shuffled together"
        _print(title, columns, console)
    if len(pairs):
        best = surest(pairs).head(SHOWN)
        change = best[["prediction", "prediction_low_95", "prediction_high_95"]].to_numpy()
        columns = {
            "": best["first"] + " × " + best["second"],
            **{"both": best["joint"], "first": best["first_alone"], "second": best["second_alone"]},
            "both add": [_change(*line) for line in change],
            "films": best["n_films"],
        }
        title = f"{len(best)} of {counted(len(pairs), 'pair')} of labels: who works through whom"
        _print(title, columns, console)
    if len(conditional):
        columns = {
            "": conditional["name"],
            "importance": conditional["conditional"],
            "95 % interval": _intervals(conditional),
            "among all": conditional["importance"],
            "told by others": [f"{max(value, 0):.0%}" for value in conditional["explained"].fillna(0)],
        }
        _print("shuffled among films that the other features make alike", columns, console)
    if len(results.parts):
        parts = results.parts.pivot_table("importance", "name", "part", sort=False)
        columns = {"": parts.index, **{str(part): parts[part] for part in parts}}
        _print("roles by what it is in their names, each part shuffled alone", columns, console)
    for note in results.importance.get("related", []):
        say(console, note)


def _print(title: str, columns: dict[str, Iterable[Any]], console: Console) -> None:
    """Print a table of names, then of texts, numbers with two digits, and counts."""
    table = Table(title=Text(title), title_justify="left")
    table.add_column("", overflow="fold", min_width=17)
    for heading in list(columns)[1:]:
        table.add_column(heading, justify="right", max_width=17)
    for line in zip(*columns.values(), strict=True):
        table.add_row(*(Text(_cell(value)) for value in line))
    console.print(table)


def _cell(value: object) -> str:
    if isinstance(value, float):
        return "–" if value != value else f"{value:.2g}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def _intervals(rows: pd.DataFrame) -> list[str]:
    return [interval_in_words(*line) for line in zip(rows["low_95"], rows["high_95"], rows["n_films"], strict=True)]


def _change(value: float, low: float, high: float) -> str:
    """Return an interaction of the prediction with its interval."""
    return "always together" if value != value else f"{value:+.2g} ({low:+.2g} to {high:+.2g})"
