import numpy as np
import pytest

from greenlight_films.baselines import Tree


@pytest.fixture
def noise(sample):
    """Return 300 films whose target has nothing to do with their number, which is each one's own."""
    random = np.random.default_rng(0)
    return sample(random.permutation(300)[:, None], random.normal(5, 2, 300))


def test_it_knows_training_rows_by_heart(noise):
    predicted = Tree().fit(noise).predict(noise.films)
    np.testing.assert_allclose(predicted, noise.actual, rtol=0, atol=1e-9)


def test_it_knows_nothing_of_films_that_it_has_not_seen(noise, part):
    model = Tree().fit(part(noise, np.arange(200)))
    predicted = model.predict(noise.films)
    assert np.corrcoef(predicted[:200], noise.actual[:200])[0, 1] == pytest.approx(1)
    assert abs(np.corrcoef(predicted[200:], noise.actual[200:])[0, 1]) < 0.3


def test_labels_tell_rows_apart_as_numbers_do(sample):
    random = np.random.default_rng(1)
    films = sample(None, random.normal(size=40), np.eye(40))
    np.testing.assert_allclose(Tree().fit(films).predict(films.films), films.actual, rtol=0, atol=1e-9)


def test_it_has_no_more_leaves_than_it_may(noise):
    model = Tree(n_leaves=7).fit(noise)
    assert len(np.unique(model.predict(noise.films))) == model.model.get_n_leaves() == 7
    assert model.in_a_line() == "7 leaves"


def test_its_first_leaves_are_those_that_tell_most_apart(sample):
    number = np.arange(100.0)
    films = sample(number[:, None], 100 * (number >= 63) + number % 2)
    predicted = Tree(n_leaves=2).fit(films).predict(films.films)
    assert np.flatnonzero(np.diff(predicted)).tolist() == [62]
    assert predicted[[0, 99]] == pytest.approx([films.actual[:63].mean(), films.actual[63:].mean()])


def test_it_comes_to_the_same_twice_where_columns_tie(sample):
    random = np.random.default_rng(2)
    twins = np.repeat(random.normal(size=(200, 1)), 6, axis=1)
    films = sample(twins, random.normal(size=200))
    new = sample(random.normal(size=(200, 6)), random.normal(size=200)).films
    one, other = (Tree(n_leaves=50).fit(films).predict(new) for _ in range(2))
    assert np.ptp(one) > 0
    np.testing.assert_array_equal(one, other)
