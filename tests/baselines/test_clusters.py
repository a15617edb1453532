import numpy as np
import pytest
from sklearn.datasets import make_blobs
from sklearn.metrics import adjusted_rand_score, silhouette_score

from greenlight_films.baselines.clusters import SILHOUETTE_ROWS, Clusters, silhouette_rows, silhouettes


@pytest.fixture
def blobs():
    return make_blobs([60, 40, 20], 3, cluster_std=0.5, random_state=0)


def test_clusters_are_numbered_the_largest_first(blobs):
    clusters = Clusters.fit(blobs[0], 3)
    assert clusters.sizes().tolist() == [60, 40, 20]
    assert adjusted_rand_score(clusters.labels, blobs[1]) == 1
    for cluster in range(3):
        np.testing.assert_allclose(clusters.centres[cluster], blobs[0][clusters.labels == cluster].mean(0))
    assert clusters.inertia == pytest.approx(((blobs[0] - clusters.centres[clusters.labels]) ** 2).sum())


def test_silhouettes_are_scikit_learns(blobs):
    matrix, random = blobs[0], np.random.default_rng(0)
    alone = blobs[1].copy()
    alone[7] = 3  # a cluster of one row
    groupings = [blobs[1], random.integers(0, 5, 120), alone]
    expected = [silhouette_score(matrix, labels) for labels in groupings]
    assert silhouettes(matrix, groupings) == pytest.approx(expected)
    assert expected[0] > 0.5 > expected[1]


@pytest.mark.parametrize("labels", [np.zeros(120, int), np.arange(120)])
def test_a_single_cluster_or_as_many_as_rows_have_no_silhouette(blobs, labels):
    assert np.isnan(silhouettes(blobs[0], [labels])[0])


def test_above_ten_thousand_rows_silhouettes_are_of_a_sample():
    assert len(silhouette_rows(10_000)) == 10_000
    rows = silhouette_rows(10_001)
    assert len(rows) == len(set(rows)) == SILHOUETTE_ROWS
    assert rows.max() > 9000
    assert (silhouette_rows(10_001) == rows).all()


@pytest.mark.parametrize("order", [[1, 2, 0], [2, 1, 0]])
def test_matching_undoes_any_other_numbering_and_keeps_as_many_rows_as_possible(blobs, order):
    first = Clusters.fit(blobs[0], 3)
    again = Clusters(first.centres[np.argsort(order)], np.array(order)[first.labels], first.inertia).matched(first)
    assert (again.labels == first.labels).all()
    assert (again.centres == first.centres).all()
    numbers = [0, 0, 0, 1, 1, 2], [1, 1, 0, 0, 0, 2]
    first, second = (Clusters(np.zeros((3, 1)), np.array(labels), 0.0) for labels in numbers)
    assert second.matched(first).labels.tolist() == [0, 0, 1, 1, 1, 2]
