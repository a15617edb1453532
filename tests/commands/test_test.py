"""`test`: the scores of a run's best epoch."""

import shutil

import pytest

from tests.conftest import refused
from tests.runs import metrics_of, predictions_of, versions_in


def test_scores_are_those_of_the_study_beside_guessing_the_mean(study, fitted, command, tmp_path):
    path = shutil.copytree(fitted.path, tmp_path / "small" / "version_0")
    answer = command("test", "--run", path)
    assert answer.code == 0
    assert "45 held-out test films" in answer.out
    tested = metrics_of(path)
    assert tested["models"] == study.scores
    assert tested.pop("verdict") == study.metrics["verdict"]
    assert {**tested, "models": {}, "fits": {}} == fitted.metrics
    assert versions_in(tmp_path) == ["small/version_0"]


def test_a_checkpoint_file_and_its_config_do_in_place_of_a_run(study, command, study_config, tmp_path):
    best = study.path / "checkpoints" / "best.ckpt"
    assert command("test", "--config", study_config, "--runs", tmp_path, "--ckpt_path", best).code == 0
    assert metrics_of(tmp_path / "small" / "version_0")["models"] == study.scores


@pytest.mark.slow
def test_a_moved_run_works_as_before_and_keeps_the_scores_of_other_models(study, copied, command, tmp_path):
    moved = shutil.move(copied.path, tmp_path / "the best run")
    for word in ("test", "predict"):
        assert command(word, "--run", moved).code == 0
    assert set(metrics_of(moved)["models"]) == {"mlp", "mean", "ridge"}
    assert metrics_of(moved)["models"] == study.metrics["models"]
    assert predictions_of(moved).equals(study.predictions)
    assert versions_in(copied.runs) == []


@pytest.mark.parametrize("word", ["validate", "test", "predict", "importance"])
def test_a_command_that_needs_a_run_says_so(command, word):
    refused(command(word), f"`{word}` needs a trained model: give --run")
