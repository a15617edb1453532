from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import csr_array
from sklearn.decomposition import TruncatedSVD
from sklearn.inspection import permutation_importance
from sklearn.metrics import root_mean_squared_error
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from greenlight_films.baselines import KNN
from greenlight_films.baselines.knn import LabelDirections, correlations
from greenlight_films.baselines.neighbours import Points, grid_search


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
    points = Points(features, films.target)
    search = grid_search([(points.take(fitted), points.take(scored)) for fitted, scored in films.folds(5)], 50)
    if not grid:
        search = search[(search["metric"] == "euclidean") & (search["weights"] == "uniform")]
    best = search.loc[search["val_rmse"].idxmin()]
    assert (model.k, model.weights, model.neighbours.metric) == (best["k"], best["weights"], best["metric"])
    assert model.k > 1
    theirs = make_pipeline(
        StandardScaler(), KNeighborsRegressor(best["k"], weights=best["weights"], metric=best["metric"])
    )
    predicted = theirs.fit(features, films.actual).predict(features)
    np.testing.assert_allclose(model.predict(films.films), predicted, rtol=1e-9)


def test_k_is_chosen_by_the_validation_rows_in_directions_of_the_training_rows_alone(sample):
    random = np.random.default_rng(1)
    labels = (random.random((300, 70)) < 0.05) * 1.0
    whole = sample(random.normal(size=(300, 1)), labels[:, :9].sum(1) + random.normal(0, 0.1, 300), labels)
    training, validation = whole.take(np.arange(200)), whole.take(np.arange(200, 300))
    model = KNN().fit(replace(training, validation=validation))
    directions = LabelDirections().fit(training.films.labels)
    matrices = [
        np.hstack([side.films.unscaled, directions.transform(side.films.labels)]) for side in (training, validation)
    ]
    scaler = StandardScaler().fit(matrices[0])
    theirs = [KNeighborsRegressor(k).fit(scaler.transform(matrices[0]), training.target) for k in range(1, 51)]
    rmse = [
        root_mean_squared_error(validation.target, other.predict(scaler.transform(matrices[1]))) for other in theirs
    ]
    np.testing.assert_allclose(model.search["val_rmse"], rmse, rtol=1e-6)
    assert model.k == int(np.argmin(rmse)) + 1
    assert len(model.neighbours.target) == 200


def test_the_sweep_is_in_the_targets_unit_and_k_never_more_than_the_rows_there_are(films, sample):
    few = KNN().fit(sample(np.random.default_rng(0).normal(size=(9, 2)), np.arange(9.0)))
    assert few.search["k"].max() == 7
    sweep = KNN().fit(films).tables(films, films)["sweep.csv"]
    assert sweep["k"].tolist() == list(range(1, 51))
    assert sweep["train_rmse"][0] == pytest.approx(0, abs=1e-12)
    features = StandardScaler().fit_transform(films.films.unscaled)
    theirs = KNeighborsRegressor(7).fit(features, films.actual).predict(features)
    assert sweep["train_rmse"][6] == pytest.approx(np.sqrt(np.mean((theirs - films.actual) ** 2)))
    assert sweep["val_rmse"].between(0.3, 1).all()


def test_many_labels_are_seen_in_their_main_directions(sample):
    random = np.random.default_rng(1)
    kind = random.integers(0, 3, 240)
    labels = (random.random((240, 90)) < 0.02) * 1.0
    labels[np.arange(240), kind] = 1
    whole = sample(random.normal(size=(240, 1)), kind * 2.0, labels)
    train, test = whole.take(np.arange(200)), whole.take(np.arange(200, 240))
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
    expected = permutation_importance(theirs, films.films.unscaled, films.actual, n_repeats=200, random_state=0)
    assert ours.index.tolist() == ["n0", "n1", "n2"]
    error = np.hypot(ours["se_shuffle"], expected.importances_std / 200**0.5)
    assert (np.abs(ours["importance"] - expected.importances_mean) < 4 * error).all()
    sampled = model.importance(films, most_rows=60)
    assert sampled["rows"].tolist() == [60] * 3
    assert sampled["n_films"].max() <= 60


@pytest.fixture
def labels():
    random = np.random.default_rng(0)
    dense = (random.random((120, 70)) < 0.1) * random.choice([1.0, 0.5], (120, 70))
    dense[:, 3], dense[:, 5] = 1, 0
    return csr_array(dense)


def test_few_labels_stay_as_they_are(labels):
    directions = LabelDirections().fit(labels[:, :40])
    assert directions.labels.tolist() == [index for index in range(40) if index not in (3, 5)]
    assert (directions.transform(labels[:, :40]) == labels[:, directions.labels].toarray()).all()
    assert LabelDirections().fit(csr_array((4, 0))).transform(csr_array((3, 0))).shape == (3, 0)


def test_many_labels_become_singular_directions_and_columns_add_up_to_the_whole(labels):
    directions = LabelDirections().fit(labels)
    theirs = TruncatedSVD(50, random_state=0).fit(labels[:, directions.labels])
    assert directions.components.shape == (50, 68)
    np.testing.assert_allclose(directions.transform(labels), theirs.transform(labels[:, directions.labels]))
    parts = [directions.transform(labels, np.arange(start, start + 10)) for start in range(0, 70, 10)]
    assert all(np.abs(part).max() > 0.1 for part in parts)
    np.testing.assert_allclose(sum(parts), directions.transform(labels), atol=1e-12)


def test_correlations_are_pearsons(sample):
    random = np.random.default_rng(0)
    dense, labels = random.normal(50, 20, (80, 3)), (random.random((80, 5)) < 0.3) * 0.5
    dense[:, 1], labels[:, 2], labels[:, 4] = 7, 0, 1
    predicted = dense[:, 0] + 10 * labels[:, 0] + random.normal(size=80)
    table = correlations(sample(dense, predicted, labels), predicted)
    assert set(table["feature"]) == {"n0", "n2", "tag=t0", "tag=t1", "tag=t3"}
    assert table["feature"][0] == "n0"
    for name, correlation, n_rows in table.itertuples(index=False):
        column = dense[:, int(name[1:])] if name[0] == "n" else labels[:, int(name[-1])]
        assert correlation == pytest.approx(np.corrcoef(column, predicted)[0, 1], abs=1e-6)
        assert n_rows == (80 if name[0] == "n" else (column > 0).sum())


def test_importance_goes_by_the_weights_of_the_films(sample):
    random = np.random.default_rng(2)
    dense = random.normal(size=(120, 2))
    actual = np.where(np.arange(120) < 60, dense[:, 0], dense[:, 1])
    films = sample(dense, actual)
    model = KNN().fit(films)

    def importances(weights):
        table = model.importance(replace(films, weights=weights)).set_index("column")["importance"]
        return table["n0"], table["n1"]

    assert importances(np.full(120, 3.0)) == pytest.approx(importances(None), rel=1e-12)
    first, second = (np.where(np.arange(120) < 60, one, other) for one, other in ((1.0, 0.01), (0.01, 1.0)))
    assert importances(first)[0] > 2 * importances(first)[1]
    assert importances(second)[1] > 2 * importances(second)[0]
