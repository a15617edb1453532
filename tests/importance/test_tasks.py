from _thread import interrupt_main
from threading import Event

import pytest
import torch

from greenlight_films.importance import Columns, Estimates, Estimator, Task, TaskResult, Tasks, joint_importance

SMALL = Estimator(byte_budget=30_000)


@pytest.fixture
def study(make_study):
    return make_study(203, (1, 2, 0, 9, 40, 150, 203, 5), weights="root", seed=2)


@pytest.fixture
def sets() -> list[Columns]:
    indices = [([0], []), ([], [0, 3, 5]), ([], [2]), ([1, 2], [4])]
    return [Columns(torch.tensor(dense).long(), torch.tensor(labels).long()) for dense, labels in indices]


@pytest.fixture
def tasks(study, sets) -> Tasks:
    return Tasks(study.reference(), study.keys, SMALL, sets, torch.tensor([7, 8, 9, 10]))


@pytest.fixture
def more_threads():
    torch.set_num_threads(3)
    yield
    torch.set_num_threads(1)


def assert_same(result: Estimates, expected: Estimates, atol: float = 0) -> None:
    assert expected.mean.nan_to_num().abs().max() > 1e-3
    for ours, theirs in zip(result.fields(), expected.fields(), strict=True):
        torch.testing.assert_close(ours, theirs, atol=atol, rtol=0, equal_nan=True)


def done(tasks: Tasks, share: list[Task] | None = None) -> list[TaskResult]:
    results: list[TaskResult] = []
    tasks.run(tasks.share() if share is None else share, results)
    return results


def test_all_tasks_together_are_all_values_and_all_sets(study, sets, tasks):
    values, joint = tasks.together(done(tasks))
    assert_same(values, study.values(byte_budget=30_000), 1e-12)
    streams = SMALL.streams(torch.tensor([7, 8, 9, 10]))
    alone = [joint_importance(study.reference(), part, stream, 2) for part, stream in zip(sets, streams, strict=True)]
    assert_same(joint, Estimates.cat(alone), 1e-12)
    assert joint.estimable.tolist() == [True, True, False, True]


@pytest.mark.parametrize("n_devices", [2, 3])
def test_devices_share_tasks_and_change_nothing(tasks, n_devices):
    shares = [tasks.share(device, n_devices) for device in range(n_devices)]
    whole = tasks.share()
    assert len(whole) > 6
    assert sorted(map(repr, whole)) == sorted(repr(task) for share in shares for task in share)
    results = [result for share in shares for result in done(tasks, share)]
    for ours, theirs in zip(tasks.together(results), tasks.together(done(tasks)), strict=True):
        assert_same(ours, theirs)


def test_threads_change_nothing(tasks, more_threads):
    threaded = done(tasks)
    torch.set_num_threads(1)
    alone = done(tasks)
    assert len(alone) > 6
    work = [
        sorted((result.kind, result.indices.tolist(), result.updates) for result in some) for some in (threaded, alone)
    ]
    assert work[0] == work[1]
    for ours, theirs in zip(tasks.together(threaded), tasks.together(alone), strict=True):
        assert_same(ours, theirs)


def test_threads_are_given_back_when_the_work_is_stopped(tasks, more_threads):
    def stop(task: Task) -> None:
        raise KeyboardInterrupt

    results: list[TaskResult] = []
    with pytest.raises(KeyboardInterrupt):
        tasks.run(tasks.share(), results, stop)
    assert torch.get_num_threads() == 3
    assert results


@pytest.mark.parametrize("threads", [1, 3])
def test_progress_is_reported_of_every_task(tasks, more_threads, threads):
    torch.set_num_threads(threads)
    reported: list[Task] = []
    tasks.run(tasks.share(), [], reported.append)
    assert sorted(map(repr, reported)) == sorted(map(repr, tasks.share()))


def test_an_interrupt_gives_what_is_finished_first(tasks, more_threads, monkeypatch):
    share, do, third = tasks.share(), tasks._do, Event()

    def slow_first(task: Task) -> TaskResult:
        if task is share[0]:
            assert third.wait(60)
            interrupt_main()
        result = do(task)
        if task is share[2]:
            third.set()
        return result

    monkeypatch.setattr(tasks, "_do", slow_first)
    results: list[TaskResult] = []
    with pytest.raises(KeyboardInterrupt):
        tasks.run(share, results)
    known = {(result.kind, tuple(result.indices.tolist())) for result in results}
    assert {("sets", (0,)), ("sets", (2,))} <= known
    assert len(known) == len(results)
    assert torch.get_num_threads() == 3


def test_what_was_not_done_is_unknown(tasks):
    some = done(tasks)[1::3]
    known = {
        kind: {index for result in some if result.kind == kind for index in result.indices.tolist()}
        for kind in ("values", "sets")
    }
    values, joint = tasks.together(some)
    assert 0 < len(known["values"]) < 7
    measured = tasks.entries.columns[sorted(known["values"])]
    assert torch.equal(torch.nonzero(values.estimable)[:, 0], measured)
    assert values.n_films.tolist() == [1, 2, 0, 9, 40, 150, 203, 5]
    assert 0 < len(known["sets"]) < 3
    assert set(torch.nonzero(joint.estimable)[:, 0].tolist()) == known["sets"] - {2}  # which no row carries


def test_work_is_counted_in_rows_through_the_tail(study, tasks):
    results = done(tasks)
    assert [result.updates for result in results if result.kind == "sets"] == [406, 406, 0, 406]
    reference = study.reference()
    assert reference.updates == 0
    assert all(result.updates > 0 for result in results if result.kind == "values")


def test_without_sets_there_are_only_values(study):
    tasks = Tasks(study.reference(), study.keys, SMALL)
    values, joint = tasks.together(done(tasks))
    assert values.estimable.sum() == 7
    assert len(joint.mean) == 0
