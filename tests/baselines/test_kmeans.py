import numpy as np
import pytest
from sklearn.datasets import make_blobs

from greenlight_films.baselines import KMeans
from greenlight_films.datamodules import InputError


@pytest.fixture
def films(sample):
    dense, kind = make_blobs([80, 60, 40, 20], 3, cluster_std=0.6, random_state=3)
    return sample(dense * [1, 100, 0.01], kind * 10.0 + np.arange(200) / 1000)


def test_films_that_are_alike_stand_together(films):
    model = KMeans().fit(films)
    assert [len(set(films.actual[model.assign(films.films) == cluster] // 10)) for cluster in range(4)] == [1] * 4
    assert (model.assign(films.films) == model.by_k[4].labels).all()


def test_tables_hold_the_sweep_clusters_and_the_comparison(films):
    tables = KMeans().fit(films).tables(films, films)
    assert tables["sweep.csv"]["k"].tolist() == list(range(2, 11))
    assert tables["sweep.csv"]["silhouette"].idxmax() == 2
    assert set(tables["sweep.csv"]["silhouette_rows"]) == {200}
    assert tables["target.csv"].groupby("k").size().to_dict() == {3: 3, 4: 4}
    assert tables["target.csv"].query("k == 4")["n_rows"].tolist() == [80, 60, 40, 20]
    comparison = tables["on_components.csv"].set_index("name")["value"]
    assert comparison["share_that_changes_cluster"] == 0
    assert comparison["adjusted_rand_index"] == 1
    assert np.diag(tables["cross_table.csv"].iloc[:, 1:]).tolist() == [80, 60, 40, 20]
    centres = tables["centres.csv"]
    np.testing.assert_allclose(centres["centre"], centres["centre_on_components"])
    assert len(centres) == 12


def test_fewer_than_two_clusters_are_refused():
    with pytest.raises(InputError, match=r"compare\.clusters must be 2 or more, got 1"):
        KMeans(1)


def test_more_clusters_than_films_that_differ_are_refused(sample):
    films = sample(np.repeat(np.random.default_rng(0).normal(size=(5, 3)), 4, axis=0), np.arange(20.0))
    with pytest.raises(InputError, match="at most the 5 training films that differ, got 6"):
        KMeans(6).check(films)
    assert sorted(KMeans(5).fit(films).by_k) == [2, 3, 4, 5]


def test_many_labels_are_clustered_on_their_components(sample):
    random = np.random.default_rng(0)
    kind = np.repeat([0, 1], 60)
    labels = (random.random((120, 80)) < np.where(np.arange(80) % 2 == kind[:, None], 0.3, 0.02)) * 1.0
    films = sample(None, kind * 1.0, labels)
    model = KMeans(2).fit(films)
    assert model.centres.shape == (2, 50)
    assert len(set(model.assign(films.films)[:60])) == 1
    tables = model.tables(films, films)
    assert tables["centres.csv"]["feature"][0] == "pc1"
    assert tables["profiles.csv"].empty
    most = tables["labels.csv"].query("cluster == 0").iloc[0]
    assert abs(most["share"] - most["share_of_all"]) > 0.1
