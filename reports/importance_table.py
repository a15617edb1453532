"""The importances of a run, for the terminal."""

import pandas as pd
from rich.console import Console
from rich.table import Table
from rich.text import Text

from greenlight_films.datamodules.number_format import are, counted
from greenlight_films.importance import FEW_FILMS
from greenlight_films.importance.result import interval_in_words, intervals, measure
from greenlight_films.reports.left_out import left_out
from greenlight_films.reports.related_table import print_related
from greenlight_films.reports.score_table import LOUD
from greenlight_films.studies.processes import say
from greenlight_films.studies.results import Results

SHOWN = 10


def print_importance(results: Results, console: Console) -> None:
    """Print the most important features and the columns, and what must be known of them."""
    how, features, sets = results.importance, results.features, results.aggregated
    known, known_sets = results.estimable, sets[sets["importance"].notna()]
    films = counted(how["films"], f"{results.side} film")
    console.print()
    if "warning" in how:
        console.print(how["warning"], style=LOUD, markup=False, soft_wrap=True)
    title = f"What the predictions of {films} rest on: {measure(how['loss'], how['unit'])}"
    say(console, title, "bold")
    if caution := in_own_unit(results):
        say(console, caution)
    _print(f"{min(SHOWN, len(known))} of {len(known):,} features", "feature", known.head(SHOWN), console)
    for level, heading in (("column", "whole columns, shuffled together"), ("group", "groups, shuffled together")):
        _print(heading, "name", known_sets[known_sets["level"] == level], console)
    print_related(results, console)
    n_absent = how["not_estimable"]
    n_few = int(((features["level"] == "value") & features["n_films"].between(1, FEW_FILMS - 1)).sum())
    if len(known):
        sure = int((known["q"] < 0.05).sum())
        by_chance = ": about 1 in 20 of such is there by chance" if sure else ""
        say(
            console,
            "With other films an importance would be another: of 100 such intervals about 95 hold the true one. "
            f"{sure:,} of {counted(len(known), 'feature')} {'has' if sure == 1 else 'have'} a q below 0.05{by_chance}.",
        )
    counts = [
        f"{counted(n_absent, 'feature')} {are(n_absent)} in none of the {films}: not estimable. " if n_absent else "",
        f"{counted(n_few, 'feature')} {are(n_few)} in fewer than {FEW_FILMS}: too few films to tell. " if n_few else "",
    ]
    say(console, f"{''.join(counts)}Measured in {how['seconds']:.1f} s.")
    for sentence in left_out(results):
        say(console, sentence)
    if how["missing"] or how["missing_columns"]:
        missing = f"{counted(how['missing'], 'feature')} and {how['missing_columns']:,} columns, roles or groups"
        console.print(f"Stopped: {missing} are missing.", style=LOUD)


def in_own_unit(results: Results) -> str:
    """Say that importance is not of the logarithms that were learnt; empty where none were."""
    if results.scale is None or results.scale.transform == "none":
        return ""
    return f"Losses are in {results.unit or results.target}, not in logarithms: films with large amounts weigh most."


def _print(title: str, name: str, rows: pd.DataFrame, console: Console) -> None:
    if rows.empty:
        return
    table = Table(title=Text(title), title_justify="left")
    table.add_column("")
    for heading in ("importance", "95 % interval", "films"):
        table.add_column(heading, justify="right")
    shown = zip(rows[name], rows["importance"], *intervals(rows), rows["n_films"], strict=True)
    for feature, value, low, high, films in shown:
        table.add_row(Text(str(feature)), f"{value:.4g}", interval_in_words(low, high, films), f"{films:,}")
    console.print(table)
