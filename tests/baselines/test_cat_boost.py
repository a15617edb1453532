import numpy as np
import pytest
from catboost import CatBoostRegressor, Pool
from scipy.sparse import csr_array

from greenlight_films.baselines import CatBoost
from greenlight_films.baselines.boosted_trees import BoostedTrees
from greenlight_films.baselines.cat_boost import CATEGORIES, TEXT, most_common, words
from greenlight_films.datamodules import InputError


@pytest.fixture
def labels():
    return csr_array(np.array([[1, 0, 0.5, 1], [0, 0, 0, 0], [0, 1, 0, 0], [1, 1, 1, 0]]))


def test_a_rows_labels_are_words_of_a_text(labels):
    assert words(labels).tolist() == ["0 2 3", "-", "1", "0 1 2"]
    assert words(csr_array((2, 0))).tolist() == ["-", "-"]


def test_the_labels_of_the_highest_counts_come_first(labels):
    assert most_common(labels, np.array([3, 9, 5, 5]), 2).tolist() == [[2, 3], [-1, -1], [1, -1], [1, 2]]
    assert most_common(labels, np.array([3, 9, 5, 5]), 4)[0].tolist() == [2, 3, 0, -1]


@pytest.mark.parametrize("encoding", [CATEGORIES, TEXT])
def test_it_is_catboost_of_the_encoded_labels(sample, monkeypatch, encoding):
    monkeypatch.setattr(BoostedTrees, "most_trees", 40)
    monkeypatch.setattr(CatBoost, "encodings", (encoding,))
    monkeypatch.setattr(CatBoost, "sizes", (3,))
    random = np.random.default_rng(0)
    director, effect = random.integers(0, 20, 400), random.normal(size=20)
    films = sample(random.normal(size=(400, 2)), effect[director] + random.normal(0, 0.3, 400), np.eye(20)[director])
    training, new = films.take(np.arange(300)), films.take(np.arange(300, 400))
    model = CatBoost().fit(training)
    rows = model._encode(training.films)
    kinds = {"cat_features": [f"{CATEGORIES} 0 0", f"{CATEGORIES} 0 1"]} if encoding == CATEGORIES else {}
    kinds |= {"text_features": [f"{TEXT} 0"]} if encoding == TEXT else {}
    settings = model._unfitted(model.n_trees).get_params()
    assert (settings["learning_rate"], settings["iterations"]) == (0.05, model.n_trees)
    theirs = CatBoostRegressor(**settings).fit(Pool(rows, training.target, **kinds))
    expected = films.scale.inverse(theirs.predict(model._encode(new.films)))
    np.testing.assert_allclose(model.predict(new.films), expected, rtol=1e-9)
    assert np.corrcoef(expected, new.actual)[0, 1] > 0.5


def test_columns_that_never_vary_are_refused(sample):
    with pytest.raises(InputError, match=r"compare.models: catboost can't be fitted to these films: .*constant"):
        CatBoost().fit(sample(np.ones((30, 2)), np.arange(30.0)))
