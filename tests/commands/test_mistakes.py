"""What can't be used is refused in one message, and nothing is left or changed: whole commands."""

from pathlib import Path

import pandas as pd
import pytest
import torch

from tests.conftest import refused
from tests.runs import versions_in


@pytest.fixture(scope="module")
def bad(tmp_path_factory, study_config) -> Path:
    """Return a folder of tables and configs with one thing wrong in each."""
    folder = tmp_path_factory.mktemp("bad")
    films = pd.read_csv(study_config.with_name("films.csv"))

    tables = {
        "constant": films.assign(rating=5.5),
        "text_number": films.assign(
            year=["about 1970" if row == 7 else year for row, year in enumerate(films["year"])]
        ),
        "no_genre": films.drop(columns="genre"),
        "few": films.iloc[5:7],
    }
    for name, table in tables.items():
        table.to_csv(folder / f"{name}.csv", index=False)
    texts = {
        "empty.csv": "",
        "key.yaml": "model: {hiden: [8]}\n",
        "code.yaml": "data: {target: {class_path: os.system, init_args: {command: exit}}}\n",
        "literal.ckpt": "not a checkpoint",
    }
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    torch.save({"state_dict": {"weight": torch.ones(2)}}, folder / "foreign.ckpt")
    return folder


MISTAKES = {
    "a table that is not there": ("--data.table {bad}/nowhere.csv", ["nowhere.csv does not exist"]),
    "a misspelt table": ("--data.table {bad}/constnt.csv", ["constnt.csv", "did you mean 'constant.csv'?"]),
    "an empty table": ("--data.table {bad}/empty.csv", ["empty.csv is empty", "a header line and rows"]),
    "a feature's missing column": (
        "--data.table {bad}/no_genre.csv",
        ["no column 'genre'", "the table has: id, title"],
    ),
    "a misspelt target": ("--data.target.column ratng", ["no column 'ratng', did you mean 'rating'?"]),
    "a constant target": ("--data.table {bad}/constant.csv", ["'rating' is 5.5 in all 126 training rows"]),
    "text in a number": ("--data.table {bad}/text_number.csv", ["'year' must hold numbers, row 8 has 'about 1970'"]),
    "a config that is not there": ("--config {bad}/nowhere.yaml", ["--config: no file", "nowhere.yaml"]),
    "an unknown key": ("--config {bad}/key.yaml", ["'model.hiden'", "did you mean 'model.hidden'?"]),
    "an unknown option": ("--data.tabel x.csv", ["no option '--data.tabel', did you mean '--data.table'?"]),
    "a stray word": ("now", ["no option 'now'"]),
    "a class of another kind": ("--config {bad}/code.yaml", ["data.target", "os.system"]),
    "two wrong hyperparameters": ("--model.dropout 2 --model.learning_rate 0", ["got 2", "got 0"]),
    "a share above 1": ("--data.split.test 1.2", ["data.split.test must be between 0 and 1, got 1.2"]),
    "keys twice on the command line": (
        '--data.split.init_args {{"val":0.1,"val":0.2}}',
        ["--data.split.init_args, line 1, column 12: the key 'val' stands there a second time"],
    ),
    "no epoch": ("--trainer.max_epochs 0", ["no epoch was trained: trainer.max_epochs must be 1 or more"]),
    "a name that is none": ("--name a/b", ["--name must be fit for a folder's name, got 'a/b'"]),
    "an unknown score to stop by": ("--early_stopping.monitor val/los", ["val/los", "val/loss"]),
    "nothing to validate with": ("--trainer.limit_val_batches 0", ["limit_val_batches"]),
    "averages that no checkpoint has": (
        "--trainer.callbacks+ lightning.pytorch.callbacks.StochasticWeightAveraging --trainer.callbacks.swa_lrs 0.1 "
        "--trainer.callbacks.device null",
        ["trainer.callbacks: StochasticWeightAveraging", "EMAWeightAveraging"],
    ),
    "single rows to overfit": ("--trainer.overfit_batches 2", ["trainer.overfit_batches must be 0, got 2"]),
    "a function for a callback to call": (
        "--trainer.callbacks+=LambdaCallback --trainer.callbacks.on_fit_start os.system",
        ["trainer.callbacks: class_path must be a class", "got os.system; --allow_any_class lets a config import"],
    ),
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
    "an unknown accelerator": ("--trainer.accelerator warp", ["warp", "cpu"]),
    "an unknown strategy": ("--trainer.strategy warp", ["warp", "ddp"]),
    "no devices": ("--trainer.devices 0", ["devices='0'"]),
    "a text for a checkpoint": ("--ckpt_path {bad}/literal.ckpt", ["literal.ckpt is not a checkpoint of Greenlight"]),
    "another project's checkpoint": ("--ckpt_path {bad}/foreign.ckpt", ["foreign.ckpt is not a checkpoint", "`fit`"]),
    "a checkpoint that is not there": ("--ckpt_path {bad}/nowhere.ckpt", ["--ckpt_path must be a checkpoint file"]),
    "a word for a checkpoint": ("--ckpt_path best", ["must be a checkpoint file, got best"]),
    "a run to resume that is none": ("--resume {bad}", ["--resume must be the folder of a run", "{bad}"]),
    "no run to resume": ("--resume", ["--resume needs the folder of a run"]),
    "another command's option": ("--run {bad}", ["--run", "--resume"]),
    "a split without its column": ("--data.split GroupSplit", ["data.split", "by"]),
}


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
    "no folder": ("test --run", ["--run needs the folder of a run"]),
    "an empty word": ("test --run=", ["--run needs the folder of a run"]),
    "a folder that is none": ("test --run {bad}", ["--run must be the folder of a run", "{bad} has no config.yaml"]),
    "a misspelt run": ("test --run {runs}/small/version_1", ["did you mean 'version_0'?"]),
    "a study for a run": ("test --run {runs}/small", ["small has no config.yaml", "version_0"]),
    "a table gone bad": ("test --run {run} --data.table {bad}/text_number.csv", ["row 8 has 'about 1970'"]),
    "another table's rows": ("test --run {run} --data.table {bad}/few.csv", ["not the one", "`predict`"]),
    "a new table without a column": ("predict --run {run} --data.table {bad}/no_genre.csv", ["no column 'genre'"]),
    "a new table with text": ("predict --run {run} --data.table {bad}/text_number.csv", ["row 8 has 'about 1970'"]),
    "an empty new table": ("predict --run {run} --data.table {bad}/empty.csv", ["empty.csv is empty"]),
    "another width": ("test --run {run} --model.hidden [8]", ["model.hidden [16]", "the config says [8]"]),
    "more members": ("test --run {run} --model.members 3", ["model.members 1", "the config says 3"]),
    "another split": ("test --run {run} --data.split.seed 9", ["data.split", "'seed': 3", "train anew"]),
    "an unknown key": ("test --run {run} --config {bad}/key.yaml", ["did you mean 'model.hidden'?"]),
    "an unknown accelerator": ("test --run {run} --trainer.accelerator warp", ["warp", "cpu"]),
    "a run and a checkpoint": ("test --run {run} --ckpt_path {bad}/literal.ckpt", ["--run", "--ckpt_path"]),
    "the option of training": ("test --resume {run}", ["--run"]),
    "a word for a checkpoint": ("test --config {run}/config.yaml --ckpt_path best", ["got best", "`--run`"]),
    "another table's importances": ("importance --run {run} --data.table {bad}/few.csv", ["not the one"]),
    "an unknown estimator": ("importance --run {run} --estimator guess", ["one of expected, shuffle, got guess"]),
    "a misspelt setting": (
        "importance --run {run} --estimater shuffle",
        ["no option '--estimater', did you mean '--estimator'?"],
    ),
    "a setting of importance in a test": ("test --run {run} --estimator shuffle", ["no option '--estimator'"]),
    "no shuffle": ("importance --run {run} --n_repeats 0", ["--n_repeats must be 1 or more, got 0"]),
    "half a shuffle": ("importance --run {run} --n_repeats 1.5", ["--n_repeats: must be a whole number, got 1.5"]),
    "one row without a label": (
        "importance --run {run} --off_rows=1",
        ["--off_rows must be `all`, or 2 or more, got 1"],
    ),
    "some rows without a label": ("importance --run {run} --off_rows some", ["a whole number or one of all, got some"]),
    "a loss without a closed form": (
        "importance --run {run} --loss rmse",
        ["--loss rmse has no closed form", "--estimator shuffle"],
    ),
    "an unknown loss": ("importance --run {run} --loss mape", ["one of mse, mae, r2, rmse, got mape"]),
    "training films": ("importance --run {run} --split train", ["one of test, val, got train"]),
    "a negative seed of shuffles": ("importance --run {run} --seed -1", ["seed must be 0 or more", "got -1"]),
    "a group of nothing": (
        'importance --run {run} --groups {{"G":["genre=Dramma"]}}',
        ["groups.G: 'genre=Dramma' fits no role, column or feature, did you mean 'genre=Drama'?"],
    ),
    "a group that is no list": ('importance --run {run} --groups {{"G":"genre=*"}}', ["groups", "list, got genre=*"]),
    "groups without names": ("importance --run {run} --groups genre=*", ["groups", "got genre=*"]),
}


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
