"""`python cli.py baselines`: classical models alone, or beside the network of a run."""

import json
from pathlib import Path

import pandas as pd
import pytest

from greenlight_films.studies import load_artifacts
from tests.conftest import UNLOGGED, refused


@pytest.fixture
def config(study_config, tmp_path) -> Path:
    """Return the config of the small study, without a word on models."""
    text = study_config.read_text(encoding="utf-8")
    named = "compare: {models: [ridge, pca]}\n"
    assert named in text
    (tmp_path / "study.yaml").write_text(text.replace(named, ""), encoding="utf-8")
    return tmp_path / "study.yaml"


@pytest.fixture
def runs(tmp_path) -> Path:
    return tmp_path / "runs"


@pytest.fixture
def finished(command, study_config, runs) -> Path:
    """Return a run that was trained and tested, and compared with nothing."""
    answer = command("study", "--config", study_config, "--runs", runs, "--compare.models", "[]", *UNLOGGED)
    assert answer.code == 0, answer.err
    return runs / "small/version_0"


@pytest.mark.slow
def test_it_makes_a_folder_without_a_network(command, config, runs):
    answer = command("baselines", "--config", config, "--runs", runs)
    assert answer.code == 0, answer.err
    run = runs / "small/version_0"
    metrics = json.loads((run / "metrics.json").read_text())
    assert set(metrics["models"]) == {"mean", "ols", "ridge", "knn", "boosting"}
    assert set(pd.read_csv(run / "leaderboard.csv")["model"]) == set(metrics["models"])
    assert not (run / "checkpoints").exists()
    assert "45 held-out test films" in answer.out
    assert "MLP" not in answer.out
    assert "knn: " in answer.out
    assert "runtime is missing" in pd.read_csv(run / "baselines/ols/coefficients.csv")["name"].tolist()
    fitted = {"mean", "ols", "ridge", "knn", "boosting", "kmeans", "pca"}
    assert set(metrics["fits"]) == set(load_artifacts(run / "artifacts").models) == fitted
    left = {"ols", "ridge", "knn", "kmeans", "pca", "predictions.csv"}
    assert {path.name for path in (run / "baselines").iterdir()} == left
    added = command("baselines", "--run", run, "--models", "[tree]")
    assert added.code == 0, added.err
    more = json.loads((run / "metrics.json").read_text())["models"]
    assert set(more) == {*metrics["models"], "tree"}
    assert more["ridge"] == metrics["models"]["ridge"]
    assert not (runs / "small/version_1").exists()


def test_it_adds_to_a_run_on_the_same_films(command, finished):
    before = json.loads((finished / "metrics.json").read_text())
    config = (finished / "config.yaml").read_bytes()
    answer = command("baselines", "--run", finished, "--models", "[knn,sklearn_mlp]", "--grid", "true")
    assert answer.code == 0, answer.err
    metrics = json.loads((finished / "metrics.json").read_text())
    assert set(metrics["models"]) == {"mlp", "mean", "knn", "sklearn_mlp"}
    assert metrics["models"]["mlp"] == before["models"]["mlp"]
    assert metrics["fits"]["mlp"] == before["fits"]["mlp"]
    assert (finished / "baselines/knn/grid.csv").is_file()
    assert (finished / "config.yaml").read_bytes() == config
    assert set(load_artifacts(finished / "artifacts").models) == set(metrics["models"])
    assert not (finished.parent / "version_1").exists()


@pytest.mark.slow
def test_the_networks_results_are_written_before_other_models_take_their_time(command, config, runs, monkeypatch):
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("greenlight_films.baselines.Ridge.fit", stop)
    answer = command("study", "--config", config, "--runs", runs)
    assert answer.code == 130
    run = runs / "small/version_0"
    assert set(json.loads((run / "metrics.json").read_text())["models"]) == {"mlp"}
    for name in ("predictions.csv", "Permu_importance_df.csv", "artifacts/mlp.npz"):
        assert (run / name).is_file()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--models", "[ridg]"], "--models: must be one of ols, ridge, knn, boosting"),
        (["--clusters", "500"], "--clusters must be at most the "),
        (["--ols", '{"full": ["yeer"]}'], "--ols.full: 'yeer' fits no column of data.features, did you mean 'year'?"),
        (["--describe", "[year]"], "--describe must leave 2 columns or more that vary, got 1"),
        (["--modles", "[ridge]"], "did you mean '--models'?"),
    ],
)
def test_what_cannot_be_fitted_is_refused_in_the_commands_own_words(command, config, runs, words, message):
    answer = command("baselines", "--config", config, "--runs", runs, *words)
    refused(answer, message)
    assert "compare." not in answer.err
    assert not runs.exists() or not any(runs.rglob("*.csv"))


def test_it_needs_a_study_or_a_run(command):
    refused(command("baselines", "--runs", "x"), "--config")
