import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import GridSearchCV, KFold
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from greenlight_films.baselines.neighbours import Neighbours, grid_search, means


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
    ours = grid_search(features, target, list(KFold(5).split(features)), 15)
    keys = {"metric": "metric", "k": "n_neighbors", "weights": "weights"}
    expected = pd.DataFrame(theirs.cv_results_["params"])
    expected = expected.rename(columns={f"kneighborsregressor__{name}": key for key, name in keys.items()})
    merged = ours.merge(expected.assign(rmse=-theirs.cv_results_["mean_test_score"]), on=list(keys))
    assert len(ours) == len(merged) == 60
    np.testing.assert_allclose(merged["cv_rmse"], merged["rmse"], rtol=0, atol=1e-9)
    assert merged["cv_rmse"].idxmin() == merged["rmse"].idxmin()


def test_rows_at_no_distance_outweigh_all_others():
    distances, targets = np.array([[0.0, 0.0, 1.0]]), np.array([[2.0, 4.0, 100.0]])
    assert means(distances, targets, "distance").tolist() == [[2.0, 3.0, 3.0]]
    assert means(distances, targets, "uniform")[0, 2] == pytest.approx(106 / 3)


def test_a_feature_that_never_varies_adds_no_distance(rows):
    features, target = rows
    wider = np.hstack([features, np.full((210, 1), 5.0)])
    distances = (Neighbours().fit(matrix, target).nearest(matrix, 4)[0] for matrix in (features, wider))
    np.testing.assert_allclose(*distances)


def test_where_nearly_all_rows_are_tied_one_search_is_enough(monkeypatch):
    features, target = np.repeat(np.eye(4), 30, axis=0), np.arange(120.0)
    neighbours, searches = Neighbours().fit(features, target), []
    search = neighbours.nearest
    monkeypatch.setattr(neighbours, "nearest", lambda *given: searches.append(1) or search(*given))
    predicted = neighbours.means(features, 20, ["uniform"])["uniform"]
    assert len(searches) == 1
    assert (predicted[:, 0] // 30 == np.arange(120) // 30).all()


def test_progress_counts_searches(rows):
    steps = []
    grid_search(*rows, list(KFold(3).split(rows[0])), 5, progress=lambda done, of: steps.append((done, of)))
    assert steps == [(done, 6) for done in range(1, 7)]
