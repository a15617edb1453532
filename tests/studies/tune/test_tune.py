"""A search as a function; as a command it is in tests/commands/test_tune.py."""

import os
from contextlib import closing
from io import StringIO

import pytest
from rich.console import Console

from greenlight_films.datamodules.errors import InputError
from greenlight_films.studies.run_folder import RunFolder
from greenlight_films.studies.tune import tune as tune_module
from greenlight_films.studies.tune import worker
from greenlight_films.studies.tune.trial_store import TrialResult
from greenlight_films.studies.tune.tune import device_of, open_search, trial_table, tune

FAILED = TrialResult(9, "failed", {"model.hidden": [1], "model.a, model.b": 9.0}, problem="too much")


def test_a_line_a_trial_has_a_column_for_each_tied_key():
    point = {"model.hidden": [19], "model.a, model.b": 0.1}
    table = trial_table([TrialResult(3, "complete", point, 0.5, {"val/rmse": 0.7}, 12, 3.25), FAILED])
    assert list(table.columns) == [
        *("number", "state", "model.hidden", "model.a", "model.b", "score", "val/rmse", "epochs", "seconds", "problem")
    ]
    assert table["model.hidden"].tolist() == ["[19]", "[1]"]
    assert table["model.b"].tolist() == [0.1, 9.0]
    assert table["problem"].tolist() == ["", "too much"]


def test_a_folder_that_is_no_search_is_refused(study, tmp_path):
    with pytest.raises(InputError, match=r"^--resume must be the folder of a run, such as .* has no config\.yaml"):
        open_search(str(tmp_path))
    with pytest.raises(
        InputError, match=rf"{study.path} has no tune\.journal; .* a run with `python cli\.py fit --resume"
    ):
        open_search(str(study.path))


@pytest.fixture
def in_this_process(monkeypatch):
    """Let workers be calls, one after another; return what becomes of them, by name, where they don't work."""
    ends: dict[str, str] = {}

    def run_all(processes, workers, console, steps, on_end):
        assert len(processes) == workers
        for name, work in processes.items():
            steps()
            if name not in ends:
                assert worker.work(*work.words) == 0
            on_end(name, ends.get(name, ""))

    monkeypatch.setattr(tune_module, "run_all", run_all)
    return ends


@pytest.mark.slow
def test_workers_train_what_is_missing_and_their_trials_are_shown_as_they_end(plan, in_this_process):
    in_this_process.clear()
    console = Console(file=StringIO(), width=200)
    folder, results = tune(plan(), None, console, workers=2)
    assert sorted((result.number, result.state) for result in results) == [(0, "complete"), (1, "complete")]
    printed = console.file.getvalue().splitlines()
    assert printed[0] == "small-tune: 2 trials by val/loss, 2 to train, 2 at a time"
    assert [line[:7] for line in printed[1:]] == ["trial 0", "trial 1"]
    assert {"best.yaml", "trials.csv", "tune.journal"} <= set(os.listdir(folder.path))


def test_a_worker_that_fails_without_a_trial_ends_the_search(plan, in_this_process):
    in_this_process["worker 0"] = "no column yeer"
    with pytest.raises(InputError, match="no column yeer"):
        tune(plan(), None, Console(quiet=True), workers=2)


def test_a_trial_whose_worker_was_killed_is_a_failed_one_and_the_worker_begins_anew(plan, tmp_path):
    folder, three = RunFolder(tmp_path), plan("--search.space", "{model.hidden: [[4], [8], [9]]}")
    with closing(three.open_store(folder)) as store:
        for name in ("worker 0", "worker 1"):
            store.owner |= {"pid": 2**22 + 1, "worker": name}  # no process has it
            store.claim()
        search = tune_module._Run(three, folder, store, Console(quiet=True), 2)
        assert search._on_end("worker 0", "") is False
        assert search._on_end("worker 0", "it was killed") is True
        assert [(trial.number, trial.state) for trial in store.results()] == [(0, "failed")]
        assert search._on_end("worker 1", "it was killed, too") is True
        problems = [result.problem for result in store.results()]
    assert problems == ["it was killed", "it was killed, too"]


@pytest.mark.slow
def test_a_search_waits_for_trials_that_others_train_and_takes_up_those_that_end_without_a_word(
    plan, tmp_path, monkeypatch
):
    monkeypatch.setattr(tune_module, "PAUSE", 0.01)
    storage = str(tmp_path / "shared.journal")
    with closing(plan(storage=storage).open_store(RunFolder(tmp_path))) as other:
        other.owner["host"] = "elsewhere"
        first, second = other.claim(), other.claim()
        looks = iter([[], [], other.running()[1:]])
        monkeypatch.setattr(tune_module.TrialStore, "dead", lambda store: next(looks, []))
        other.tell(first, TrialResult(0, "complete", other.point(first), 0.0, {"val/rmse": 1.0, "val/r2": 0.0}))
        folder, results = tune(plan(storage=storage), None, Console(quiet=True))
    assert [(result.number, result.score == 0) for result in results] == [(0, True), (1, False)]
    assert second.number == 1
    assert "- 4\n" in (folder.path / "best.yaml").read_text(encoding="utf-8")  # of a trial that has no folder here


def test_each_worker_has_a_gpu_of_its_own_where_there_are_several(monkeypatch):
    def devices(**trainer: object) -> list[str | None]:
        trainer = {"devices": "auto", "accelerator": "auto", **trainer}
        return [device_of(worker, trainer).get("CUDA_VISIBLE_DEVICES") for worker in range(3)]

    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setattr("torch.cuda.device_count", lambda: 2)
    assert devices() == ["0", "1", "0"]
    assert devices(devices=[1]) == devices(accelerator="cpu") == [None] * 3
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3,GPU-7")
    assert devices() == ["3", "GPU-7", "3"]
    monkeypatch.setattr("torch.cuda.device_count", lambda: 0)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES")
    assert devices() == [None] * 3
