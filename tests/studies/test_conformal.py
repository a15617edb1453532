"""Prediction intervals: the quantiles of order statistics, and coverage on drawn films by simulation."""

import json
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import beta

from greenlight_films.datamodules import InputError, RandomSplit, Target
from greenlight_films.studies.conformal import (
    PERCENT,
    Intervals,
    conformal_quantiles,
    deviance,
    fewest,
    film_mass,
    fit_intervals,
    with_intervals,
)
from greenlight_films.studies.difficulty import Difficulty, difficulty_features
from greenlight_films.studies.evaluate import predict
from greenlight_films.studies.load import load
from greenlight_films.studies.settings.film_cli import read_settings
from greenlight_films.studies.train import train


@pytest.mark.parametrize("n", [3, 4, 18, 19, 99, 200])
def test_a_quantile_is_the_order_statistic_that_a_new_film_makes_it(n):
    scores = np.random.default_rng(n).permutation(n) + 1.0
    quantiles = conformal_quantiles(scores, np.ones(n), np.array([0.8, 0.95]))
    ranks = [int(np.ceil(level * (n + 1) / 100)) for level in (80, 95)]
    assert quantiles.tolist() == [rank if rank <= n else np.inf for rank in ranks]


def test_a_level_takes_as_many_films_as_give_it_a_quantile():
    for percent in PERCENT[50:].tolist():
        fewer, enough = (np.ones(fewest(percent) + more) for more in (-1, 0))
        level = np.array([percent / 100])
        assert np.isinf(conformal_quantiles(fewer, fewer, level)).all()
        assert np.isfinite(conformal_quantiles(enough, enough, level)).all()


def test_rows_of_a_film_count_as_one_film_and_weights_as_the_films_that_tell_as_much():
    film = np.array([0, 0, 1, 2, 2, 2])
    assert film_mass(film) == pytest.approx([1 / 2, 1 / 2, 1, 1 / 3, 1 / 3, 1 / 3])
    assert film_mass(np.arange(4), np.full(4, 7.0)) == pytest.approx(np.ones(4))
    weights = np.array([1.0, 1.0, 4.0])  # Kish: (sum of w)^2 / sum of w^2 = 36 / 18
    assert film_mass(np.arange(3), weights) == pytest.approx([1 / 3, 1 / 3, 4 / 3])


def test_doubled_rows_of_every_film_change_no_interval():
    stream = np.random.default_rng(1)
    features, errors, film = stream.normal(size=(60, 2)), stream.exponential(size=60), np.arange(60)
    single, double = (
        Intervals.fit(np.repeat(features, n, axis=0), np.repeat(errors, n), np.repeat(film, n)) for n in (1, 2)
    )
    assert double.quantiles == pytest.approx(single.quantiles, rel=1e-6)
    assert double.films == pytest.approx(60)


def drawn(n: int, stream: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return two features and absolute errors whose size goes with the first, money-like in their tail."""
    features = stream.normal(size=(n, 2))
    return features, np.exp(0.8 * features[:, 0]) * np.abs(stream.standard_t(3, n))


def hits(intervals: Intervals, features: np.ndarray, errors: np.ndarray, percent: int) -> np.ndarray:
    return errors <= intervals.quantiles[percent - 1] * intervals.difficulty.errors(features)


@pytest.mark.slow
@pytest.mark.parametrize("n", [25, 150])
def test_new_films_lie_in_their_intervals_as_often_as_these_say(n):
    stream = np.random.default_rng(n)
    covered = {80: [], 95: []}
    for _ in range(150):
        intervals, new = Intervals.fit(*drawn(n, stream), np.arange(n)), drawn(400, stream)
        for percent in covered:
            covered[percent].append(hits(intervals, *new, percent).mean())
    for percent, shares in covered.items():
        rank = np.ceil(percent / 100 * (n + 1))
        exact = beta(rank, n + 1 - rank)  # of split conformal scores
        se = exact.std() / np.sqrt(150)
        assert exact.mean() - 0.01 - 4 * se < np.mean(shares) < exact.mean() + 0.01 + 4 * se
        assert percent / 100 - 0.01 < np.mean(shares) < percent / 100 + 0.035


def test_hard_films_are_covered_as_often_as_easy_ones_where_one_width_is_not():
    stream = np.random.default_rng(5)
    calibration, (features, errors) = drawn(1500, stream), drawn(20_000, stream)
    hard, easy = features[:, 0] > 1, features[:, 0] < -1
    one_width = errors <= conformal_quantiles(calibration[1], np.ones(1500), np.array([0.8]))[0]
    assert one_width[hard].mean() < 0.55
    assert one_width[easy].mean() > 0.92
    by_difficulty = hits(Intervals.fit(*calibration, np.arange(1500)), features, errors, 80)
    assert by_difficulty[hard].mean() == pytest.approx(0.8, abs=0.05)
    assert by_difficulty[easy].mean() == pytest.approx(0.8, abs=0.05)


def test_the_difficulty_of_training_films_is_taken_where_it_does_better_on_validation_films():
    stream = np.random.default_rng(6)
    (features, errors), film, new = drawn(60, stream), np.arange(60), drawn(20_000, stream)
    like, unlike = (Difficulty.fit(*sample, np.ones(3000)) for sample in (drawn(3000, stream), drawn(3000, stream)))
    unlike = replace(unlike, coefficients=-unlike.coefficients)
    alone, taken, refused = (Intervals.fit(features, errors, film, trained=each) for each in (None, like, unlike))
    assert taken.difficulty is like
    assert refused.to_state() == alone.to_state()
    expected = like.errors(features)
    assert taken.quantiles[79] == np.sort(errors / expected)[round(0.8 * 61 + 0.5) - 1]
    scores = [deviance(new[1], each.difficulty.errors(new[0]), np.ones(20_000)) for each in (taken, alone)]
    assert scores[0] < scores[1] - 0.01


def test_the_deviance_is_lowest_for_errors_as_they_were_drawn_whatever_their_scale():
    stream = np.random.default_rng(7)
    scale = np.exp(stream.normal(size=20_000))
    errors = scale * stream.gamma(2.0, size=20_000)
    mass = np.ones(20_000)
    best = deviance(errors, scale, mass)
    assert deviance(errors, 7 * scale, mass) == pytest.approx(best)
    assert all(deviance(errors, scale**power, mass) > best + 0.005 for power in (0, 0.8, 1.2))
    assert deviance(np.repeat(errors, 2), np.repeat(scale, 2), np.ones(40_000)) == pytest.approx(best)


def test_films_of_many_alike_rows_are_covered_as_often_as_these_say():
    stream, shares = np.random.default_rng(8), []
    for _ in range(60):
        film = np.repeat(np.arange(40), 1 + np.arange(40) % 12)
        errors = np.abs(stream.normal(size=40))[film]  # alike within a film, whose rows are as many as it is long
        intervals = Intervals.fit(np.zeros((len(film), 1)), errors, film)
        shares.append(hits(intervals, np.zeros((2000, 1)), np.abs(stream.normal(size=2000)), 80).mean())
    assert 0.79 < np.mean(shares) < 0.84


def predicted_of(data):
    """Return guesses of a table's ratings, in their unit."""
    stream = np.random.default_rng(3)
    return data.films.actual + stream.normal(0, 0.5, data.films.n_rows)


def spread_of(data):
    """Return a spread of each row's predictions that goes with nothing."""
    return np.random.default_rng(4).uniform(0.1, 0.2, data.films.n_rows)


def val_intervals(data, predicted=None):
    predicted = predicted_of(data) if predicted is None else predicted
    return fit_intervals(data.films, data.fitted, predicted, spread_of(data))


@pytest.fixture
def logged(film_data):
    """Return films whose target is learnt as its logarithm."""
    data = film_data(target=Target("rating", transform="log1p"))
    data.setup("fit")
    return data


def test_ends_are_transformed_back_from_the_scale_that_is_learnt(logged):
    intervals, predicted = val_intervals(logged), predicted_of(logged)
    parts = spread_of(logged), logged.films.encoded, logged.fitted
    predicted, lower, upper = intervals.around(predicted, *parts, 0.8)
    low, middle, high = (logged.fitted.scale.forward(end) for end in (lower, predicted, upper))
    assert high - middle == pytest.approx(middle - low)
    assert (upper - predicted > predicted - lower).all()
    inner = intervals.around(predicted, *parts, 0.5)
    assert ((inner.lower > lower) & (inner.upper < upper)).all()


def test_a_prediction_at_the_end_of_the_logarithm_has_an_interval(logged):
    assert np.isfinite(logged.fitted.scale.forward(np.array([-1.0, -1 - 1e-12, 0.0]))).all()


def test_films_that_weigh_nothing_tell_nothing(films):
    weights = np.zeros(films.films.n_rows)
    kept = films.films.rows.val[::2]
    weights[kept] = 2.0
    weighted = replace(films.films, weights=weights)
    predicted, spread = predicted_of(films), spread_of(films)
    assert fit_intervals(weighted, films.fitted, predicted, spread).films == pytest.approx(len(kept))
    wrong = predicted.copy()
    wrong[films.films.rows.val[1::2]] = np.nan
    same, other = (fit_intervals(weighted, films.fitted, each, spread) for each in (predicted, wrong))
    assert same.to_state() == other.to_state()


def test_there_are_none_without_films_enough_or_with_films_on_both_sides(films, film_data):
    assert val_intervals(films).films == pytest.approx(len(films.films.rows.val))
    assert val_intervals(films, np.full(films.films.n_rows, np.nan)) is None
    leaky = replace(films.fitted, leak=True)
    assert fit_intervals(films.films, leaky, predicted_of(films), spread_of(films)) is None
    few = film_data(split=RandomSplit(val=0.015, test=0.2))
    few.setup("fit")
    assert len(few.films.rows.val) == 3
    assert val_intervals(few) is None


def test_a_level_that_can_not_be_had_is_refused(films, film_data):
    data = film_data(split=RandomSplit(val=0.05, test=0.2))
    data.setup("fit")
    intervals, predicted = val_intervals(data), predicted_of(data)
    parts = predicted, spread_of(data), data.films.encoded, data.fitted
    assert with_intervals(intervals, *parts, 0.8).lower.shape == predicted.shape
    with pytest.raises(InputError, match=r"interval 0.95 takes 19 validation films or more, got 10: give a lower one"):
        with_intervals(intervals, *parts, 0.95)
    for level in (95, 0, 0.955, 1.0, float("nan")):
        with pytest.raises(InputError, match=rf"interval must be 0.01, 0.02, ... or 0.99.*got {level}"):
            with_intervals(intervals, *parts, level)
    for level in ("0.95", [0.8, 0.95], True):
        with pytest.raises(InputError, match=r"interval must be a number from 0.01 to 0.99"):
            with_intervals(intervals, *parts, level)
    with pytest.raises(InputError, match=r"interval must be left out, got 0.95: the model has no intervals"):
        with_intervals(None, *parts, 0.95)


def test_state_is_plain_and_restores_the_same_intervals(films):
    intervals = val_intervals(films)
    state = json.loads(json.dumps(intervals.to_state(), allow_nan=False))
    again = Intervals.from_state(state)
    assert again.to_state() == intervals.to_state()
    assert not again.has(0.99)
    assert again.has(0.95)
    for changed in ({"quantiles": [1.0]}, {"quantiles": [-1.0] * 99}, {"difficulty": {}}, {"films": "many"}):
        with pytest.raises((ValueError, KeyError, TypeError)):
            Intervals.from_state({**state, **changed})


def test_intervals_of_a_scale_with_larger_errors_are_as_much_wider(films):
    actual, encoded = films.films.actual, films.films.encoded
    spread = np.ones(len(actual))
    intervals = fit_intervals(films.films, films.fitted, actual + np.linspace(-1, 1, len(actual)), spread)
    both = [each.around(actual, spread, encoded, films.fitted, 0.8) for each in (intervals, intervals.rescaled(1.5))]
    widths = [upper - lower for _, lower, upper in both]
    assert widths[1] == pytest.approx(1.5 * widths[0])


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.*predict returned None.*")
def test_intervals_of_ratings_are_narrower_at_equal_coverage_by_what_heads_and_training_films_say(tmp_path):
    words = ["--config", "configs/ratings.yaml", "--preset", "recipe", "--trainer.enable_progress_bar", "false"]
    settings = read_settings([*words, "--trainer.logger", "false", "--trainer.accelerator", "cpu"])
    data = load(settings)
    trained = train(data, settings.model, settings.training, tmp_path)
    predicted, spread = predict(trained, data), trained.model.spread
    films, fitted, test, val = data.films, data.fitted, data.films.rows.test, data.films.rows.val
    scaled = fitted.scale.forward(predicted)
    errors = np.abs(fitted.scale.forward(films.actual) - scaled)
    features = difficulty_features(films.encoded, fitted.encoder.space, scaled, spread)
    before = Intervals.fit(features[val, :-1], errors[val], films.film_codes()[val])
    after = fit_intervals(films, fitted, predicted, spread)
    expected, plainer = (each.difficulty.errors(features[test]) for each in (after, before))
    for level in (0.8, 0.95):
        width, plain = (np.quantile(errors[test] / of, level) * of.mean() for of in (expected, plainer))
        assert width < plain
        covered = (errors[test] <= after.quantiles[round(level * 100) - 1] * expected).mean()
        assert covered == pytest.approx(level, abs=0.02)
