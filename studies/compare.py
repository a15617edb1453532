"""Fit classical models to the network's films, and write what they found."""

from typing import Any

import pandas as pd
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from greenlight_films.baselines import Comparison, Fit, Sample, fit
from greenlight_films.baselines.baseline import Tables
from greenlight_films.datamodules import Films, Fitted
from greenlight_films.reports.score_table import plain
from greenlight_films.studies.results import Results
from greenlight_films.studies.run_folder import RunFolder


def run_comparison(
    comparison: Comparison, films: Films, fitted: Fitted, run: RunFolder, console: Console
) -> dict[str, Fit]:
    """Fit each model, say which is at work, and write its tables into `baselines/<name>/`."""
    training, test = Sample.of(films, fitted, "train"), Sample.of(films, fitted, "test")
    found = {}
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[step]}"), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        search = bar.add_task("", total=None, step="", visible=False)

        def progress(done: int, of: int) -> None:
            bar.update(search, description="knn: grid", total=of, completed=done, step=f"{done} of {of}", visible=True)

        models, refused = comparison.possible(training, progress)
        whole = bar.add_task("Comparing", total=len(models), step="")
        for model in models:
            bar.update(whole, description=f"Fitting {model.name}")
            found[model.name] = fit(model, training, test)
            bar.advance(whole)
            _write_tables(run, f"baselines/{model.name}", found[model.name].tables)
    for name, reason in refused.items():
        console.print(f"{name} left out: {reason}", highlight=False, markup=False, soft_wrap=True)
    return found


def write_predictions(run: RunFolder, films: Films, found: dict[str, Fit]) -> None:
    """Write what each model predicts of the test rows, beside the models that were fitted before."""
    assert films.rows is not None
    name, rows = "baselines/predictions.csv", films.number[films.rows.test]
    names = {name: films.ids[name].to_numpy()[films.rows.test] for name in films.ids}  # there may be none
    table = pd.DataFrame({**names, "row": rows, "actual": films.actual[films.rows.test]})
    known = Results(run).table(name)
    if len(known):
        known = known.drop(columns=["film", "title", "actual", *found], errors="ignore")
        table = table.merge(known, on="row", how="left")
    columns = {model: one.predicted for model, one in found.items() if one.predicted is not None}
    run.write_csv(name, table.assign(**columns))


def _write_tables(run: RunFolder, folder: str, tables: Tables) -> None:
    """Write a model's tables in place of those of an earlier fit."""
    for old in (run.path / folder).glob("*"):
        if old.name not in tables:
            old.unlink()
    for name, table in tables.items():
        path = f"{folder}/{name}"
        run.write_text(path, table) if isinstance(table, str) else run.write_csv(path, table)


def print_found(found: dict[str, Fit], run: RunFolder, console: Console) -> None:
    """Say what each model settled on, and where the rest stands."""
    lines = {name: line for name, one in found.items() if (line := one.model.in_a_line())}
    for name, line in lines.items():
        console.print(f"{name}: {line}", highlight=False, markup=False, soft_wrap=True)
    if lines:
        console.print(f"their tables: {run.path / 'baselines'}/", highlight=False, markup=False, soft_wrap=True)


def add_fits(metrics: dict[str, Any], found: dict[str, Fit]) -> None:
    """Put scores and seconds into what becomes `metrics.json`."""
    for name, one in found.items():
        metrics["fits"][name] = {"seconds": round(one.seconds, 3)}
        if one.test and one.train:
            metrics["models"][name] = plain(one.test)
            metrics["fits"][name]["train"] = plain(one.train)
