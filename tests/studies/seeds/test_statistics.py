"""How far runs lie apart: held against numpy, scipy and counts by hand."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from greenlight_films.studies.paired import resampled_interval
from greenlight_films.studies.seeds.statistics import (
    TOP,
    differences_of,
    importances_of,
    scores_of,
    spread_of,
    stability_of,
)

R2 = {"mlp": [0.40, 0.44, 0.39], "ridge": [0.38, 0.41, 0.38], "mean": [0.0, 0.0, None]}


def run_of(value: int, importances: dict[str, float], n_films: int = 50) -> SimpleNamespace:
    """Return what is read of a run: its scores, those of `R2`, and importances of its features."""
    names = list(importances)
    features = {"feature": names, "level": "value", "column": "cast", "role": "actor"}
    features |= {"importance": list(importances.values()), "n_films": n_films}
    sets = {"name": ["cast", "year", "genre"], "level": "column", "importance": [3.0 + value, 2.0, 1.0], "n_films": 50}
    models = {model: {"r2": values[value], "rmse": 1.0} for model, values in R2.items()}
    metrics = {"rows": {"train": 80, "val": 10, "test": 20}, "models": models}
    return SimpleNamespace(metrics=metrics, features=pd.DataFrame(features), aggregated=pd.DataFrame(sets))


@pytest.fixture
def runs() -> dict[int, SimpleNamespace]:
    """Return three runs: 26 features in the same order, but that the two least change places in the last."""
    names = [f"name {number:02d}" for number in range(TOP + 1)]
    values = dict(zip(names, range(TOP + 1, 0, -1), strict=True))
    swapped = {**values, names[-1]: values[names[-2]], names[-2]: values[names[-1]]}
    return {number: run_of(number, which) for number, which in enumerate([values, values, swapped])}


def test_mean_and_deviation_of_each_score_are_those_of_numpy_over_the_runs_that_have_it(runs):
    scores = scores_of(runs, "seed")
    assert scores[["seed", "model", "train_rows", "test_rows", "r2"]].values.tolist()[0] == [0, "mlp", 80, 20, 0.4]
    table = spread_of(scores, "seed").set_index(["model", "score"])
    for model, values in R2.items():
        known = [value for value in values if value is not None]
        line = table.loc[(model, "r2")]
        assert (line["mean"], line["sd"]) == pytest.approx((np.mean(known), np.std(known, ddof=1)))
        assert line["runs"] == len(known)


def test_differences_are_of_the_network_from_each_other_model_over_the_runs_that_have_both(runs):
    table = differences_of(scores_of(runs, "seed"), "seed").set_index(["model", "score"])
    line = table.loc[("ridge", "r2")]
    expected = resampled_interval(np.array([0.02, 0.03, 0.01]), 80, 20)
    assert line["difference"] == pytest.approx(0.02)
    assert (line["low_95"], line["high_95"], line["p"]) == pytest.approx(expected)
    assert table.loc[("mean", "r2"), "runs"] == 2
    assert "mlp" not in table.index.get_level_values("model")


def test_importances_are_means_over_the_runs_that_measured_a_feature(runs):
    runs[2].features.loc[0, "importance"] = np.nan
    table = importances_of(runs).set_index(["level", "feature"])
    first, last = table.loc[("value", "name 00")], table.loc[("value", "name 25")]
    assert (first["importance"], first["sd"], first["runs"], first["top"]) == (26, 0, 2, 2)
    assert (last["importance"], last["sd"]) == pytest.approx((4 / 3, np.std([1, 1, 2], ddof=1)))
    assert (last["top"], last["column"], last["role"], last["films"]) == (1, "cast", "actor", 50)
    columns = table.loc["column"]
    assert columns["importance"].tolist() == [4, 2, 1]
    assert columns["top"].tolist() == [0, 0, 0]
    assert table["importance"].is_monotonic_decreasing


def test_24_of_25_leading_features_lead_in_every_run(runs):
    stability = stability_of(runs)
    assert (stability["top"], stability["in_every_top"]) == (25, 24 / 25)


def test_rank_correlations_are_spearmans_of_each_two_runs(runs):
    swapped = 1 - 6 * 2 / (26 * (26**2 - 1))
    assert stability_of(runs)["rank_correlation"] == pytest.approx(
        {"mean": (1 + 2 * swapped) / 3, "low": swapped, "high": 1}
    )
    assert stability_of(runs)["columns"] == pytest.approx({"mean": 1, "low": 1, "high": 1})


def test_features_of_few_films_and_runs_without_importances_do_not_count():
    names = {f"name {number}": float(number) for number in range(30)}
    assert stability_of({0: run_of(0, names, n_films=2), 1: run_of(1, names)})["rank_correlation"] is None
    alone = run_of(0, names)
    alone.features = alone.features[:0]
    assert stability_of({0: alone, 1: run_of(1, names)})["in_every_top"] is None
