import numpy as np
import pytest
import torch
from sklearn.ensemble import RandomForestRegressor
from sklearn.inspection import permutation_importance
from sklearn.linear_model import LinearRegression

from greenlight_films.importance import LOSSES, Estimates, loop_importance
from tests.importance.conftest import TOTALS

N_REPEATS = 5


def scikit_orders(n_rows: int, n_sets: int) -> np.ndarray:
    """Return the orders that scikit-learn shuffles each column by with random_state=0, (n_sets, n_repeats, n_rows)."""
    seed = np.random.RandomState(0).randint(np.iinfo(np.int32).max + 1)
    orders = np.empty((n_sets, N_REPEATS, n_rows), dtype=np.int64)
    for column in orders:
        random, again, order = np.random.RandomState(seed), np.arange(n_rows), np.arange(n_rows)
        for repeat in column:
            random.shuffle(again)
            repeat[:] = order = order[again]  # a column that is shuffled already is shuffled once more
    return orders


def importance(predict, features, actual, sets, orders, loss="mse", **given) -> Estimates:
    return loop_importance(
        lambda batch: torch.from_numpy(np.asarray(predict(batch.numpy()))),
        torch.from_numpy(features),
        torch.from_numpy(actual),
        [torch.tensor(columns) for columns in sets],
        LOSSES[loss],
        lambda index, repeat: torch.from_numpy(orders[index, repeat]),
        orders.shape[1],
        **given,
    )


@pytest.fixture(scope="module", params=["forest", "line"])
def fitted(request):
    """A fitted model of scikit-learn, and other rows."""
    random = np.random.default_rng(0)
    features = random.normal(size=(143, 4))
    actual = features @ [2, 0, -1, 0.3] + features[:, 0] * features[:, 1] + random.normal(size=143)
    model = RandomForestRegressor(8, max_depth=5, random_state=0) if request.param == "forest" else LinearRegression()
    return model.fit(features[:80], actual[:80]), features[80:], actual[80:]


@pytest.mark.parametrize(
    ("loss", "scoring"),
    [
        ("mse", "neg_mean_squared_error"),
        ("mae", "neg_mean_absolute_error"),
        ("r2", "r2"),
        ("rmse", "neg_root_mean_squared_error"),
    ],
)
def test_importances_are_those_of_scikit_learn(fitted, loss, scoring):
    model, features, actual = fitted
    theirs = permutation_importance(model, features, actual, scoring=scoring, n_repeats=N_REPEATS, random_state=0)
    result = importance(model.predict, features, actual, [[0], [1], [2], [3]], scikit_orders(63, 4), loss)
    assert theirs.importances_std.min() > 1e-4
    np.testing.assert_allclose(result.mean, theirs.importances_mean, rtol=0, atol=1e-12)
    np.testing.assert_allclose(result.std, theirs.importances_std * (5 / 4) ** 0.5, rtol=0, atol=1e-12)


@pytest.mark.parametrize("batch_rows", [1, 64, 200, 10**6])
def test_the_batch_size_changes_nothing(fitted, batch_rows):
    model, features, actual = fitted
    sets, orders = [[0], [1, 3], [2]], scikit_orders(63, 3)
    expected = importance(model.predict, features, actual, sets, orders)
    assert expected.mean.abs().min() > 1e-3
    result = importance(model.predict, features, actual, sets, orders, batch_rows=batch_rows)
    for ours, theirs in zip(result.fields(), expected.fields(), strict=True):
        torch.testing.assert_close(ours, theirs, atol=1e-12, rtol=0)


def test_a_column_that_is_not_looked_at_is_exactly_nothing(fitted):
    _, features, actual = fitted
    result = importance(lambda batch: batch[:, 0] ** 3, features, actual, [[0], [1, 2]], scikit_orders(63, 2))
    assert result.mean[0] > 1
    assert [float(field[1]) for field in result.fields()[:7]] == [0, 0, 0, 0, 1, 0, 0]


def test_films_with_anything_but_zero_are_counted(fitted):
    _, features, actual = fitted
    features = features.copy()
    features[10:, 0] = features[12:, 1] = features[5:, 2] = 0
    features[:, 3] = 0
    sets, film = [[0], [1], [0, 1], [2], [3]], torch.arange(63) // 3
    result = importance(lambda batch: batch.sum(1), features, actual, sets, scikit_orders(63, 5), film=film)
    assert result.n_films.tolist() == [4, 4, 4, 2, 0]


@pytest.mark.parametrize("loss", ["mse", "r2"])
def test_rows_count_as_they_weigh(fitted, loss):
    model, features, actual = fitted
    orders = scikit_orders(63, 4)
    weight = np.random.default_rng(4).exponential(size=63)
    weight /= weight.mean()
    sets = [[0], [1], [2], [3]]
    result = importance(model.predict, features, actual, sets, orders, loss, counts=torch.from_numpy(weight))
    before = TOTALS[loss](actual, model.predict(features), sample_weight=weight)
    for column in range(4):
        for repeat, order in enumerate(orders[column]):
            shuffled = features.copy()
            shuffled[:, column] = features[order, column]
            increase = TOTALS[loss](actual, model.predict(shuffled), sample_weight=weight) - before
            assert float(result.repeats[column, repeat]) == pytest.approx(increase, abs=1e-9)
