from dataclasses import replace

import numpy as np
import pytest
import torch

from greenlight_films.importance import Columns, Estimates, Estimator, joint_importance
from greenlight_films.importance.streams import child, permutation

NONE: list[int] = []
SETS = {
    "a label": (NONE, [4]),
    "a role": (NONE, [0, 2, 3, 6]),
    "all labels": (NONE, list(range(7))),
    "a number": ([1], NONE),
    "a number and whether it is missing": ([0, 2], NONE),
    "a group": ([2], [1, 5]),
}

sets = pytest.mark.parametrize(("dense", "labels"), SETS.values(), ids=SETS)


def columns_of(dense: list[int], labels: list[int]) -> Columns:
    return Columns(torch.tensor(dense, dtype=torch.int64), torch.tensor(labels, dtype=torch.int64))


def stream(key: int = 5, seed: int = 0) -> torch.Tensor:
    return Estimator(seed=seed).streams(torch.tensor(key))


def importance(study, dense=NONE, labels=NONE, loss="mse", n_repeats=4, key=5, seed=0, batch_rows=4096) -> Estimates:
    reference = study.reference(loss, batch_rows=batch_rows)
    return joint_importance(reference, columns_of(dense, labels), stream(key, seed), n_repeats)


def naive(study, dense: list[int], labels: list[int], orders: list[np.ndarray], loss: str) -> np.ndarray:
    """Run the whole model on features that were shuffled together, once for each order."""
    increase = []
    for order in orders:
        numbers, matrix = study.rows.dense.numpy().copy(), study.matrix.copy()
        numbers[:, dense] = numbers[order][:, dense]
        matrix[:, labels] = matrix[order][:, labels]
        increase.append(study.total(loss, matrix, numbers) - study.total(loss))
    return np.array(increase)


@sets
@pytest.mark.parametrize("weights", ["one", "root"])
@pytest.mark.parametrize("loss", ["mse", "mae", "r2", "rmse"])
def test_importance_is_that_of_the_naive_loop(make_study, dense, labels, weights, loss):
    study = make_study(weights=weights, seed=2)
    orders = [np.random.default_rng(repeat).permutation(61) for repeat in range(4)]
    expected = naive(study, dense, labels, orders, loss)
    given = map(torch.from_numpy, orders)
    result = joint_importance(
        study.reference(loss), columns_of(dense, labels), stream(), 4, order=lambda stream, n_rows: next(given)
    )
    assert np.abs(expected).min() > 1e-5
    assert result.mean.tolist() == pytest.approx([expected.mean()], abs=1e-6)
    assert result.std.tolist() == pytest.approx([expected.std(ddof=1)], abs=1e-6)


@sets
def test_orders_are_permutations_of_the_stream(make_study, dense, labels):
    study = make_study(seed=2)
    orders = [permutation(child(stream(), repeat), 61).numpy() for repeat in range(4)]
    expected = naive(study, dense, labels, orders, "mse")
    assert importance(study, dense, labels).mean.tolist() == pytest.approx([expected.mean()], abs=1e-6)


@pytest.mark.parametrize("weights", ["one", "root"])
def test_a_set_of_one_label_has_the_mean_of_all_its_shuffles(make_study, weights):
    study = make_study(weights=weights, seed=2)
    exact = np.array([study.exchanged(label).mean() for label in range(7)])
    for label in np.argsort(np.abs(exact))[-2:]:
        result = importance(study, labels=[int(label)], n_repeats=1000)
        assert abs(exact[label]) > 5 * float(result.se_shuffle)
        assert abs(float(result.mean) - exact[label]) < 4 * float(result.se_shuffle)


def test_a_number_of_a_linear_model_has_2_coef_squared(fitted_line):
    random = np.random.default_rng(0)
    dense, matrix = random.normal(size=(200, 3)), (random.random((200, 2)) < 0.3) * 1.0
    dense = (dense - dense.mean(0)) / dense.std(0)
    study = fitted_line(matrix, dense, dense @ [1.5, -0.5, 0.1] + matrix @ [1, 2] + random.normal(size=200))
    coef = study.model.first.dense_weight.detach().numpy()[:, 0]
    for number in range(3):
        result = importance(study, dense=[number], n_repeats=1000)
        assert 0 < float(result.se_shuffle) < 0.03 * abs(coef[number])
        assert abs(float(result.mean) - 2 * coef[number] ** 2) < 4 * float(result.se_shuffle)


def test_a_planted_copy_of_the_target_ranks_first(fitted_line):
    random = np.random.default_rng(0)
    dense, matrix = random.normal(size=(201, 5)), (random.random((201, 6)) < 0.3) * 1.0
    study = fitted_line(matrix, dense, dense[:, 3] + random.normal(0, 0.1, 201))
    parts = [importance(study, dense=[number]) for number in range(5)]
    result = Estimates.cat([*parts, importance(study, labels=[0, 1, 2]), importance(study, labels=[3, 4, 5])])
    assert result.mean.argmax() == result.z().argmax() == 3
    assert result.p()[3] < 1e-6


@sets
@pytest.mark.parametrize("batch_rows", [1, 7])
def test_the_batch_size_changes_nothing(make_study, dense, labels, batch_rows):
    study = make_study(weights="root", seed=2)
    expected, result = importance(study, dense, labels), importance(study, dense, labels, batch_rows=batch_rows)
    assert expected.mean.abs() > 1e-4
    for ours, theirs in zip(result.fields(), expected.fields(), strict=True):
        torch.testing.assert_close(ours, theirs, atol=1e-6, rtol=0)


def test_keys_and_seeds_give_the_orders(make_study):
    study = make_study(seed=2)
    first = importance(study, dense=[0])
    assert first.mean.abs() > 1e-4
    assert importance(study, dense=[0]).mean == first.mean
    assert importance(study, dense=[0], key=6).mean != first.mean
    assert importance(study, dense=[0], seed=1).mean != first.mean


def test_the_global_stream_is_not_drawn_from(make_study):
    before = torch.get_rng_state()
    importance(make_study(seed=2), dense=[0])
    assert torch.equal(torch.get_rng_state(), before)


def test_columns_without_weight_are_exactly_nothing(make_study):
    study = make_study(seed=2)
    with torch.no_grad():
        study.model.first.label_weight[[2, 4]] = 0
        study.model.first.dense_weight[1] = 0
        study.model.first.bias[:] = 0.3
    result = importance(study, [1], [2, 4])
    assert [float(field) for field in (*result.fields(), result.z(), result.p())] == [0, 0, 0, 0, 61, 0, 1]
    assert importance(study, [1], [2, 4, 5]).mean.abs() > 1e-4


def test_labels_that_no_row_carries_are_not_estimable(make_study):
    study = make_study(counts=(0, 7, 0), seed=2)
    result = importance(study, labels=[0, 2])
    assert result.n_films.tolist() == [0]
    assert not result.estimable.any()
    assert result.se_sample.isnan().all()
    assert importance(study, labels=[0, 1, 2]).estimable.all()


def test_no_columns_are_not_estimable(make_study):
    assert not importance(make_study(seed=2)).estimable.any()


def test_a_number_that_never_varies_is_exactly_nothing(make_study):
    study = make_study(seed=2)
    study.rows.dense[:, 1] = 0.37
    assert importance(study, dense=[0]).mean.abs() > 1e-4
    assert importance(study, dense=[0, 1]).mean.abs() > 1e-4
    assert importance(study, dense=[1], labels=[3]).mean != 0
    result = importance(study, dense=[1])
    assert [float(field) for field in result.fields()] == [0, 0, 0, 0, 61]
    assert result.p() == 1


@pytest.mark.parametrize("weights", ["one", "root"])
def test_labels_that_all_rows_have_alike_are_exactly_nothing(make_study, weights):
    study = make_study(47, (47, 47, 20), weights="one", seed=2)
    if weights == "root":
        study.rows.weights.mul_(0.6)
    assert importance(study, labels=[0, 1]).mean.tolist() == [0]
    assert importance(study, labels=[0, 2]).mean.abs() > 1e-5


def test_films_with_any_of_the_columns_are_counted(make_study):
    study = make_study(rows_a_film=2, seed=2)
    has = (study.matrix[:, [1, 3, 4]] != 0).any(1)
    assert len(set(study.rows.film[has].tolist())) < has.sum() < 122
    assert importance(study, labels=[1, 3, 4]).n_films.tolist() == [len(set(study.rows.film[has].tolist()))]
    assert importance(study, dense=[0]).n_films.tolist() == [61]


@pytest.mark.parametrize("rows_a_film", [1, 3])
@pytest.mark.parametrize("label", [2, 4, 6])
def test_the_error_of_the_sample_nears_the_spread_of_what_films_move(make_study, label, rows_a_film):
    study = make_study(rows_a_film=rows_a_film, seed=2)
    expected = study.moved(label).reshape(61, rows_a_film).mean(1).std(ddof=1) / 61**0.5
    assert importance(study, labels=[label], n_repeats=1000).se_sample.tolist() == pytest.approx([expected], rel=0.03)


@pytest.mark.parametrize("labels", [[2], [4], [3, 5, 6]])
def test_the_error_of_shuffles_is_their_spread_over_the_root_of_repeats(make_study, labels):
    study = make_study(seed=2)
    expected = float(importance(study, [1], labels, n_repeats=1000).std)
    claimed = [float(importance(study, [1], labels, n_repeats=3, key=key).se_shuffle) for key in range(40)]
    assert np.mean(np.square(claimed)) ** 0.5 == pytest.approx(expected / 3**0.5, rel=0.15)


@pytest.mark.parametrize("loss", ["r2", "rmse"])
def test_errors_are_in_the_unit_of_the_loss(make_study, loss):
    study = make_study(seed=2, label_std=0.1)
    plain, result = importance(study, labels=[5, 6]), importance(study, labels=[5, 6], loss=loss)
    ratio = {"r2": 1 / study.reference().variance, "rmse": 0.5 / study.total("rmse")}[loss]
    assert abs(ratio - 1) > 0.02
    for name in ("mean", "std", "se_shuffle", "se_sample"):
        assert getattr(result, name).tolist() == pytest.approx((getattr(plain, name) * ratio).tolist(), rel=0.02)


def test_a_single_repeat_has_no_error_of_shuffles(make_study):
    result = importance(make_study(seed=2), dense=[1], n_repeats=1)
    assert result.std.isnan().all()
    assert result.se_shuffle.isnan().all()
    assert result.z().tolist() == (result.mean / result.se_sample).tolist()


@pytest.mark.parametrize("n_rows", [1, 2])
def test_a_handful_of_rows_is_enough(make_study, n_rows):
    result = importance(make_study(n_rows, (1, n_rows), seed=2), [0], [0, 1])
    assert all(field.isfinite().all() for field in result.fields())
    assert n_rows > 1 or result.mean.abs() < 1e-7


def test_models_without_labels_or_without_numbers_will_do(make_study):
    without_labels, without_numbers = make_study(counts=(), seed=2), make_study(n_dense=0, seed=2)
    for study, dense, labels in [(without_labels, [1], NONE), (without_numbers, NONE, [4])]:
        orders = [permutation(child(stream(), repeat), 61).numpy() for repeat in range(4)]
        expected = naive(study, dense, labels, orders, "mse")
        assert np.abs(expected).max() > 1e-4
        assert importance(study, dense, labels).mean.tolist() == pytest.approx([expected.mean()], abs=1e-6)


def p_values(study, seed: int, n_repeats: int) -> list[float]:
    """Return the p-value of every number."""
    reference, n_numbers = study.reference(), study.rows.dense.shape[1]
    result = [
        joint_importance(reference, columns_of([number], NONE), stream(number, seed), n_repeats)
        for number in range(n_numbers)
    ]
    return Estimates.cat(result).p().tolist()


@pytest.mark.parametrize(("n_repeats", "rows_a_film"), [(1, 1), (1, 4), (2, 1), (2, 4), (5, 1), (5, 4)])
def test_numbers_that_have_nothing_to_do_with_the_target_are_rarely_found(make_study, n_repeats, rows_a_film):
    studies = [make_study(200, (), n_dense=16, seed=seed, rows_a_film=rows_a_film) for seed in range(50)]
    p = [p for seed, study in enumerate(studies) for p in p_values(study, seed, n_repeats)]
    assert len(p) == 800
    assert 0.01 <= np.mean(np.array(p) < 0.05) <= 0.07


def test_rows_of_a_film_do_not_count_as_many(make_study):
    studies = [make_study(200, (), n_dense=16, seed=seed, rows_a_film=4) for seed in range(10)]
    row_wise = [replace(study, rows=replace(study.rows, film=torch.arange(800))) for study in studies]
    assert np.mean(np.array([p_values(study, 0, 5) for study in studies]) < 0.05) <= 0.1
    assert np.mean(np.array([p_values(study, 0, 5) for study in row_wise]) < 0.05) > 0.15
