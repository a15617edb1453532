import pytest
import torch

from greenlight_films.importance import Entries, Estimator, Tasks
from greenlight_films.importance.estimator import BYTES_AN_UPDATE, Task, tasks_of

ways = pytest.mark.parametrize("how", [{}, {"off_rows": "all"}, {"kind": "shuffle", "n_repeats": 3}])


def tasks(entries: Entries, n_rows: int, n_updates: int, **how) -> list[Task]:
    estimator = Estimator(byte_budget=n_updates * BYTES_AN_UPDATE, **how)
    return tasks_of(entries, estimator.off_counts(entries.counts, n_rows), estimator)


@pytest.fixture
def entries(make_study) -> Entries:
    return make_study(203, (1, 2, 90, 1, 1, 3, 40, 2, 2, 0, 5, 203, 1, 1)).entries


@ways
@pytest.mark.parametrize("n_updates", [0, 1, 100, 700, 10**9])
def test_every_column_is_in_a_single_task(entries, how, n_updates):
    cut = tasks(entries, 203, n_updates, **how)
    assert [column for task in cut for column in range(task.first, task.stop)] == list(range(13))
    assert all(task.first < task.stop for task in cut)
    assert len(cut) == {0: 13, 10**9: 1}.get(n_updates, len(cut))


@ways
@pytest.mark.parametrize("n_updates", [450, 600])
def test_tasks_keep_to_the_budget_unless_a_column_alone_does_not(entries, how, n_updates):
    cut = tasks(entries, 203, n_updates, **how)
    assert 1 < len(cut) < 13
    assert all(task.updates <= n_updates or task.stop - task.first == 1 for task in cut)


@ways
def test_a_task_needs_about_as_many_updates_as_it_says(make_study, how):
    study, estimator = make_study(203, (2, 20, 50, 5, 30), weights="root"), Estimator(**how, byte_budget=0)
    tasks = Tasks(study.reference(), study.keys, estimator)
    tasks.run()
    assert len(tasks.results) == 5
    for result in tasks.results:
        assert result.updates / 1.5 <= result.task.updates <= 1.5 * result.updates


@ways
def test_tasks_are_about_equal(make_study, how):
    entries = make_study(203, (2,) * 60).entries
    whole = tasks(entries, 203, 10**9, **how)[0].updates
    first, second, third = tasks(entries, 203, whole * 2 // 5, **how)
    assert first.updates == second.updates == third.updates


def test_no_columns_make_no_tasks(make_study):
    assert tasks_of(make_study(counts=(0, 0)).entries, torch.zeros(0).long(), Estimator()) == []


def test_a_stream_hangs_on_the_seed_and_the_key_alone():
    keys = torch.tensor([5, 9, -1, 2**62, 0])
    streams = Estimator(seed=3).streams(keys)
    assert len(streams.unique()) == 5
    assert Estimator("shuffle", 7, "all", 3, 1).streams(keys.flip(0)).flip(0).tolist() == streams.tolist()
    assert not set(streams.tolist()) & set(Estimator(seed=4).streams(keys).tolist())
    assert Estimator(seed=3).streams(keys[1]).tolist() == streams[1]
