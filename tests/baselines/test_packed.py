"""Packed models: their files alone tell what they are; what loads them is in tests/studies/test_artifacts.py."""

from hashlib import sha256
from io import BytesIO

import numpy as np
import pytest
import skops.io

from greenlight_films.baselines import Boosting, Ridge, Sample
from greenlight_films.baselines.packed import Packed


@pytest.fixture
def training(films) -> Sample:
    return Sample.of(films.films, films.fitted, "train")


@pytest.fixture
def ridge(training):
    return Ridge().fit(training)


def test_arrays_and_plain_values_are_apart_and_digests_are_those_of_the_files(ridge):
    state = ridge.to_state()
    packed = Packed.of("ridge", Ridge, state)
    assert set(packed.entry["arrays"]) | set(packed.entry["plain"]) == set(state)
    with np.load(BytesIO(packed.files["ridge.npz"]), allow_pickle=False) as arrays:
        for name in packed.entry["arrays"]:
            np.testing.assert_array_equal(arrays[name], state[name])
            assert packed.entry["arrays"][name] == {"shape": list(state[name].shape), "type": str(state[name].dtype)}
    assert packed.entry["sha256"] == {"ridge.npz": sha256(packed.files["ridge.npz"]).hexdigest()}
    assert (packed.entry["kind"], packed.entry["whole"]) == ("Ridge", [])
    assert packed.entry["what"].startswith("Ridge")


def test_an_estimator_is_a_file_of_its_own_that_predicts_the_same(training):
    model = Boosting().fit(training)
    packed = Packed.of("boosting", Boosting, model.to_state())
    assert set(packed.files) == {"boosting.npz", "boosting.model.skops"}
    content = packed.files["boosting.model.skops"]
    estimator = skops.io.loads(content, trusted=skops.io.get_untrusted_types(data=content))
    rows = np.random.default_rng(0).normal(size=(20, estimator.n_features_in_))
    np.testing.assert_array_equal(estimator.predict(rows), model.model.predict(rows))
