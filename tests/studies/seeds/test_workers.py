"""Runs of a study in processes of their own: what ends them, and that they make what this process makes."""

import signal
import time
from pathlib import Path

import pytest

from greenlight_films.studies.run_folder import RunFolder
from greenlight_films.studies.seeds.results import Spread
from tests.processes import Forked, ending, finish, wait_for
from tests.runs import metrics_of


@pytest.mark.slow
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
