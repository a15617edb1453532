"""What several runs of a study come to together, for the terminal, and in sentences."""

import pandas as pd
from rich.console import Console
from rich.table import Table
from rich.text import Text

from greenlight_films.datamodules.number_format import compact, fixed
from greenlight_films.importance.result import measure
from greenlight_films.reports.figures.bars import with_margin
from greenlight_films.reports.score_table import (
    AMOUNTS,
    HEADINGS,
    LOUD,
    OF_MEANS,
    heading_of,
    is_transformed,
    shown_scores,
)
from greenlight_films.studies.metrics import data_in_a_line, data_warnings, in_order, learnt_end
from greenlight_films.studies.processes import say
from greenlight_films.studies.results import NETWORK
from greenlight_films.studies.seeds.results import Spread
from greenlight_films.studies.verdict import verdict_of

SHOWN = 10


def print_spread(spread: Spread, console: Console) -> None:
    """Print scores and importances, each with its mean and standard deviation over the runs."""
    metrics = spread.first.metrics
    say(console, data_in_a_line(metrics, [], 1))
    for line in [*data_warnings(metrics), *warnings_of(spread)]:
        console.print(line, style=LOUD, markup=False, soft_wrap=True)
    headings, lines = score_cells(spread)
    _print(f"Test films: mean ± standard deviation over {counted_runs(spread)}", headings, lines, console)
    for line in [*compared(spread), *stability(spread)]:
        say(console, line)
    how = spread.first.importance
    title = f"\nWhat predictions rest on: {measure(how['loss'], how['unit'])}"
    say(console, title, "bold")
    table = spread.importance
    of_features = table[table["level"].isin(["value", "number"])]
    names = ["", "importance", f"{spread.plan.kind}", "in their top 25"]
    _print(
        f"{min(SHOWN, len(of_features))} of {len(of_features):,} features",
        names,
        importance_cells(of_features),
        console,
    )
    columns = [cells[:-1] for cells in importance_cells(table[table["level"] == "column"])]
    _print("whole columns, shuffled together", names[:-1], columns, console)
    say(console, f"\n{spread.run.path}/", "bold")


def counted_runs(spread: Spread) -> str:
    """Return how many runs are finished, such as `5 seeds`."""
    return f"{len(spread.runs)} {spread.plan.kind if len(spread.runs) > 1 else spread.plan.noun}"


def score_cells(spread: Spread) -> tuple[list[str], list[list[str]]]:
    """Return headings, and for each model, the lowest mean RMSE on the learnt scale first, its name and scores."""
    unit, summary = spread.first.unit, spread.summary
    table = summary.set_index(["model", "score"])
    means = {
        model: dict(zip(of["score"], of["mean"], strict=True)) for model, of in summary.groupby("model", sort=False)
    }
    shown = [name for name in shown_scores(means) if name not in OF_MEANS]

    def cell(model: str, score: str) -> str:
        if (model, score) not in table.index:
            return "–"
        line = table.loc[(model, score)]
        return with_deviation(line["mean"], line["sd"], is_amount=score in AMOUNTS)

    lines = [[model, *(cell(model, score) for score in shown)] for model, _ in in_order(means)]
    return ["model", *(heading_of(name, unit, is_transformed(shown)) for name in shown)], lines


def with_deviation(mean: float, deviation: float, *, is_amount: bool) -> str:
    """Return a mean with its standard deviation, or alone where that isn't known; an amount has a unit.

    >>> with_deviation(139.2e6, 28e6, is_amount=True), with_deviation(0.4012, 0.014, is_amount=False)
    ('139.2M ± 28M', '0.401 ± 0.014')
    """
    if not is_amount:
        return fixed(mean) + (f" ± {fixed(deviation)}" if deviation == deviation else "")
    return compact(mean) + (f" ± {compact(float(f'{deviation:.2g}'))}" if deviation == deviation else "")


def importance_cells(table: pd.DataFrame, most: int = SHOWN) -> list[list[str]]:
    """Return for each of the first features its name, mean and standard deviation, runs, and in how many it leads."""
    margins = with_margin(table["importance"].head(most), table["sd"].head(most))
    lines = zip(table["feature"], margins, table["runs"], table["top"], strict=False)
    return [[str(cell) for cell in line] for line in lines]


def warnings_of(spread: Spread) -> list[str]:
    """Say in how many runs the scores mean little, with what that means in the first of them."""
    judged = [verdict for run in spread.runs.values() if (verdict := verdict_of(run.metrics))]
    if not (warned := [" ".join(verdict.sentences) for verdict in judged if verdict.warns]):
        return []
    return [f"In {len(warned)} of {counted_runs(spread)}: {warned[0]}"]


def compared(spread: Spread) -> list[str]:
    """Say by how much the network's R² is above that of the other models."""
    if spread.record["same_split"]:
        return [
            "All runs test the same films, since the split has no seed: what differs is weights and batches alone, "
            "and says nothing of other films."
        ]
    table = spread.differences
    score = f"r2{learnt_end(set(table['score']))}"
    lines = table[table["score"] == score]
    if lines.empty:
        return []
    listed = [
        f"{line.model} {line.difference:+.3f} [{line.low_95:+.3f}, {line.high_95:+.3f}]" for line in lines.itertuples()
    ]
    return [
        f"{HEADINGS[score]} of the network ({NETWORK}) less that of others, with 95 % intervals that allow for films "
        f"which the {spread.plan.kind} share: {', '.join(listed)}."
    ]


def stability(spread: Spread) -> list[str]:
    """Say how stable the ranking of features is from run to run."""
    ranking, noun = spread.record["ranking"], spread.plan.noun
    sentences = []
    if ranking["in_every_top"] is not None:
        number = round(ranking["in_every_top"] * ranking["top"])
        sentences.append(
            f"Of the {ranking['top']} leading features of a {noun}, {number} lead in every {noun} "
            f"({ranking['in_every_top']:.0%})."
        )
    named = {"rank_correlation": "of features that 3 films or more have", "columns": "of whole columns"}
    known = [
        f"{ranking[key]['mean']:.2f} ({ranking[key]['low']:.2f} to {ranking[key]['high']:.2f}) {what}"
        for key, what in named.items()
        if ranking[key]
    ]
    if known:
        sentences.append(f"Rank correlation of importances between two {spread.plan.kind}: {', '.join(known)}.")
    return sentences


def _print(title: str, headings: list[str], lines: list[list[str]], console: Console) -> None:
    table = Table(title=Text(title), title_justify="left", title_style="bold")
    columns = [[heading, *(cells[number] for cells in lines)] for number, heading in enumerate(headings)]
    widths = [max(map(len, cells[1:]), default=0) for cells in columns]
    if sum(width + 3 for width in widths) >= console.width:  # then headings and numbers break, words don't
        widths = [max(len(word) for cell in cells for word in cell.split()) for cells in columns]
    widths = [max(width, *map(len, [*cells[0].split(), ""])) for width, cells in zip(widths, columns, strict=True)]
    for number, (cells, width) in enumerate(zip(columns, widths, strict=True)):
        table.add_column(Text(cells[0]), justify="right" if number else "left", width=width)
    for cells in lines:
        table.add_row(*map(Text, cells))
    console.print(table)
