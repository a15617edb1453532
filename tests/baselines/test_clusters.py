import numpy as np
import pytest
from sklearn.datasets import make_blobs
from sklearn.metrics import silhouette_score

from greenlight_films.baselines import clusters
from greenlight_films.baselines.clusters import (
    Clusters,
    agreement,
    cross_table,
    match,
    silhouette_rows,
    silhouettes,
    sweep,
)


@pytest.fixture
def blobs():
    return make_blobs([60, 40, 20], 3, cluster_std=0.5, random_state=0)


def test_clusters_are_found_the_largest_first(blobs):
    found = Clusters.fit(blobs[0], 3)
    assert found.sizes().tolist() == [60, 40, 20]
    assert agreement(found.labels, blobs[1])["adjusted_rand_index"] == 1
    for cluster in range(3):
        np.testing.assert_allclose(found.centres[cluster], blobs[0][found.labels == cluster].mean(0))
    assert found.inertia == pytest.approx(((blobs[0] - found.centres[found.labels]) ** 2).sum())


def test_more_clusters_have_less_inertia(blobs):
    inertia = [one.inertia for one in sweep(blobs[0], range(2, 7)).values()]
    assert sorted(inertia, reverse=True) == inertia


def test_silhouettes_are_scikit_learns(blobs, monkeypatch):
    matrix, random = blobs[0], np.random.default_rng(0)
    alone = blobs[1].copy()
    alone[7] = 3  # a cluster of one row
    groupings = [blobs[1], random.integers(0, 5, 120), alone]
    expected = [silhouette_score(matrix, labels) for labels in groupings]
    assert silhouettes(matrix, groupings) == pytest.approx(expected)
    assert expected[0] > 0.5 > expected[1]


@pytest.mark.parametrize("labels", [np.zeros(120, int), np.arange(120)])
def test_nothing_stands_apart_in_one_cluster_or_in_as_many_as_rows(blobs, labels):
    assert np.isnan(silhouettes(blobs[0], [labels])[0])


def test_above_ten_thousand_rows_silhouettes_are_of_a_sample():
    assert len(silhouette_rows(10_000)) == 10_000
    rows = silhouette_rows(10_001)
    assert len(rows) == len(set(rows)) == clusters.SILHOUETTE_ROWS
    assert rows.max() > 9000
    assert (silhouette_rows(10_001) == rows).all()


def test_matching_undoes_any_other_numbering(blobs):
    first = Clusters.fit(blobs[0], 3)
    for order in ([0, 1, 2], [1, 2, 0], [2, 1, 0], [2, 0, 1]):
        renamed = first.relabelled(np.array(order))
        assert (renamed.centres[order] == first.centres).all()
        back = renamed.relabelled(match(first.labels, renamed.labels, 3))
        assert (back.labels == first.labels).all()
        assert (back.centres == first.centres).all()


def test_the_share_that_changes_is_counted_after_matching():
    first, second = np.array([0, 0, 0, 1, 1, 2]), np.array([1, 1, 0, 0, 0, 2])
    matched = match(first, second, 3)[second]
    assert matched.tolist() == [0, 0, 1, 1, 1, 2]
    assert agreement(first, matched)["share_that_changes_cluster"] == pytest.approx(1 / 6)
    assert cross_table(first, matched, 3).tolist() == [[2, 1, 0], [0, 2, 0], [0, 0, 1]]
