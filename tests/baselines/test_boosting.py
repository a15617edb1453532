import numpy as np

from baselines import Boosting


def test_it_sees_the_labels_that_most_training_films_have(encoded, scale):
    random = np.random.default_rng(0)
    labels = (random.random((200, 30)) < np.linspace(0.01, 0.6, 30)) * 1.0
    films, actual = encoded(random.normal(size=(200, 1)), labels), labels[:, 29] * 3 + random.normal(size=200)
    model = Boosting(n_labels=5).fit(films, actual, np.arange(200), scale(actual))
    assert set(model.labels) == set(np.argsort(-labels.sum(0), kind="stable")[:5])
    assert np.corrcoef(model.predict(films), actual)[0, 1] > 0.8


def test_it_finds_what_no_straight_line_can(encoded, scale):
    random = np.random.default_rng(1)
    dense = random.normal(size=(600, 2))
    actual = np.sign(dense[:, 0] * dense[:, 1])
    train = np.arange(400)
    model = Boosting().fit(encoded(dense[train]), actual[train], train, scale(actual))
    assert np.corrcoef(model.predict(encoded(dense[400:])), actual[400:])[0, 1] > 0.8


def test_it_stops_before_it_knows_noise_by_heart(encoded, scale):
    random = np.random.default_rng(2)
    dense, actual = random.normal(size=(300, 5)), random.normal(size=300)
    model = Boosting().fit(encoded(dense), actual, np.arange(300), scale(actual))
    assert model.model.n_iter_ < 60
