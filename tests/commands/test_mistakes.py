"""What can't be used is refused in one message, and nothing is left or changed: whole commands."""

from pathlib import Path

import pandas as pd
import pytest
import torch

from tests.conftest import refused
from tests.runs import versions_in


@pytest.fixture(scope="module")
def bad(tmp_path_factory, study_config) -> Path:
    """Return a folder of tables and a checkpoint with one thing wrong in each."""
    folder = tmp_path_factory.mktemp("bad")
    films = pd.read_csv(study_config.with_name("films.csv"))
    years = films["year"].astype(object).mask(films.index == 7, "about 1970")
    films.assign(rating=5.5).to_csv(folder / "constant.csv", index=False)
    films.assign(year=years).to_csv(folder / "text_number.csv", index=False)
    films.drop(columns="genre").to_csv(folder / "no_genre.csv", index=False)
    films.iloc[5:7].to_csv(folder / "few.csv", index=False)
    torch.save({"state_dict": {"weight": torch.ones(2)}}, folder / "foreign.ckpt")
    return folder


MISTAKES = {
    "a misspelt table": ("--data.table {bad}/constnt.csv", ["constnt.csv", "did you mean 'constant.csv'?"]),
    "a constant target": ("--data.table {bad}/constant.csv", ["'rating' is 5.5 in all 126 training rows"]),
    "text in a number": ("--data.table {bad}/text_number.csv", ["'year' must hold numbers, row 8 has 'about 1970'"]),
    "a stray word": ("now", ["no option 'now'"]),
    "no epoch": ("--trainer.max_epochs 0", ["no epoch was trained: trainer.max_epochs must be 1 or more"]),
    "batches beyond any number": (
        "--trainer.accumulate_grad_batches 0xffffffffffffffffffffff",
        ["error: trainer: int too big to convert\n"],
    ),
    "validation after more batches than there are": (
        "--trainer.val_check_interval 100000000000",
        ["error: trainer: `val_check_interval` (100000000000) must be less than or equal"],
    ),
    "a callback that waits for no score": (
        "--trainer.callbacks+ EarlyStopping --trainer.callbacks.monitor nosuch",
        ["error: trainer: Early stopping conditioned on metric `nosuch` which is not available", "`val/loss`"],
    ),
    "an end before the first score": (
        "--trainer.max_steps 2",
        ["error: trainer: Early stopping conditioned on metric `val/loss` which is not available"],
    ),
    "another project's checkpoint": ("--ckpt_path {bad}/foreign.ckpt", ["foreign.ckpt is not a checkpoint", "`fit`"]),
    "a checkpoint that is not there": ("--ckpt_path {bad}/nowhere.ckpt", ["--ckpt_path must be a checkpoint file"]),
    "no run to resume": ("--resume", ["--resume needs the folder of a run"]),
    "another command's option": ("--run {bad}", ["--run", "--resume"]),
}


@pytest.mark.slow
@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_refused_in_one_message_and_leaves_nothing(command, study_config, bad, tmp_path, mistake):
    words, fragments = MISTAKES[mistake]
    options = words.format(bad=bad).split()
    answer = command("study", "--config", study_config, "--runs", tmp_path / "runs", *options)
    refused(answer, *(fragment.format(bad=bad) for fragment in fragments))
    assert not versions_in(tmp_path / "runs")
    assert not versions_in(bad)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_gpu_that_is_not_there_is_refused(command, study_config, tmp_path):
    refused(command("study", "--config", study_config, "--runs", tmp_path, "--trainer.accelerator", "gpu"), "gpu")
    assert not versions_in(tmp_path)


@pytest.mark.parametrize("word", ["fit", "study"])
def test_training_without_a_config_says_what_is_needed(command, word):
    refused(command(word), "--data.table, --data.features, --data.target", "--config configs/ratings.yaml")


ON_A_RUN = {
    "a misspelt run": ("test --run {runs}/small/version_1", ["did you mean 'version_0'?"]),
    "a table gone bad": ("test --run {run} --data.table {bad}/text_number.csv", ["row 8 has 'about 1970'"]),
    "another table's rows": ("test --run {run} --data.table {bad}/few.csv", ["not the one", "`predict`"]),
    "a new table without a column": ("predict --run {run} --data.table {bad}/no_genre.csv", ["no column 'genre'"]),
    "a new table with text": ("predict --run {run} --data.table {bad}/text_number.csv", ["row 8 has 'about 1970'"]),
    "another split": ("test --run {run} --data.split.seed 9", ["data.split", "'seed': 3", "train anew"]),
    "an unknown accelerator": ("test --run {run} --trainer.accelerator warp", ["warp", "cpu"]),
    "another table's importances": ("importance --run {run} --data.table {bad}/few.csv", ["not the one"]),
    "an unknown estimator": ("importance --run {run} --estimator guess", ["one of expected, shuffle, got guess"]),
    "a setting of importance in a test": ("test --run {run} --estimator shuffle", ["no option '--estimator'"]),
    "some rows without a label": ("importance --run {run} --off_rows some", ["a whole number or one of all, got some"]),
    "training films": ("importance --run {run} --split train", ["one of test, val, got train"]),
    "a group that is no list": ('importance --run {run} --groups {{"G":"genre=*"}}', ["groups", "list, got genre=*"]),
    "groups without names": ("importance --run {run} --groups genre=*", ["groups", "got genre=*"]),
}


@pytest.mark.slow
@pytest.mark.parametrize("mistake", ON_A_RUN)
def test_a_mistake_with_a_run_is_refused_in_one_message_and_changes_nothing(study, command, bad, mistake):
    words, fragments = ON_A_RUN[mistake]
    names = {"bad": bad, "run": study.path, "runs": study.runs}
    before = {path: path.read_bytes() for path in study.path.rglob("*") if path.is_file()}
    answer = command(*words.format(**names).split())
    refused(answer, *(fragment.format(**names) for fragment in fragments))
    assert versions_in(study.runs) == ["small/version_0"]
    assert {path: path.read_bytes() for path in study.path.rglob("*") if path.is_file()} == before


def test_a_run_is_not_resumed_on_another_table(study, command, films_frame, tmp_path):
    films_frame.assign(rating=films_frame["rating"] + 1).to_csv(tmp_path / "other.csv", index=False)
    before = (study.path / "checkpoints" / "last.ckpt").read_bytes()
    answer = command("fit", "--resume", study.path, "--data.table", tmp_path / "other.csv", "--trainer.max_epochs", 6)
    refused(answer, "another table than data.table")
    assert (study.path / "checkpoints" / "last.ckpt").read_bytes() == before
