"""The benchmark of targets without meaning, on a made table in which one person decides the target."""

import numpy as np
import pandas as pd
import pytest
import yaml

from greenlight_films.benchmarks.permuted_target import Permuted, measure
from greenlight_films.datamodules import Target


@pytest.fixture
def config(tmp_path) -> str:
    random = np.random.default_rng(0)
    cast = [["Ann", "Bo"][i % 2] for i in range(400)]
    rating = np.array([i % 2 for i in range(400)]) + 0.1 * random.normal(size=400)
    pd.DataFrame({"title": range(400), "cast": cast, "rating": rating}).to_csv(tmp_path / "films.csv", index=False)
    labels = {"class_path": "Labels", "init_args": {"column": "cast"}}
    split = {"class_path": "RandomSplit", "init_args": {"val": 0.1, "test": 0.3, "seed": 1}}
    target = {"class_path": "Target", "init_args": {"column": "rating"}}
    data = {"table": str(tmp_path / "films.csv"), "target": target, "features": [labels], "split": split}
    keys = {
        "seed_everything": 1,
        "name": "made",
        "data": data,
        "model": {"hidden": [8], "learning_rate": 0.01},
        "trainer": {"max_epochs": 5},
    }
    (tmp_path / "made.yaml").write_text(yaml.safe_dump(keys))
    return str(tmp_path / "made.yaml")


def test_the_known_values_are_dealt_out_anew():
    frame = pd.DataFrame({"rating": [1.0, 2.0, np.nan, 4.0, 5.0, 6.0]})
    target = Target("rating", unit="points")
    permuted = Permuted.of(target, 3)
    values = permuted.values(frame)
    assert np.isnan(values).tolist() == [False, False, True, False, False, False]
    assert sorted(values[[0, 1, 3, 4, 5]]) == [1, 2, 4, 5, 6]
    assert values.tolist() != target.values(frame).tolist()
    np.testing.assert_array_equal(values, permuted.values(frame))
    assert (permuted.name, permuted.unit, permuted.columns) == ("rating", "points", ["rating"])


@pytest.mark.slow
def test_the_true_target_has_names_and_permuted_ones_are_counted(config):
    figures = measure(config, runs=2)
    assert set(figures["names"]) == {"cast=Ann", "cast=Bo"}
    assert figures["runs_with_names"] == sum(map(bool, figures["names_permuted"]))
    assert len(figures["names_permuted"]) == 2
