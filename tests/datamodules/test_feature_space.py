import json

import pytest

from greenlight_films.datamodules.feature_space import Block, FeatureSpace


@pytest.fixture
def space():
    runtime = Block("Runtime", "Runtime", "number", ["Runtime"], {"median": 0.1, "mean": 1 / 3, "std": 1e-300})
    lacking = Block("Runtime", "Runtime", "missing", ["Runtime"])
    cast = Block("Cast", "actor", "label", ["Tom Hanks", "Éva 李", 'say "x"\n'])
    year = Block("Year", "Year", "number", ["Year"], {"quantiles": [1.0, 2.0]})
    nobody = Block("Studio", "Studio", "label", [])
    return FeatureSpace([{"feature": "Number", "column": "Runtime"}], [[runtime, lacking], [cast], [year], [nobody]])


def test_each_column_has_a_name_by_kind_numbers_before_labels_in_declared_order(space):
    assert space.dense_names() == ["Runtime", "Runtime is missing", "Year"]
    assert space.label_names() == ["Cast=Tom Hanks", "Cast=Éva 李", 'Cast=say "x"\n']
    assert space.names() == [*space.dense_names(), *space.label_names()]
    assert (space.n_dense, space.n_labels) == (3, 3)


def test_json_gives_back_the_same_space(space):
    text = space.to_json()
    assert "Éva 李" in text
    assert FeatureSpace.from_json(text) == space
    assert json.loads(text)["groups"][0][0]["fitted"]["mean"] == 1 / 3
