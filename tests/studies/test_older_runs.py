"""A run that version 3395fed wrote works with every command of today, with the same scores and predictions."""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from greenlight_films.datamodules.tables.read_table import read_table
from greenlight_films.studies.artifacts import load_artifacts
from greenlight_films.studies.results import Results
from greenlight_films.studies.run_folder import RunFolder
from tests.runs import TABLES, checkpoint_of, metrics_of, predictions_of, tables_of

DATA = Path(__file__).parents[1] / "data" / "run_3395fed"
OLDER = DATA / "small" / "version_0"


@pytest.fixture(scope="module")
def run(command, tmp_path_factory) -> Path:
    """Return a copy of the run after `validate`, `test`, `predict`, `importance`, `baselines` and `report`."""
    path = tmp_path_factory.mktemp("older") / "small" / "version_0"
    shutil.copytree(OLDER, path)
    for words in ("validate", "test", "predict", "importance", "baselines --models [ridge]"):
        answer = command(*words.split(), "--run", path, "--data.table", DATA / "films.csv")
        assert (answer.code, answer.err) == (0, ""), words
    assert command("report", "--run", path).code == 0
    return path


def test_scores_are_those_of_its_metrics(run):
    before, after = metrics_of(OLDER), metrics_of(run)
    assert {"mlp", "mean", "ridge"} <= set(before["models"]) == set(after["models"])
    for model, scores in before["models"].items():
        known = {name: score for name, score in scores.items() if score is not None}
        assert len(known) >= 4
        tolerance = 0.2 if model == "ridge" else 1e-5  # its penalty was chosen by folds of the training films
        assert {name: after["models"][model][name] for name in known} == pytest.approx(known, rel=tolerance)
    assert after["rows"] == before["rows"]
    assert after["validation"]["mlp"]["rmse"] > 0
    assert after["features"] == before["features"]


def test_predictions_and_importances_are_those_that_it_wrote(run):
    before, after = predictions_of(OLDER), predictions_of(run)
    assert after["row"].tolist() == before["row"].tolist()
    assert after["predicted"].to_numpy() == pytest.approx(before["predicted"].to_numpy(), rel=1e-5)
    older, newer = (pd.read_csv(path / "Permu_importance_df.csv").set_index("feature") for path in (OLDER, run))
    assert set(newer.index) == set(older.index)
    numbers = older.index[older["level"] == "number"]  # shuffled as before
    assert newer["importance"][numbers].tolist() == pytest.approx(older["importance"][numbers].tolist(), rel=1e-3)
    # Labels by another estimator, with each film's own weight: the differences are within the errors.
    error = np.hypot(older["se_shuffle"], newer["se_shuffle"]) + older["se_sample"]
    difference = (newer["importance"] - older["importance"]).abs()
    assert (difference <= 2 * error + 1e-9)[older["importance"].notna()].mean() > 0.95
    names = {path.name for path in OLDER.iterdir()}
    newer = {"held_out_labels.parquet", "importance_groups.csv", "importance_pairs.csv"}
    assert set(tables_of(run)) == {*names & set(TABLES), *newer}


def test_its_contributions_which_do_not_add_up_are_not_shown_and_its_labels_are_known():
    results = Results(RunFolder(OLDER))
    assert results.contributions.empty
    assert len(results.labels_of("genre")) > 20


def test_the_page_is_written(run):
    assert "Models learnt rating" in (run / "report.html").read_text(encoding="utf-8")


def test_its_artifacts_predict_what_it_predicted():
    artifacts = load_artifacts(OLDER / "artifacts")
    assert set(artifacts.models) == {"mlp", "mean", "ridge", "knn", "pca"}
    encoded = artifacts.encode(read_table(str(DATA / "films.csv")))
    predictions = predictions_of(OLDER)
    predicted = artifacts.models["mlp"].predict(encoded)[predictions["row"] - 1]
    assert np.ptp(predicted) > 1
    assert predicted == pytest.approx(predictions["predicted"].to_numpy(), rel=1e-5)
    table = pd.read_csv(OLDER / "baselines" / "predictions.csv")
    for name in ("ridge", "knn"):
        assert artifacts.models[name].predict(encoded)[table["row"] - 1] == pytest.approx(table[name].to_numpy())


def test_it_goes_on_with_more_epochs(command, tmp_path):
    path = tmp_path / "small" / "version_0"
    shutil.copytree(OLDER, path)
    epoch = checkpoint_of(path, "last")["epoch"]
    words = ["--data.table", DATA / "films.csv", "--trainer.max_epochs", epoch + 3]
    answer = command("fit", "--resume", path, *words)
    assert answer.code == 0, answer.err
    assert checkpoint_of(path, "last")["epoch"] == epoch + 2
