"""The trials that Optuna keeps: what is missing, what comes next, and which is the best."""

import os
import re
import socket
import time

import optuna
import pytest

from greenlight_films.datamodules.errors import InputError
from greenlight_films.studies.tune import trial_store
from greenlight_films.studies.tune.search_space import Axis, Search
from greenlight_films.studies.tune.trial_store import TrialResult, TrialStore

RANGES = [Axis(("model.learning_rate",), bounds=(1e-4, 1e-1), log=True), Axis(("model.hidden",), ([16], [32, 16]))]
VALUES = [Axis(("model.hidden",), ([16], [32, 16])), Axis(("a", "b"), (0.1, 0.2, 0.3))]
CONFIG = {"model": {"dropout": 0.1}, "search": {"seed": 4, "space": {"x": [1]}}}


@pytest.fixture
def store(tmp_path):
    """Return a maker of stores in one journal, or at another location; they are closed at the end."""
    made = []

    def make(method="tpe", trials=12, mode="min", config=CONFIG, location=None) -> TrialStore:
        search = Search(method=method, trials=trials, seed=4)
        axes = RANGES if method == "tpe" else VALUES
        made.append(TrialStore(location or str(tmp_path / "tune.journal"), "tune", search, axes, mode, config))
        return made[-1]

    yield make
    for opened in made:
        opened.close()


def work(store: TrialStore, most: int = 100) -> None:
    """Finish trials that are missing, at most so many."""
    for _ in range(min(most, len(store.unclaimed()))):
        finish(store, store.claim())


def finish(store: TrialStore, trial: optuna.Trial) -> None:
    point, number = store.point(trial), store.number(trial)
    score = abs(point.get("model.learning_rate", point.get("a, b")) - 0.01) + len(point["model.hidden"])
    trial.report(score, 0)
    state = "pruned" if number == 3 else "complete"
    store.tell(trial, TrialResult(number, state, point, score, {"val/r2": 0.5}, 7, 1.5))


def points(store: TrialStore) -> list:
    return [result.point for result in sorted(store.results(), key=lambda result: result.number)]


def test_a_grid_runs_each_combination_once_and_tpe_goes_on_with_more_trials(store, tmp_path):
    grid = store("grid")
    work(grid)
    assert points(grid) == grid.points
    assert (len(grid.points), grid.unclaimed()) == (6, [])
    (tmp_path / "tune.journal").unlink()
    work(store(trials=3))
    assert store(trials=5).unclaimed() == [3, 4]


@pytest.mark.parametrize("method", ["grid", "tpe"])
@pytest.mark.parametrize("finished", [4, 11])
def test_a_search_that_is_interrupted_goes_on_as_if_it_had_not_been(store, tmp_path, method, finished):
    whole = store(method)
    work(whole)
    expected = points(whole)
    assert len(set(map(str, expected))) == len(expected)
    (tmp_path / "tune.journal").unlink()
    whole.close()

    broken = store(method)
    work(broken, finished)
    if trial := broken.claim():  # and never ended
        broken.release(trial)
    again = store(method)
    assert len(again.unclaimed()) == max(0, len(expected) - finished)
    work(again)
    assert points(again) == expected


@pytest.mark.parametrize("mode", ["min", "max"])
def test_complete_trials_come_first_and_the_best_before_others(store, mode):
    searched = store(mode=mode)
    work(searched)
    results = searched.results()
    assert results[-1].state == "pruned"
    assert results[-1].number == 3
    scores = [result.score for result in results[:-1]]
    assert scores == sorted(scores, reverse=mode == "max")
    assert results[0].beside == {"val/r2": 0.5}
    assert (results[0].epochs, results[0].seconds) == (7, 1.5)


def test_a_failed_trial_is_finished_and_says_why(store):
    searched = store("grid")
    trial = searched.claim()
    searched.tell(trial, TrialResult(0, "failed", searched.point(trial), problem="too wide"))
    assert [(result.state, result.problem) for result in store("grid").results()] == [("failed", "too wide")]
    assert searched.unclaimed() == [1, 2, 3, 4, 5]


def test_another_config_is_refused_with_what_differs(store):
    store()
    other = {"model": {"dropout": 0.2}, "search": {"seed": 4, "space": {"x": [1, 2]}}}
    message = (
        "model.dropout was 0.1, got 0.2\nsearch.space was {'x': [1]}, got {'x': [1, 2]}\n--resume takes the search"
    )
    with pytest.raises(InputError, match=re.escape(message)):
        store(config=other)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("{path}", "tune.journal can't be read as the record of a search: "),
        ("sqlite:///{path}", "tune.journal can't be read as the record of a search: .*not a database"),
        ("postgresql+none://me:secret@host/tune", "^host/tune can't be read as the record of a search: "),
    ],
)
def test_what_is_no_record_is_refused(store, tmp_path, url, problem):
    path = tmp_path / "tune.journal"
    path.write_text("not a database, but long enough to look at \n" * 20)
    with pytest.raises(InputError, match=problem):
        store(location=url.format(path=path))


@pytest.mark.slow
@pytest.mark.parametrize("method", ["grid", "tpe"])
def test_a_database_keeps_what_a_journal_keeps_and_draws_alike(store, tmp_path, method):
    work(journal := store(method))
    work(database := store(method, location=f"sqlite:///{tmp_path}/tune.db"))
    assert database.results() == journal.results()
    assert len(journal.results()) == journal.n_trials


def test_two_stores_share_trials_and_none_is_begun_twice(store):
    first, second = store("grid"), store("grid")
    trials = [(owner, owner.claim()) for owner in (first, second) * 3]
    assert [owner.number(trial) for owner, trial in trials] == [0, 1, 2, 3, 4, 5]
    assert first.claim() is None
    for owner, trial in trials:
        finish(owner, trial)
    assert first.results() == second.results()


def test_of_two_processes_that_begin_the_same_trial_the_first_has_it(store, monkeypatch):
    first, second = store("grid"), store("grid")
    monkeypatch.setattr(second, "unclaimed", iter([[0], [0], [1]]).__next__)  # it has not seen the first one's
    assert first.number(first.claim()) == 0
    assert second.number(second.claim()) == 1


def test_a_trial_whose_process_ended_is_dead_and_one_of_another_machine_once_it_is_silent(store, monkeypatch):
    searched = store("grid")
    for owner in ({"pid": os.getpid()}, {"pid": 2**22 + 1}, {"host": "elsewhere", "pid": 2**22 + 1}):
        monkeypatch.setattr(searched, "owner", {**searched.owner, **owner})
        searched.claim()
    searched.owner["host"] = socket.gethostname()
    assert [searched.number(trial) for trial in searched.dead()] == [1]
    now = time.time()
    monkeypatch.setattr("time.time", lambda: now + 300)
    assert [searched.number(trial) for trial in searched.dead()] == [0, 1, 2]
    searched.fail(searched.dead()[1], "it was killed")
    searched.release(searched.dead()[0])
    assert [(result.number, result.problem) for result in searched.results()] == [(1, "it was killed")]
    assert searched.unclaimed() == [0, 3, 4, 5]


def test_a_trial_that_is_trained_says_so_and_is_given_back_where_it_does_not_end(store, monkeypatch):
    monkeypatch.setattr(trial_store, "BEAT", 0.01)
    searched = store("grid")
    trial = searched.claim()
    with searched.kept_alive(trial):
        first = searched.running()[0].user_attrs["alive"]
        until = time.monotonic() + 10
        while searched.running()[0].user_attrs["alive"] == first and time.monotonic() < until:
            time.sleep(0.01)
        assert searched.running()[0].user_attrs["alive"] > first
    assert searched.unclaimed()[0] == 1
    with pytest.raises(KeyboardInterrupt), searched.kept_alive(trial):
        raise KeyboardInterrupt
    assert (searched.running(), searched.unclaimed()[0]) == ([], 0)


def test_a_trial_that_others_gave_up_keeps_nothing(store):
    searched = store("grid")
    trial = searched.claim()
    searched.release(trial)
    searched.tell(trial, TrialResult(0, "complete", searched.point(trial), 0.5))
    assert (searched.results(), searched.unclaimed()[0]) == ([], 0)


@pytest.mark.parametrize("content", [b"PAR1 one line of another program", b"Title,Year\nThe Kid,1921"])
def test_another_file_in_place_of_a_journal_stays_as_it_is(store, tmp_path, content):
    (path := tmp_path / "films.csv").write_bytes(content)
    with pytest.raises(InputError, match=r"films\.csv can't be read as the record of a search: it is another file"):
        store(location=str(path))
    assert path.read_bytes() == content


def test_a_line_that_a_power_cut_left_without_its_end_is_cut(store, tmp_path):
    work(store("grid"), 2)
    path = tmp_path / "tune.journal"
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"op_code": 4, "wor')
    work(store("grid"))
    assert path.read_bytes().startswith(whole)
    assert len(store("grid").results()) == 6


@pytest.mark.parametrize(
    ("result", "text"),
    [
        (TrialResult(0, "complete", {}, 0.123456), "0.12346"),
        (TrialResult(0, "complete", {}, 0.5, {"score_se": 0.0123}), "0.5 ± 0.012"),
        (TrialResult(0, "failed", {}), "–"),
    ],
)
def test_a_score_is_shown_with_its_error_over_folds(result, text):
    assert result.score_with_error == text
