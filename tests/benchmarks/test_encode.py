"""The benchmark of encoding: both encoders do the same work; how fast they are, no test asserts."""

import numpy as np
import pytest

from greenlight_films.benchmarks import encode
from greenlight_films.datamodules import read_table


@pytest.fixture(scope="module")
def films():
    return read_table("wikidata-films").head(400)


def test_encoding_reports_films_seconds_and_their_ratio(films):
    figures = encode.measure(films, repeats=1)
    assert set(figures) == {"films", "ours_seconds", "sklearn_seconds", "ratio"}
    assert figures["films"] == 400
    assert all(value > 0 for value in figures.values())


def test_both_encoders_make_the_same_labels(films):
    ours, theirs = encode.ours(films), encode.sklearn(films)
    assert ours.sum() > 1000
    assert ours.shape == theirs.shape
    # Their columns are in another order: the films of each label, sorted.
    assert sorted(np.asarray(ours.sum(axis=0)).ravel()) == sorted(np.asarray(theirs.sum(axis=0)).ravel())
    assert np.asarray(ours.sum(axis=1)).ravel().tolist() == np.asarray(theirs.sum(axis=1)).ravel().tolist()
