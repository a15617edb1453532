"""The page of several runs of a study, by seed or fold: means and standard deviations of scores and importances."""

from greenlight_films.datamodules.program import command
from greenlight_films.importance.result import measure
from greenlight_films.reports.figures import spread as figures
from greenlight_films.reports.page import page_of
from greenlight_films.reports.pictures import Section, picture
from greenlight_films.reports.spread_table import (
    compared,
    counted_runs,
    importance_cells,
    score_cells,
    stability,
    warnings_of,
)
from greenlight_films.studies.metrics import data_warnings
from greenlight_films.studies.seeds.results import Spread
from greenlight_films.studies.seeds.statistics import TOP

DIFFERENT = {
    "seeds": "each with a seed of its own, {values}, of the split into training and test films, of weights, batches "
    "and shuffles",
    "folds": "each tested on another part of the films, and trained on the rest",
}


def spread_page(spread: Spread) -> str:
    """Return the page of the finished runs of a folder."""
    first, plan = spread.first, spread.plan
    what = measure(first.importance["loss"], first.importance["unit"])
    table = spread.importance
    of_features, columns = table[table["level"].isin(["value", "number"])], table[table["level"] == "column"]
    boards = {
        "scores": picture("Scores run by run", figures.scores(spread.scores, plan.noun, first.unit), wide=True),
        "columns": picture("Whole columns over all runs", figures.importances(columns, "column", what, TOP)),
        "features": picture("The leading features", figures.importances(of_features, "feature", what, TOP), wide=True),
    }
    names = ["feature", "importance", f"{plan.kind} that measured it", f"{plan.kind} where it is in the top {TOP}"]
    headings, lines = score_cells(spread)
    about = f"mean ± standard deviation over {counted_runs(spread)}"
    return page_of(
        "spread.html.jinja",
        [
            Section("scores", "How good the predictions are", [boards["scores"]]),
            Section("importance", "What the predictions rest on", [boards["features"], boards["columns"]]),
        ],
        title=f"{first.run.study}: {counted_runs(spread)}",
        warnings=[*warnings_of(spread), *data_warnings(first.metrics)],
        summary=_summary(spread),
        sentences={"scores": compared(spread), "importance": [f"Importance: {what}.", *stability(spread)]},
        tables={
            "scores": (f"Scores on the test films, {about}", headings, lines),
            "importance": (f"The leading features, {about}", names, importance_cells(of_features, TOP)),
        },
        pages=[command(f"report --run {run.path}") for run in spread.runs.values()],
        again=command(f"study --config {spread.run.config} --{plan.kind} {len(plan.values)}"),
        config_text=spread.run.config.read_text(encoding="utf-8"),
        values="[]",
        explorer="null",
    )


def _summary(spread: Spread) -> list[str]:
    plan, first = spread.plan, spread.first
    how = DIFFERENT[plan.kind].format(values=f"{plan.values[0]} to {plan.values[-1]}")
    unfinished = len(plan.values) - len(spread.runs)
    return [
        f"Models learnt {first.target}{f' ({first.unit})' if first.unit else ''} {len(spread.runs)} times, {how}.",
        "The standard deviation says how far a single run can be off by chance.",
        *([f"{unfinished} of {len(plan.values)} {plan.kind} are missing."] if unfinished else []),
    ]
