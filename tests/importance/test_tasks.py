from _thread import interrupt_main
from copy import deepcopy
from dataclasses import replace
from threading import Event

import numpy as np
import pytest
import torch
from torch import nn

from greenlight_films.importance import ColumnSet, Estimates, Estimator, Task, Tasks, joint_importance

SMALL = Estimator(byte_budget=30_000)
SETS = {"year": ([0], []), "role": ([], [0, 3, 5]), "in no row": ([], [2]), "mixed": ([1, 2], [4])}
WAYS = {"sample": {"off_rows": 16}, "all": {"off_rows": "all"}, "shuffle": {"kind": "shuffle", "n_repeats": 3}}

ways = pytest.mark.parametrize("how", WAYS.values(), ids=WAYS)


def column_set(name: str, dense: list[int], labels: list[int]) -> ColumnSet:
    return ColumnSet(name, "group", np.array(dense, np.int64), np.array(labels, np.int64))


@pytest.fixture
def study(make_study):
    return make_study(203, (1, 2, 0, 9, 40, 150, 203, 5), weights="root", seed=2)


@pytest.fixture
def make_tasks(study):
    return lambda: Tasks(study.reference(), study.keys, SMALL, [column_set(name, *SETS[name]) for name in SETS])


def assert_same(result: Estimates, expected: Estimates, atol: float = 1e-6) -> None:
    assert expected.mean.nan_to_num().abs().max() > 1e-3
    for ours, theirs in zip(result.fields(), expected.fields(), strict=True):
        torch.testing.assert_close(ours, theirs, atol=atol, rtol=0, equal_nan=True)


def done(tasks: Tasks) -> Tasks:
    tasks.run()
    return tasks


def assert_same_results(tasks: Tasks, expected: Tasks) -> None:
    """Compare to the last bit, and that each task was done once with as many updates."""
    work = [sorted(repr((result.task, result.updates)) for result in each.results) for each in (tasks, expected)]
    assert work[0] == work[1]
    assert len(work[0]) > 6
    for ours, theirs in zip(tasks.together(), expected.together(), strict=True):
        assert_same(ours, theirs, 0)


# --- the work: shared out, counted, stopped --------------------------------------------------------------------------


def test_all_tasks_together_are_all_values_and_all_sets(study, make_tasks):
    tasks = done(make_tasks())
    values, joint = tasks.together()
    assert_same(values, study.values(byte_budget=30_000), 1e-12)
    alone = []
    for columns, stream in zip(SETS.values(), tasks.set_streams, strict=True):
        alone.append(joint_importance(study.reference(), *(torch.tensor(part).long() for part in columns), stream, 2))
    assert_same(joint, Estimates.cat(alone), 1e-12)
    assert joint.estimable.tolist() == [True, True, False, True]
    assert [result.updates for result in tasks.results[:3]] == [406, 406, 406]  # a single label is measured as such
    nothing = [result.task.first for result in tasks.results[3:] if not result.updates]
    assert nothing in ([], [5])  # of a label that all rows carry


@pytest.mark.parametrize("n_devices", [2, 3])
def test_devices_share_tasks_and_change_nothing(make_tasks, n_devices):
    tasks = make_tasks()
    for device in range(n_devices):
        tasks.run(tasks.share(device, n_devices))
    assert_same_results(tasks, done(make_tasks()))


def test_threads_change_nothing(make_tasks, three_threads):
    threaded = done(make_tasks())
    torch.set_num_threads(1)
    assert_same_results(threaded, done(make_tasks()))


@pytest.mark.parametrize("threads", [1, 3])
def test_progress_is_reported_of_every_task(make_tasks, three_threads, threads):
    torch.set_num_threads(threads)
    tasks, reported = make_tasks(), []
    tasks.run(None, reported.append)
    assert sorted(map(repr, reported)) == sorted(map(repr, tasks.share()))


def test_an_interrupt_lets_running_tasks_end_and_gives_the_threads_back(make_tasks, three_threads, monkeypatch):
    tasks, third = make_tasks(), Event()
    share, do = tasks.share(), tasks._do

    def slow_first(task: Task) -> Task:
        if task is share[0]:
            assert third.wait(60)
            interrupt_main()
        do(task)
        if task is share[2]:
            third.set()
        return task

    monkeypatch.setattr(tasks, "_do", slow_first)
    with pytest.raises(KeyboardInterrupt):
        tasks.run(share)
    finished = [result.task for result in tasks.results]
    assert {share[0], share[2]} <= set(finished)
    assert len(set(finished)) == len(finished)
    assert torch.get_num_threads() == 3


def test_what_was_not_done_is_unknown(make_tasks):
    tasks = make_tasks()
    some = tasks.share()[1::3]
    tasks.run(some)
    values, joint = tasks.together()
    known = [index for task in some if task.kind == "values" for index in range(task.first, task.stop)]
    assert 0 < len(known) < 7
    assert torch.equal(torch.nonzero(values.estimable)[:, 0], tasks.entries.columns[known])
    assert values.n_films.tolist() == [1, 2, 0, 9, 40, 150, 203, 5]
    sets = {task.first for task in some if task.kind == "sets"}
    assert 0 < len(sets) < 3
    assert set(torch.nonzero(joint.estimable)[:, 0].tolist()) == sets - {2}  # which no row carries


@pytest.mark.parametrize("off_rows", [64, "all"])
def test_a_loss_that_is_no_mean_over_rows_has_no_closed_form(make_study, off_rows):
    study = make_study(seed=2)
    with pytest.raises(ValueError, match="loss 'rmse' has no closed form, got estimator 'expected': set estimator="):
        study.values("rmse", off_rows=off_rows)
    assert study.values("rmse", kind="shuffle").estimable.all()


# --- the importance of label columns, by every estimator -------------------------------------------------------------


@ways
def test_a_planted_copy_of_the_target_ranks_first(fitted_line, how):
    random = np.random.default_rng(0)
    matrix = (random.random((301, 12)) < np.linspace(0.05, 0.6, 12)) * 1.0
    study = fitted_line(matrix, random.normal(size=(301, 2)), matrix[:, 4] + random.normal(0, 0.1, 301))
    result = study.values(**how)
    assert result.mean.argmax() == result.low.nan_to_num(-9).argmax() == result.p.argmin() == 4
    assert result.q()[4] < 1e-5


@ways
@pytest.mark.parametrize("n_dense", [0, 3])
def test_every_way_finds_about_the_same(make_study, how, n_dense):
    study = make_study(seed=2, n_dense=n_dense)
    exact = [study.expected(label) for label in range(7)]
    result = study.values(**how)
    assert result.mean.abs().max() > 1e-3
    assert (np.abs(result.mean.numpy() - exact) <= 10 * result.se_shuffle.numpy() + 1e-6)[2:].all()


@ways
def test_a_label_without_weight_is_exactly_nothing(make_study, how):
    study = make_study(seed=2)
    with torch.no_grad():
        study.model.first.label_weight[[1, 5]] = 0
        study.model.first.label_weight[4, :-1] = 0  # but not its last unit
    result = study.values(**how)
    assert all(field[[1, 5]].tolist() == [0, 0] for field in result.fields()[:4])
    assert result.mean[[2, 3, 4, 6]].abs().min() > 1e-5
    assert [float(field[5]) for field in (result.p, result.low, result.high)] == [1, 0, 0]
    assert result.n_films.tolist() == [1, 2, 7, 8, 20, 45, 60]


@ways
@pytest.mark.parametrize("seed", range(4))
def test_a_label_that_all_rows_carry_alike_is_exactly_nothing(make_study, how, seed):
    result = make_study(47, (47, 6, 47, 20, 47), seed=seed).values(**how)
    assert result.mean[3].abs() > 1e-5
    assert result.mean[[0, 2, 4]].tolist() == [0, 0, 0]
    assert result.p[[0, 2, 4]].isnan().all()  # nothing can be exchanged
    assert result.low[[0, 2, 4]].isnan().all()


@ways
def test_a_label_that_no_row_carries_is_not_estimable(make_study, how):
    result = make_study(counts=(0, 7, 20, 0, 8), seed=2).values(**how)
    assert result.estimable.tolist() == [False, True, True, False, True]
    assert result.n_films.tolist() == [0, 7, 20, 0, 8]
    for numbers in (*result.fields()[:7], result.q()):
        assert numbers.isnan().tolist() == [True, False, False, True, False]
    assert not make_study(counts=(0, 0), seed=2).values(**how).estimable.any()
    assert len(make_study(counts=(), seed=2).values(**how).mean) == 0


@ways
@pytest.mark.parametrize("weights", ["one", "root"])
def test_order_batches_and_tasks_of_columns_change_nothing(make_study, how, weights):
    study, order = make_study(weights=weights, seed=2), np.random.default_rng(0).permutation(7)
    expected = study.values(**how)
    for given in ({"batch_rows": 1}, {"batch_rows": 7}, {"byte_budget": 0}, {"byte_budget": 30_000}):
        assert_same(study.values(**how, **given), expected)
    model, moved, keys = deepcopy(study.model), torch.from_numpy(order), torch.empty_like(study.keys)
    with torch.no_grad():
        model.first.label_weight[moved] = study.model.first.label_weight
    keys[order] = study.keys
    other = replace(study.changed(labels=moved[study.rows.labels].int()), model=model)
    assert_same(done(Tasks(other.reference(), keys, Estimator(**how))).together()[0].take(order), expected)


def test_other_keys_and_other_seeds_draw_other_numbers(make_study):
    study = make_study(201, (3, 20, 40), seed=2)
    first, seed = study.values(**WAYS["shuffle"]), study.values(seed=1, **WAYS["shuffle"])
    key = done(Tasks(study.reference(), study.keys.flip(0), Estimator(**WAYS["shuffle"]))).together()[0]
    for other in (seed, key):
        assert (other.mean != first.mean)[[0, 2]].all()
    assert key.mean[1] == first.mean[1]
    assert (study.values(seed=1).mean != study.values().mean).all()  # other rows without the labels


def test_the_same_columns_have_the_same_numbers(make_study):
    study = make_study(203, (40, 9, 30), seed=2)
    members = {
        **dict.fromkeys(["number Year", "column Year", "role time"], ([0], [])),
        **dict.fromkeys(["column Star", "role star"], ([], [0])),
        **dict.fromkeys(["column Cast", "role actor"], ([], [1, 2])),
    }
    sets = [column_set(name, *columns) for name, columns in members.items()]
    tasks = done(Tasks(study.reference(), study.keys, Estimator(), sets))
    values, joint = tasks.together()
    assert [task.first for task in tasks.share() if task.kind == "sets"] == [0, 5]
    assert joint.mean[[1, 2, 6]].tolist() == joint.mean[[0, 0, 5]].tolist()
    assert joint.mean[[3, 4]].tolist() == [float(values.mean[0])] * 2
    assert joint.low[3] == values.low[0]
    assert len(set(joint.mean.tolist())) == 3
    assert tasks.missing() == (0, [])
    tasks.results = [result for result in tasks.results if result.task.kind == "sets" and result.task.first == 0]
    assert tasks.missing() == (3, [3, 4, 5, 6])


def test_a_million_labels_need_no_matrix(make_study):
    study, random = make_study(301, (), seed=2), np.random.default_rng(0)
    model = deepcopy(study.model)
    model.first.label_weight = nn.Parameter(torch.zeros(1_000_000, 16))
    labels = np.sort([random.choice(1_000_000, 4, replace=False) for _ in range(301)], axis=1)
    labels[:150, 3] = 999_999
    model.first.label_weight.data[labels] = 0.5
    offsets, weights = torch.arange(302).int() * 4, torch.ones(labels.size)
    rows = replace(study.rows, labels=torch.from_numpy(labels.ravel()).int(), offsets=offsets, weights=weights)
    result = replace(study, rows=rows, model=model, matrix=np.empty((0, 1_000_000))).values()
    carried, n_films = np.unique(labels, return_counts=True)
    assert torch.nonzero(result.estimable)[:, 0].tolist() == carried.tolist()
    assert result.n_films[carried].tolist() == n_films.tolist()
    assert result.mean[999_999].abs() > 1e-5


# --- errors hold what they promise -----------------------------------------------------------------------------------


def share_below(studies: list, how: dict) -> float:
    """Return how many p-values are below 0.05."""
    return np.mean([p < 0.05 for seed, study in enumerate(studies) for p in study.values(seed=seed, **how).p.tolist()])


SPREAD = (6, 8, 10, 12, 15, 18, 20, 25, 30, 35, 40, 50, 60, 70, 80, 90, 100, 110, 120, 150)
NEARLY_ALL = (240, 250, 260, 270, 280, 290, 299, 300, 300, 300)


@pytest.mark.slow
@ways
@pytest.mark.parametrize(("counts", "weights"), [(SPREAD, "one"), (SPREAD, "root"), (NEARLY_ALL, "root")])
def test_labels_that_have_nothing_to_do_with_the_target_are_rarely_found(make_study, how, counts, weights):
    studies = [make_study(300, counts * 2, weights=weights, seed=seed, label_std=0.15) for seed in range(20)]
    assert 0.01 <= share_below(studies, how) <= 0.07


@pytest.mark.slow
@ways
def test_rows_of_a_film_do_not_count_as_many(make_study, how):
    counts = (6, 8, 12, 16, 20, 30, 40, 60, 80, 100)
    studies = [make_study(200, counts, seed=seed, label_std=0.15, rows_a_film=4) for seed in range(40)]
    row_wise = [study.changed(film=torch.arange(800)) for study in studies[:10]]
    assert 0.01 <= share_below(studies, how) <= 0.07
    assert share_below(row_wise, how) > 0.2


def covers(result: Estimates, truth: np.ndarray) -> np.ndarray:
    return (result.low.numpy() < truth) & (truth < result.high.numpy())


@pytest.mark.slow
@pytest.mark.parametrize("rows_a_film", [1, 3])
@pytest.mark.parametrize("how", [WAYS["sample"], {"kind": "shuffle", "n_repeats": 5}], ids=["sample", "shuffle"])
def test_intervals_of_strong_effects_cover_what_holds_for_all_films(fixed_line, how, rows_a_film):
    share, effect, coef = np.array([0.03, 0.1, 0.5]), np.array([3, 1, 0.5]), np.array([2.5, 1.2, 0.5])
    covered = []
    for seed in range(150):
        study = fixed_line(600, share, effect, coef, seed, rows_a_film)
        carried = study.matrix.mean(0)  # the interval is for a label that as many films have
        covered.append(covers(study.values(**how), 2 * coef * effect * carried * (1 - carried)))
    assert (np.mean(covered, axis=0) >= 0.88).all()
    assert 0.88 <= np.mean(covered) <= 0.98


@pytest.mark.slow
@pytest.mark.parametrize("rows_a_film", [1, 3])
def test_intervals_of_a_number_cover_what_holds_for_all_films(fixed_line, rows_a_film):
    label, number, no_labels = np.array([0.5]), torch.tensor([0]), torch.tensor([], dtype=torch.int64)
    covered = []
    for seed in range(150):
        study = fixed_line(600, label, label, label, seed, rows_a_film)
        joint = joint_importance(study.reference(), number, no_labels, torch.tensor(seed), 10)
        covered.append(covers(joint, np.array([2.0])))
    assert 0.88 <= np.mean(covered) <= 0.99


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@ways
def test_cpu_and_gpu_agree(study, how):
    device, sets = torch.device("cuda"), [column_set(name, *SETS[name]) for name in SETS]
    on_gpu = replace(study, rows=study.rows.to(device), model=deepcopy(study.model).to(device))
    gpu = done(Tasks(on_gpu.reference(), study.keys, Estimator(**how), sets))
    assert gpu.results[0].importance.mean.is_cuda
    cpu = done(Tasks(study.reference(), study.keys, Estimator(**how), sets))
    for ours, theirs in zip(gpu.together(), cpu.together(), strict=True):
        assert_same(ours, theirs, 1e-5)
