"""What every classical model promises; a new module is found by itself."""

import inspect
from importlib import import_module
from pkgutil import iter_modules

import numpy as np
import pytest

import baselines
from baselines import PREDICTORS, Predictor
from datamodules import InputError
from datamodules.scores import regression_scores

FOUND = {
    kind
    for module in iter_modules(baselines.__path__)
    for _, kind in inspect.getmembers(import_module(f"baselines.{module.name}"), inspect.isclass)
    if issubclass(kind, Predictor) and not inspect.isabstract(kind)
}
every = pytest.mark.parametrize("kind", sorted(FOUND, key=lambda kind: kind.name), ids=lambda kind: kind.name)


@pytest.fixture
def films(encoded):
    """300 films whose target hangs on a number and two labels; the last 100 are held out."""
    random = np.random.default_rng(0)
    dense, labels = random.normal(size=(300, 2)), (random.random((300, 12)) < 0.3) * 1.0
    actual = np.exp(0.4 * dense[:, 0] + labels[:, 0] - 0.5 * labels[:, 3] + random.normal(0, 0.2, 300))
    return encoded(dense, labels), actual


def fitted(kind, films, scale, transform="none", film=None):
    features, actual = films
    film = np.arange(200) if film is None else film
    return kind().fit(features.take(np.arange(200)), actual[:200], film, scale(actual[:200], transform))


def test_every_model_is_known_by_its_name():
    assert {kind.name: kind for kind in FOUND} == PREDICTORS
    assert len(FOUND) >= 4


@every
def test_a_model_says_what_it_does(kind):
    assert kind.__doc__


@every
@pytest.mark.parametrize("transform", ["none", "log1p"])
def test_predictions_are_in_the_targets_own_unit(kind, films, scale, transform):
    model = fitted(kind, films, scale, transform)
    predicted = model.predict(films[0].take(np.arange(200, 300)))
    assert predicted.shape == (100,)
    assert predicted.dtype == np.float64
    scores = regression_scores(films[1][200:], predicted)
    assert scores["r2"] > (0.4 if kind.name != "mean" else -0.05)
    assert abs(predicted.mean() / films[1].mean() - 1) < 0.2


@every
def test_fitting_again_changes_nothing(kind, films, scale):
    first, second = (fitted(kind, films, scale).predict(films[0]) for _ in range(2))
    assert first.tolist() == second.tolist()


@every
def test_films_are_left_as_they_are(kind, films, scale):
    dense, labels = films[0].dense.copy(), films[0].labels.toarray()
    fitted(kind, films, scale).predict(films[0])
    assert (films[0].dense == dense).all()
    assert (films[0].labels.toarray() == labels).all()


@every
def test_numbers_alone_and_labels_alone_will_do(kind, encoded, scale):
    random = np.random.default_rng(1)
    dense, labels = random.normal(size=(60, 2)), (random.random((60, 4)) < 0.5) * 1.0
    for features in (encoded(dense), encoded(np.zeros((60, 0)), labels)):
        actual = (features.dense if features.dense.shape[1] else labels)[:, 0] + random.normal(0, 0.1, 60)
        predicted = kind().fit(features, actual, np.arange(60), scale(actual)).predict(features)
        assert kind.name == "mean" or np.corrcoef(predicted, actual)[0, 1] > 0.6


@every
def test_constant_columns_and_labels_of_no_film_do_no_harm(kind, encoded, scale):
    random = np.random.default_rng(2)
    dense, labels = np.column_stack([np.zeros(40), random.normal(size=40)]), np.zeros((40, 70))
    labels[:, 3], actual = 1, dense[:, 1] + 5
    predicted = kind().fit(encoded(dense, labels), actual, np.arange(40), scale(actual)).predict(encoded(dense, labels))
    assert np.isfinite(predicted).all()


@every
@pytest.mark.parametrize("n_rows", [2, 3, 7])
def test_a_handful_of_films_is_enough(kind, encoded, scale, n_rows):
    dense, actual = np.arange(n_rows)[:, None] / n_rows, np.arange(n_rows) + 1.0
    predicted = kind().fit(encoded(dense), actual, np.arange(n_rows), scale(actual)).predict(encoded(dense))
    assert np.isfinite(predicted).all()


@every
def test_a_single_film_is_not(kind, encoded, scale):
    dense, actual = np.arange(6)[:, None] / 6, np.arange(6) + 1.0
    if kind.name == "mean":
        assert kind().fit(encoded(dense), actual, np.zeros(6, int), scale(actual)).predict(encoded(dense))[0] == 3.5
        return
    with pytest.raises(InputError, match=r"2 training films or more .* got 1; give --compare \[\]"):
        kind().fit(encoded(dense), actual, np.zeros(6, int), scale(actual))
