"""Commands that are killed, stopped, left without room or raced, as whole processes: what was complete stays so, and
goes on to where one that nobody disturbed ends."""

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
from pathlib import Path

import numpy as np
import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

import cli
from reports.run_folder import RunFolder

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
    ("variant", "number", "code"), list(zip(VARIANTS, (signal.SIGTERM, signal.SIGINT), (143, 130), strict=True))
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


@pytest.fixture(scope="module")
def quick(command, study_config, tmp_path_factory) -> Path:
    """Return a finished run of two epochs."""
    runs = tmp_path_factory.mktemp("quick")
    assert command(*fit_words(study_config, runs, "--trainer.max_epochs", "2")).code == 0
    return runs / "small" / "version_0"


@pytest.fixture
def own(quick, tmp_path) -> Path:
    return shutil.copytree(quick, tmp_path / "small" / "version_0")


def test_a_run_killed_before_its_first_checkpoint_begins_at_the_start(command, quick, own):
    best = own / "checkpoints" / "best.ckpt"
    (own / "checkpoints" / "last.ckpt").unlink()
    torch.save({**torch.load(best, weights_only=True), "epoch": 0}, best)  # as where it died between the two
    (own / "metrics.json").unlink()
    said = command("fit", "--resume", own)
    assert (said.code, said.err) == (0, "")
    assert_same_run(own, quick)
    assert (own / "metrics.json").read_bytes() == (quick / "metrics.json").read_bytes()


def test_a_run_whose_last_checkpoint_was_removed_keeps_its_best(command, own):
    best = own / "checkpoints" / "best.ckpt"
    (own / "checkpoints" / "last.ckpt").unlink()
    before = {path: path.read_bytes() for path in own.rglob("*") if path.is_file()}
    content = torch.load(best, weights_only=True)
    torch.save({**content, "epoch": 1}, best)
    before[best] = best.read_bytes()
    said = command("fit", "--resume", own)
    assert (said.code, said.err.count("\n")) == (2, 1)
    assert "last.ckpt is gone, and best.ckpt is of epoch 2: bring back a copy of last.ckpt, or remove" in said.err
    assert {path: path.read_bytes() for path in own.rglob("*") if path.is_file()} == before


def test_a_finished_run_is_resumed_without_a_word_of_complaint_and_stays(command, own):
    before = {path: path.read_bytes() for path in own.rglob("*.ckpt")}
    said = command("fit", "--resume", own)
    assert (said.code, said.err) == (0, "")
    assert "2 epochs are trained: --trainer.max_epochs must be more to go on, got 2" in said.out
    assert {path: path.read_bytes() for path in own.rglob("*.ckpt")} == before


def test_a_run_that_stopped_early_stays_so_until_it_gets_more_patience(command, study_config, tmp_path):
    hasty = ["--model.learning_rate", "0.1", "--early_stopping.patience", "2", "--trainer.max_epochs", "80"]
    assert command("fit", "--config", study_config, "--runs", tmp_path, *hasty).code == 0
    run = tmp_path / "small" / "version_0"
    epochs = checkpoint_of(run, "last")["epoch"]
    assert epochs < 79
    said = command("fit", "--resume", run)
    assert (said.code, checkpoint_of(run, "last")["epoch"]) == (0, epochs), said.err
    assert "training has ended early (patience exhausted): a longer --early_stopping.patience goes on" in said.out
    assert command("fit", "--resume", run, "--early_stopping.patience", "4").code == 0
    assert checkpoint_of(run, "last")["epoch"] > epochs


@pytest.mark.parametrize("name", ["last", "best"])
def test_a_checkpoint_with_a_changed_byte_is_refused_or_the_same(command, quick, own, name):
    path, whole = own / "checkpoints" / f"{name}.ckpt", checkpoint_of(quick, name)
    content, refused = path.read_bytes(), 0
    for place in np.random.default_rng(3).integers(2, len(content), 12):
        path.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
        said = command("fit", "--resume", own, "--trainer.max_epochs", "2")
        if said.code == 2:
            assert f"{name}.ckpt is damaged" in said.err
            assert len(said.err.splitlines()) == 1
            refused += 1
        else:
            assert same(checkpoint_of(own, name)["state_dict"], whole["state_dict"])
    assert refused > 6
    path.write_bytes(content[: len(content) // 2])
    assert f"{name}.ckpt is damaged" in command("fit", "--resume", own).err


@pytest.mark.parametrize("word", ["fit", "study"])
def test_a_run_in_which_another_process_trains_is_left_alone(command, own, word):
    before = sorted(own.rglob("*"))
    with RunFolder(own).locked():
        said = command(word, "--resume", own, "--trainer.max_epochs", 3)
    assert (said.code, said.err.count("\n")) == (2, 1)
    assert f"{own} is in use: another process trains in it" in said.err
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


def test_a_file_too_large_for_the_disk_leaves_what_was_there(study_config, own, tmp_path, ended):
    before = {path: path.read_bytes() for path in own.rglob("*.ckpt")}
    size = max(len(content) for content in before.values())

    def little_room() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size - 1000, size - 1000))
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

    words = ["fit", "--resume", own, "--trainer.max_epochs", "4"]
    process = start(*words, cwd=tmp_path, preexec_fn=little_room)
    ended.append(process)
    code, _, err = finish(process)
    assert code == 2
    assert re.fullmatch(r"error: \S+\.ckpt can't be written: File too large; allow larger files\n", err), err
    assert {path: path.read_bytes() for path in own.rglob("*.ckpt")} == before
