"""Commands that are killed, stopped, without room or raced: what was complete stays so, and goes on to where one that
nobody disturbed ends. `tests/soak/test_interruptions.py` has more of them."""

import os
import platform
import re
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import cache, partial
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from greenlight_films.lightning_modules.callbacks.checkpoints import DIGEST, digest
from greenlight_films.studies.run_folder import RunFolder
from tests.processes import Forked, Started, ending, finish, run_forked, wait_for
from tests.runs import checkpoint_of

VARIANTS = {
    "a schedule": ["--model.schedule", "cosine"],
    "members, accumulation, clipping": [
        *("--model.members", "2", "--trainer.accumulate_grad_batches", "3", "--trainer.gradient_clip_val", "1.0")
    ],
    "averaged weights": ["--trainer.callbacks+", "EMAWeightAveraging", "--model.schedule", "cosine"],
}
"""Options of a training of 20 epochs with dropout."""

SHORT = ["--data.batch_size", "8", "--early_stopping.patience", "9"]
LONG = ["--trainer.max_epochs", "100000", "--early_stopping.patience", "100000"]


def fit_words(config: Path, runs: Path, *options: str) -> list[str]:
    return ["fit", "--config", str(config), "--runs", str(runs), *SHORT, *options]


def words_of(variant: str, config: Path, runs: Path) -> list[str]:
    return fit_words(config, runs, "--trainer.max_epochs", "20", *VARIANTS[variant])


def training_begins(process: Started, run: Path, before: set[Path]) -> None:
    """Wait until a process writes curves of its own, or ends."""
    wait_for(process, lambda: set(run.glob("events.*")) - before)


def a_checkpoint_is_written(process: Started, run: Path) -> None:
    """Wait until there is a checkpoint beside its name, or the process ends."""
    wait_for(process, lambda: any((run / "checkpoints").glob(f".*.ckpt.{process.pid}@*")), pause=0)


def same(value: object, other: object) -> bool:
    """Tell whether two states are equal to the last bit."""
    if isinstance(value, torch.Tensor):
        return isinstance(other, torch.Tensor) and torch.equal(value, other)
    if isinstance(value, dict):
        return value.keys() == other.keys() and all(same(inner, other[key]) for key, inner in value.items())
    if isinstance(value, list | tuple):
        return len(value) == len(other) and all(map(same, value, other))
    return value == other


def curves_of(run: Path) -> dict[str, dict[int, set[float]]]:
    """Return what was logged: an epoch that is trained a second time logs the same a second time."""
    curves: dict[str, dict[int, set[float]]] = {}
    for path in run.glob("events.*"):
        events = EventAccumulator(str(path), size_guidance={"scalars": 0}).Reload()
        for tag in events.Tags()["scalars"]:
            for event in events.Scalars(tag):
                curves.setdefault(tag, {}).setdefault(event.step, set()).add(event.value)
    return curves


def assert_same_run(run: Path, whole: Path) -> None:
    for name in ("last", "best"):
        ours, theirs = checkpoint_of(run, name), checkpoint_of(whole, name)
        assert ours.keys() == theirs.keys()
        for part in ours.keys() - {"callbacks", "loops", "hyper_parameters", "greenlight_digest"}:
            assert same(ours[part], theirs[part]), (name, part)
        assert [state["wait_count"] for key, state in ours.get("callbacks", {}).items() if "Patience" in key] == [
            state["wait_count"] for key, state in theirs.get("callbacks", {}).items() if "Patience" in key
        ]
    ours, theirs = curves_of(run), curves_of(whole)
    assert {"train/loss", "train/learning_rate", "train/gradient_norm_max", "val/rmse"} <= theirs.keys()
    assert all(len(values) == 1 for curve in theirs.values() for values in curve.values())
    assert ours == theirs
    assert [path.name for path in (run / "checkpoints").iterdir() if path.name.startswith(".")] == []


@pytest.fixture(scope="session")
def undisturbed(study_config, tmp_path_factory) -> Callable[[str], SimpleNamespace]:
    """Return what trains a variant in one go, and returns its run and the seconds from its first curve to its end."""

    @cache
    def run(variant: str) -> SimpleNamespace:
        runs = tmp_path_factory.mktemp("whole")
        path = runs / "small" / "version_0"
        process = Forked(*words_of(variant, study_config, runs), cwd=runs)
        training_begins(process, path, set())
        begun = time.monotonic()
        code, _, err = finish(process)
        assert (code, err) == (0, "")
        return SimpleNamespace(path=path, seconds=time.monotonic() - begun)

    return run


@pytest.fixture
def ended() -> Iterator[list[Started]]:
    """Return a list of processes that are killed, with their children, if a test leaves them."""
    with ending() as processes:
        yield processes


def kill_at_random_moments(variant: str, n_kills: int, config: Path, folder: Path, whole: SimpleNamespace) -> None:
    """Kill trainings of a variant and resume them; assert that each ends where an undisturbed one does."""
    random = np.random.default_rng([20261122, list(VARIANTS).index(variant)])
    kills, version, in_training = 0, 0, 0
    with ending() as processes:
        while kills < n_kills:
            runs = folder / str(version)
            run = runs / "small" / "version_0"
            begun = (run / "config.yaml").is_file()
            before = set(run.glob("events.*"))
            words = ["fit", "--resume", run] if begun else words_of(variant, config, runs)
            if not begun:
                shutil.rmtree(runs, ignore_errors=True)
            process = Forked(*words, cwd=folder)
            processes.append(process)
            training_begins(process, run, before)
            time.sleep(random.uniform(0, whole.seconds / 2))
            if kills % 4 == 3:
                a_checkpoint_is_written(process, run)
            if process.poll() is None:
                process.kill()
                kills += 1
                finish(process)
                in_training += (run / "checkpoints" / "best.ckpt").is_file()
            else:
                assert finish(process)[::2] == (0, "")
                assert_same_run(run, whole.path)
                version += 1
    if (run / "config.yaml").is_file():
        assert run_forked("fit", "--resume", run, cwd=folder)[::2] == (0, "")
        assert_same_run(run, whole.path)
    assert in_training > kills / 2


@pytest.mark.slow
def test_training_killed_at_any_moment_ends_where_an_undisturbed_one_does(study_config, undisturbed, tmp_path):
    variant = "members, accumulation, clipping"
    kill_at_random_moments(variant, 3, study_config, tmp_path, undisturbed(variant))


@pytest.mark.slow
def test_training_stopped_by_a_signal_names_the_command_that_goes_on_from_the_same_step(
    study_config, undisturbed, tmp_path, ended
):
    run = tmp_path / "small" / "version_0"
    last, steps = run / "checkpoints" / "last.ckpt", []
    words = words_of("averaged weights", study_config, tmp_path)
    for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
        before = last.stat().st_mtime_ns if last.exists() else 0
        process = Forked(*words, cwd=tmp_path)
        ended.append(process)
        # After an epoch of its own, with most of them still to come.
        wait_for(process, lambda before=before: last.exists() and last.stat().st_mtime_ns != before)
        process.send_signal(number)
        stopped, out, err = finish(process)
        assert (stopped, err) == (code, f"stopped; go on with: python cli.py fit --resume {run}\n"), out
        steps.append(checkpoint_of(run, "last")["global_step"])
        words = ["fit", "--resume", str(run)]
    assert 0 < steps[0] < steps[1]
    assert run_forked(*words, cwd=tmp_path)[::2] == (0, "")
    assert_same_run(run, undisturbed("averaged weights").path)


@pytest.fixture(scope="session")
def quick(command, study_config, tmp_path_factory) -> Path:
    """Return a finished run of two epochs."""
    runs = tmp_path_factory.mktemp("quick")
    assert command(*fit_words(study_config, runs, "--trainer.max_epochs", "2")).code == 0
    return runs / "small" / "version_0"


@pytest.fixture
def own(quick, tmp_path) -> Path:
    return shutil.copytree(quick, tmp_path / "small" / "version_0")


def test_the_checkpoint_that_a_run_goes_on_from_is_written_after_the_best_one(quick):
    best, last = ((quick / "checkpoints" / f"{name}.ckpt").stat().st_mtime_ns for name in ("best", "last"))
    assert checkpoint_of(quick, "best")["epoch"] == checkpoint_of(quick, "last")["epoch"]
    assert best < last


def content_of(run: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in run.rglob("*") if path.is_file()}


def rewrite(path: Path, **entries: object) -> None:
    """Change entries of a checkpoint as a command would."""
    checkpoint = {**torch.load(path, weights_only=True), **entries}
    torch.save({**checkpoint, DIGEST: digest(checkpoint)}, path)


def test_a_run_killed_before_its_first_checkpoint_begins_at_the_start(command, quick, own):
    (own / "checkpoints" / "last.ckpt").unlink()
    rewrite(own / "checkpoints" / "best.ckpt", epoch=0)  # as where it died between the two
    (own / "metrics.json").unlink()
    answer = command("fit", "--resume", own)
    assert (answer.code, answer.err) == (0, "")
    assert_same_run(own, quick)
    assert (own / "metrics.json").read_bytes() == (quick / "metrics.json").read_bytes()


@pytest.mark.slow
@pytest.mark.parametrize("word", ["fit", "study"])
def test_a_run_in_which_another_process_trains_is_left_alone(command, own, word):
    before = sorted(own.rglob("*"))
    with RunFolder(own).locked():
        answer = command(word, "--resume", own, "--trainer.max_epochs", 3)
    assert (answer.code, answer.err.count("\n")) == (2, 1)
    assert f"{own} is in use: another process trains in it" in answer.err
    assert sorted(own.rglob("*")) == before
    assert command("fit", "--resume", own, "--trainer.max_epochs", 3).code == 0


def test_what_dead_processes_left_is_swept_away_and_what_living_ones_write_is_not(command, own):
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    here = f"@{platform.node()}.part"
    names = [f"last.ckpt.{dead.pid}{here}", f"last.ckpt.{os.getppid()}{here}", f"last.ckpt.{dead.pid}@elsewhere.part"]
    paths = [own / "checkpoints" / f".{name}" for name in (*names, "notes.20240101")]
    for path in paths:
        path.write_bytes(b"half")
    assert command("fit", "--resume", own).code == 0
    assert [path.exists() for path in paths] == [False, True, True, True]


def little_room(size: int) -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)


def test_a_file_too_large_for_the_disk_leaves_what_was_there(own, tmp_path):
    before = {path: path.read_bytes() for path in own.rglob("*.ckpt")}
    size = min(len(content) for content in before.values())  # that of the best, without the optimiser's state

    words = ["fit", "--resume", own, "--trainer.max_epochs", "4"]
    code, _, err = run_forked(*words, cwd=tmp_path, before=partial(little_room, size - 1000))
    assert code == 2
    assert re.fullmatch(r"error: \S+\.ckpt can't be written: File too large; allow larger files\n", err), err
    assert {path: path.read_bytes() for path in own.rglob("*.ckpt")} == before


def test_two_runs_started_at_once_get_a_folder_each_and_end_alike(study_config, quick, tmp_path, ended):
    words = fit_words(study_config, tmp_path, "--trainer.max_epochs", "2")
    ended += [Forked(*words, cwd=tmp_path) for _ in range(2)]
    assert [(code, err) for code, _, err in map(finish, ended)] == [(0, ""), (0, "")]
    runs = sorted((tmp_path / "small").iterdir())
    assert [run.name for run in runs] == ["version_0", "version_1"]
    for run in runs:
        assert_same_run(run, quick)
