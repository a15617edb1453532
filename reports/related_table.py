"""Features that say the same, for the terminal: groups, pairs, and importances among films alike."""

import pandas as pd
from rich.console import Console
from rich.table import Table
from rich.text import Text

from greenlight_films.datamodules.number_format import counted
from greenlight_films.importance.result import interval_in_words
from greenlight_films.reports.figures.related import surest
from greenlight_films.studies.results import Results

SHOWN = 5


def print_related(results: Results, console: Console) -> None:
    """Print the groups that matter most, the pairs that change each other most surely, and what is not there."""
    groups, pairs, conditional = results.groups, results.pairs, results.conditional
    if len(groups):
        of = f"{min(SHOWN, len(groups))} of {counted(len(groups), 'group')} of labels that occur together"
        alone = {"sum of each alone": [f"{value:.4g}" for value in groups["sum_of_values"].head(SHOWN)]}
        _print(of, groups.head(SHOWN), "features", "importance", alone, console)
    if len(pairs):
        best = surest(pairs).head(SHOWN)
        best = best.assign(
            pair=best["first"] + " × " + best["second"], low_95=best["joint_low_95"], high_95=best["joint_high_95"]
        )
        more = {
            "each alone": [
                f"{first:.2g}, {second:.2g}" for first, second in best[["first_alone", "second_alone"]].to_numpy()
            ],
            "both add": [
                _change(*line) for line in best[["prediction", "prediction_low_95", "prediction_high_95"]].to_numpy()
            ],
        }
        title = f"{len(best)} of {counted(len(pairs), 'pair')} of labels: who works through whom"
        _print(title, best, "pair", "joint", more, console)
    if len(conditional):
        more = {
            "among all": [f"{value:.4g}" for value in conditional["importance"]],
            "explained": [f"{max(value, 0):.0%}" for value in conditional["explained"].fillna(0)],
        }
        _print(
            "shuffled among films that the other features make alike", conditional, "name", "conditional", more, console
        )
    for note in results.importance.get("related", []):
        console.print(note, highlight=False, markup=False, soft_wrap=True)


def _print(title: str, rows: pd.DataFrame, name: str, value: str, more: dict[str, list[str]], console: Console) -> None:
    table = Table(title=Text(title), title_justify="left")
    table.add_column("")
    for heading in ("importance", "95 % interval", *more, "films"):
        table.add_column(heading, justify="right")
    columns = zip(
        rows[name], rows[value], rows["low_95"], rows["high_95"], rows["n_films"], *more.values(), strict=True
    )
    for label, importance, low, high, films, *others in columns:
        cells = f"{importance:.4g}", interval_in_words(low, high, films), *others, f"{films:,}"
        table.add_row(Text(str(label)), *cells)
    console.print(table)


def _change(value: float, low: float, high: float) -> str:
    """Return an interaction of the prediction with its interval."""
    return "always together" if value != value else f"{value:+.2g} ({low:+.2g} to {high:+.2g})"
