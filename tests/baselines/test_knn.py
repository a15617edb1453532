import numpy as np
import pytest
from sklearn.model_selection import GridSearchCV, GroupKFold
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from baselines import KNN


@pytest.fixture
def films(encoded):
    random = np.random.default_rng(0)
    dense = random.normal(size=(210, 3)).astype(np.float32) * [1, 30, 0.01]
    return encoded(dense), np.sin(dense[:, 0]) + dense[:, 1] / 60 + random.normal(0, 0.3, 210)


def test_k_is_the_one_that_scikit_learns_grid_search_finds(films, scale):
    features, actual = films
    film, target = np.arange(210) // 3, scale(actual).forward(actual)
    model = KNN().fit(features, actual, film, scale(actual))
    theirs = GridSearchCV(
        make_pipeline(StandardScaler(), KNeighborsRegressor()),
        {"kneighborsregressor__n_neighbors": list(range(1, 51))},
        scoring="neg_mean_squared_error",
        cv=GroupKFold(5, shuffle=True, random_state=0),
    ).fit(features.dense.astype(np.float64), target, groups=film)
    assert model.k == theirs.best_params_["kneighborsregressor__n_neighbors"] > 1
    assert list(model.cv_rmse) == list(range(1, 51))
    np.testing.assert_allclose(
        model.predict(features),
        scale(actual).inverse(theirs.predict(features.dense.astype(np.float64))),
        rtol=1e-9,
    )


def test_k_is_never_more_than_the_rows_there_are(encoded, scale):
    dense, actual = np.random.default_rng(0).normal(size=(9, 2)), np.arange(9.0)
    model = KNN().fit(encoded(dense), actual, np.arange(9), scale(actual))
    assert max(model.cv_rmse) == 7


def test_many_labels_are_seen_in_their_main_directions(encoded, scale):
    random = np.random.default_rng(1)
    kind = random.integers(0, 3, 240)
    labels = (random.random((240, 90)) < 0.02) * 1.0
    labels[np.arange(240), kind] = 1
    films = encoded(random.normal(size=(240, 1)), labels)
    train, actual = np.arange(200), kind * 2.0
    model = KNN().fit(films.take(train), actual[train], train, scale(actual))
    assert model.directions.components_.shape == (50, 90)
    assert np.abs(model.predict(films.take(np.arange(200, 240))) - actual[200:]).mean() < 0.5
