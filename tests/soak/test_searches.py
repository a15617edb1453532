"""Searches of several processes and commands: the trials of one, whatever is killed."""

import os
import re
import signal
from functools import partial
from pathlib import Path

import pandas as pd
import pytest

from tests.commands.test_tune import STOP, came_to, config, trials_of, tune, tuned
from tests.processes import Forked, ending, finish, run_forked, wait_for

__all__ = ["config", "tune", "tuned"]


def path_of(folder: Path, version: int = 0) -> Path:
    return folder / "runs" / "small-tune" / f"version_{version}"


def by_number(trials: pd.DataFrame) -> str:
    """Return what does not depend on the time a trial took, nor on which trials ended before it."""
    return came_to(trials.sort_values("number"))


def test_two_workers_train_what_one_process_trains(tuned, config, tmp_path):
    code, out, err = run_forked("tune", "--config", config, "--workers", 2, cwd=tmp_path)
    assert (code, err) == (0, "")
    assert "4 trials by val/loss, 4 to train, 2 at a time" in out
    assert came_to(trials_of(path_of(tmp_path))) == came_to(tuned.trials)
    assert (path_of(tmp_path) / "best.yaml").is_file()
    assert not list(path_of(tmp_path).glob("worker_*.txt"))


@pytest.fixture
def stopping(tmp_path, monkeypatch) -> list[object]:
    """Return the options of a callback that kills the process of trial 2."""
    (tmp_path / "stopping.py").write_text(STOP)
    monkeypatch.syspath_prepend(tmp_path)  # of the forked process, which rehearses
    words = ["--trainer.callbacks+", "stopping.Stop", "--trainer.callbacks.signal", int(signal.SIGKILL)]
    return [*words, "--trainer.callbacks.marker", tmp_path / "stopped", "--allow_any_class"]


def find_modules_in(folder: Path) -> None:
    os.environ["PYTHONPATH"] = str(folder)


def test_the_trial_of_a_killed_worker_is_a_failed_one_and_the_others_are_trained(tuned, config, tmp_path, stopping):
    code, out, err = run_forked(
        "tune", "--config", config, "--workers", 2, *stopping, cwd=tmp_path, before=partial(find_modules_in, tmp_path)
    )
    assert (code, err) == (0, "")
    trials = trials_of(path_of(tmp_path))
    assert sorted(trials["state"]) == ["complete"] * 3 + ["failed"]
    failed = trials[trials["state"] == "failed"].iloc[0]
    assert (failed["number"], failed["problem"].split(",")[0]) == (2, "it was killed")
    assert re.search(r"trial 2: .*: failed, it was killed, for lack of memory", out)
    whole = tuned.trials[tuned.trials["number"] != 2].drop(columns="problem")
    assert by_number(trials.drop(index=failed.name).drop(columns="problem")) == by_number(whole)


def test_ctrl_c_ends_all_workers_and_the_search_goes_on(tuned, config, tmp_path):
    path = path_of(tmp_path)
    with ending() as processes:
        processes.append(process := Forked("tune", "--config", config, "--workers", 2, cwd=tmp_path))
        wait_for(process, lambda: (path / "trials.csv").is_file())
        process.send_signal(signal.SIGINT)
        code, _, err = finish(process)
    assert code == 130
    assert re.match(r"stopped; [1-4] of 4 trials are finished; go on with: python cli.py tune --resume runs/sma", err)
    assert run_forked("tune", "--resume", path, "--workers", 2, cwd=tmp_path)[0] == 0
    assert by_number(trials_of(path)) == by_number(tuned.trials)


@pytest.mark.parametrize("storage", ["sqlite:///searches.db", "shared.journal"])
def test_two_commands_with_one_storage_share_the_trials(tuned, config, tmp_path, storage):
    with ending() as processes:
        processes += [Forked("tune", "--config", config, "--storage", storage, cwd=tmp_path) for _ in range(2)]
        answers = [finish(process) for process in processes]
    assert [(code, err) for code, _, err in answers] == [(0, "")] * 2
    trained = (tmp_path / "runs" / "small-tune").glob("*/trial_*")
    assert sorted(path.name for path in trained) == [f"trial_{number}" for number in range(4)]
    for version in range(2):
        assert by_number(trials_of(path_of(tmp_path, version))) == by_number(tuned.trials)
        assert (path_of(tmp_path, version) / "best.yaml").is_file()
