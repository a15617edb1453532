from collections.abc import Callable

import numpy as np
import pytest
from scipy.sparse import csr_array

from datamodules import EncodedFilms, TargetScale
from datamodules.targets import Target


@pytest.fixture
def encoded() -> Callable[..., EncodedFilms]:
    def made(dense: np.ndarray, labels: np.ndarray | None = None) -> EncodedFilms:
        labels = np.zeros((len(dense), 0)) if labels is None else labels
        dense = dense.astype(np.float64)
        return EncodedFilms(dense.astype(np.float32), dense, csr_array(labels.astype(np.float32)), {})

    return made


@pytest.fixture
def scale() -> Callable[..., TargetScale]:
    def made(actual: np.ndarray, transform: str = "none") -> TargetScale:
        return TargetScale.fit(Target("rating", transform=transform), actual)

    return made
