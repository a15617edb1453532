import numpy as np

from greenlight_films.baselines import Boosting


def test_it_sees_the_labels_that_most_training_films_have(sample):
    random = np.random.default_rng(0)
    labels = (random.random((200, 30)) < np.linspace(0.01, 0.6, 30)) * 1.0
    films = sample(random.normal(size=(200, 1)), labels[:, 29] * 3 + random.normal(size=200), labels)
    model = Boosting(n_labels=5).fit(films)
    assert set(model.labels) == set(np.argsort(-labels.sum(0), kind="stable")[:5])
    assert np.corrcoef(model.predict(films.films), films.actual)[0, 1] > 0.8


def test_it_finds_what_no_straight_line_can(sample, part):
    dense = np.random.default_rng(1).normal(size=(600, 2))
    whole = sample(dense, np.sign(dense[:, 0] * dense[:, 1]))
    model = Boosting().fit(part(whole, np.arange(400)))
    assert np.corrcoef(model.predict(whole.films)[400:], whole.actual[400:])[0, 1] > 0.8


def test_it_stops_before_it_knows_noise_by_heart(sample):
    random = np.random.default_rng(2)
    model = Boosting().fit(sample(random.normal(size=(300, 5)), random.normal(size=300)))
    assert model.model.n_iter_ < 60
