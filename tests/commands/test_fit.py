"""`fit`: what it leaves, and training that goes on bit for bit."""

import re
import shutil
import warnings
from contextlib import chdir

import numpy as np
import pandas as pd
import pytest
import torch
import yaml

from tests.cases import CASES, cases, check_message
from tests.conftest import UNLOGGED, Run, refused
from tests.runs import checkpoint_of, files_in, hyperparameters_of, metrics_of, scalars_of, texts_of, versions_in

PATIENCE = 4


def same_weights(run, other, name: str = "state_dict") -> None:
    assert set(run) == set(other)
    for key, weights in other.items():
        assert torch.equal(run[key], weights), (name, key)


@pytest.fixture(scope="module")
def stopped(train) -> Run:
    """Return a run that stopped early, some epochs after its best one, which is far better."""
    options = ["--model.learning_rate", 0.1, "--model.dropout", 0, "--early_stopping.patience", PATIENCE]
    return train("fit", *options, "--trainer.max_epochs", 80)


def test_a_fit_leaves_checkpoints_and_no_scores(fitted):
    assert {"checkpoints/best.ckpt", "checkpoints/last.ckpt", "metrics.json"} <= set(files_in(fitted.path))
    assert not (fitted.path / "predictions.csv").exists()
    assert (fitted.metrics["models"], fitted.metrics["fits"]) == ({}, {})
    assert not any(tag.startswith("test/") for tag in scalars_of(fitted.path))


def test_what_is_to_be_copied_is_printed_on_a_line_where_no_terminal_is(train):
    name = "a" * 100
    run = train("fit", "--name", name, "--trainer.max_epochs", 1)
    lines = run.answer.out.splitlines()
    assert f"{run.path}/" in lines
    assert f"score the held-out films: python cli.py test --run {run.path}" in lines
    assert any(line.startswith(f"{name}: rating of 198 films") and line.endswith("MLP 16") for line in lines)


def test_training_stops_when_its_patience_ends_and_keeps_the_best_and_the_last(stopped):
    best, last = checkpoint_of(stopped.path, "best"), checkpoint_of(stopped.path, "last")
    losses = [value for _, value in scalars_of(stopped.path)["val/loss"]]
    assert len(losses) < 80
    assert best["epoch"] == int(np.argmin(losses))
    assert last["epoch"] == len(losses) - 1 == best["epoch"] + PATIENCE
    name = "network.first.label_weight"
    assert not torch.equal(best["state_dict"][name], last["state_dict"][name])


@pytest.mark.parametrize("members", [1, 2])
def test_a_run_is_resumed_where_it_stopped_bit_for_bit(train, fitted, command, members):
    whole = fitted if members == 1 else train("fit", "--model.members", 2, *UNLOGGED)
    part = train("fit", "--model.members", members, "--trainer.max_epochs", 2)
    halfway = checkpoint_of(part.path, "last")
    assert command("fit", "--resume", part.path, "--trainer.max_epochs", 4).code == 0
    network = "MLP 16\n" if members == 1 else "2 MLPs 16\n"
    assert network in part.answer.out
    resumed, expected = checkpoint_of(part.path, "last"), checkpoint_of(whole.path, "last")
    assert (halfway["epoch"], resumed["epoch"], expected["epoch"]) == (1, 3, 3)
    assert resumed["global_step"] == expected["global_step"] == 16
    same_weights(resumed["state_dict"], expected["state_dict"])
    for name, weights in expected["state_dict"].items():
        assert not torch.equal(weights, halfway["state_dict"][name]), name
    for ours, theirs in zip(resumed["optimizer_states"], expected["optimizer_states"], strict=True):
        assert ours["state"].keys() == theirs["state"].keys()
        for key, state in theirs["state"].items():
            same_weights(ours["state"][key], state, f"optimizer {key}")
    assert versions_in(part.runs) == ["small/version_0"]


@pytest.mark.slow
def test_a_clock_and_averaged_weights_go_on_with_the_run(train, fitted, command):
    callbacks = "--trainer.callbacks+ {0}.Timer --trainer.callbacks.interval step --trainer.callbacks+ {0}.{1}"
    options = callbacks.format("lightning.pytorch.callbacks", "EMAWeightAveraging").split()
    options += ["--trainer.callbacks.decay", "0.9", *UNLOGGED]
    whole, part = train("fit", *options), train("fit", *options, "--trainer.max_epochs", 2)
    answer = command("fit", "--resume", part.path, "--trainer.max_epochs", 4)
    assert answer.code == 0, answer.err
    resumed, expected = checkpoint_of(part.path, "last"), checkpoint_of(whole.path, "last")
    unaveraged = checkpoint_of(fitted.path, "last")["state_dict"]
    same_weights(resumed["state_dict"], expected["state_dict"])
    for name, weights in unaveraged.items():
        assert torch.equal(weights, expected["current_model_state"][name]), name
        assert not torch.equal(weights, expected["state_dict"][name]), name


@pytest.mark.slow
def test_a_resumed_run_has_its_texts_once_and_all_its_curves(train, command):
    part = train("fit", "--trainer.max_epochs", 2)
    assert command("fit", "--resume", part.path, "--trainer.max_epochs", 4).code == 0
    assert command("test", "--run", part.path).code == 0
    assert {name: len(texts) for name, texts in texts_of(part.path).items()} == {"config": 1, "data": 1}
    assert [step for step, _ in scalars_of(part.path)["train/gradient_norm_max"]] == [3, 7, 11, 15]
    assert len(hyperparameters_of(part.path)) == 1


def test_a_checkpoint_that_is_resumed_in_a_new_folder_has_its_texts_there(study, command, study_config, tmp_path):
    options = ["--ckpt_path", study.path / "checkpoints" / "last.ckpt", "--trainer.max_epochs", 5]
    assert command("fit", "--config", study_config, "--runs", tmp_path, *options).code == 0
    path = tmp_path / "small" / "version_0"
    assert set(texts_of(path)) == {"config", "data"}
    assert checkpoint_of(path, "last")["epoch"] == 4


def test_a_run_resumed_elsewhere_keeps_its_best_epoch_and_takes_the_patience_given(stopped, command, tmp_path):
    best, last = (checkpoint_of(stopped.path, name) for name in ("best", "last"))
    losses = [value for _, value in scalars_of(stopped.path)["val/loss"]]
    moved = tmp_path / "moved" / "version_0"
    shutil.copytree(stopped.path, moved)
    options = ["--early_stopping.patience", 50, "--trainer.max_epochs", last["epoch"] + 2]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert command("fit", "--resume", moved, *options).code == 0
    resumed = [value for _, value in scalars_of(moved)["val/loss"]]
    assert resumed[:-1] == losses
    assert resumed[-1] > min(losses)
    assert checkpoint_of(moved, "last")["epoch"] == last["epoch"] + 1
    assert checkpoint_of(moved, "best")["epoch"] == best["epoch"]


def test_a_finished_run_says_what_resuming_it_needs(fitted, command):
    before = (fitted.path / "checkpoints" / "last.ckpt").read_bytes()
    answer = command("fit", "--resume", fitted.path)
    assert (answer.code, answer.err) == (0, "")
    assert "4 epochs are trained: --trainer.max_epochs must be more to go on, got 4" in answer.text
    assert (fitted.path / "checkpoints" / "last.ckpt").read_bytes() == before


def test_a_finished_run_keeps_the_settings_that_it_was_trained_with(fitted, command):
    before = fitted.path.joinpath("config.yaml").read_bytes()
    late = ("--model.dropout", 0.9, "--data.batch_size", 7, "--trainer.gradient_clip_val", 2)
    answer = command("fit", "--resume", fitted.path, *late)
    assert answer.code == 0
    assert "The run is trained: model.dropout and data.batch_size can't change it any more." in answer.text
    assert fitted.path.joinpath("config.yaml").read_bytes() == before
    refused = command("fit", "--resume", fitted.path, "--preset", "best")
    assert refused.code == 2
    assert refused.err.startswith("error: --preset can't be given with --resume: the run's config states every")
    assert fitted.path.joinpath("config.yaml").read_bytes() == before


@pytest.mark.parametrize(
    "options",
    [
        "--trainer.val_check_interval 4 --early_stopping.patience 1 --early_stopping.min_delta 10",
        "--trainer.callbacks+ lightning.pytorch.callbacks.LearningRateFinder --trainer.callbacks.num_training_steps 10",
    ],
    ids=["stopped in an epoch", "rates tried first"],
)
def test_an_epoch_may_end_before_its_last_batch(train, options):
    run = train("fit", "--data.batch_size", 8, "--trainer.max_epochs", 2, *options.split())
    losses = [value for _, value in scalars_of(run.path)["train/loss"]]
    assert len(losses) in (1, 2)
    assert all(0 < loss < 2 for loss in losses)


@pytest.mark.slow
@pytest.mark.parametrize("word", ["fit", "study"])
def test_a_training_that_diverged_says_so_and_scores_nothing(command, study_config, tmp_path, word):
    answer = command(word, "--config", study_config, "--runs", tmp_path, "--model.learning_rate", 1e30)
    refused(answer)
    message = "training diverged, no epoch has a finite val/loss: give a smaller --model.learning_rate"
    assert answer.err == f"error: {message}\n"
    run = tmp_path / "small" / "version_0"
    assert {"checkpoints/best.ckpt", "checkpoints/last.ckpt", "metrics.json"} <= set(files_in(run))
    assert metrics_of(run)["models"] == {}
    refused(command(word, "--resume", run), "training diverged")


STEPS = [case for case in cases("faults") if "steps" in case["given"]]


@pytest.mark.slow
@pytest.mark.parametrize("case", STEPS, ids=lambda case: case["given"]["steps"][-1].replace(" ", "_")[:60])
def test_cases_of_several_commands(case, command, tmp_path):
    config, run = str(CASES / case["given"]["config"]), tmp_path / "faults/version_0"
    with chdir(CASES / "faults"):
        for step in case["given"]["steps"]:
            word, *options = re.findall(r"\S*\{.*\}|\S+", step.replace("RUN", str(run)))
            begun = [] if "--resume" in options else ["--config", config, "--runs", tmp_path]
            answer = command(word, *begun, *options)
    expect = case["expect"]
    assert answer.code == (2 if case["outcome"] == "refusal" else 0), answer.err
    check_message(answer.err, expect.get("message", {}))
    if "config" in expect:
        written = yaml.safe_load((run / "config.yaml").read_text(encoding="utf-8"))
        assert written["trainer"]["max_epochs"] == expect["config"]["trainer.max_epochs"]
    if "n_test" in expect:
        audited = pd.read_csv(tmp_path / "faults-audit/version_0/audit.csv")
        assert audited.loc[audited["split"].str.startswith("by time"), "test_rows"].tolist() == [expect["n_test"]]


def test_a_resume_that_is_refused_leaves_the_config_as_it_was(fitted, command, tmp_path):
    run = tmp_path / "small/version_0"
    shutil.copytree(fitted.path, run)
    refused = command("fit", "--resume", run, "--trainer.max_epochs", 9, "--data.split.seed", 4)
    assert refused.code == 2
    assert (run / "config.yaml").read_bytes() == (fitted.path / "config.yaml").read_bytes()
