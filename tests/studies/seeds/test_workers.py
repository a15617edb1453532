"""Runs in processes of their own: how many at a time, what ends them, and what is said of those that fail."""

import os
import signal
import time
from pathlib import Path

import pytest
from rich.console import Console

from greenlight_films.studies.run_folder import RunFolder
from greenlight_films.studies.seeds import workers
from greenlight_films.studies.seeds.results import Spread
from greenlight_films.studies.seeds.workers import most_workers, run_all
from tests.processes import Forked, ending, finish, wait_for
from tests.runs import metrics_of

WRITE_TIMES = """
import pathlib, sys, time
begin = time.time()
time.sleep(0.3)
pathlib.Path(sys.argv[1], "times").write_text(f"{begin} {time.time()}")
"""


@pytest.fixture
def folders(tmp_path) -> dict[str, RunFolder]:
    """Return folders of four runs."""
    for number in range(4):
        (tmp_path / str(number)).mkdir()
    return {f"seed {number}": RunFolder(tmp_path / str(number)) for number in range(4)}


@pytest.fixture
def ends(folders, monkeypatch):
    """Return what runs some Python in place of a study, and returns how each process ended."""

    def run(code: str, at_once: int = 4) -> dict[str, str]:
        monkeypatch.setattr(workers, "START", code)
        problems: dict[str, str] = {}
        run_all(folders, b"", at_once, Console(quiet=True), problems.__setitem__)
        return problems

    return run


def test_two_at_a_time_are_never_three(ends, folders):
    assert ends(WRITE_TIMES, 2) == dict.fromkeys(folders, "")
    times = [tuple(map(float, (run.path / "times").read_text().split())) for run in folders.values()]
    at_once = [sum(begin <= start < end for begin, end in times) for start, _ in times]
    assert max(at_once) == 2


def test_a_process_has_one_thread_and_its_folder_and_leaves_no_log_if_all_went_well(ends, folders):
    code = "import os, sys; sys.exit(not (os.environ['OMP_NUM_THREADS'] == '1' and os.path.isdir(sys.argv[1])))"
    assert ends(code) == dict.fromkeys(folders, "")
    assert not any((run.path / "log.txt").exists() for run in folders.values())


@pytest.mark.parametrize(
    ("code", "problem"),
    [
        ("import sys; print('error: no column\\n  yeer', file=sys.stderr); sys.exit(2)", "no column\n  yeer"),
        ("{}['key']", "KeyError: 'key'; its output: {folder}/log.txt"),
        ("import os; os._exit(7)", "it ended with code 7; its output: {folder}/log.txt"),
        (
            "import os; os.kill(os.getpid(), 9)",
            "it was killed, for lack of memory as a rule; fewer --workers need less",
        ),
    ],
)
def test_what_went_wrong_is_said_in_a_sentence(ends, folders, code, problem):
    assert ends(code) == {name: problem.format(folder=run.path) for name, run in folders.items()}


def test_what_is_raised_at_an_end_ends_all(folders, monkeypatch):
    monkeypatch.setattr(workers, "START", "import sys, time; time.sleep(60 * (sys.argv[1][-1] != '0'))")
    ended: list[str] = []

    def on_end(name: str, problem: str) -> None:
        ended.append(name)
        raise KeyboardInterrupt

    start = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        run_all(folders, b"", 4, Console(quiet=True), on_end)
    assert ended == ["seed 0"]
    assert time.monotonic() - start < 5


def test_as_many_as_cores_are_made_at_a_time_but_not_more_than_memory_holds():
    assert 1 <= most_workers(0) <= (os.cpu_count() or 1)
    assert most_workers(10**15) == 1


def test_ctrl_c_ends_all_in_two_seconds_and_keeps_the_finished_seed(study_config, seeds, tmp_path):
    path = Path(tmp_path, "runs/small/version_0")
    words = ("study", "--config", study_config, "--runs", tmp_path / "runs", "--seeds", 3, "--workers", 1)
    with ending() as processes:
        processes.append(process := Forked(*words, cwd=tmp_path))
        wait_for(
            process, lambda: (path / "spread.json").is_file() and RunFolder(path).read_json("spread.json")["finished"]
        )
        time.sleep(0.5)
        start = time.monotonic()
        process.send_signal(signal.SIGINT)
        code, out, err = finish(process)
    assert time.monotonic() - start < 4  # two seconds and what a busy machine adds
    assert (code, out.splitlines()[0]) == (130, "small: 3 seeds, 3 to 5; 1 at a time")
    assert err.startswith("stopped; 1 of 3 seeds are finished; go on with: ")
    assert list(Spread(RunFolder(path)).runs) == [3]
    # A process of its own makes the run that this process makes.
    assert metrics_of(path / "seeds/3")["models"] == metrics_of(seeds.path / "seeds/3")["models"]
