"""Commands that are killed, stopped, left without room or raced, as whole processes: what was complete stays so, and
goes on to where one that nobody disturbed ends."""

import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

import cli

CLI = Path(cli.__file__)
ENVIRONMENT = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": "", "PYTHONWARNINGS": ""}
KILLS = int(os.environ.get("GREENLIGHT_KILLS", "20"))
"""How often training is killed, over all variants; `make soak` asks for more."""

VARIANTS = {
    "one network": ["--trainer.max_epochs", "20", "--model.schedule", "cosine"],
    "members, accumulation": [
        *("--trainer.max_epochs", "20", "--model.members", "2", "--trainer.accumulate_grad_batches", "3"),
        *("--trainer.gradient_clip_val", "1.0"),
    ],
}
SHORT = ["--data.batch_size", "8", "--early_stopping.patience", "9"]


def start(*words: object, cwd: Path, **options: object) -> subprocess.Popen[str]:
    line = [sys.executable, str(CLI), *map(str, words)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "start_new_session": True}
    return subprocess.Popen(line, cwd=cwd, env=ENVIRONMENT, **{**pipes, **options})


def finish(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    out, err = process.communicate(timeout=240)
    return process.returncode, out, err


def fit_words(config: Path, runs: Path, *options: str) -> list[str]:
    return ["fit", "--config", str(config), "--runs", str(runs), *SHORT, *options]


def training_begins(process: subprocess.Popen[str], run: Path, before: set[Path]) -> None:
    """Wait until a process writes curves of its own, or ends."""
    while process.poll() is None and not set(run.glob("events.*")) - before:
        time.sleep(0.005)


def checkpoint_of(run: Path, name: str) -> dict:
    return torch.load(run / "checkpoints" / f"{name}.ckpt", weights_only=True)


def same(one: object, other: object) -> bool:
    """Tell whether two states are equal to the last bit."""
    if isinstance(one, torch.Tensor):
        return isinstance(other, torch.Tensor) and torch.equal(one, other)
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(value, other[key]) for key, value in one.items())
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    return one == other


def curves_of(run: Path) -> dict[str, dict[int, set[float]]]:
    """Return what was logged: an epoch that is trained a second time logs the same a second time."""
    found: dict[str, dict[int, set[float]]] = {}
    for path in run.glob("events.*"):
        events = EventAccumulator(str(path), size_guidance={"scalars": 0}).Reload()
        for tag in events.Tags()["scalars"]:
            for event in events.Scalars(tag):
                found.setdefault(tag, {}).setdefault(event.step, set()).add(event.value)
    return found


def assert_same_run(run: Path, whole: Path) -> None:
    for name in ("last", "best"):
        ours, theirs = checkpoint_of(run, name), checkpoint_of(whole, name)
        for part in ("state_dict", "optimizer_states", "lr_schedulers", "epoch", "global_step"):
            assert same(ours[part], theirs[part]), (name, part)
        assert [state["wait_count"] for key, state in ours["callbacks"].items() if "Patience" in key] == [
            state["wait_count"] for key, state in theirs["callbacks"].items() if "Patience" in key
        ]
    ours, theirs = curves_of(run), curves_of(whole)
    assert {"train/loss", "train/learning_rate", "train/gradient_norm_max", "val/rmse"} <= theirs.keys()
    assert all(len(values) == 1 for curve in theirs.values() for values in curve.values())
    assert ours == theirs
    assert [path.name for path in (run / "checkpoints").iterdir() if path.name.startswith(".")] == []


@pytest.fixture(scope="module")
def undisturbed(command, study_config, tmp_path_factory) -> Callable[[str], Path]:
    """Return what trains a variant in one go and returns its run."""
    done: dict[str, Path] = {}

    def run(variant: str) -> Path:
        if variant not in done:
            runs = tmp_path_factory.mktemp("whole")
            said = command(*fit_words(study_config, runs, *VARIANTS[variant]))
            assert said.code == 0, said.err
            done[variant] = runs / "small" / "version_0"
        return done[variant]

    return run


@pytest.fixture
def ended() -> Iterator[list[subprocess.Popen[str]]]:
    """Return a list of processes that are killed, with their children, if a test leaves them."""
    processes: list[subprocess.Popen[str]] = []
    yield processes
    for process in processes:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@pytest.mark.parametrize("variant", VARIANTS)
def test_training_killed_at_any_moment_ends_where_an_undisturbed_one_does(
    study_config, undisturbed, tmp_path, variant, ended
):
    whole = undisturbed(variant)
    random = np.random.default_rng([20261122, list(VARIANTS).index(variant)])
    kills, place, in_training = 0, 0, 0
    while kills < -(-KILLS // len(VARIANTS)):
        runs = tmp_path / str(place)
        run = runs / "small" / "version_0"
        begun = (run / "config.yaml").is_file()
        before = set(run.glob("events.*"))
        words = ["fit", "--resume", run] if begun else fit_words(study_config, runs, *VARIANTS[variant])
        shutil.rmtree(runs, ignore_errors=True) if not begun else None
        process = start(*words, cwd=tmp_path)
        ended.append(process)
        training_begins(process, run, before)
        time.sleep(random.uniform(0, 1.5))
        if process.poll() is None:
            process.kill()
            kills += 1
            in_training += (run / "checkpoints" / "best.ckpt").is_file()
            finish(process)
        else:
            code, _, err = finish(process)
            assert (code, err) == (0, "")
            assert_same_run(run, whole)
            place += 1
    if (run / "config.yaml").is_file():
        code, _, err = finish(start("fit", "--resume", run, cwd=tmp_path))
        assert (code, err) == (0, "")
        assert_same_run(run, whole)
    assert in_training > kills / 2


@pytest.mark.parametrize(
    ("variant", "number", "code"), zip(VARIANTS, (signal.SIGTERM, signal.SIGINT), (143, 130), strict=True)
)
def test_training_told_to_stop_says_how_it_goes_on_from_the_same_step(
    study_config, undisturbed, tmp_path, variant, number, code, ended
):
    whole = undisturbed(variant)
    run = tmp_path / "small" / "version_0"
    words, steps = fit_words(study_config, tmp_path, *VARIANTS[variant]), []
    random = np.random.default_rng([7, number, len(variant)])
    for wait in (0.0, random.uniform(0.1, 1.0)):
        process = start(*words, cwd=tmp_path)
        ended.append(process)
        training_begins(process, run, set(run.glob("events.*")))
        time.sleep(wait)
        process.send_signal(number)
        stopped, out, err = finish(process)
        assert (stopped, err) == (code, f"stopped; go on with: python cli.py fit --resume {run}\n"), out
        steps.append(checkpoint_of(run, "last")["global_step"])
        words = ["fit", "--resume", str(run)]
    assert 0 < steps[0] < steps[1]
    finished, _, err = finish(start(*words, cwd=tmp_path))
    assert (finished, err) == (0, "")
    assert_same_run(run, whole)
