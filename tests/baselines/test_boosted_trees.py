import sys
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from greenlight_films.baselines import CatBoost, Comparison, LightGBM
from greenlight_films.baselines.boosted_trees import BoostedTrees, Setting
from greenlight_films.datamodules import InputError

both = pytest.mark.parametrize("kind", [LightGBM, CatBoost], ids=lambda kind: kind.__name__)


@pytest.fixture(autouse=True)
def few_trees(monkeypatch):
    monkeypatch.setattr(BoostedTrees, "most_trees", 200)
    for kind, size in ((CatBoost, 3), (LightGBM, 15)):
        monkeypatch.setattr(kind, "sizes", (size,))


@pytest.fixture
def films(sample):
    """Return films, 300 of them with others that validate, whose target is an interaction and a label."""
    random = np.random.default_rng(0)
    dense, labels = random.normal(size=(600, 2)), (random.random((600, 20)) < 0.2) * 1.0
    whole = sample(dense, np.sign(dense[:, 0] * dense[:, 1]) + labels[:, 3] + random.normal(0, 0.3, 600), labels)
    training, validation, test = (whole.take(np.arange(start, start + 200)) for start in (0, 200, 400))
    return training, validation, test


@both
def test_it_beats_the_mean_on_what_no_straight_line_tells(kind, films):
    training, validation, test = films
    model = kind().fit(replace(training, validation=validation))
    assert np.mean((model.predict(test.films) - test.actual) ** 2) < 0.5 * test.actual.var()


@both
def test_trees_are_added_until_the_validation_rows_gain_no_more(kind, films, sample):
    training, validation, _ = films
    random = np.random.default_rng(1)
    noise = sample(random.normal(size=(200, 3)), random.normal(size=200))
    model = kind().fit(replace(training, validation=validation))
    of_noise = kind().fit(replace(noise.take(np.arange(100)), validation=noise.take(np.arange(100, 200))))
    assert of_noise.n_trees < 70 < model.n_trees
    of_itself = kind().fit(replace(training, validation=training))
    assert of_itself.n_trees >= 190  # the rows themselves always gain


@both
def test_the_encoding_of_labels_then_the_size_do_best_on_the_validation_rows(kind, films, monkeypatch):
    results = {(kind.encodings[0], 0): 2.0, (kind.encodings[1], 0): 1.0, (kind.encodings[1], 1): 0.5}
    sizes, steps = (3, 5, 7), []
    monkeypatch.setattr(kind, "sizes", sizes)

    def validated(self, training, encoding, size):
        return Setting(results.get((encoding, sizes.index(size)), 3.0), encoding, size, 7)

    monkeypatch.setattr(kind, "_validated", validated)
    model = kind(lambda done, of: steps.append((done, of))).fit(films[0])
    assert (model.encoding, model.size, model.n_trees) == (kind.encodings[1], sizes[1], 7)
    assert steps == [(done, 4) for done in range(5)]
    assert model.in_a_line() == f"7 trees, {kind.size_name} {sizes[1]}, on numbers and {kind.encodings[1]}"
    search = model.tables(films[0], films[0])["search.csv"]
    expected = {"labels": [*kind.encodings, kind.encodings[1], kind.encodings[1]], kind.size_name: [sizes[0], *sizes]}
    assert search[list(expected)].equals(pd.DataFrame(expected))
    assert search["val_rmse"].to_numpy() == pytest.approx(films[0].scale.std * np.sqrt([2, 1, 0.5, 3]))


@both
def test_the_error_of_a_setting_is_that_of_its_trees_on_the_validation_rows(kind, films):
    training, validation, _ = films
    weights = np.random.default_rng(1).exponential(size=200)
    validation = replace(validation, weights=weights / weights.mean())
    model = kind().fit(replace(training, validation=validation))
    errors = (model._predict(validation.films) - validation.target) ** 2
    assert min(model.tried).mse == pytest.approx(np.average(errors, weights=weights), rel=1e-5)


@pytest.mark.slow
@both
def test_weights_count_in_the_fit(kind, films):
    training, validation, test = films
    heavy = training.films.labels[:, [3]].toarray()[:, 0] > 0
    weighted = replace(training, weights=np.where(heavy, 5.0, 0.01))
    sides = (replace(side, validation=validation) for side in (training, weighted))
    plain, other = (kind().fit(side).predict(test.films) for side in sides)
    assert other.mean() > plain.mean() + 0.2


@both
def test_it_is_the_same_twice_and_leaves_the_global_stream_alone(kind, films):
    training, validation, test = films
    state = np.random.get_state()[1].tolist()
    first, second = (kind().fit(replace(training, validation=validation)).predict(test.films) for _ in range(2))
    assert first.tolist() == second.tolist()
    assert np.random.get_state()[1].tolist() == state


@both
def test_without_the_package_it_is_refused_with_the_way_to_install_it(kind, films, monkeypatch):
    monkeypatch.setitem(sys.modules, kind.name, None)
    with pytest.raises(InputError, match=rf'compare.models: {kind.name} .* pip install "greenlight-films\[boosting\]"'):
        Comparison(models=[kind.name]).possible(films[0])


@both
def test_it_is_in_no_default_list_and_too_few_rows_are_refused(kind, films):
    assert kind not in {type(model) for model in Comparison().baselines()}
    with pytest.raises(InputError, match=f"compare.models: {kind.name} needs 20 rows or more, got 19 training rows"):
        kind().check(films[0].take(np.arange(19)))
    kind().check(films[0].take(np.arange(20)))
