import pytest
import torch

from importance import Columns, Estimator, Importance, Tasks, joint_importance

SMALL = Estimator(byte_budget=30_000)


@pytest.fixture
def study(make_study):
    return make_study(203, (1, 2, 0, 9, 40, 150, 203, 5), weights="root", seed=2)


@pytest.fixture
def sets() -> list[Columns]:
    places = [([0], []), ([], [0, 3, 5]), ([], [2]), ([1, 2], [4])]
    return [Columns(torch.tensor(dense).long(), torch.tensor(labels).long()) for dense, labels in places]


@pytest.fixture
def tasks(study, sets) -> Tasks:
    return Tasks(study.baseline(), study.keys, SMALL, sets, torch.tensor([7, 8, 9, 10]))


@pytest.fixture
def more_threads():
    torch.set_num_threads(3)
    yield
    torch.set_num_threads(1)


def assert_same(found: Importance, expected: Importance, atol: float = 0) -> None:
    assert expected.mean.nan_to_num().abs().max() > 1e-3
    for ours, theirs in zip(found.fields(), expected.fields(), strict=True):
        torch.testing.assert_close(ours, theirs, atol=atol, rtol=0, equal_nan=True)


def test_all_tasks_together_are_all_values_and_all_sets(study, sets, tasks):
    values, joint = tasks.together(tasks.run(tasks.share()))
    assert_same(values.among(8, study.entries.columns), study.values(byte_budget=30_000), 1e-12)
    streams = SMALL.streams(torch.tensor([7, 8, 9, 10]))
    alone = [joint_importance(study.baseline(), one, stream, 2) for one, stream in zip(sets, streams, strict=True)]
    assert_same(joint, Importance.cat(alone), 1e-12)
    assert joint.estimable.tolist() == [True, True, False, True]


@pytest.mark.parametrize("n_devices", [2, 3])
def test_devices_share_tasks_and_change_nothing(tasks, n_devices):
    shares = [tasks.share(device, n_devices) for device in range(n_devices)]
    whole = tasks.share()
    assert len(whole) > 6
    assert sorted(map(repr, whole)) == sorted(repr(task) for share in shares for task in share)
    found = [one for share in shares for one in tasks.run(share)]
    for ours, theirs in zip(tasks.together(found), tasks.together(tasks.run(whole)), strict=True):
        assert_same(ours, theirs)


def test_threads_change_nothing(tasks, more_threads):
    threaded = list(tasks.run(tasks.share()))
    torch.set_num_threads(1)
    alone = list(tasks.run(tasks.share()))
    assert len(alone) > 6
    assert [one.places.tolist() for one in threaded] == [one.places.tolist() for one in alone]
    assert [one.updates for one in threaded] == [one.updates for one in alone]
    for ours, theirs in zip(tasks.together(threaded), tasks.together(alone), strict=True):
        assert_same(ours, theirs)


def test_threads_are_given_back_when_the_work_is_stopped(tasks, more_threads):
    found = tasks.run(tasks.share())
    next(found)
    found.close()
    assert torch.get_num_threads() == 3


def test_what_was_not_done_is_unknown(tasks):
    done = list(tasks.run(tasks.share()))[1::3]
    known = {of: {place for one in done if one.of == of for place in one.places.tolist()} for of in ("values", "sets")}
    values, joint = tasks.together(done)
    assert 0 < len(known["values"]) < 7
    assert set(torch.nonzero(values.estimable)[:, 0].tolist()) == known["values"]
    assert 0 < len(known["sets"]) < 3
    assert set(torch.nonzero(joint.estimable)[:, 0].tolist()) == known["sets"] - {2}  # which no row carries


def test_work_is_counted_in_rows_through_the_tail(study, tasks):
    found = list(tasks.run(tasks.share()))
    assert [one.updates for one in found if one.of == "sets"] == [406, 406, 0, 406]
    baseline = study.baseline()
    assert baseline.updates == 0
    assert all(one.updates > 0 for one in found if one.of == "values")


def test_without_sets_there_are_only_values(study):
    tasks = Tasks(study.baseline(), study.keys, SMALL)
    values, joint = tasks.together(tasks.run(tasks.share()))
    assert values.estimable.sum() == 7
    assert len(joint.mean) == 0
