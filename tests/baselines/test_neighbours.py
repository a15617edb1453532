import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import GridSearchCV, KFold
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from greenlight_films.baselines.neighbours import Neighbours, Points, grid_search, means


@pytest.fixture
def rows():
    """Return 210 rows of numbers on very different scales, some of them tied or twice there, and their targets.

    Which of two ties is nearer depends on the last digit of the scale, and so on the order in which a column is
    summed: scikit-learn gets the columns of a frame here, contiguous in memory.
    """
    random = np.random.default_rng(0)
    features = random.normal(size=(210, 3)).round(1) * [1, 30, 0.01]
    features[195:] = features[:15]
    return features, np.sin(features[:, 0]) + features[:, 1] / 60 + random.normal(0, 0.3, 210)


def folds_of(points: Points, n: int) -> list[tuple[Points, Points]]:
    return [(points.take(fitted), points.take(scored)) for fitted, scored in KFold(n).split(points.features)]


@pytest.mark.slow
def test_the_grid_is_what_scikit_learns_grid_search_finds(rows, monkeypatch):
    monkeypatch.setattr("greenlight_films.baselines.neighbours.MOST_TIED", 1.0)  # folds are small here
    features, target = rows
    theirs = GridSearchCV(
        make_pipeline(StandardScaler(), KNeighborsRegressor()),
        {
            "kneighborsregressor__n_neighbors": list(range(1, 16)),
            "kneighborsregressor__weights": ["uniform", "distance"],
            "kneighborsregressor__metric": ["euclidean", "manhattan"],
        },
        scoring="neg_root_mean_squared_error",
        cv=5,
    ).fit(pd.DataFrame(features), target)
    ours = grid_search(folds_of(Points(*rows), 5), 15)
    keys = {"metric": "metric", "k": "n_neighbors", "weights": "weights"}
    expected = pd.DataFrame(theirs.cv_results_["params"])
    expected = expected.rename(columns={f"kneighborsregressor__{name}": key for key, name in keys.items()})
    merged = ours.merge(expected.assign(rmse=-theirs.cv_results_["mean_test_score"]), on=list(keys))
    assert len(ours) == len(merged) == 60
    np.testing.assert_allclose(merged["val_rmse"], merged["rmse"], rtol=0, atol=1e-9)
    assert merged["val_rmse"].idxmin() == merged["rmse"].idxmin()


def test_rows_at_no_distance_outweigh_all_others():
    distances, targets = np.array([[0.0, 0.0, 1.0]]), np.array([[2.0, 4.0, 100.0]])
    assert means(distances, targets, np.ones((1, 3)), "distance").tolist() == [[2.0, 3.0, 3.0]]
    assert means(distances, targets, np.ones((1, 3)), "uniform")[0, 2] == pytest.approx(106 / 3)
    weights = np.array([[3.0, 1.0, 1.0]])
    assert means(distances, targets, weights, "distance").tolist() == [[2.0, 2.5, 2.5]]
    assert means(distances, targets, weights, "uniform").tolist() == [[2.0, 2.5, 22.0]]


def test_rows_of_weight_0_are_no_neighbours(rows):
    features, target = rows
    weights = np.random.default_rng(3).integers(0, 3, 210).astype(float)
    neighbours = Neighbours().fit(Points(features, target, weights))
    repeated = np.repeat(np.arange(210), weights.astype(int))
    scaled = StandardScaler().fit(features[repeated])
    theirs = KNeighborsRegressor(1).fit(scaled.transform(features[weights > 0]), target[weights > 0])
    new = np.random.default_rng(4).normal(size=(40, 3)) * [1, 30, 0.01]
    predicted = neighbours.means(new, 1, ["uniform"])["uniform"][:, 0]
    np.testing.assert_allclose(predicted, theirs.predict(scaled.transform(new)))


def test_a_feature_that_never_varies_adds_no_distance(rows):
    features, target = rows
    wider = np.hstack([features, np.full((210, 1), 5.0)])
    distances = (Neighbours().fit(Points(matrix, target)).nearest(matrix, 4)[0] for matrix in (features, wider))
    np.testing.assert_allclose(*distances)


def test_where_nearly_all_rows_are_tied_one_search_is_enough(monkeypatch):
    features, target = np.repeat(np.eye(4), 30, axis=0), np.arange(120.0)
    neighbours, searches = Neighbours().fit(Points(features, target)), []
    search = neighbours.nearest
    monkeypatch.setattr(neighbours, "nearest", lambda *given: searches.append(1) or search(*given))
    predicted = neighbours.means(features, 20, ["uniform"])["uniform"]
    assert len(searches) == 1
    assert (predicted[:, 0] // 30 == np.arange(120) // 30).all()


def test_progress_counts_searches(rows):
    steps = []
    grid_search(folds_of(Points(*rows), 3), 5, progress=lambda done, of: steps.append((done, of)))
    assert steps == [(done, 6) for done in range(1, 7)]
