"""Commands that are killed 200 times, stopped in each stage, without room or among several processes."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import zipfile
from functools import partial
from io import StringIO
from pathlib import Path

import pandas as pd
import pytest
import yaml

from tests.processes import CLI, ENVIRONMENT, Forked, finish, run_forked, wait_for
from tests.runs import checkpoint_of
from tests.test_interruptions import (
    LONG,
    SHORT,
    VARIANTS,
    assert_same_run,
    content_of,
    fit_words,
    kill_at_random_moments,
    little_room,
    words_of,
)

KILLS = 10 if os.environ.get("GREENLIGHT_SOAK") == "short" else 70
"""How often training of each variant is killed."""


@pytest.mark.parametrize("variant", VARIANTS)
def test_training_killed_at_any_moment_ends_where_an_undisturbed_one_does(study_config, undisturbed, tmp_path, variant):
    kill_at_random_moments(variant, KILLS, study_config, tmp_path, undisturbed(variant))


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


def test_a_folder_that_may_not_be_written_is_reported_in_a_line(study_config, quick):
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
            for words, message in [
                (["fit", "--config", open_config, "--runs", here, *table], f"{run.with_name('version_1')} {denied}"),
                (["study", "--config", open_config, "--runs", here / "a", *table], f"{here}/a/small {denied}"),
                (["tune", "--config", open_config, "--runs", here, *table, *SEARCH], f"{here}/small-tune {denied}"),
                (["fit", "--resume", run, "--trainer.max_epochs", "3", *table], f"{run}/config.yaml {denied}"),
                (["test", "--run", run, "--trainer.logger", "false", *table], f"{run}/metrics.json {denied}"),
            ]:
                code, _, err = run_forked(*words, cwd=here, before=nobody)
                assert code == 2
                assert re.fullmatch(rf"error: {message}; write elsewhere, or allow it\n", err), (words, err)
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
    assert run_forked(*study_words(study_config, runs), cwd=runs)[::2] == (0, "")
    return runs / "small" / "version_0"


def study_words(config: Path, runs: Path, *options: str) -> list[str]:
    return ["study", *fit_words(config, runs, "--trainer.max_epochs", "2", "--report", "true", *options)[1:]]


@pytest.mark.parametrize("name", ["Permu_importance_df.csv", "contributions.parquet", "importance.png"])
def test_importances_without_room_leave_those_that_were_there(studied, tmp_path, name):
    own = shutil.copytree(studied, tmp_path / "small" / "version_0")
    before = content_of(own)
    room = (own / name).stat().st_size - 100
    words = ["importance", "--run", own, "--n_repeats", "3", "--trainer.logger", "false"]
    code, _, err = run_forked(*words, cwd=tmp_path, before=partial(little_room, room))
    assert code == 2
    assert re.fullmatch(r"error: \S+ can't be written: File too large; allow larger files\n", err), err
    assert content_of(own) == before


def test_a_study_without_room_for_its_report_keeps_all_else_and_goes_on_when_there_is(study_config, studied, tmp_path):
    run, room = tmp_path / "small" / "version_0", (studied / "report.html").stat().st_size - 100
    assert all(path.stat().st_size < room for path in studied.rglob("*") if path.name != "report.html")
    code, _, err = run_forked(*study_words(study_config, tmp_path), cwd=tmp_path, before=partial(little_room, room))
    assert (code, err) == (2, f"error: {run}/report.html can't be written: File too large; allow larger files\n")

    def kinds(folder: Path) -> list[str]:
        return [name for name in whole_files(folder) if not name.startswith("events.")]

    assert kinds(run) == [name for name in kinds(studied) if name != "report.html"]
    assert run_forked("study", "--resume", run, cwd=tmp_path)[::2] == (0, "")
    assert kinds(run) == kinds(studied)


def test_a_full_disk_is_reported_in_a_line_and_leaves_whole_files(study_config, tmp_path):
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


def test_a_search_in_which_another_process_works_is_joined(study_config, tmp_path, ended):
    words = ["tune", "--config", study_config, "--runs", tmp_path, *SEARCH, *SHORT[:2], *LONG]
    folder = tmp_path / "small-tune" / "version_0"
    for trial, command in enumerate([words, ["tune", "--resume", folder]]):
        process = Forked(*command, cwd=tmp_path)
        ended.append(process)
        wait_for(process, lambda trial=trial: list(folder.glob(f"trial_{trial}/events.*")))
    assert not list(folder.glob("trial_2"))
    then = f"go on with: python cli.py tune --resume {folder}"
    for process in ended:
        process.send_signal(signal.SIGTERM)
        assert finish(process)[::2] == (143, f"stopped; 0 of 3 trials are finished; {then}\n")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_command_stopped_while_it_reads_the_table_leaves_nothing(study_config, tmp_path, ended, number):
    if not Path("/proc/self/fd").is_dir():
        pytest.skip("the system doesn't list the files that a process has open")
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
        except OSError:  # a file was closed, or the process is gone
            return False
        return table in opened

    wait_for(process, reads)
    process.send_signal(number)
    assert finish(process)[::2] == (128 + number, "stopped\n")
    assert list(here.iterdir()) == []


STAGES = {
    "importance is measured": (
        ["--permutation_importance.estimator", "shuffle", "--permutation_importance.n_repeats", "20000"],
        *("checkpoints/last.ckpt", 1.5, {"report.html", "artifacts/ridge.npz"}),
    ),
    "classical models are fitted": (
        ["--compare.models", "[ridge,knn,boosting]", "--compare.grid", "true"],
        *("importance.json", 0.05, {"report.html", "leaderboard.csv"}),
    ),
    "the report is written": ([], "artifacts/ridge.npz", 0.05, {"report.html"}),
}
"""What makes a stage of a study long, the file that tells of it, seconds from there on, and what is not there yet."""


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_study_stopped_after_training_keeps_what_is_whole_and_goes_on(study_config, tmp_path, ended, stage, number):
    options, sign, wait, missing = STAGES[stage]
    run = tmp_path / "small" / "version_0"
    process = Forked(*study_words(study_config, tmp_path, *options), cwd=tmp_path)
    ended.append(process)
    wait_for(process, (run / sign).is_file)
    time.sleep(wait)
    process.send_signal(number)
    assert finish(process)[::2] == (128 + number, f"stopped; go on with: python cli.py study --resume {run}\n")
    left = whole_files(run)
    assert checkpoint_of(run, "last")["epoch"] == 1
    assert missing & set(left) == set()
    if stage == "importance is measured":
        assert json.loads((run / "importance.json").read_text(encoding="utf-8"))["missing"] > 0
        assert set(json.loads((run / "metrics.json").read_text(encoding="utf-8"))["models"]) == {"mean", "mlp"}
    assert run_forked("study", "--resume", run, "--permutation_importance.n_repeats", "3", cwd=tmp_path)[::2] == (0, "")
    assert {"report.html", "leaderboard.csv", "importance.json"} <= set(whole_files(run))


SLURM = {"JOB_ID": "4711", "JOB_NAME": "films", "NODELIST": "127.0.0.1", "NTASKS": "1", "NTASKS_PER_NODE": "1"}
SLURM |= {"NNODES": "1", "NODEID": "0", "PROCID": "0", "LOCALID": "0"}


def in_a_job() -> None:
    os.environ.update({f"SLURM_{name}": value for name, value in SLURM.items()})


def test_a_job_of_slurm_takes_no_foreign_checkpoint(study_config, quick, tmp_path):
    here = tmp_path / "here"
    here.mkdir()
    shutil.copy(quick / "checkpoints" / "last.ckpt", here / "hpc_ckpt_7.ckpt")
    words = fit_words(study_config, here, "--trainer.max_epochs", "2")
    assert run_forked(*words, cwd=here, before=in_a_job)[::2] == (0, "")
    assert_same_run(here / "small" / "version_0", quick)


def test_a_job_of_slurm_leaves_no_checkpoint_outside_its_run(study_config, undisturbed, tmp_path, ended):
    here = tmp_path / "here"
    here.mkdir()
    run = here / "small" / "version_0"
    process = Forked(*words_of("a schedule", study_config, here), cwd=here, before=in_a_job)
    ended.append(process)
    wait_for(process, (run / "checkpoints" / "last.ckpt").is_file)
    process.send_signal(signal.SIGUSR1)  # at which Lightning would write a checkpoint, and go on
    assert finish(process)[::2] == (-signal.SIGUSR1, "")
    assert [path.name for path in here.iterdir()] == ["small"]
    assert run_forked("fit", "--resume", run, cwd=here, before=in_a_job)[::2] == (0, "")
    assert_same_run(run, undisturbed("a schedule").path)
