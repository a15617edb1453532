"""How far runs lie apart: held against numpy, scipy and counts by hand."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from greenlight_films.studies.seeds.statistics import (
    TOP,
    differences_of,
    importances_of,
    resampled_interval,
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


def test_without_test_rows_the_corrected_t_is_the_usual_one_of_scipy():
    differences = np.array([0.3, 0.1, 0.4, 0.2, -0.1])
    usual = stats.ttest_1samp(differences, 0)
    interval = usual.confidence_interval(0.95)
    assert resampled_interval(differences, 100, 0) == pytest.approx((interval.low, interval.high, usual.pvalue))


def test_the_correction_widens_the_variance_by_test_rows_over_training_rows():
    differences = np.array([0.3, 0.1, 0.4, 0.2])
    widths = [np.subtract(*resampled_interval(differences, 100, n_test)[1::-1]) for n_test in (0, 25)]
    assert widths[1] / widths[0] == pytest.approx(np.sqrt((1 / 4 + 25 / 100) / (1 / 4)))


def test_the_corrected_interval_covers_where_the_usual_one_does_not():
    """Means of 20 random parts, each a fifth of the same 100 films, against the mean of all films to come: 0."""
    random, covered = np.random.default_rng(0), np.zeros(2)
    for _ in range(1_000):
        films = random.normal(size=100)
        differences = np.array([random.permutation(films)[:20].mean() for _ in range(20)])
        for number, n_test in enumerate((0, 20)):
            low, high, _ = resampled_interval(differences, 80, n_test)
            covered[number] += low <= 0 <= high
    assert covered[0] < 700
    assert 920 < covered[1] <= 985


@pytest.mark.parametrize(("value", "p"), [(0.0, 1.0), (0.5, 0.0)])
def test_differences_all_alike_have_an_interval_of_no_width(value, p):
    assert resampled_interval(np.full(3, value), 80, 20) == (value, value, p)


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
