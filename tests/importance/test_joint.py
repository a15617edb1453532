import numpy as np
import pytest
import torch

from greenlight_films.importance import Estimates, Estimator, joint_importance
from greenlight_films.importance.streams import child, permutation
from tests.importance.conftest import TOTALS

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


def stream(key: int = 5, seed: int = 0) -> torch.Tensor:
    return Estimator(seed=seed).streams(torch.tensor(key))


def importance(study, dense=NONE, labels=NONE, loss="mse", n_repeats=4, key=5, seed=0, batch_rows=4096) -> Estimates:
    columns = (torch.tensor(part, dtype=torch.int64) for part in (dense, labels))
    return joint_importance(study.reference(loss, batch_rows=batch_rows), *columns, stream(key, seed), n_repeats)


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
    orders = [permutation(child(stream(), repeat), 61).numpy() for repeat in range(4)]
    expected = naive(study, dense, labels, orders, loss)
    result = importance(study, dense, labels, loss)
    assert np.abs(expected).min() > 1e-5
    assert result.mean.tolist() == pytest.approx([expected.mean()], abs=1e-6)
    assert result.std.tolist() == pytest.approx([expected.std(ddof=1)], abs=1e-6)


@pytest.mark.parametrize("loss", ["mse", "r2", "rmse"])
def test_losses_count_as_the_rows_do(make_study, loss):
    study = make_study(seed=2)
    counts = np.random.default_rng(4).exponential(size=61)
    order = permutation(child(stream(), 0), 61).numpy()
    unequal = study.changed(counts=torch.from_numpy(counts / counts.mean()))
    dense = study.rows.dense.numpy()
    shuffled = dense.copy()
    shuffled[:, [0]] = dense[order][:, [0]]
    before, after = (
        TOTALS[loss](study.rows.actual.numpy(), study.predict(dense=numbers), sample_weight=counts)
        for numbers in (dense, shuffled)
    )
    assert abs(after - before) > 1e-5
    assert importance(unequal, [0], [], loss, n_repeats=1).mean.tolist() == pytest.approx([after - before], abs=1e-6)


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


@sets
@pytest.mark.parametrize("batch_rows", [1, 7])
def test_the_batch_size_changes_nothing(make_study, dense, labels, batch_rows):
    study = make_study(weights="root", seed=2)
    expected, result = importance(study, dense, labels), importance(study, dense, labels, batch_rows=batch_rows)
    assert expected.mean.abs() > 1e-4
    for ours, theirs in zip(result.fields(), expected.fields(), strict=True):
        torch.testing.assert_close(ours, theirs, atol=1e-6, rtol=0)


def test_columns_without_weight_are_exactly_nothing(make_study):
    study = make_study(seed=2)
    with torch.no_grad():
        study.model.first.label_weight[[2, 4]] = 0
        study.model.first.dense_weight[1] = 0
        study.model.first.bias[:] = 0.3
    result = importance(study, [1], [2, 4])
    assert [float(field) for field in result.fields()] == [0, 0, 0, 0, 1, 0, 0, 61]
    assert importance(study, [1], [2, 4, 5]).mean.abs() > 1e-4


def test_labels_that_no_row_carries_are_not_estimable(make_study):
    study = make_study(counts=(0, 7, 0), seed=2)
    result = importance(study, labels=[0, 2])
    assert result.n_films.tolist() == [0]
    assert not result.estimable.any()
    assert result.se_sample.isnan().all()
    assert importance(study, labels=[0, 1, 2]).estimable.all()


def test_a_number_that_never_varies_is_exactly_nothing(make_study):
    study = make_study(seed=2)
    study.rows.dense[:, 1] = 0.37
    assert importance(study, dense=[0]).mean.abs() > 1e-4
    assert importance(study, dense=[0, 1]).mean.abs() > 1e-4
    assert importance(study, dense=[1], labels=[3]).mean != 0
    result = importance(study, dense=[1])
    assert [float(field) for field in result.fields()] == [0, 0, 0, 0, 1, 0, 0, 61]
    assert result.p == 1


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


@pytest.mark.slow
@pytest.mark.parametrize("rows_a_film", [1, 3])
@pytest.mark.parametrize("label", [2, 4, 6])
def test_the_error_of_the_sample_nears_the_spread_of_what_films_move(make_study, label, rows_a_film):
    study = make_study(rows_a_film=rows_a_film, seed=2)
    expected = study.moved(label).reshape(61, rows_a_film).mean(1).std(ddof=1) / 61**0.5
    assert importance(study, labels=[label], n_repeats=1000).se_sample.tolist() == pytest.approx([expected], rel=0.03)


@pytest.mark.parametrize("n_rows", [1, 2])
def test_a_handful_of_rows_is_enough(make_study, n_rows):
    result = importance(make_study(n_rows, (1, n_rows), seed=2), [0], [0, 1])
    assert all(field.isfinite().all() for field in result.fields()[:4])
    assert n_rows > 1 or result.mean.abs() < 1e-7


def p_values(study, seed: int, n_repeats: int) -> list[float]:
    """Return the p-value of every number."""
    numbers = range(study.rows.dense.shape[1])
    result = [importance(study, [number], n_repeats=n_repeats, key=number, seed=seed) for number in numbers]
    return Estimates.cat(result).p.tolist()


@pytest.mark.parametrize(("n_repeats", "rows_a_film"), [(1, 1), (1, 4), (2, 1), (2, 4), (5, 1), (5, 4)])
@pytest.mark.slow
def test_numbers_that_have_nothing_to_do_with_the_target_are_rarely_found(make_study, n_repeats, rows_a_film):
    studies = [make_study(200, (), n_dense=16, seed=seed, rows_a_film=rows_a_film) for seed in range(50)]
    p = [p for seed, study in enumerate(studies) for p in p_values(study, seed, n_repeats)]
    assert len(p) == 800
    assert 0.01 <= np.mean(np.array(p) < 0.05) <= 0.07
