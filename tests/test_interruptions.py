"""Commands that are killed, stopped, left without room or raced, as whole processes: what was complete stays so, and
goes on to where one that nobody disturbed ends."""

import json
import os
import platform
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from io import StringIO
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch
import yaml
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from greenlight_films.studies.run_folder import RunFolder
from tests.processes import CLI, ENVIRONMENT, Forked, Started, ending, finish, fork_server, start, wait_for
from tests.runs import checkpoint_of

KILLS = int(os.environ.get("GREENLIGHT_KILLS", "20"))
"""How often training is killed, over all variants; GREENLIGHT_KILLS=200 takes some minutes."""

VARIANTS = {
    "one network": ["--trainer.max_epochs", "20", "--model.schedule", "cosine"],
    "members, accumulation": [
        *("--trainer.max_epochs", "20", "--model.members", "2", "--trainer.accumulate_grad_batches", "3"),
        *("--trainer.gradient_clip_val", "1.0"),
    ],
}
SHORT = ["--data.batch_size", "8", "--early_stopping.patience", "9"]
LONG = ["--trainer.max_epochs", "100000", "--early_stopping.patience", "100000"]


@pytest.fixture(scope="module", autouse=True)
def server() -> Iterator[None]:
    with fork_server():
        yield


def fit_words(config: Path, runs: Path, *options: str) -> list[str]:
    return ["fit", "--config", str(config), "--runs", str(runs), *SHORT, *options]


def training_begins(process: Started, run: Path, before: set[Path]) -> None:
    """Wait until a process writes curves of its own, or ends."""
    wait_for(process, lambda: set(run.glob("events.*")) - before)


def a_checkpoint_is_written(process: Started, run: Path) -> None:
    """Wait until there is a checkpoint beside its name, or the process ends."""
    wait_for(process, lambda: any((run / "checkpoints").glob(f".*.ckpt.{process.pid}@*")), pause=0)


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
def undisturbed(study_config, tmp_path_factory) -> Callable[[str], SimpleNamespace]:
    """Return what trains a variant in one go, and returns its run and the seconds from its first curve to its end."""
    done: dict[str, SimpleNamespace] = {}

    def run(variant: str) -> SimpleNamespace:
        if variant not in done:
            runs = tmp_path_factory.mktemp("whole")
            path = runs / "small" / "version_0"
            process = Forked(*fit_words(study_config, runs, *VARIANTS[variant]), cwd=runs)
            training_begins(process, path, set())
            begun = time.monotonic()
            code, _, err = finish(process)
            assert (code, err) == (0, "")
            done[variant] = SimpleNamespace(path=path, seconds=time.monotonic() - begun)
        return done[variant]

    return run


@pytest.fixture
def ended() -> Iterator[list[Started]]:
    """Return a list of processes that are killed, with their children, if a test leaves them."""
    with ending() as processes:
        yield processes


@pytest.mark.parametrize("variant", VARIANTS)
def test_training_killed_at_any_moment_ends_where_an_undisturbed_one_does(
    study_config, undisturbed, tmp_path, variant, ended
):
    whole = undisturbed(variant)
    random = np.random.default_rng([20261122, list(VARIANTS).index(variant)])
    kills, place, in_training, in_writing, epochs, started = 0, 0, 0, 0, [], time.monotonic()
    while kills < -(-KILLS // len(VARIANTS)):
        runs = tmp_path / str(place)
        run = runs / "small" / "version_0"
        begun = (run / "config.yaml").is_file()
        before = set(run.glob("events.*"))
        words = ["fit", "--resume", run] if begun else fit_words(study_config, runs, *VARIANTS[variant])
        shutil.rmtree(runs, ignore_errors=True) if not begun else None
        process = (Forked if kills else start)(*words, cwd=tmp_path)
        ended.append(process)
        training_begins(process, run, before)
        time.sleep(random.uniform(0, whole.seconds / 2))
        if kills % 4 == 3:
            a_checkpoint_is_written(process, run)
        if process.poll() is None:
            process.kill()
            kills += 1
            finish(process)
            in_training += (run / "checkpoints" / "best.ckpt").is_file()
            in_writing += any((run / "checkpoints").glob(f".*.ckpt.{process.pid}@*"))
            epochs.append(checkpoint_of(run, "last")["epoch"] if (run / "checkpoints" / "last.ckpt").is_file() else -1)
        else:
            code, _, err = finish(process)
            assert (code, err) == (0, "")
            assert_same_run(run, whole.path)
            place += 1
    if (run / "config.yaml").is_file():
        code, _, err = finish(Forked("fit", "--resume", run, cwd=tmp_path))
        assert (code, err) == (0, "")
        assert_same_run(run, whole.path)
    said = f"{variant}: {kills} kills, {in_training} in training, {in_writing} with a checkpoint half written"
    print(f"{said}, after {len(set(epochs))} different epochs, {place} whole runs, {time.monotonic() - started:.0f} s")
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
    last = run / "checkpoints" / "last.ckpt"
    for begin in (start, Forked):
        before = last.stat().st_mtime_ns if last.exists() else 0
        process = begin(*words, cwd=tmp_path)
        ended.append(process)
        # After an epoch of its own, with most of them still to come.
        wait_for(process, lambda before=before: last.exists() and last.stat().st_mtime_ns != before)
        process.send_signal(number)
        stopped, out, err = finish(process)
        assert (stopped, err) == (code, f"stopped; go on with: python cli.py fit --resume {run}\n"), out
        steps.append(checkpoint_of(run, "last")["global_step"])
        words = ["fit", "--resume", str(run)]
    assert 0 < steps[0] < steps[1]
    finished, _, err = finish(Forked(*words, cwd=tmp_path))
    assert (finished, err) == (0, "")
    assert_same_run(run, whole.path)


@pytest.fixture(scope="module")
def quick(command, study_config, tmp_path_factory) -> Path:
    """Return a finished run of two epochs."""
    runs = tmp_path_factory.mktemp("quick")
    assert command(*fit_words(study_config, runs, "--trainer.max_epochs", "2")).code == 0
    return runs / "small" / "version_0"


@pytest.fixture
def own(quick, tmp_path) -> Path:
    return shutil.copytree(quick, tmp_path / "small" / "version_0")


def test_the_checkpoint_that_a_run_goes_on_from_is_written_behind_the_best_one(quick):
    best, last = ((quick / "checkpoints" / f"{name}.ckpt").stat().st_mtime_ns for name in ("best", "last"))
    assert checkpoint_of(quick, "best")["epoch"] == checkpoint_of(quick, "last")["epoch"]
    assert best < last


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


@pytest.mark.parametrize("loss", [{"summed": torch.tensor(1), "films": 13}, {"summed": torch.ones(1), "films": 2**70}])
def test_a_loss_that_is_no_sum_is_refused(command, own, loss):
    path = own / "checkpoints" / "last.ckpt"
    torch.save({**torch.load(path, weights_only=True), "train_loss": loss}, path)
    said = command("fit", "--resume", own, "--trainer.max_epochs", "3")
    assert said.code == 2
    assert "its entries were changed: TypeError: train_loss must be a sum of each device and a count" in said.err


def test_a_packed_checkpoint_is_refused(command, own):
    path = own / "checkpoints" / "best.ckpt"
    with zipfile.ZipFile(path) as parts:
        contents = {name: parts.read(name) for name in parts.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as parts:
        for name, content in contents.items():
            parts.writestr(name, content)
    assert same(torch.load(path, weights_only=True)["epoch"], 1)
    assert "best.ckpt is damaged: its bytes are not those that were written" in command("test", "--run", own).err


@pytest.mark.parametrize("gone", ["removed", "elsewhere"])
def test_a_run_whose_checkpoints_are_gone_is_not_trained_anew(command, own, tmp_path, gone):
    if gone == "removed":
        assert command("test", "--run", own).code == 0
    shutil.rmtree(own / "checkpoints")
    if gone == "elsewhere":
        (own / "checkpoints").symlink_to(tmp_path / "unmounted")
    before = {path: path.read_bytes() for path in own.rglob("*") if path.is_file()}
    said = command("fit", "--resume", own, "--trainer.max_epochs", 3)
    assert said.code == 2
    assert "last.ckpt does not exist: no epoch was finished, or it was removed; train anew with" in said.err
    assert {path: path.read_bytes() for path in own.rglob("*") if path.is_file()} == before


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


def little_room(size: int) -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)


def test_a_file_too_large_for_the_disk_leaves_what_was_there(study_config, own, tmp_path, ended):
    before = {path: path.read_bytes() for path in own.rglob("*.ckpt")}
    size = max(len(content) for content in before.values())

    words = ["fit", "--resume", own, "--trainer.max_epochs", "4"]
    process = Forked(*words, cwd=tmp_path, before=partial(little_room, size - 1000))
    ended.append(process)
    code, _, err = finish(process)
    assert code == 2
    assert re.fullmatch(r"error: \S+\.ckpt can't be written: File too large; allow larger files\n", err), err
    assert {path: path.read_bytes() for path in own.rglob("*.ckpt")} == before


def whole_files(run: Path) -> list[str]:
    """Return the names of a run's files, all of which can be read to their end."""
    readers = {
        ".json": json.loads,
        ".yaml": yaml.safe_load,
        ".csv": lambda text: pd.read_csv(StringIO(text)),
        ".html": lambda text: text.rstrip().endswith("</html>") or pytest.fail("half a page"),
    }
    paths = sorted(path for path in run.rglob("*") if path.is_file())
    for path in paths:
        if path.suffix in readers:
            readers[path.suffix](path.read_text(encoding="utf-8"))
        elif path.suffix in (".ckpt", ".npz"):
            assert zipfile.ZipFile(path).testzip() is None, path
        elif path.suffix == ".parquet":
            pd.read_parquet(path)
    names = [path.relative_to(run).as_posix() for path in paths]
    assert [name for name in names if name.rpartition("/")[2].startswith(".")] == []
    return names


def nobody() -> None:
    """Be a user who owns nothing; root may write anywhere."""
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)


def test_a_folder_that_may_not_be_written_is_told_in_a_line(study_config, quick, ended):
    # The folders of `tmp_path` are hidden from others than their owner.
    with tempfile.TemporaryDirectory() as name:
        here = Path(name)
        shutil.copytree(quick, here / "small" / "version_0")
        (here / "films.csv").write_bytes(study_config.with_name("films.csv").read_bytes())
        for path in [here, *here.rglob("*")]:
            path.chmod(0o555 if path.is_dir() else 0o444)
        run, table = here / "small" / "version_0", ["--data.table", here / "films.csv"]
        before = {path: path.stat().st_mtime_ns for path in here.rglob("*")}
        open_config = here.with_name(f"{here.name}.yaml")
        open_config.write_bytes(study_config.read_bytes())
        denied = "can't be written: Permission denied"
        try:
            for words, told in [
                (["fit", "--config", open_config, "--runs", here, *table], f"{run.with_name('version_1')} {denied}"),
                (["study", "--config", open_config, "--runs", here / "a", *table], f"{here}/a/small {denied}"),
                (["tune", "--config", open_config, "--runs", here, *table, *SEARCH], f"{here}/small-tune {denied}"),
                (["fit", "--resume", run, "--trainer.max_epochs", "3", *table], rf"Permission denied: {run}/events\S+"),
                (["test", "--run", run, "--trainer.logger", "false", *table], f"{run}/metrics.json {denied}"),
            ]:
                process = Forked(*words, cwd=here, before=nobody)
                ended.append(process)
                code, _, err = finish(process)
                assert code == 2
                assert re.fullmatch(rf"error: {told}; write elsewhere, or allow it\n", err), (words, err)
        finally:
            open_config.unlink()
            for path in [here, *here.rglob("*")]:
                path.chmod(0o755)
        assert {path: path.stat().st_mtime_ns for path in here.rglob("*")} == before


def test_a_run_whose_folder_is_removed_while_it_trains_ends_in_a_line(study_config, tmp_path, ended):
    run = tmp_path / "small" / "version_0"
    process = Forked(*fit_words(study_config, tmp_path, *LONG), cwd=tmp_path)
    ended.append(process)
    wait_for(process, (run / "checkpoints" / "last.ckpt").is_file)
    shutil.rmtree(run.parent, ignore_errors=True)
    shutil.rmtree(run.parent, ignore_errors=True)  # what was written meanwhile
    code, _, err = finish(process)
    assert (code, err.count("\n")) == (2, 1), err
    assert "its folder is gone: leave it in place while a command writes into it" in err
    assert list(tmp_path.iterdir()) == []


SEARCH = ["--search.space", "{model.learning_rate: [0.01, 0.011, 0.012]}"]


@pytest.fixture(scope="module")
def studied(study_config, tmp_path_factory) -> Path:
    """Return a finished study of two epochs."""
    runs = tmp_path_factory.mktemp("studied")
    code, _, err = finish(Forked(*study_words(study_config, runs), cwd=runs))
    assert (code, err) == (0, "")
    return runs / "small" / "version_0"


def study_words(config: Path, runs: Path, *options: str) -> list[str]:
    return ["study", *fit_words(config, runs, "--trainer.max_epochs", "2", "--report", "true", *options)[1:]]


@pytest.mark.parametrize("name", ["Permu_importance_df.csv", "contributions.parquet", "importance.png"])
def test_importances_without_room_leave_those_that_were_there(studied, tmp_path, ended, name):
    own = shutil.copytree(studied, tmp_path / "small" / "version_0")
    before = {path: path.read_bytes() for path in own.rglob("*") if path.is_file()}
    room = (own / name).stat().st_size - 100
    words = ["importance", "--run", own, "--n_repeats", "3", "--trainer.logger", "false"]
    process = Forked(*words, cwd=tmp_path, before=partial(little_room, room))
    ended.append(process)
    code, _, err = finish(process)
    assert code == 2
    assert re.fullmatch(r"error: \S+ can't be written: File too large; allow larger files\n", err), err
    assert {path: path.read_bytes() for path in own.rglob("*") if path.is_file()} == before


def test_a_study_without_room_for_its_report_keeps_all_else_and_goes_on_when_there_is(
    study_config, studied, tmp_path, ended
):
    run, room = tmp_path / "small" / "version_0", (studied / "report.html").stat().st_size - 100
    assert all(path.stat().st_size < room for path in studied.rglob("*") if path.name != "report.html")
    process = Forked(*study_words(study_config, tmp_path), cwd=tmp_path, before=partial(little_room, room))
    ended.append(process)
    code, _, err = finish(process)
    assert (code, err) == (2, f"error: {run}/report.html can't be written: File too large; allow larger files\n")

    def kinds(folder: Path) -> list[str]:
        return [name for name in whole_files(folder) if not name.startswith("events.")]

    assert kinds(run) == [name for name in kinds(studied) if name != "report.html"]
    code, _, err = finish(Forked("study", "--resume", run, cwd=tmp_path))
    assert (code, err) == (0, "")
    assert kinds(run) == kinds(studied)


def test_a_full_disk_is_told_in_a_line_and_leaves_whole_files(study_config, tmp_path):
    script = """mount -t tmpfs -o size=150k none "$1"; shift
    "$@"; code=$?; df . | tail -1; cp -a runs/. kept; exit $code"""
    (tmp_path / "runs").mkdir()
    line = [*("unshare", "-rm", "sh", "-c", script, "sh", tmp_path / "runs", sys.executable, CLI)]
    if not shutil.which("unshare") or subprocess.run(["unshare", "-rm", "true"], check=False).returncode:
        pytest.skip("no file system can be made here")
    words = study_words(study_config, Path("runs"), "--report", "false")
    done = subprocess.run([*line, *words], cwd=tmp_path, env=ENVIRONMENT, capture_output=True, text=True, check=False)
    assert done.returncode == 2, done
    assert re.fullmatch(r"error: \S+ can't be written: No space left on device; make room there\n", done.stderr), done
    whole_files(tmp_path / "kept" / "small" / "version_0")


def test_two_runs_started_at_once_get_a_folder_each_and_end_alike(study_config, quick, tmp_path, ended):
    words = fit_words(study_config, tmp_path, "--trainer.max_epochs", "2")
    ended += [Forked(*words, cwd=tmp_path) for _ in range(2)]
    assert [(code, err) for code, _, err in map(finish, ended)] == [(0, ""), (0, "")]
    runs = sorted((tmp_path / "small").iterdir())
    assert [run.name for run in runs] == ["version_0", "version_1"]
    for run in runs:
        assert_same_run(run, quick)


def test_a_search_in_which_another_process_works_is_left_alone(command, study_config, tmp_path, ended):
    words = ["tune", "--config", study_config, "--runs", tmp_path, *SEARCH, *SHORT[:2], *LONG]
    process = Forked(*words, cwd=tmp_path)
    ended.append(process)
    folder = tmp_path / "small-tune" / "version_0"
    wait_for(process, lambda: list(folder.glob("trial_0/events.*")))
    said = command("tune", "--resume", folder)
    assert (said.code, said.err.count("\n")) == (2, 1)
    assert f"{folder} is in use: another process" in said.err
    process.send_signal(signal.SIGTERM)
    code, out, err = finish(process)
    assert (code, err) == (143, "stopped\n")
    assert f"python cli.py tune --resume {folder}" in out


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_command_stopped_while_it_reads_the_table_leaves_nothing(study_config, tmp_path, ended, number, code):
    if not Path("/proc/self/fd").is_dir():
        pytest.skip("which files a process has open is not told here")
    head, *films = study_config.with_name("films.csv").read_bytes().splitlines(keepends=True)
    table = tmp_path / "films.csv"
    table.write_bytes(head + b"".join(films) * 2000)
    here = tmp_path / "here"
    here.mkdir()
    process = Forked(*study_words(study_config, here), "--data.table", table, cwd=here)
    ended.append(process)

    def reads() -> bool:
        try:
            opened = [link.readlink() for link in Path(f"/proc/{process.pid}/fd").iterdir()]
        except OSError:  # one was closed, or the process is gone
            return False
        return table in opened

    wait_for(process, reads)
    process.send_signal(number)
    assert finish(process)[::2] == (code, "stopped\n")
    assert list(here.iterdir()) == []


CLASSICAL = ["--compare.models", "[ridge,knn,boosting]", "--compare.grid", "true"]
STAGES = {
    "importance is measured": (
        ["--permutation_importance.estimator", "shuffle", "--permutation_importance.n_repeats", "20000"],
        "checkpoints/last.ckpt",
        1.5,
        {"report.html", "artifacts/ridge.npz"},
    ),
    "classical models are fitted": (
        CLASSICAL,
        "importance.json",
        0.05,
        {"report.html", "leaderboard.csv"},
    ),
    "the report is written": ([], "artifacts/ridge.npz", 0.05, {"report.html"}),
}
"""What makes a stage of a study long, the file that tells of it, seconds from there on, and what is not there yet."""


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_study_stopped_behind_training_keeps_what_is_whole_and_goes_on(
    study_config, tmp_path, ended, stage, number, code
):
    options, sign, wait, missing = STAGES[stage]
    run = tmp_path / "small" / "version_0"
    process = Forked(*study_words(study_config, tmp_path, *options), cwd=tmp_path)
    ended.append(process)
    wait_for(process, (run / sign).is_file)
    time.sleep(wait)
    process.send_signal(number)
    assert finish(process)[::2] == (code, f"stopped; go on with: python cli.py study --resume {run}\n")
    left = whole_files(run)
    assert checkpoint_of(run, "last")["epoch"] == 1
    assert missing & set(left) == set()
    if stage == "importance is measured":
        assert json.loads((run / "importance.json").read_text(encoding="utf-8"))["missing"] > 0
        assert set(json.loads((run / "metrics.json").read_text(encoding="utf-8"))["models"]) == {"mean", "mlp"}
    again = Forked("study", "--resume", run, "--permutation_importance.n_repeats", "3", cwd=tmp_path)
    ended.append(again)
    assert finish(again)[::2] == (0, "")
    assert {"report.html", "leaderboard.csv", "importance.json"} <= set(whole_files(run))


ON_TWO = ["--trainer.max_epochs", "20", "--trainer.devices", "2", "--trainer.strategy", "ddp"]


def test_two_processes_told_to_stop_go_on_to_where_two_undisturbed_ones_end(study_config, tmp_path, ended):
    runs = [tmp_path / name / "small" / "version_0" for name in ("whole", "stopped")]
    ended += [start(*fit_words(study_config, run.parents[1], *ON_TWO), cwd=tmp_path) for run in runs]
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
    then = f"; see what it said, then go on with: python cli.py fit --resume {run}"
    if killed:
        assert (code, err) == (2, f"{lost}{then}\n")
    else:  # the other one speaks unless it sees the first one end, which has told by then what both met
        assert code == -signal.SIGKILL
        assert err in ("", f"{lost}\n")
    assert checkpoint_of(run, "last")["epoch"] >= 0


SLURM = {"JOB_ID": "4711", "JOB_NAME": "films", "NODELIST": "127.0.0.1", "NTASKS": "1", "NTASKS_PER_NODE": "1"}
SLURM |= {"NNODES": "1", "NODEID": "0", "PROCID": "0", "LOCALID": "0"}


def in_a_job() -> None:
    os.environ.update({f"SLURM_{name}": value for name, value in SLURM.items()})


def test_a_job_of_slurm_takes_no_checkpoint_that_lies_about(study_config, quick, tmp_path, ended):
    here = tmp_path / "here"
    here.mkdir()
    shutil.copy(quick / "checkpoints" / "last.ckpt", here / "hpc_ckpt_7.ckpt")
    process = Forked(*fit_words(study_config, here, "--trainer.max_epochs", "2"), cwd=here, before=in_a_job)
    ended.append(process)
    assert finish(process)[::2] == (0, "")
    assert_same_run(here / "small" / "version_0", quick)


def test_a_job_of_slurm_leaves_no_checkpoint_outside_its_run(study_config, undisturbed, tmp_path, ended):
    here, whole = tmp_path / "here", undisturbed("one network").path
    here.mkdir()
    run = here / "small" / "version_0"
    words = fit_words(study_config, here, *VARIANTS["one network"])
    process = Forked(*words, cwd=here, before=in_a_job)
    ended.append(process)
    wait_for(process, (run / "checkpoints" / "last.ckpt").is_file)
    process.send_signal(signal.SIGUSR1)  # at which Lightning would write one, and go on
    assert finish(process)[::2] == (-signal.SIGUSR1, "")
    assert [path.name for path in here.iterdir()] == ["small"]
    process = Forked("fit", "--resume", run, cwd=here, before=in_a_job)
    ended.append(process)
    assert finish(process)[::2] == (0, "")
    assert_same_run(run, whole)
