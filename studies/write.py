"""Writes what a network scores and predicts into a run's folder."""

import re
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from greenlight_films.datamodules import FilmDataModule, Scores
from greenlight_films.lightning_modules.mlp_regressor import MLPRegressor
from greenlight_films.studies.artifacts import save_artifacts
from greenlight_films.studies.facts import facts_of
from greenlight_films.studies.folder import Folder
from greenlight_films.studies.interval_files import interval_columns, write_intervals
from greenlight_films.studies.long_tables import in_blocks, table_files
from greenlight_films.studies.metrics import describe_data, describe_learnt, plain, prediction_table, with_warning
from greenlight_films.studies.run_folder import RunFolder
from greenlight_films.studies.saved_mlp import SavedMLP


def read_metrics(run: RunFolder, data: FilmDataModule) -> dict[str, Any]:
    """Return what `metrics.json` holds, or, where it isn't there, what is known before any model is trained."""
    metrics = run.read_json("metrics.json")
    return {"fits": {}, **metrics} if metrics else describe_data(run.study, data)


def write_test(run: RunFolder, model: MLPRegressor, data: FilmDataModule) -> None:
    """Write the network's scores on the test rows, and the network itself."""
    assert model.network is not None
    metrics = {**read_metrics(run, data), **describe_learnt(data)}
    metrics["models"]["mlp"] = plain(model.scores["test"])
    metrics["fits"]["mlp"] = {**metrics["fits"].get("mlp", {}), **_fit_of(model, data)}
    metrics["verdict"] = asdict(facts_of(data, _of_test(model.predicted, data)))
    run.write_json("metrics.json", metrics)
    save_artifacts(run, data.fitted, {"mlp": SavedMLP(model.network, data.fitted.scale)})


def _of_test(predicted: np.ndarray | None, data: FilmDataModule) -> np.ndarray:
    """Return the predictions of the test rows, of those of all rows or of these alone."""
    assert predicted is not None
    assert data.films.rows is not None
    return predicted[data.films.rows.test] if len(predicted) == data.films.n_rows else predicted


def _fit_of(model: MLPRegressor, data: FilmDataModule) -> dict[str, Any]:
    """Return scores on training rows, where they were predicted, and the seconds of training, where it was here."""
    fit: dict[str, Any] = {}
    rows = data.films.rows
    if model.predicted is not None and rows is not None and len(model.predicted) == data.films.n_rows:
        fit["train"] = plain(_scores(model.predicted, data, rows.train))
    if model.first_fit is not None:
        fit["epochs"] = model.first_fit.epochs
    if model.seconds is not None:
        fit["seconds"] = round(model.seconds, 3)
    return fit


def write_validation(run: RunFolder, model: MLPRegressor, data: FilmDataModule) -> None:
    """Write the network's scores on the validation rows."""
    run.write_json("metrics.json", {**read_metrics(run, data), "validation": {"mlp": plain(model.scores["val"])}})


def write_predictions(run: RunFolder, model: MLPRegressor, data: FilmDataModule, out: Path | None = None) -> str:
    """Write what the network predicts of all films, the run's or new ones, with intervals; return the file's name.

    The intervals of new films are those that the run's validation films gave.

    Args:
        out: a CSV file to write in place of one in the run's folder, of which nothing is then changed.
    """
    assert model.predicted is not None
    is_new = data.films.rows is None
    table_path = Path(data.table)
    stem = Path(table_path.stem).stem if table_path.suffix.lower() == ".gz" else table_path.stem
    stem = re.sub(r"[*?:<>|\[\]]+", "_", stem)  # of a pattern or a URI
    name = f"predictions_{stem}.csv" if is_new else "predictions.csv"
    if not is_new and out is None:
        write_intervals(run, model, data)
    table = prediction_table(data.films, model.predicted, data.fitted.scale)
    table = table.assign(**interval_columns(run, model, data))
    table = with_warning(table, data.fitted.leak and not is_new)
    if out is not None:
        Folder(out.parent).write_csv(out.name, table)
        return str(out)
    if is_new:
        run.write_csv(name, table)
    else:
        run.write_all(table_files(Path(name).stem, in_blocks(table)))
    return name


def scores_of_new_films(model: MLPRegressor, data: FilmDataModule) -> tuple[int, dict[str, Any]]:
    """Return how many new films have a target, and the network's scores on these; empty where there are none."""
    assert model.predicted is not None
    known = ~np.isnan(data.films.actual)
    if not known.any():
        return 0, {}
    return int(known.sum()), plain(_scores(model.predicted, data, known))


def _scores(predicted: np.ndarray, data: FilmDataModule, rows: np.ndarray) -> Scores:
    """Score the predictions of some rows, by index or bool."""
    films = data.films
    weights = None if films.weights is None else films.weights[rows]
    return data.fitted.scale.scores(films.actual[rows], predicted[rows], weights)
