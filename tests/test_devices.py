"""Several devices, each a process: one run, its files and words once, and what one process finds."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from subprocess import PIPE
from types import SimpleNamespace

import pandas as pd
import pytest
import torch

from tests.conftest import IMPORTANCES
from tests.processes import CLI, ENVIRONMENT, in_a_process
from tests.runs import (
    LEFT_BY_A_STUDY,
    checkpoint_of,
    described,
    expected_scores,
    files_in,
    hyperparameters_of,
    metrics_of,
    predictions_of,
    scalars_of,
    scored_by_test,
    tables_of,
    texts_of,
    versions_in,
)

WITHOUT_DROPOUT = ["--model.dropout", "0", "--model.label_dropout", "0", "--trainer.max_epochs", "3"]
"""What a device drops is its own draw."""

ROUNDING = 2e-7
"""How far weights of up to 0.7 may differ after three epochs; 6e-8 was found, sums of float32 in another order."""

ONE_PROCESS = ["--trainer.devices", "1", "--trainer.strategy", "auto"]

COMMANDS = """
import json, sys
sys.path.insert(0, {folder!r})
from cli import main

sys.exit(max(main(words) for words in json.loads(sys.argv[1])))
"""
"""Several commands in one process, since it takes longest to start one."""

SETTINGS = {
    "accumulation": ["--trainer.accumulate_grad_batches", "3"],
    "clipping": ["--trainer.gradient_clip_val", "0.05"],
    "members": ["--model.members", "3"],
    "bf16": ["--trainer.precision", "bf16-mixed"],
    "one row in the last batch": ["--data.batch_size", "61"],
}


def by_torchrun(n: int, *words: object, cwd: Path, script: Path = CLI) -> subprocess.CompletedProcess[str]:
    """Run a script in n processes; `--standalone` takes a free port."""
    line = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", str(n), str(script)]
    line += map(str, words)
    return subprocess.run(line, cwd=cwd, env=ENVIRONMENT, capture_output=True, text=True, timeout=300, check=False)


def on(n: int) -> list[str]:
    return ["--trainer.devices", str(n), "--trainer.strategy", "ddp"]


def weights_of(run: Path) -> torch.Tensor:
    """Return all weights after the last epoch."""
    return torch.cat([part.flatten() for part in checkpoint_of(run, "last")["state_dict"].values()])


@pytest.fixture(scope="module")
def study(command, study_config, tmp_path_factory) -> SimpleNamespace:
    """Return a study in one process."""
    runs = tmp_path_factory.mktemp("one")
    assert command("study", "--config", study_config, "--runs", runs, *WITHOUT_DROPOUT).code == 0
    path = runs / "small" / "version_0"
    return SimpleNamespace(path=path, predictions=predictions_of(path))


@pytest.fixture(scope="module")
def shared(study_config, tmp_path_factory) -> SimpleNamespace:
    """Return a study on two processes, in a folder where nothing else is."""
    here = tmp_path_factory.mktemp("two")
    said = in_a_process("study", "--config", study_config, *WITHOUT_DROPOUT, *on(2), cwd=here)
    return SimpleNamespace(here=here, path=here / "runs" / "small" / "version_0", said=said)


@pytest.fixture(scope="module")
def again(study, study_config, tmp_path_factory) -> SimpleNamespace:
    """Return what three processes make of a study of one: its scores, predictions and importances; and trained runs."""
    here = tmp_path_factory.mktemp("three")
    path = Path(shutil.copytree(study.path, here / "small" / "version_0"))
    for name in [*IMPORTANCES, "predictions.csv"]:
        (path / name).unlink()
    (path / "metrics.json").write_text(json.dumps({**metrics_of(path), "models": {}}), encoding="utf-8")
    script = here / "commands.py"
    script.write_text(COMMANDS.format(folder=str(CLI.parent)), encoding="utf-8")
    words = [[word, "--run", str(path), *on(3)] for word in ("test", "predict", "importance")]
    fit = ["fit", "--config", str(study_config), *WITHOUT_DROPOUT, "--trainer.logger", "false"]
    words += [[*fit, *SETTINGS[name], "--runs", str(here / name), *on(3)] for name in SETTINGS]
    said = by_torchrun(3, json.dumps(words), cwd=here, script=script)
    return SimpleNamespace(here=here, path=path, said=said)


def test_two_processes_take_the_steps_of_one(shared, study):
    one, two = weights_of(study.path), weights_of(shared.path)
    assert one.abs().max() < 0.7
    assert (one - two).abs().max() < ROUNDING
    found, wanted = metrics_of(shared.path)["models"]["mlp"], metrics_of(study.path)["models"]["mlp"]
    assert found == pytest.approx(wanted, rel=1e-6)


def test_two_processes_write_one_run(shared):
    assert shared.said.returncode == 0, shared.said.stderr
    assert "Traceback" not in shared.said.stderr
    assert versions_in(shared.here) == ["runs/small/version_0"]
    assert [path.name for path in shared.here.iterdir()] == ["runs"]
    assert [path.name for path in (shared.here / "runs").iterdir()] == ["small"]
    others = [name for name in files_in(shared.path) if not name.startswith("events.")]
    assert [name for name in others if name != "hparams.yaml"] == LEFT_BY_A_STUDY
    assert shared.said.stdout.count("small: rating of 198 films") == 1
    assert shared.said.stdout.count("45 held-out test films") == 1
    assert shared.said.stdout.count("What the predictions of 45 test films rest on") == 1


def test_two_processes_write_for_tensorboard_what_one_writes(shared, study):
    two, one = scalars_of(shared.path), scalars_of(study.path)
    assert set(two) == set(one)
    for tag in ("train/learning_rate", "train/gradient_norm_mean", "train/gradient_norm_max"):
        assert len(two[tag]) == 3, tag
    assert {name: len(texts) for name, texts in texts_of(shared.path).items()} == {"config": 1, "data": 1}
    assert len(hyperparameters_of(shared.path)) == 1


def test_two_processes_predict_every_film_once(shared, study):
    assert predictions_of(shared.path)["row"].tolist() == study.predictions["row"].tolist()
    tested = predictions_of(shared.path).query("split == 'test'")
    assert len(tested) % 2 == 1
    assert metrics_of(shared.path)["models"]["mlp"] == expected_scores(tested["actual"], tested["predicted"])


def test_two_processes_find_the_importances_that_one_finds(shared, command, tmp_path):
    two, updates = tables_of(shared.path), described(shared.path)["row_updates"]
    assert pd.read_csv(shared.path / "Permu_importance_df.csv")["importance"][0] > 0.01
    assert described(shared.path)["rows"] % 2 == 1
    own = shutil.copytree(shared.path, tmp_path / "small" / "version_0")
    for name in IMPORTANCES:
        (own / name).unlink()
    assert command("importance", "--run", own, *ONE_PROCESS).code == 0
    assert tables_of(own) == two
    assert described(own)["row_updates"] == updates > 0


def test_one_new_process_finds_the_scores_of_two(shared, tmp_path):
    two = scored_by_test(metrics_of(shared.path))
    assert two["mlp"]["rmse"] > 0
    assert two["mlp"]["rmse"] != two["mean"]["rmse"]
    # Not those of the study, but found anew.
    (shared.path / "metrics.json").write_text(json.dumps({**metrics_of(shared.path), "models": {}}), encoding="utf-8")
    said = in_a_process("test", "--run", shared.path, *ONE_PROCESS, cwd=tmp_path)
    assert (said.returncode, said.stderr) == (0, "")
    one = metrics_of(shared.path)["models"]
    assert set(one) == set(two)
    for model, scores in two.items():
        known = {name: value for name, value in scores.items() if value is not None}
        assert {name: one[model][name] for name in known} == pytest.approx(known, rel=1e-6, abs=1e-6)
        assert {name for name, value in one[model].items() if value is None} == set(scores) - set(known)
    assert list(tmp_path.iterdir()) == []


def test_three_processes_started_by_torchrun_find_what_one_finds(again, study):
    assert again.said.returncode == 0, again.said.stderr
    assert "error" not in again.said.stderr
    assert scored_by_test(metrics_of(again.path))["mlp"] == pytest.approx(
        scored_by_test(metrics_of(study.path))["mlp"], rel=1e-6
    )
    assert (len(study.predictions) % 3, len(study.predictions)) == (0, 198)
    found = predictions_of(again.path)
    assert found.drop(columns="predicted").equals(study.predictions.drop(columns="predicted"))
    assert found["predicted"].to_numpy() == pytest.approx(study.predictions["predicted"].to_numpy(), rel=1e-6)
    # All from float32 sums of the same rows on every device.
    assert tables_of(again.path) == tables_of(study.path)
    assert described(again.path)["row_updates"] == described(study.path)["row_updates"] > 0


def test_three_processes_speak_and_write_once(again):
    assert again.said.stdout.count("45 held-out test films") == 1
    assert again.said.stdout.count("What the predictions of 45 test films rest on") == 1
    assert again.said.stdout.count("small: rating of 198 films") == len(SETTINGS)
    assert versions_in(again.here) == sorted(["small/version_0", *(f"{name}/small/version_0" for name in SETTINGS)])
    assert sorted(path.name for path in again.here.iterdir()) == sorted(["commands.py", "small", *SETTINGS])


@pytest.mark.parametrize("name", SETTINGS)
def test_three_processes_train_alike_under_other_settings(again, study, command, study_config, tmp_path, name):
    fit = ["fit", "--config", study_config, *WITHOUT_DROPOUT, "--trainer.logger", "false"]
    assert command(*fit, *SETTINGS[name], "--runs", tmp_path).code == 0
    one = weights_of(tmp_path / "small" / "version_0")
    three = weights_of(again.here / name / "small" / "version_0")
    plain = weights_of(study.path)
    assert len(one) != len(plain) or (one - plain).abs().max() > 1e-4  # the setting did something
    bound = 5e-3 if name == "bf16" else ROUNDING  # bf16 has 8 bits: 5e-4 was found
    assert (one - three).abs().max() < bound


def by_hand(node: int) -> dict[str, str]:
    return {"NODE_RANK": str(node), "MASTER_ADDR": "127.0.0.1"}


def by_slurm(node: int) -> dict[str, str]:
    """Return what SLURM tells the only task of one of two nodes."""
    told = {"JOB_ID": "4711", "JOB_NAME": "films", "NODELIST": "127.0.0.1", "NTASKS": 2, "NTASKS_PER_NODE": 1}
    told |= {"NNODES": 2, "NODEID": node, "PROCID": node, "LOCALID": 0}
    return {f"SLURM_{name}": str(value) for name, value in told.items()}


def free_port() -> str:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return str(one.getsockname()[1])


@pytest.mark.parametrize("started", [by_hand, by_slurm])
def test_two_nodes_are_one_run_that_the_first_writes(study, study_config, tmp_path, started):
    # The logger is off, and so is importance: it is about who writes.
    words = ["fit", "--config", study_config, *WITHOUT_DROPOUT, "--trainer.logger", "false"]
    line = [sys.executable, str(CLI), *map(str, words), "--trainer.num_nodes", "2", "--trainer.strategy", "ddp"]
    common = {**ENVIRONMENT, "MASTER_PORT": free_port()}
    nodes = [
        subprocess.Popen(line, cwd=tmp_path, env={**common, **started(node)}, stdout=PIPE, stderr=PIPE, text=True)
        for node in range(2)
    ]
    said = [node.communicate(timeout=300) for node in nodes]
    assert [node.returncode for node in nodes] == [0, 0], said
    assert versions_in(tmp_path) == ["runs/small/version_0"]
    assert said[0][0].count("small: rating of 198 films") == 1
    assert said[1] == ("", "")
    assert (weights_of(tmp_path / "runs" / "small" / "version_0") - weights_of(study.path)).abs().max() < ROUNDING


def test_a_mistake_is_told_once_by_two_processes(study_config, tmp_path):
    words = ["fit", "--config", study_config, "--data.title", "titel", *on(2)]
    said = by_torchrun(2, *words, cwd=tmp_path)
    assert said.stderr.count("no column 'titel', did you mean 'title'?") == 1
    assert "exitcode  : 2" in said.stderr  # of the first; torchrun's own is 1, and its report can't be kept from it
    assert said.returncode == 1
    assert list(tmp_path.iterdir()) == []


def test_processes_that_would_each_train_alone_are_refused(study_config, tmp_path):
    said = by_torchrun(2, "fit", "--config", study_config, cwd=tmp_path)
    needed = "trainer.devices times trainer.num_nodes must be the number of processes started, 2, got 1"
    assert said.stderr.count(needed) == 1
    assert versions_in(tmp_path) == []


@pytest.mark.parametrize("strategy", ["ddp_spawn", "ddp_fork"])
def test_processes_that_keep_their_results_are_refused(command, study_config, tmp_path, strategy):
    options = ["--runs", tmp_path, "--trainer.devices", 2, "--trainer.strategy", strategy]
    said = command("study", "--config", study_config, *options)
    assert said.code == 2
    assert "trainer.strategy must be one whose processes are commands of their own" in said.err
    assert versions_in(tmp_path) == []


def test_ctrl_c_ends_two_processes_with_one_word(study_config, tmp_path):
    words = ["fit", "--config", study_config, "--trainer.max_epochs", 100_000, "--early_stopping.patience", 100_000]
    line = [sys.executable, str(CLI), *map(str, words), *on(2)]
    process = subprocess.Popen(
        line, cwd=tmp_path, env=ENVIRONMENT, stdout=PIPE, stderr=PIPE, text=True, start_new_session=True
    )
    last = tmp_path / "runs" / "small" / "version_0" / "checkpoints" / "last.ckpt"
    until = time.monotonic() + 120
    while not last.is_file() and process.poll() is None and time.monotonic() < until:
        time.sleep(0.1)
    os.killpg(process.pid, signal.SIGINT)
    said = process.communicate(timeout=120)  # which ends when no process is left that holds the pipes
    assert process.returncode == 130, said
    assert said[1].count("stopped") == 1
    assert "Traceback" not in said[1]
    assert last.is_file()
