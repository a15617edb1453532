"""A whole study: the files it leaves, held against scikit-learn and counts by hand, and what the terminal says."""

import os
import signal
import warnings

import pandas as pd
import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from greenlight_films.importance.alone import Alone
from tests.conftest import refused
from tests.runs import (
    LEFT_BY_A_STUDY,
    checkpoint_of,
    expected_scores,
    files_in,
    hyperparameters_of,
    metrics_of,
    predictions_of,
    scalars_of,
    texts_of,
)


def test_a_study_writes_these_files_and_no_others(study):
    written = files_in(study.path)
    events = [name for name in written if name.startswith("events.out.tfevents.")]
    assert events
    assert set(written) - set(events) - {"hparams.yaml"} == {*LEFT_BY_A_STUDY, "model_card.md"}


def test_a_study_says_what_it_learns_from_how_well_and_what_predictions_rest_on(study):
    features, text = pd.read_csv(study.path / "Permu_importance_df.csv"), study.answer.text
    assert "small: rating of 198 films (123 train, 30 validate, 45 test, 5 without rating left out)" in text
    assert "45 held-out test films" in text
    assert f"{study.metrics['models']['mlp']['rmse']:.4g}" in text
    assert "What the predictions of 45 test films rest on" in text
    assert features["importance"][0] > 0.05
    assert features["feature"][0] in study.answer.out
    assert study.answer.err == ""


def test_metrics_have_the_documented_keys_and_no_others(study):
    assert set(study.metrics) == {
        *("study", "target", "unit", "films", "rows", "left_out", "features", "leak", "known_after_release"),
        *("unseen_labels", "models", "fits", "notices", "verdict", "weight", "refit", "refreshed"),
    }
    assert set(study.metrics["models"]) == {"mlp", "mean", "ridge"}
    assert set(study.metrics["fits"]) == {"mlp", "mean", "ridge", "pca"}
    for scores in study.metrics["models"].values():
        assert set(scores) == {"rmse", "mse", "mae", "r2", "spearman"}


def test_scores_are_those_that_scikit_learn_computes_from_the_predictions(study):
    tested = study.predictions[study.predictions["split"] == "test"]
    scores = study.metrics["models"]["mlp"]
    assert len(tested) == 45
    assert 0 < scores["rmse"] < study.metrics["models"]["mean"]["rmse"]
    assert scores == expected_scores(tested["actual"], tested["predicted"])


def test_tensorboard_has_curves_scores_pictures_and_texts(study):
    scalars, texts = scalars_of(study.path), texts_of(study.path)
    scores = {f"{side}/{name}" for side in ("val", "test") for name in ("loss", "rmse", "mse", "mae", "r2")}
    assert {"train/loss", "train/learning_rate", "train/gradient_norm_max", *scores} <= set(scalars)
    assert "hp_metric" not in scalars
    assert len(scalars["train/loss"]) == len(scalars["val/rmse"]) == 4
    ((_, rmse),) = scalars["test/rmse"]
    assert rmse == pytest.approx(study.metrics["models"]["mlp"]["rmse"], rel=1e-6)
    assert texts["config"] == [f"```yaml\n{(study.path / 'config.yaml').read_text(encoding='utf-8').strip()}\n```"]
    assert "| test | 45 | 45 |" in texts["data"][0]
    assert len(hyperparameters_of(study.path)) == 1
    files = [EventAccumulator(str(file), size_guidance={"images": 0}).Reload() for file in study.path.glob("events.*")]
    pictures = {tag for events in files for tag in events.Tags()["images"]}
    assert pictures == {"importance/values", "importance/columns", "contributions/films", "test/predictions"}


def test_a_run_is_repeated_bit_for_bit_from_its_config(study, command, tmp_path):
    assert command("study", "--config", study.path / "config.yaml", "--runs", tmp_path).code == 0
    again = predictions_of(tmp_path / "small" / "version_0")
    assert again["predicted"].tolist() == study.predictions["predicted"].tolist()


@pytest.mark.slow
def test_a_fit_that_is_resumed_as_a_study_ends_as_a_study_in_one_go(study, train, command):
    part = train("fit", "--trainer.max_epochs", 2)
    assert command("study", "--resume", part.path, "--trainer.max_epochs", 4).code == 0
    assert part.metrics["models"] == study.metrics["models"]
    assert part.predictions["predicted"].tolist() == study.predictions["predicted"].tolist()


@pytest.mark.slow
def test_a_finished_study_that_was_moved_is_resumed_with_the_best_epoch_of_its_own_folder(study, copied, command):
    assert command("study", "--resume", copied.path).code == 0
    assert metrics_of(copied.path)["models"] == study.metrics["models"]


@pytest.mark.slow
def test_a_study_that_stops_early_scores_its_best_epoch_and_goes_on_with_more_patience(train, command, tmp_path):
    own = f"--trainer.callbacks+ lightning.pytorch.callbacks.ModelCheckpoint --trainer.callbacks.dirpath {tmp_path}/a/b"
    hasty = ["--model.learning_rate", 0.1, "--early_stopping.patience", 2, "--trainer.max_epochs", 80]
    run = train("study", *own.split(), "--trainer.callbacks.filename", "own", *hasty, "--compare.models", "[]")
    epoch = checkpoint_of(run.path, "last")["epoch"]
    assert checkpoint_of(run.path, "best")["epoch"] < epoch < 79
    assert torch.load(tmp_path / "a/b/own.ckpt", weights_only=True)["epoch"] == epoch
    scores = run.metrics["models"]
    assert command("test", "--run", run.path).code == 0
    assert metrics_of(run.path)["models"] == scores
    answer = command("study", "--resume", run.path, "--early_stopping.patience", 4)
    assert answer.code == 0, answer.err
    assert checkpoint_of(run.path, "last")["epoch"] > epoch


@pytest.mark.slow
def test_names_of_any_script_are_drawn_without_a_warning(train, films_frame, tmp_path):
    films_frame["genre"] = films_frame["genre"].replace({"Horror": "恐怖映画", "Drama": "💥"}, regex=True)
    films_frame.to_csv(tmp_path / "names.csv", index=False)
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        run = train("study", "--data.table", tmp_path / "names.csv", "--trainer.max_epochs", 2)
    assert run.answer.err == ""
    assert "恐怖映画" in (run.path / "Permu_importance_df.csv").read_text(encoding="utf-8")
    assert [str(warning.message) for warning in warned if "Glyph" in str(warning.message)] == []


@pytest.mark.slow
def test_a_signal_while_single_values_are_measured_stops_the_study_after_them(
    study_config, command, tmp_path, monkeypatch
):
    measure = Alone.of

    def with_signal(*arguments):
        os.kill(os.getpid(), signal.SIGTERM)
        return measure(*arguments)

    monkeypatch.setattr(Alone, "of", with_signal)
    answer = command("study", "--config", study_config, "--runs", tmp_path, "--trainer.max_epochs", 1)
    path = tmp_path / "small" / "version_0"
    assert (answer.code, answer.err) == (143, f"stopped; go on with: python cli.py study --resume {path}\n")
    assert {"contributions.parquet", "predictions.csv", "leaderboard.csv"} <= set(files_in(path))
    assert not (path / "report.html").exists()
    assert set(metrics_of(path)["models"]) == {"mlp", "mean"}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--seeds", "x"], "--seeds must be a whole number, 1 or more, got x"),
        (["--folds"], "--folds needs a whole number"),
        (["--seeds", 1], "--seeds must be from 2 to 100, got 1"),
        (["--seeds", 2, "--folds", 2], "give one of them"),
        (["--workers", 2], "give one of these"),
    ],
)
def test_numbers_of_runs_that_make_no_sense_are_refused(command, study_config, tmp_path, words, message):
    refused(command("study", "--config", study_config, "--runs", tmp_path / "runs", *words), message)
    assert not (tmp_path / "runs").exists()


def test_a_study_by_seeds_says_means_and_deviations_and_where_they_stand(seeds):
    assert "Test films: mean ± standard deviation over 3 seeds" in seeds.answer.text
    assert str(seeds.path) in seeds.answer.text
    tables = {"config.yaml", "differences.csv", "importance.csv", "scores.csv", "spread.json"}
    assert {path.name for path in seeds.path.iterdir()} == {*tables, "seeds"}
    for seed in (3, 4, 5):
        assert {"metrics.json", "predictions.csv", "importance.json"} <= set(files_in(seeds.path / f"seeds/{seed}"))


def test_the_page_of_several_runs_and_of_each_of_them_is_written_by_report(seeds, command, tmp_path):
    for folder, text in ((seeds.path, "small: 3 seeds"), (f"{seeds.path}/seeds/4", "version_0/seeds/4")):
        page = tmp_path / "page.html"
        answer = command("report", "--run", folder, "--out", page)
        assert answer.code == 0, answer.err
        assert text in page.read_text(encoding="utf-8")


def test_a_command_of_a_run_names_the_runs_of_a_folder_that_holds_several(seeds, command):
    refused(
        command("test", "--run", seeds.path), "holds several, by seed or fold; give a run of it, such as", "seeds/3"
    )
    refused(command("report", "--run", seeds.path, f"{seeds.path}/seeds/4"), "give a run of it")
