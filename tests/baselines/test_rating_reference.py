"""The rating study's figures on its own table, as scikit-learn and statsmodels give them."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.model_selection import KFold as SklearnKFold
from sklearn.model_selection import train_test_split

from greenlight_films.baselines import OLS, PCA, KMeans, Sample
from greenlight_films.baselines.neighbours import Neighbours, Points, grid_search, means, rmse_by_k
from greenlight_films.datamodules import FilmEncoder, Number, Target, TargetScale
from greenlight_films.importance import LOSSES, loop_importance

SHARED = Path(__file__).parents[3] / "shared"
TABLE, REFERENCE = SHARED / "data/final_movie_table_numeric.csv", SHARED / "reference/rating_reference.json"
COUNTS = ["budget", "revenue", "vote_count", "user_rating_count", "keyword_count"]

pytestmark = pytest.mark.skipif(
    not TABLE.is_file() or not REFERENCE.is_file(), reason="needs the rating study's table, which is not shipped"
)


@pytest.fixture(scope="module")
def reference():
    return json.loads(REFERENCE.read_text())


@pytest.fixture(scope="module")
def films() -> Sample:
    """Return all films of the table: the reference describes them all."""
    table = pd.read_csv(TABLE)
    encoder = FilmEncoder([*(Number(name, log1p=True) for name in COUNTS), Number("runtime")])
    encoded = encoder.fit_encode(table, np.arange(len(table)))
    actual, rows = table["vote_average"].to_numpy(), np.arange(len(table))
    scale = TargetScale.fit(Target("vote_average"), actual)
    return Sample(encoded, actual, rows, rows + 1, scale, encoder.space)


@pytest.fixture(scope="module")
def sides(films) -> tuple[np.ndarray, np.ndarray]:
    """Return the reference's training and validation rows, in its order."""
    return tuple(train_test_split(np.arange(films.n_rows), test_size=0.25, random_state=3001))


@pytest.fixture(scope="module")
def grid(films, sides) -> pd.DataFrame:
    features, train = films.films.unscaled, sides[0]
    points = Points(features[train], films.actual[train])
    return grid_search([(points.take(fit), points.take(val)) for fit, val in SklearnKFold(5).split(train)], 50)


def test_linear_regression(films, reference):
    model, expected = OLS().fit(films), reference["ols_numeric"]
    table = model.tables(films, films)["coefficients.csv"]
    np.testing.assert_allclose(table["coefficient"], list(expected["coefficients"].values()), rtol=1e-8)
    np.testing.assert_allclose(table["se"], list(expected["standard_errors"].values()), rtol=1e-8)
    for name, key in {"rsquared": "r_squared", "rsquared_adj": "adjusted_r_squared", "aic": "aic"}.items():
        assert getattr(model.model, name) == pytest.approx(expected[key], rel=1e-8)


def test_the_sweep_over_neighbours(films, sides, reference):
    (train, valid), features = sides, films.films.unscaled
    predicted = Neighbours().fit(Points(features[train], films.actual[train])).means(features[valid], 50, ["uniform"])
    rmse, expected = rmse_by_k(predicted["uniform"], Points(features[valid], films.actual[valid])), reference["knn"]
    np.testing.assert_allclose(rmse, list(expected["valid_rmse_by_k"].values()), atol=1e-9)
    assert rmse.argmin() + 1 == expected["best_k"] == 13


def test_the_grid_of_neighbours(films, sides, grid, reference):
    (train, valid), features, expected = sides, films.films.unscaled, reference["knn"]
    best = grid.loc[grid["val_rmse"].idxmin()]
    assert best["val_rmse"] == pytest.approx(expected["grid_best_cv_rmse"], abs=1e-9)
    settings = {"metric": best["metric"], "n_neighbors": best["k"], "weights": best["weights"]}
    assert settings == expected["grid_best"]
    assert len(grid) == 200
    tuned = Neighbours().fit(Points(features[train], films.actual[train]), best["metric"])
    predicted = tuned.means(features[valid], best["k"], [best["weights"]])[best["weights"]][:, -1:]
    assert rmse_by_k(predicted, Points(features[valid], films.actual[valid]))[0] == pytest.approx(
        expected["tuned_valid_rmse"], abs=1e-9
    )


@pytest.mark.slow
def test_importance_to_the_tuned_neighbours_for_the_same_shuffles(films, sides, reference):
    (train, valid), features, best = sides, films.films.unscaled, reference["knn"]["grid_best"]
    tuned = Neighbours().fit(Points(features[train], films.actual[train]), best["metric"])

    def predict(rows: torch.Tensor) -> torch.Tensor:
        nearest = tuned.nearest(rows.numpy(), best["n_neighbors"])
        return torch.from_numpy(means(*nearest, best["weights"])[:, -1])

    # scikit-learn draws a seed; each column has a stream with that seed, and shuffles the last order again.
    seed = np.random.RandomState(3001).randint(np.iinfo(np.int32).max + 1)
    orders = []
    for _ in range(6):
        stream, order, shuffled = np.random.RandomState(seed), np.arange(len(valid)), np.arange(len(valid))
        orders.append([])
        for _ in range(20):
            stream.shuffle(shuffled)
            order = order[shuffled]
            orders[-1].append(torch.from_numpy(order))
    estimates = loop_importance(
        predict,
        torch.from_numpy(features[valid]),
        torch.from_numpy(films.actual[valid]),
        [torch.tensor([column]) for column in range(6)],
        LOSSES["r2"],
        lambda column, repeat: orders[column][repeat],
        n_repeats=20,
    )
    expected = list(reference["knn"]["tuned_permutation_importance_r2"].values())
    np.testing.assert_allclose(estimates.mean.numpy(), expected, atol=1e-9)


def test_components(films, reference):
    model, expected = PCA().fit(films), reference["pca"]
    np.testing.assert_allclose(model.ratio, expected["explained_variance_ratio"], atol=1e-6)
    np.testing.assert_allclose(np.abs(model.components.T), expected["absolute_loadings"], atol=1e-6)
    assert model.enough == 3


@pytest.mark.slow
def test_clusters_and_their_comparison_with_those_on_three_components(films, reference):
    tables = KMeans().fit(films).tables(films, films)
    sweep, expected = tables["sweep.csv"], reference["kmeans"]
    assert sweep["k"].tolist() == [int(k) for k in expected["inertia"]]
    np.testing.assert_allclose(sweep["inertia"], list(expected["inertia"].values()), rtol=5e-3)
    np.testing.assert_allclose(sweep["silhouette"], list(expected["silhouette"].values()), atol=0.01)
    comparison, expected = tables["on_components.csv"].set_index("name")["value"], reference["pca"]
    assert comparison["silhouette_on_components"] == pytest.approx(expected["kmeans_on_3_pcs_silhouette"], abs=0.01)
    share = expected["share_of_films_that_change_cluster_after_matching"]
    assert comparison["share_that_changes_cluster"] == pytest.approx(share, abs=0.01)
    assert comparison["adjusted_rand_index"] == pytest.approx(expected["adjusted_rand_index"], abs=0.015)
