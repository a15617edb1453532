"""Classical models on the network's films: fitted, scored, and written into the run's folder."""

from collections.abc import Callable

import numpy as np
import pandas as pd
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from greenlight_films.baselines import Comparison
from greenlight_films.baselines.comparison import Fits
from greenlight_films.datamodules import FilmDataModule
from greenlight_films.lightning_modules.callbacks.permutation_importance import cluster_values
from greenlight_films.lightning_modules.film_importance import clusters_of
from greenlight_films.studies.artifacts import save_artifacts
from greenlight_films.studies.blend import BLEND, blend_sentence, blended, refuse_unblendable
from greenlight_films.studies.metrics import plain
from greenlight_films.studies.processes import busy, say
from greenlight_films.studies.results import Results
from greenlight_films.studies.run_folder import RunFolder
from greenlight_films.studies.smearing import scores_of_means
from greenlight_films.studies.write import read_metrics


def compare(
    run: RunFolder,
    data: FilmDataModule,
    comparison: Comparison,
    console: Console,
    beside: Callable[[], Fits | None] | None = None,
) -> None:
    """Fit each model to the training rows, score it on the test rows beside the network, and write all of it.

    Args:
        beside: waits for models that are fitted already, if they are; see `fitting_beside`.
    """
    if comparison.blend:
        refuse_unblendable(run)
    fitted = None
    if beside:
        with busy(console, "Comparing"):
            fitted = beside()
        if fitted is None:
            console.print("The process that fitted other models was lost: they are fitted now.", highlight=False)
    fitted = fitted or _fit_watched(data, comparison, console)
    _write_tables(run, fitted, console)
    fits = fitted.by_name
    metrics = read_metrics(run, data)
    columns = {name: model_fit.predicted for name, model_fit in fits.items() if model_fit.predicted is not None}
    for name, model_fit in fits.items():
        metrics["fits"][name] = {"seconds": round(model_fit.seconds, 3)}
        if model_fit.test and model_fit.train:
            metrics["models"][name] = plain(model_fit.test)
            metrics["fits"][name]["train"] = plain(model_fit.train)
    if comparison.blend:
        share, columns[BLEND], scores = blended(run, data, fits)
        metrics["models"][BLEND], metrics["fits"][BLEND] = plain(scores), {"share": share}
    _write_predictions(run, data, comparison.cluster, columns)
    if comparison.smearing:
        metrics["means"] = {**metrics.get("means", {}), **scores_of_means(run, data, fits)}
    run.write_json("metrics.json", metrics)
    save_artifacts(run, data.fitted, {name: model_fit.model for name, model_fit in fits.items()})
    run.write_csv("leaderboard.csv", Results(run).leaderboard)
    lines = [f"{name}: {model_fit.line}" for name, model_fit in fits.items() if model_fit.line]
    tables = [f"their tables: {run.path / 'baselines'}/"] if lines else []
    for line in [*lines, *tables, *([blend_sentence(metrics)] if comparison.blend else [])]:
        say(console, line)


def _fit_watched(data: FilmDataModule, comparison: Comparison, console: Console) -> Fits:
    """Fit each model under a progress bar."""
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[step]}"), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        search = bar.add_task("Its settings", total=None, step="", visible=False)
        whole = bar.add_task("Comparing", total=None, step="")

        def progress(done: int, of: int) -> None:
            bar.update(search, total=of, completed=done, step=f"{done} of {of}", visible=done < of)

        def begin(name: str, number: int, of: int) -> None:
            bar.update(whole, description=f"Fitting {name}", completed=number, total=of)

        return comparison.fit_all(data.films, data.fitted, begin, progress)


def _write_tables(run: RunFolder, fitted: Fits, console: Console) -> None:
    """Write each model's tables into `baselines/<name>/`, in place of earlier ones, and say what was left out."""
    for model, model_fit in fitted.by_name.items():
        folder, tables = f"baselines/{model}", model_fit.tables
        for earlier in (run.path / folder).glob("*"):
            if earlier.name not in tables:
                earlier.unlink()
        for name, table in tables.items():
            path = f"{folder}/{name}"
            run.write_text(path, table) if isinstance(table, str) else run.write_csv(path, table)
    for model, reason in fitted.refused.items():
        say(console, f"{model} left out: {reason}")


def _write_predictions(
    run: RunFolder, data: FilmDataModule, cluster: str | None, columns: dict[str, np.ndarray]
) -> None:
    """Write what each model predicts of the test rows, beside the models that were fitted before."""
    films = data.films
    assert films.rows is not None
    name, rows = "baselines/predictions.csv", films.number[films.rows.test]
    ids = {column: films.ids[column].to_numpy()[films.rows.test] for column in films.ids}
    if films.weights is not None:
        ids["weight"] = films.weights[films.rows.test]
    if cluster is not None:
        shared = cluster_values(data, cluster, rows - 1, "compare.cluster")
        ids["cluster"] = clusters_of(films.film_codes()[films.rows.test], shared)
    table = pd.DataFrame({**ids, "row": rows, "actual": films.actual[films.rows.test]})
    before = Results(run).table(name)
    if len(before):
        before = before.drop(columns=["film", "title", "weight", "actual", "cluster", *columns], errors="ignore")
        table = table.merge(before, on="row", how="left")
    run.write_csv(name, table.assign(**columns))
