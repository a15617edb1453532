from dataclasses import replace

import numpy as np
import pytest

from greenlight_films.baselines.label_statistics import SMOOTHING, LabelStatistics
from greenlight_films.datamodules import Block, FeatureSpace


@pytest.fixture
def films(sample):
    """Return 60 films of two rows each, with two columns of labels, the first of which weigh a half."""
    random = np.random.default_rng(0)
    labels = (random.random((120, 9)) < 0.3) * np.repeat([0.5, 1.0], [5, 4])
    groups = [[Block(name, name, "label", [*name[:n]])] for name, n in (("abcde", 5), ("wxyz", 4))]
    space = FeatureSpace([{"feature": "Any", "column": group[0].column} for group in groups], groups)
    return sample(None, random.normal(5, 2, 120), labels, film=np.arange(120) // 2, space=space)


def encoding_by_hand(fitted, row: np.ndarray, blocks: list[slice]) -> list[float]:
    """Return the three numbers of each block, with a sum over rows for each label."""
    labels, target = fitted.films.labels.toarray(), fitted.target
    weights = np.ones(len(target)) if fitted.weights is None else fitted.weights
    mean = (weights * target).sum() / weights.sum()
    sums, numbers, frequencies = [], [], []
    for block in blocks:
        present = [label for label in range(block.start, block.stop) if row[label]]
        n_rows = {label: weights[labels[:, label] > 0].sum() for label in present}
        statistic = {
            label: (weights * (target - mean))[labels[:, label] > 0].sum() / (n_rows[label] + SMOOTHING)
            for label in present
        }
        sums.append(sum(row[label] * statistic[label] for label in present))
        numbers.append(len(present))
        frequencies.append(np.log1p(np.mean(list(n_rows.values()))) if present else 0)
    return [*sums, *numbers, *frequencies]


@pytest.mark.parametrize("is_weighted", [False, True])
def test_new_films_have_the_shrunk_means_of_their_labels_training_films(films, is_weighted):
    if is_weighted:
        films = replace(films, weights=np.random.default_rng(1).exponential(size=120))
    training, new = films.take(np.arange(100)), films.take(np.arange(100, 120))
    encoded = LabelStatistics().fit(training).encode(new.films)
    expected = [encoding_by_hand(training, row, [slice(0, 5), slice(5, 9)]) for row in new.films.labels.toarray()]
    np.testing.assert_allclose(encoded, expected, atol=1e-12)
    assert encoded.std(0).min() > 0


def test_a_training_row_never_sees_a_target_of_its_own_film(films):
    before = LabelStatistics().fit_encode(films)
    for film in (0, 17, 59):
        actual = films.actual.copy()
        actual[films.film == film] += 100
        after = LabelStatistics().fit_encode(replace(films, actual=actual))
        own = films.film == film
        np.testing.assert_allclose(after[own], before[own], rtol=0, atol=1e-12)
        assert np.abs(after[~own, :2] - before[~own, :2]).max() > 1


def test_statistics_of_pure_noise_tell_nothing_of_the_rows_that_they_are_fitted_to(sample):
    random = np.random.default_rng(2)
    labels = np.eye(150)[random.integers(0, 150, 600)]
    films = sample(None, random.normal(size=600), labels)
    statistics = LabelStatistics()
    own, leaked = statistics.fit_encode(films)[:, 0], statistics.encode(films.films)[:, 0]
    assert np.corrcoef(own, films.target)[0, 1] < 0.1
    assert np.corrcoef(leaked, films.target)[0, 1] > 0.3


def test_films_without_columns_of_labels_have_no_numbers(sample):
    films = sample(np.eye(4), np.arange(4.0))
    assert LabelStatistics().fit_encode(films).shape == (4, 0)
