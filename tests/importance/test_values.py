from copy import deepcopy
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from greenlight_films.importance import Columns, Estimates, Estimator, joint_importance
from greenlight_films.importance.estimator import pieces_of
from greenlight_films.importance.values import value_importance

WAYS = [{"off_rows": 16}, {"off_rows": "all"}, {"kind": "shuffle", "n_repeats": 3}]

ways = pytest.mark.parametrize("how", WAYS, ids=["sample", "all", "shuffle"])
sampling_ways = pytest.mark.parametrize("how", [WAYS[0], WAYS[2]], ids=["sample", "shuffle"])


def assert_same(result: Estimates, expected: Estimates, atol: float = 1e-6) -> None:
    assert expected.mean.nan_to_num().abs().max() > 1e-3
    for ours, theirs in zip(result.fields(), expected.fields(), strict=True):
        torch.testing.assert_close(ours, theirs, atol=atol, rtol=0, equal_nan=True)


def relabelled(study, order: np.ndarray):
    """Put the label columns into another order: column j becomes order[j]."""
    moved = torch.from_numpy(order)
    model, matrix = deepcopy(study.model), np.empty_like(study.matrix)
    matrix[:, order] = study.matrix
    with torch.no_grad():
        model.first.label_weight[moved] = study.model.first.label_weight
    return replace(study, rows=replace(study.rows, labels=moved[study.rows.labels].int()), matrix=matrix, model=model)


def test_every_way_finds_about_the_same(make_study):
    study = make_study(seed=2)
    sample, exact, shuffle = (study.values(**how) for how in WAYS)
    for result in (sample, shuffle):
        assert not torch.equal(result.mean, exact.mean)
        assert ((result.mean - exact.mean).abs() <= 4 * result.se_shuffle + 1e-6)[2:].all()


@ways
def test_a_planted_copy_of_the_target_ranks_first(fitted_line, how):
    random = np.random.default_rng(0)
    matrix = (random.random((301, 12)) < np.linspace(0.05, 0.6, 12)) * 1.0
    study = fitted_line(matrix, random.normal(size=(301, 2)), matrix[:, 4] + random.normal(0, 0.1, 301))
    result = study.values(**how)
    assert result.mean.argmax() == result.z().argmax() == result.p().argmin() == 4
    assert result.p()[4] < 1e-6
    assert result.q()[4] < 1e-5


@ways
def test_a_label_without_weight_is_exactly_nothing(make_study, how):
    study = make_study(seed=2)
    with torch.no_grad():
        study.model.first.label_weight[[1, 5]] = 0
    result = study.values(**how)
    for field in result.fields()[:4]:
        assert field[[1, 5]].tolist() == [0, 0]
    assert result.mean[[2, 3, 4, 6]].abs().min() > 1e-5
    assert result.z()[5] == 0
    assert result.p()[5] == 1
    assert result.n_films.tolist() == [1, 2, 7, 8, 20, 45, 60]


@ways
def test_a_label_may_be_looked_at_by_some_units_only(make_study, how):
    study = make_study(seed=2)
    with torch.no_grad():
        study.model.first.label_weight[4, :-1] = 0
        study.model.first.label_weight[4, -1] = 2
    result = study.values(**how)
    assert abs(study.exchanged(4).mean()) > 1e-4
    assert result.mean[4] != 0
    assert abs(float(result.mean[4]) - study.exchanged(4).mean()) < 4 * float(result.se_shuffle[4]) + 1e-6


@ways
@pytest.mark.parametrize("seed", range(8))
def test_a_label_that_all_rows_carry_alike_is_exactly_nothing(make_study, how, seed):
    study = make_study(47, (47, 6, 47, 20, 47), seed=seed)
    result = study.values(**how)
    assert result.mean[3].abs() > 1e-5
    assert result.mean[[0, 2, 4]].tolist() == [0, 0, 0]
    assert result.p()[[0, 2, 4]].tolist() == [1, 1, 1]


@ways
def test_a_label_that_no_row_carries_is_not_estimable(make_study, how):
    study = make_study(counts=(0, 7, 20, 0, 8), seed=2)
    result = study.values(**how)
    assert result.estimable.tolist() == [False, True, True, False, True]
    assert result.n_films.tolist() == [0, 7, 20, 0, 8]
    for numbers in (*result.fields()[:4], result.z(), result.p(), result.q()):
        assert numbers[[0, 3]].isnan().all()
        assert not numbers[[1, 2, 4]].isnan().any()


@ways
def test_without_labels_nothing_is_estimable(make_study, how):
    study = make_study(counts=(0, 0), seed=2)
    assert not study.values(**how).estimable.any()
    assert len(make_study(counts=(), seed=2).values(**how).mean) == 0


@ways
def test_a_model_without_numbers_will_do(make_study, how):
    study = make_study(n_dense=0, seed=2)
    exact = [study.exchanged(label).mean() for label in range(7)]
    result = study.values(**how)
    assert result.mean.abs().max() > 1e-3
    assert (np.abs(result.mean.numpy() - exact) <= 10 * result.se_shuffle.numpy() + 1e-6)[2:].all()


@ways
@pytest.mark.parametrize("weights", ["one", "root"])
def test_the_order_of_columns_changes_nothing(make_study, how, weights):
    study = make_study(weights=weights, seed=2)
    order = np.random.default_rng(0).permutation(7)
    assert order.tolist() != list(range(7))
    other, estimator = relabelled(study, order), Estimator(**how)
    keys = torch.empty_like(study.keys)
    keys[order] = study.keys
    [piece] = pieces_of(other.entries, 61, estimator)
    result = value_importance(other.reference(), other.entries, piece, keys, estimator)
    assert_same(result.take(order), study.values(**how))


@sampling_ways
def test_other_keys_and_other_seeds_draw_other_numbers(make_study, how):
    study = make_study(201, (3, 20, 40), seed=2)
    first, seed = study.values(**how), study.values(seed=1, **how)
    estimator = Estimator(**how)
    [piece] = pieces_of(study.entries, 201, estimator)
    key = value_importance(study.reference(), study.entries, piece, study.keys.flip(0), estimator)
    for other in (seed, key):
        assert (other.mean != first.mean)[[0, 2]].all()
    assert key.mean[1] == first.mean[1]


@ways
@pytest.mark.parametrize("batch_rows", [1, 7])
def test_the_batch_size_changes_nothing(make_study, how, batch_rows):
    study = make_study(weights="root", seed=2)
    assert_same(study.values(batch_rows=batch_rows, **how), study.values(batch_rows=4096, **how))


@ways
@pytest.mark.parametrize("byte_budget", [0, 30_000])
def test_the_byte_budget_changes_nothing(make_study, how, byte_budget):
    study = make_study(weights="root", seed=2)
    assert len(pieces_of(study.entries, 61, Estimator(byte_budget=byte_budget, **how))) > 2
    assert_same(study.values(byte_budget=byte_budget, **how), study.values(**how))


def p_values(study, counted_by_film: bool = True, **how) -> list[float]:
    if not counted_by_film:
        study = replace(study, rows=replace(study.rows, film=torch.arange(study.rows.n_rows)))
    return study.values(**how).p().tolist()


def share_below(p: list[float]) -> float:
    assert len(p) >= 200
    return float(np.mean(np.array(p) < 0.05))


@ways
@pytest.mark.parametrize("weights", ["one", "root"])
def test_labels_that_have_nothing_to_do_with_the_target_are_rarely_found(make_study, how, weights):
    counts = (6, 8, 10, 12, 15, 18, 20, 25, 30, 35, 40, 50, 60, 70, 80, 90, 100, 110, 120, 150)
    studies = [make_study(300, counts, weights=weights, seed=seed, label_std=0.15) for seed in range(50)]
    p = [p for seed, study in enumerate(studies) for p in p_values(study, seed=seed, **how)]
    assert 0.01 <= share_below(p) <= 0.07


@ways
def test_weighted_labels_of_nearly_all_rows_are_rarely_found_either(make_study, how):
    counts = (30, 60, 120, 240, 250, 260, 270, 280, 290, 299, 300, 300, 300)
    studies = [make_study(300, counts, weights="root", seed=seed, label_std=0.15) for seed in range(40)]
    p = [p for seed, study in enumerate(studies) for p in p_values(study, seed=seed, **how)[3:]]
    assert 0.01 <= share_below(p) <= 0.07


@ways
def test_rows_of_a_film_do_not_count_as_many(make_study, how):
    counts = (6, 8, 12, 16, 20, 30, 40, 60, 80, 100)
    studies = [make_study(200, counts, seed=seed, label_std=0.15, rows_a_film=4) for seed in range(50)]
    p = [p for seed, study in enumerate(studies) for p in p_values(study, seed=seed, **how)]
    row_wise = [p for study in studies[:20] for p in p_values(study, False, **how)]
    assert 0.01 <= share_below(p) <= 0.07
    assert share_below(row_wise) > 0.2


def test_a_million_labels_need_no_matrix(make_study):
    study, random = make_study(301, (), seed=2), np.random.default_rng(0)
    model = deepcopy(study.model)
    model.first.label_weight = nn.Parameter(torch.zeros(1_000_000, 16))
    labels = np.sort([random.choice(1_000_000, 4, replace=False) for _ in range(301)], axis=1)
    labels[:150, 3] = 999_999
    model.first.label_weight.data[labels] = 0.5
    rows = replace(
        study.rows,
        labels=torch.from_numpy(labels.ravel()).int(),
        offsets=torch.arange(302).int() * 4,
        weights=torch.ones(labels.size),
    )
    study = replace(study, rows=rows, model=model, matrix=np.empty((0, 1_000_000)))
    result = study.values()
    carried, n_films = np.unique(labels, return_counts=True)
    assert len(carried) > 1000
    assert torch.nonzero(result.estimable)[:, 0].tolist() == carried.tolist()
    assert result.n_films[carried].tolist() == n_films.tolist()
    assert result.p().isnan().sum() == 999_999
    assert result.mean[999_999].abs() > 1e-5


@pytest.mark.parametrize("off_rows", [64, "all"])
def test_a_loss_that_is_no_mean_has_no_closed_form(make_study, off_rows):
    study = make_study(seed=2)
    with pytest.raises(ValueError, match="no closed form"):
        study.values("rmse", off_rows=off_rows)
    assert study.values("rmse", kind="shuffle").estimable.all()


def covers(result: Estimates, truth: np.ndarray) -> np.ndarray:
    error = 1.96 * (result.se_shuffle**2 + result.se_sample**2).sqrt()
    return np.abs(result.mean.numpy() - truth) < error.numpy()


@pytest.mark.parametrize("rows_a_film", [1, 3])
@pytest.mark.parametrize("how", [WAYS[0], {"kind": "shuffle", "n_repeats": 5}], ids=["sample", "shuffle"])
def test_intervals_of_strong_effects_cover_what_holds_for_all_films(fixed_line, how, rows_a_film):
    share, effect, coef = np.array([0.03, 0.1, 0.5]), np.array([3, 1, 0.5]), np.array([2.5, 1.2, 0.5])
    covered, numbers = [], []
    for seed in range(150):
        study = fixed_line(600, share, effect, coef, seed, rows_a_film)
        covered.append(covers(study.values(**how), 2 * coef * effect * share * (1 - share)))
        number = Columns(torch.tensor([0]), torch.tensor([], dtype=torch.int64))
        numbers.append(covers(joint_importance(study.reference(), number, torch.tensor(seed), 10), np.array([2.0])))
    assert (np.mean(covered, axis=0) >= 0.88).all()
    assert 0.88 <= np.mean(covered) <= 0.98
    assert 0.88 <= np.mean(numbers) <= 0.99


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@ways
def test_cpu_and_gpu_agree(make_study, how):
    study = make_study(401, (1, 3, 10, 40, 200, 401), weights="root", seed=2)
    there = replace(study, rows=study.rows.to(torch.device("cuda")), model=deepcopy(study.model).cuda())
    estimator, keys = Estimator(**how), study.keys.cuda()
    columns = Columns(torch.tensor([1]), torch.tensor([0, 2, 4]))
    [piece] = pieces_of(there.entries, 401, estimator)
    result = value_importance(there.reference(), there.entries, piece, keys, estimator)
    assert result.mean.is_cuda
    assert_same(result.cpu(), study.values(**how), 1e-5)
    stream = estimator.streams(study.keys[0])
    joint = joint_importance(
        there.reference(), Columns(columns.dense.cuda(), columns.labels.cuda()), stream.cuda(), n_repeats=5
    )
    assert_same(joint.cpu(), joint_importance(study.reference(), columns, stream, n_repeats=5), 1e-5)
