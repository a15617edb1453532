"""The model of how hard films are to predict, against a plain maximum of its likelihood, and its features."""

import warnings

import numpy as np
import pytest
from scipy.optimize import minimize

from greenlight_films.studies.difficulty import PRIOR_FILMS, Difficulty, difficulty_features, role_counts


def drawn(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    stream = np.random.default_rng(seed)
    features = stream.normal(size=(n, 2)) * [1, 5] + [3, 0]
    return features, np.exp(0.5 + 0.7 * features[:, 0]) * stream.exponential(size=n)


def test_it_is_the_penalised_gamma_regression_of_the_errors():
    (features, errors), mass = drawn(200), np.random.default_rng(1).uniform(0.2, 2, 200)
    difficulty = Difficulty.fit(features, errors, mass)
    assert difficulty.coefficients[0] == pytest.approx(0.65, abs=0.2)
    standard = (features - features.mean(0)) / features.std(0)
    floored = np.maximum(errors, 0.02 * np.average(errors, weights=mass))

    def loss(weights):
        score = weights[0] + standard @ weights[1:]
        half_deviance = score + floored * np.exp(-score)
        return (np.average(half_deviance, weights=mass)) + PRIOR_FILMS / mass.sum() / 2 * (weights[1:] ** 2).sum()

    best = minimize(loss, np.zeros(3), method="BFGS", options={"gtol": 1e-8}).x
    assert difficulty.errors(features) == pytest.approx(np.exp(best[0] + standard @ best[1:]), rel=1e-3)


def test_films_beyond_those_it_was_fitted_to_are_taken_to_be_at_their_ends():
    features, errors = drawn(50)
    difficulty = Difficulty.fit(features, errors, np.ones(50))
    far = np.array([[1e6, 0.0], [-1e6, 0.0]])
    ends = np.column_stack([[features[:, 0].max(), features[:, 0].min()], [0.0, 0.0]])
    assert difficulty.errors(far).tolist() == difficulty.errors(ends).tolist()


def test_a_regression_without_the_last_feature_takes_films_that_have_it():
    features, errors = drawn(50)
    older = Difficulty.fit(features, errors, np.ones(50))
    assert older.errors(np.column_stack([features, errors])).tolist() == older.errors(features).tolist()


def test_few_films_tell_no_difference_and_nothing_warns():
    features, errors = drawn(4)
    with warnings.catch_warnings(action="error"):
        flat = [
            Difficulty.fit(features, errors, np.ones(4)),
            Difficulty.fit(np.zeros((30, 2)), drawn(30)[1], np.ones(30)),
            Difficulty.fit(drawn(30)[0], np.zeros(30), np.ones(30)),
        ]
    for difficulty in flat:
        expected = difficulty.errors(drawn(100)[0])
        assert (expected > 0).all()
        assert expected.max() / expected.min() < 2


def test_state_restores_it_and_another_form_is_refused():
    difficulty = Difficulty.fit(*drawn(50), np.ones(50))
    state = difficulty.to_state()
    assert Difficulty.from_state(state).to_state() == state
    for changed in ({"lowest": [1.0]}, {"intercept": float("nan")}, {"coefficients": [np.inf, 0.0]}):
        with pytest.raises(ValueError, match="finite numbers, as many of each"):
            Difficulty.from_state({**state, **changed})


def test_counts_are_of_the_names_that_training_films_have_and_have_not(films, films_frame):
    encoded, space = films.films.encoded, films.fitted.encoder.space
    counts = role_counts(encoded, space)
    assert list(counts) == ["genre", "actor", "company"]
    cells = films_frame.loc[films.films.number - 1, "cast"]
    names = [set(cell.split(", ")) if isinstance(cell, str) else set() for cell in cells]
    (block,) = (block for block in space.labels if block.role == "actor")
    known, unknown = counts["actor"]
    assert known.tolist() == [len(each & set(block.values)) for each in names]
    assert unknown.tolist() == [len(each - set(block.values)) for each in names]
    assert (known.max(), unknown.max()) == (5, 1)


def test_features_are_the_prediction_its_square_the_counts_and_the_spread(films):
    scaled = np.linspace(-1, 1, films.films.n_rows)
    spread = np.linspace(0, 1, films.films.n_rows)
    features = difficulty_features(films.films.encoded, films.fitted.encoder.space, scaled, spread)
    assert features.shape == (films.films.n_rows, 2 + 2 * 3 + 1)
    assert np.exp(features[1:, -1]) == pytest.approx(spread[1:])
    assert np.isfinite(features[0]).all()  # of heads that agree
    assert features[:, :2] == pytest.approx(np.column_stack([scaled, scaled**2]))
    known, _ = role_counts(films.films.encoded, films.fitted.encoder.space)["genre"]
    assert np.expm1(features[:, 2]) == pytest.approx(known)
