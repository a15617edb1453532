"""Processes that run some at a time: how many, what ends them, and what is said of those that fail."""

import os
import time
from pathlib import Path

import pytest
from rich.console import Console

from greenlight_films.studies.workers import ONE_THREAD, Work, most_workers, run_all

WRITE_TIMES = """
import pathlib, sys, time
begin = time.time()
time.sleep(0.3)
pathlib.Path(sys.argv[1], "times").write_text(f"{begin} {time.time()}")
"""


@pytest.fixture
def folders(tmp_path) -> dict[str, Path]:
    """Return the folders of four processes."""
    folders = {f"seed {number}": tmp_path / str(number) for number in range(4)}
    for folder in folders.values():
        folder.mkdir()
    return folders


@pytest.fixture
def processes(folders):
    """Return what makes processes of some Python, each with its folder."""

    def make(code: str, **environment: str) -> dict[str, Work]:
        return {
            name: Work(code, [str(folder)], folder / "log.txt", {**ONE_THREAD, **environment})
            for name, folder in folders.items()
        }

    return make


def ends(processes: dict[str, Work], at_once: int = 4) -> dict[str, str]:
    """Return how each process ended."""
    problems: dict[str, str] = {}
    run_all(processes, at_once, Console(quiet=True), dict, problems.__setitem__)
    return problems


def test_two_at_a_time_are_never_three(processes, folders):
    assert ends(processes(WRITE_TIMES), 2) == dict.fromkeys(folders, "")
    times = [tuple(map(float, (folder / "times").read_text().split())) for folder in folders.values()]
    at_once = [sum(begin <= start < end for begin, end in times) for start, _ in times]
    assert max(at_once) == 2


def test_a_process_has_one_thread_and_its_folder_and_leaves_no_log_if_all_went_well(processes, folders):
    own = "os.environ['OMP_NUM_THREADS'] == os.environ['OWN'] and os.path.isdir(sys.argv[1])"
    code = f"import os, sys; sys.exit(not ({own}))"
    assert ends(processes(code, OWN="1")) == dict.fromkeys(folders, "")
    assert not any((folder / "log.txt").exists() for folder in folders.values())


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
def test_what_went_wrong_is_said_in_a_sentence(processes, folders, code, problem):
    assert ends(processes(code)) == {name: problem.format(folder=folder) for name, folder in folders.items()}


def test_what_is_raised_at_an_end_ends_all(processes):
    ended: list[str] = []

    def on_end(name: str, problem: str) -> None:
        ended.append(name)
        raise KeyboardInterrupt

    code = "import sys, time; time.sleep(60 * (sys.argv[1][-1] != '0'))"
    start = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        run_all(processes(code), 4, Console(quiet=True), dict, on_end)
    assert ended == ["seed 0"]
    assert time.monotonic() - start < 5


def test_a_process_begins_anew_where_its_end_says_so(processes):
    ended: list[str] = []

    def on_end(name: str, problem: str) -> bool:
        ended.append(name)
        return len(ended) < 3

    run_all({"a": processes("")["seed 0"]}, 1, Console(quiet=True), dict, on_end)
    assert ended == ["a"] * 3


def test_as_many_as_cores_are_made_at_a_time_but_not_more_than_memory_holds():
    assert 1 <= most_workers(0) <= (os.cpu_count() or 1)
    assert most_workers(10**15) == 1
