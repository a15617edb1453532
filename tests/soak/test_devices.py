"""Several devices as Lightning, torchrun, SLURM and users start them: one run, with the results of one process."""

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from subprocess import PIPE
from types import SimpleNamespace

import pandas as pd
import pytest

from tests.conftest import IMPORTANCES
from tests.processes import CLI, ENVIRONMENT, ending, finish, free_port, start, wait_for
from tests.runs import checkpoint_of, described, metrics_of, predictions_of, scored_by_test, tables_of, versions_in
from tests.test_devices import AVERAGED, ROUNDING, WITHOUT_DROPOUT, on, weights_of
from tests.test_interruptions import LONG, assert_same_run, fit_words

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


@pytest.fixture(scope="module")
def again(study_alone, study_config, tmp_path_factory) -> SimpleNamespace:
    """Return what three processes make of a study of one: its scores, predictions and importances; and trained runs."""
    here = tmp_path_factory.mktemp("three")
    path = Path(shutil.copytree(study_alone.path, here / "small" / "version_0"))
    for name in [*IMPORTANCES, "predictions.csv"]:
        (path / name).unlink()
    (path / "metrics.json").write_text(json.dumps({**metrics_of(path), "models": {}}), encoding="utf-8")
    script = here / "commands.py"
    script.write_text(COMMANDS.format(folder=str(CLI.parent)), encoding="utf-8")
    words = [[word, "--run", str(path), *on(3)] for word in ("test", "predict", "importance")]
    fit = ["fit", "--config", str(study_config), *WITHOUT_DROPOUT, "--trainer.logger", "false"]
    words += [[*fit, *SETTINGS[name], "--runs", str(here / name), *on(3)] for name in SETTINGS]
    answer = by_torchrun(3, json.dumps(words), cwd=here, script=script)
    return SimpleNamespace(here=here, path=path, answer=answer)


def test_three_processes_of_torchrun_have_the_results_of_one(again, study_alone):
    assert again.answer.returncode == 0, again.answer.stderr
    assert "error" not in again.answer.stderr
    assert scored_by_test(metrics_of(again.path))["mlp"] == pytest.approx(
        scored_by_test(metrics_of(study_alone.path))["mlp"], rel=1e-6
    )
    assert (len(study_alone.predictions) % 3, len(study_alone.predictions)) == (0, 198)
    pd.testing.assert_frame_equal(predictions_of(again.path), study_alone.predictions, rtol=1e-6)
    # All from float32 sums of the same rows on every device.
    assert tables_of(again.path) == tables_of(study_alone.path)
    assert described(again.path)["row_updates"] == described(study_alone.path)["row_updates"] > 0


def test_three_processes_print_and_write_once(again):
    assert again.answer.stdout.count("45 held-out test films") == 1
    assert again.answer.stdout.count("What the predictions of 45 test films rest on") == 1
    assert again.answer.stdout.count("small: rating of 198 films") == len(SETTINGS)
    assert versions_in(again.here) == sorted(["small/version_0", *(f"{name}/small/version_0" for name in SETTINGS)])
    assert sorted(path.name for path in again.here.iterdir()) == sorted(["commands.py", "small", *SETTINGS])


@pytest.mark.parametrize("name", SETTINGS)
def test_three_processes_train_alike_under_other_settings(again, study_alone, command, study_config, tmp_path, name):
    fit = ["fit", "--config", study_config, *WITHOUT_DROPOUT, "--trainer.logger", "false"]
    assert command(*fit, *SETTINGS[name], "--runs", tmp_path).code == 0
    alone = weights_of(tmp_path / "small" / "version_0")
    three = weights_of(again.here / name / "small" / "version_0")
    plain = weights_of(study_alone.path)
    assert len(alone) != len(plain) or (alone - plain).abs().max() > 1e-4  # the setting did something
    bound = 5e-3 if name == "bf16" else ROUNDING  # bf16 has 8 bits: 5e-4 was measured
    assert (alone - three).abs().max() < bound


def by_hand(node: int) -> dict[str, str]:
    return {"NODE_RANK": str(node), "MASTER_ADDR": "127.0.0.1"}


def by_slurm(node: int) -> dict[str, str]:
    """Return SLURM's variables of the only task of a node, of two."""
    task = {"JOB_ID": "4711", "JOB_NAME": "films", "NODELIST": "127.0.0.1", "NTASKS": 2, "NTASKS_PER_NODE": 1}
    task |= {"NNODES": 2, "NODEID": node, "PROCID": node, "LOCALID": 0}
    return {f"SLURM_{name}": str(value) for name, value in task.items()}


@pytest.mark.parametrize("started", [by_hand, by_slurm])
def test_two_nodes_are_one_run_that_the_first_writes(study_alone, study_config, tmp_path, started):
    # The logger is off, and so is importance: it is about who writes.
    words = ["fit", "--config", study_config, *WITHOUT_DROPOUT, "--trainer.logger", "false"]
    line = [sys.executable, str(CLI), *map(str, words), "--trainer.num_nodes", "2", "--trainer.strategy", "ddp"]
    common = {**ENVIRONMENT, "MASTER_PORT": str(free_port())}
    nodes = [
        subprocess.Popen(line, cwd=tmp_path, env={**common, **started(node)}, stdout=PIPE, stderr=PIPE, text=True)
        for node in range(2)
    ]
    answers = [node.communicate(timeout=300) for node in nodes]
    assert [node.returncode for node in nodes] == [0, 0], answers
    assert versions_in(tmp_path) == ["runs/small/version_0"]
    assert answers[0][0].count("small: rating of 198 films") == 1
    assert answers[1] == ("", "")
    assert (weights_of(tmp_path / "runs" / "small" / "version_0") - weights_of(study_alone.path)).abs().max() < ROUNDING


def test_ctrl_c_ends_two_processes_with_a_message(study_config, tmp_path):
    words = ["fit", "--config", study_config, "--trainer.max_epochs", 100_000, "--early_stopping.patience", 100_000]
    last = tmp_path / "runs" / "small" / "version_0" / "checkpoints" / "last.ckpt"
    with ending() as processes:
        processes.append(process := start(*words, *on(2), cwd=tmp_path))
        wait_for(process, last.is_file)
        os.killpg(process.pid, signal.SIGINT)
        code, _, err = finish(process)  # which ends when no process is left that holds the pipes
    assert (code, err.count("stopped")) == (130, 1), err
    assert "Traceback" not in err
    assert last.is_file()


def test_a_mistake_is_printed_once_by_two_processes(study_config, tmp_path):
    answer = by_torchrun(2, "fit", "--config", study_config, "--data.title", "titel", *on(2), cwd=tmp_path)
    assert answer.stderr.count("no column 'titel', did you mean 'title'?") == 1
    assert "exitcode  : 2" in answer.stderr  # of the first; torchrun's own is 1, and its report can't be kept from it
    assert answer.returncode == 1
    assert list(tmp_path.iterdir()) == []


def test_processes_that_would_each_train_alone_are_refused(study_config, tmp_path):
    answer = by_torchrun(2, "fit", "--config", study_config, cwd=tmp_path)
    expected = "trainer.devices times trainer.num_nodes must be the number of processes started, 2, got 1"
    assert answer.stderr.count(expected) == 1
    assert versions_in(tmp_path) == []


ON_TWO = ["--trainer.max_epochs", "20", "--trainer.devices", "2", "--trainer.strategy", "ddp"]


COLUMNS = ["--model.shard_first", "true", "--model.optimiser"]


@pytest.mark.parametrize(
    "options",
    [[], [*COLUMNS, "adamw", "--trainer.callbacks", AVERAGED], [*COLUMNS, "rowwise_adam"]],
    ids=["whole", "columns by adamw", "columns by rowwise_adam"],
)
def test_two_processes_that_are_stopped_go_on_to_where_two_undisturbed_ones_end(study_config, tmp_path, ended, options):
    runs = [tmp_path / name / "small" / "version_0" for name in ("whole", "stopped")]
    ended += [start(*fit_words(study_config, run.parents[1], *ON_TWO, *options), cwd=tmp_path) for run in runs]
    wait_for(ended[1], (runs[1] / "checkpoints" / "last.ckpt").is_file)
    os.killpg(ended[1].pid, signal.SIGTERM)
    assert finish(ended[1])[::2] == (143, f"stopped; go on with: python cli.py fit --resume {runs[1]}\n")
    stopped = checkpoint_of(runs[1], "last")["global_step"]
    ended.append(start("fit", "--resume", runs[1], cwd=tmp_path))
    assert [finish(process)[::2] for process in (ended[0], ended[2])] == [(0, "")] * 2
    assert 0 < stopped < checkpoint_of(runs[0], "last")["global_step"]
    assert_same_run(runs[1], runs[0])


@pytest.mark.parametrize("killed", [0, 1])
def test_a_process_that_is_killed_ends_the_other_one_in_a_line(study_config, tmp_path, ended, killed):
    run = tmp_path / "small" / "version_0"
    process = start(*fit_words(study_config, tmp_path, *LONG, *ON_TWO[2:]), cwd=tmp_path)
    ended.append(process)
    wait_for(process, (run / "checkpoints" / "last.ckpt").is_file)
    listed = subprocess.run(["ps", "-o", "pid=", "-s", str(process.pid)], capture_output=True, text=True, check=True)
    (other,) = {int(number) for number in listed.stdout.split()} - {process.pid}
    os.kill((process.pid, other)[killed], signal.SIGKILL)
    # It returns when no process is left that holds the pipes.
    code, _, err = finish(process)
    lost = "error: another process of this command has ended or can't be reached"
    then = f"; see its message, then go on with: python cli.py fit --resume {run}"
    if killed:
        assert (code, err) == (2, f"{lost}{then}\n")
    else:  # the other prints a message, unless it sees the first end
        assert code == -signal.SIGKILL
        assert err in ("", f"{lost}\n")
    assert checkpoint_of(run, "last")["epoch"] >= 0
