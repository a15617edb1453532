import numpy as np
import pytest

from greenlight_films.datamodules.scores import regression_scores
from greenlight_films.reports import bootstrap
from greenlight_films.reports.bootstrap import bootstrap_intervals


def two_models(n_films=12, seed=0):
    stream = np.random.default_rng(seed)
    film = np.repeat(np.arange(n_films), stream.integers(1, 4, n_films))
    actual = 100 + stream.normal(size=len(film))
    return actual, {"mlp": actual + 0.3 * stream.normal(size=len(film)), "mean": np.full(len(film), 100.0)}, film


def test_intervals_are_those_of_a_plain_loop_over_resampled_films():
    actual, predicted, film = two_models()
    intervals = bootstrap_intervals(actual, predicted, film * 7 + 3, seed=5, n=200).set_index(["model", "score"])
    stream, values = np.random.default_rng(5), []
    for _ in range(200):
        rows = np.concatenate([np.flatnonzero(film == drawn) for drawn in stream.integers(12, size=12)])
        mlp = regression_scores(actual[rows], predicted["mlp"][rows])
        mean = regression_scores(actual[rows], predicted["mean"][rows])
        values.append([mlp["rmse"], mlp["mae"], mlp["r2"], 1 - mlp["rmse"] / mean["rmse"]])
    low, high = np.quantile(values, [0.025, 0.975], axis=0)
    mine = intervals.loc["mlp"].loc[["rmse", "mae", "r2", "rmse_below_mean"]]
    np.testing.assert_allclose(mine["low_95"], low, rtol=1e-9)
    np.testing.assert_allclose(mine["high_95"], high, rtol=1e-9)
    whole = regression_scores(actual, predicted["mlp"])
    np.testing.assert_allclose(mine["value"][:3], [whole["rmse"], whole["mae"], whole["r2"]], rtol=1e-9)
    assert (mine["low_95"] < mine["value"]).all()
    assert (mine["value"] < mine["high_95"]).all()
    assert intervals.loc["mean"].index.tolist() == ["rmse", "mae", "r2"]


def test_resamples_do_not_depend_on_how_many_are_in_memory_at_once(monkeypatch):
    actual, predicted, film = two_models()
    whole = bootstrap_intervals(actual, predicted, film, seed=1, n=50)
    monkeypatch.setattr(bootstrap, "CHUNK", 36)
    assert bootstrap_intervals(actual, predicted, film, seed=1, n=50).equals(whole)
    assert not bootstrap_intervals(actual, predicted, film, seed=2, n=50).equals(whole)


def test_95_percent_intervals_of_the_mean_absolute_error_cover_it_in_92_to_97_of_100():
    # Errors of standard normal films have a mean absolute error of sqrt(2 / pi).
    truth, covered = np.sqrt(2 / np.pi), []
    for seed in range(300):
        actual = np.random.default_rng(1000 + seed).normal(size=200)
        mae = bootstrap_intervals(actual, {"zero": np.zeros(200)}, np.arange(200), seed, n=200).iloc[1]
        covered.append(mae["low_95"] <= truth <= mae["high_95"])
    assert 0.92 <= np.mean(covered) <= 0.97


def test_rows_of_a_film_together_give_wider_intervals_than_rows_alone():
    actual = np.repeat(np.random.default_rng(0).normal(size=50), 8)
    predicted = {"zero": np.zeros(400)}
    together = bootstrap_intervals(actual, predicted, np.repeat(np.arange(50), 8), seed=0, n=500).iloc[0]
    alone = bootstrap_intervals(actual, predicted, np.arange(400), seed=0, n=500).iloc[0]
    ratio = (together["high_95"] - together["low_95"]) / (alone["high_95"] - alone["low_95"])
    assert ratio == pytest.approx(np.sqrt(8), rel=0.2)


def test_r2_of_a_constant_target_is_undefined():
    intervals = bootstrap_intervals(np.full(6, 0.1), {"mlp": np.arange(6.0)}, np.arange(6), seed=0, n=30)
    numbers = intervals.set_index("score")[["value", "low_95", "high_95"]]
    assert numbers.loc["r2"].isna().all()
    assert np.isfinite(numbers.loc["rmse"]).all()


def test_weights_are_rows_that_stand_there_so_many_times():
    actual, predicted, film = two_models()
    weights = np.random.default_rng(3).integers(1, 5, len(film))
    weighted = bootstrap_intervals(actual, predicted, film, seed=0, weights=weights)
    times = {model: np.repeat(values, weights) for model, values in predicted.items()}
    repeated = bootstrap_intervals(np.repeat(actual, weights), times, np.repeat(film, weights), seed=0)
    numbers = ["value", "low_95", "high_95"]
    np.testing.assert_allclose(weighted[numbers], repeated[numbers], rtol=1e-9)
