import numpy as np
import pytest
from sklearn.neural_network import MLPRegressor

from greenlight_films.baselines import Boosting, SklearnMLP, Tree


@pytest.fixture
def random():
    return np.random.default_rng(0)


def test_boosting_sees_the_labels_that_most_training_films_have(sample, random):
    labels = (random.random((200, 30)) < np.linspace(0.01, 0.6, 30)) * 1.0
    films = sample(random.normal(size=(200, 1)), labels[:, 29] * 3 + random.normal(size=200), labels)
    model = Boosting(n_labels=5).fit(films)
    assert set(model.labels) == set(np.argsort(-labels.sum(0), kind="stable")[:5])
    assert np.corrcoef(model.predict(films.films), films.actual)[0, 1] > 0.8


def test_boosting_learns_an_interaction_and_stops_early_on_noise(sample, random):
    dense = random.normal(size=(600, 2))
    whole = sample(dense, np.sign(dense[:, 0] * dense[:, 1]))
    model = Boosting().fit(whole.take(np.arange(400)))
    assert np.corrcoef(model.predict(whole.films)[400:], whole.actual[400:])[0, 1] > 0.8
    noise = sample(random.normal(size=(300, 5)), random.normal(size=300))
    assert Boosting().fit(noise).model.n_iter_ < 60


def test_a_tree_memorises_its_training_rows_and_has_no_more_leaves_than_it_may(sample, random):
    noise = sample(random.permutation(300)[:, None], random.normal(5, 2, 300))
    predicted = Tree().fit(noise.take(np.arange(200))).predict(noise.films)
    np.testing.assert_allclose(predicted[:200], noise.actual[:200], rtol=0, atol=1e-9)
    assert abs(np.corrcoef(predicted[200:], noise.actual[200:])[0, 1]) < 0.3
    model = Tree(n_leaves=7).fit(noise)
    assert len(np.unique(model.predict(noise.films))) == 7
    assert model.in_a_line() == "7 leaves"


def test_a_tree_splits_by_the_largest_difference_first(sample):
    number = np.arange(100.0)
    films = sample(number[:, None], 100 * (number >= 63) + number % 2)
    predicted = Tree(n_leaves=2).fit(films).predict(films.films)
    assert np.flatnonzero(np.diff(predicted)).tolist() == [62]
    assert predicted[[0, 99]] == pytest.approx([films.actual[:63].mean(), films.actual[63:].mean()])


def test_a_tree_is_the_same_twice_where_columns_tie(sample, random):
    films = sample(np.repeat(random.normal(size=(200, 1)), 6, axis=1), random.normal(size=200))
    new = sample(random.normal(size=(200, 6)), random.normal(size=200)).films
    first, second = (Tree(n_leaves=50).fit(films).predict(new) for _ in range(2))
    assert np.ptp(first) > 0
    np.testing.assert_array_equal(first, second)


def test_the_mlp_is_the_rating_studys_on_what_the_network_sees(sample, random):
    dense, labels = random.normal(size=(120, 2)), (random.random((120, 3)) < 0.5) * 1.0
    films = sample(dense, np.sin(dense[:, 0]) + labels[:, 1], labels)
    theirs = MLPRegressor(hidden_layer_sizes=(64,), alpha=1e-4, max_iter=500, random_state=0)
    matrix = np.hstack([films.films.dense, labels]).astype(np.float64)
    expected = films.scale.inverse(theirs.fit(matrix, films.target).predict(matrix))
    np.testing.assert_allclose(SklearnMLP().fit(films).predict(films.films), expected, rtol=1e-6)
