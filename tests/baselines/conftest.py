from collections.abc import Callable

import numpy as np
import pytest
from scipy.sparse import csr_array

from greenlight_films.baselines import Sample
from greenlight_films.datamodules import Block, EncodedFilms, FeatureSpace, TargetScale
from greenlight_films.datamodules.targets import Target


def space_of(n_dense: int, n_labels: int) -> FeatureSpace:
    """Return numbers n0, n1, ... and one column `tag` of labels t0, t1, ..."""
    numbers = [[Block(f"n{index}", "number", "number", [f"n{index}"])] for index in range(n_dense)]
    labels = [[Block("tag", "tag", "label", [f"t{index}" for index in range(n_labels)])]] if n_labels else []
    groups = [*numbers, *labels]
    return FeatureSpace([{"feature": "Any", "column": group[0].column} for group in groups], groups)


@pytest.fixture
def sample() -> Callable[..., Sample]:
    """Return what makes films of a matrix of numbers and one of labels; numbers are encoded as they are."""

    def make(dense, actual, labels=None, film=None, transform="none", space=None) -> Sample:
        n_rows = len(actual)
        dense = np.asarray(np.zeros((n_rows, 0)) if dense is None else dense, dtype=np.float64)
        labels = np.zeros((n_rows, 0)) if labels is None else labels
        encoded = EncodedFilms(dense.astype(np.float32), dense, csr_array(np.asarray(labels, np.float32)), {})
        actual = np.asarray(actual, dtype=np.float64)
        scale = TargetScale.fit(Target("rating", transform=transform), actual)
        film = np.arange(n_rows) if film is None else film
        space = space or space_of(dense.shape[1], encoded.labels.shape[1])
        return Sample(encoded, actual, film, np.arange(n_rows) + 1, scale, space)

    return make
