from dataclasses import replace

import lightgbm
import numpy as np
import pytest

from greenlight_films.baselines import LightGBM
from greenlight_films.baselines.boosted_trees import BoostedTrees
from greenlight_films.baselines.label_statistics import LabelStatistics
from greenlight_films.baselines.light_gbm import STATISTICS


@pytest.fixture
def films(sample):
    """Return training films with validation films, many of whose labels have few films each."""
    random = np.random.default_rng(0)
    director, effect = random.integers(0, 60, 500), random.normal(size=60)
    whole = sample(random.normal(size=(500, 2)), effect[director] + random.normal(0, 0.3, 500), np.eye(60)[director])
    return replace(whole.take(np.arange(300)), validation=whole.take(np.arange(300, 500)))


def test_it_is_lightgbm_of_the_out_of_fold_statistics(films, monkeypatch):
    monkeypatch.setattr(BoostedTrees, "most_trees", 100)
    model = LightGBM().fit(films)
    assert model.encoding == STATISTICS
    statistics = LabelStatistics()
    matrix = np.hstack([films.films.dense, statistics.fit_encode(films)])
    settings = model._settings(*matrix.shape)
    assert settings["learning_rate"] == 0.05
    assert settings["num_leaves"] == model.size
    theirs = lightgbm.train(settings, lightgbm.Dataset(matrix, films.target), model.n_trees)
    new = films.validation.films
    expected = theirs.predict(np.hstack([new.dense, statistics.encode(new)]))
    np.testing.assert_allclose(model.predict(new), films.scale.inverse(expected), rtol=1e-9)
    assert np.corrcoef(expected, films.validation.actual)[0, 1] > 0.8


def test_frequent_labels_may_be_columns_of_their_own(sample, monkeypatch):
    monkeypatch.setattr(BoostedTrees, "most_trees", 60)
    monkeypatch.setattr(LightGBM, "encodings", ("the 500 most frequent labels",))
    random = np.random.default_rng(0)
    labels = (random.random((300, 9)) < 0.3) * 1.0
    films = sample(random.normal(size=(300, 1)), labels[:, 4] - labels[:, 5] + random.normal(0, 0.1, 300), labels)
    model = LightGBM().fit(films)
    assert model._encode(films.films).toarray().tolist() == films.films.matrix().toarray().tolist()
    assert np.corrcoef(model.predict(films.films), films.actual)[0, 1] > 0.8


def test_it_uses_no_more_threads_than_torch(films, monkeypatch):
    monkeypatch.setattr("torch.get_num_threads", lambda: 3)
    model = LightGBM()
    model.size = 7
    assert model._settings(300, 9)["num_threads"] == 3
