import numpy as np
import pytest
from sklearn.inspection import permutation_importance
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from greenlight_films.baselines import KNN
from greenlight_films.baselines.folds import folds
from greenlight_films.baselines.neighbours import grid_search


@pytest.fixture
def films(sample):
    random = np.random.default_rng(0)
    dense = random.normal(size=(210, 3)) * [1, 30, 0.01]
    actual = np.sin(dense[:, 0]) + dense[:, 1] / 60 + random.normal(0, 0.3, 210)
    return sample(dense, actual, film=np.arange(210) // 3)


@pytest.mark.parametrize("grid", [False, True])
def test_k_is_the_one_that_does_best_in_cross_validation(films, grid):
    model = KNN(grid=grid).fit(films)
    features = films.films.unscaled
    found = grid_search(features, films.target, folds(films.film), 50)
    if not grid:
        found = found[(found["metric"] == "euclidean") & (found["weights"] == "uniform")]
    best = found.loc[found["cv_rmse"].idxmin()]
    assert (model.k, model.weights, model.neighbours.metric) == (best["k"], best["weights"], best["metric"])
    assert model.k > 1
    theirs = make_pipeline(
        StandardScaler(), KNeighborsRegressor(best["k"], weights=best["weights"], metric=best["metric"])
    )
    predicted = theirs.fit(features, films.actual).predict(features)
    np.testing.assert_allclose(model.predict(films.films), predicted, rtol=1e-9)


def test_k_is_never_more_than_the_rows_there_are(sample):
    model = KNN().fit(sample(np.random.default_rng(0).normal(size=(9, 2)), np.arange(9.0)))
    assert model.search["k"].max() == 7


def test_the_sweep_is_in_the_targets_unit(films):
    sweep = KNN().fit(films).tables(films, films)["sweep.csv"]
    assert sweep["k"].tolist() == list(range(1, 51))
    assert sweep["train_rmse"][0] == pytest.approx(0, abs=1e-12)
    features = StandardScaler().fit_transform(films.films.unscaled)
    theirs = KNeighborsRegressor(7).fit(features, films.actual).predict(features)
    assert sweep["train_rmse"][6] == pytest.approx(np.sqrt(np.mean((theirs - films.actual) ** 2)))
    assert sweep["cv_rmse"].between(0.3, 1).all()


def test_many_labels_are_seen_in_their_main_directions(sample, part):
    random = np.random.default_rng(1)
    kind = random.integers(0, 3, 240)
    labels = (random.random((240, 90)) < 0.02) * 1.0
    labels[np.arange(240), kind] = 1
    whole = sample(random.normal(size=(240, 1)), kind * 2.0, labels)
    train, test = part(whole, np.arange(200)), part(whole, np.arange(200, 240))
    model = KNN().fit(train)
    assert model.directions.components.shape == (50, 90)
    assert np.abs(model.predict(test.films) - test.actual).mean() < 0.5
    importance = model.importance(test).set_index("column")
    assert importance["importance"]["tag"] > 10 * abs(importance["importance"]["n0"])
    assert importance["n_films"].tolist() == [40, 40]


def test_importance_is_that_of_scikit_learn_within_its_error(films):
    model = KNN().fit(films)
    ours = model.importance(films, n_repeats=30).set_index("column")
    theirs = make_pipeline(StandardScaler(), KNeighborsRegressor(model.k)).fit(films.films.unscaled, films.actual)
    found = permutation_importance(theirs, films.films.unscaled, films.actual, n_repeats=200, random_state=0)
    for place, name in enumerate(["n0", "n1", "n2"]):
        error = np.hypot(ours["se_shuffle"][name], found.importances_std[place] / 200**0.5)
        assert abs(ours["importance"][name] - found.importances_mean[place]) < 4 * error
    assert ours.index.tolist() == ["n0", "n1", "n2"]


def test_importance_of_many_films_is_that_of_a_stated_sample(films):
    importance = KNN().fit(films).importance(films, most_rows=60)
    assert importance["rows"].tolist() == [60] * 3
    assert importance["n_films"].max() <= 60
