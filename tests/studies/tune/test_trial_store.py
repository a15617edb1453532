"""The trials that Optuna keeps: what is missing, what comes next, and which is the best."""

import re

import pytest

from greenlight_films.datamodules.errors import InputError
from greenlight_films.studies.tune.search_space import Axis, Search
from greenlight_films.studies.tune.trial_store import TrialResult, TrialStore

RANGES = [Axis(("model.learning_rate",), bounds=(1e-4, 1e-1), log=True), Axis(("model.hidden",), ([16], [32, 16]))]
VALUES = [Axis(("model.hidden",), ([16], [32, 16])), Axis(("a", "b"), (0.1, 0.2, 0.3))]
CONFIG = {"model": {"dropout": 0.1}, "search": {"seed": 4, "space": {"x": [1]}}}


@pytest.fixture
def store(tmp_path):
    """Return a maker of stores in one file; they are closed at the end."""
    made = []

    def make(method="tpe", trials=12, mode="min", config=CONFIG) -> TrialStore:
        search = Search(method=method, trials=trials, seed=4)
        made.append(TrialStore(tmp_path / "tune.db", search, RANGES if method == "tpe" else VALUES, mode, config))
        return made[-1]

    yield make
    for opened in made:
        opened.close()


def work(store: TrialStore, most: int = 100) -> None:
    """Finish trials that are missing, at most so many."""
    for number in store.missing()[:most]:
        trial = store.ask(number)
        point = store.point(trial)
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
    assert (len(grid.points), grid.missing()) == (6, [])
    (tmp_path / "tune.db").unlink()
    work(store(trials=3))
    assert store(trials=5).missing() == [3, 4]


@pytest.mark.parametrize("method", ["grid", "tpe"])
@pytest.mark.parametrize("finished", [4, 11])
def test_a_search_that_is_interrupted_goes_on_as_if_it_had_not_been(store, tmp_path, method, finished):
    whole = store(method)
    work(whole)
    expected = points(whole)
    assert len(set(map(str, expected))) == len(expected)
    (tmp_path / "tune.db").unlink()
    whole.close()

    broken = store(method)
    work(broken, finished)
    if broken.missing():
        broken.ask(broken.missing()[0])  # and never ended
        broken.study.enqueue_trial({})
    again = store(method)
    assert len(again.missing()) == max(0, len(expected) - finished)
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
    trial = searched.ask(0)
    searched.tell(trial, TrialResult(0, "failed", searched.point(trial), problem="too wide"))
    assert [(result.state, result.problem) for result in store("grid").results()] == [("failed", "too wide")]
    assert searched.missing() == [1, 2, 3, 4, 5]


def test_another_config_is_refused_with_what_differs(store):
    store()
    other = {"model": {"dropout": 0.2}, "search": {"seed": 4, "space": {"x": [1, 2]}}}
    message = (
        "model.dropout was 0.1, got 0.2\nsearch.space was {'x': [1]}, got {'x': [1, 2]}\n--resume takes the search"
    )
    with pytest.raises(InputError, match=re.escape(message)):
        store(config=other)


def test_a_file_that_is_no_record_is_refused(store, tmp_path):
    (tmp_path / "tune.db").write_text("not a database, but long enough to look at " * 20)
    with pytest.raises(InputError, match=r"tune\.db is not the record of a search: .*not a database"):
        store()


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
