import numpy as np
import pytest

from greenlight_films.baselines.clusters import Clusters
from greenlight_films.baselines.profiles import label_profiles, number_profiles, target_by_cluster
from greenlight_films.datamodules import Block, FeatureSpace


@pytest.fixture
def films(sample):
    groups = [
        [Block("budget", "budget", "number", ["budget"])],
        [Block("year", "year", "number", ["year"])],
        [Block("tag", "tag", "label", ["a", "b"])],
    ]
    features = [{"column": "budget", "log1p": True}, {"column": "year"}, {"column": "tag"}]
    dense = np.column_stack([np.log1p([100, 300, 1000, 3000]), [1990, 2000, 2010, 2020]])
    labels = [[0.5, 0], [1, 0], [0, 0], [1, 1]]
    return sample(dense, [1.0, 2.0, 5.0, 9.0], np.array(labels), space=FeatureSpace(features, groups))


@pytest.fixture
def two():
    return Clusters(np.zeros((2, 2)), np.array([0, 0, 1, 1]), 0.0)


def test_numbers_are_in_the_tables_own_units(films, two):
    table = number_profiles(films, two).set_index(["column", "cluster"])
    assert table["mean"].to_dict() == pytest.approx(
        {("budget", 0): 200, ("year", 0): 1995, ("budget", 1): 2000, ("year", 1): 2015}
    )
    assert table["median_of_all"]["budget", 1] == pytest.approx(650)
    assert table["mean_of_all"]["year", 0] == 2005
    assert (table[["k", "n_rows"]] == 2).all(axis=None)


def test_labels_are_shares_of_films_whatever_their_weight(films, two):
    table = label_profiles(films, two).set_index(["cluster", "label"])
    assert table["share"][0, "tag=a"] == 1
    assert table["share"][1, "tag=b"] == 0.5
    assert table["share_of_all"][1, "tag=a"] == 0.75
    assert len(table) == 4


def test_the_targets_distribution_is_by_cluster(films, two):
    table = target_by_cluster(films, two).set_index("cluster")
    assert table.loc[0, ["n_rows", "mean", "min", "median", "max"]].tolist() == [2, 1.5, 1, 1.5, 2]
    assert table.loc[1, ["q25", "q75"]].tolist() == [6, 8]
