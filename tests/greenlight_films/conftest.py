"""What the tests of the Python API share: settings that train in a blink, a fitted model, and a whole run."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import greenlight_films as gl
from tests.conftest import Run, awkward_films

FEATURES = [
    gl.Number("year"),
    gl.Number("runtime"),
    gl.Labels("genre"),
    gl.Labels("cast", role="actor", weight="sqrt", min_films=2),
    gl.Category("company"),
]

SETTINGS: dict[str, Any] = {
    "target": gl.Target("rating", unit="points"),
    "features": FEATURES,
    "split": gl.RandomSplit(val=0.15, test=0.225, seed=3),
    "film": "id",
    "preset": "seed",
    "hidden": [16],
    "dropout": 0.3,
    "label_dropout": 0.1,
    "learning_rate": 0.01,
    "batch_size": 32,
    "max_epochs": 4,
    "patience": 50,
    "trainer": {"accelerator": "cpu", "devices": 1},
    "verbose": False,
}
"""Those of the config `study_config`."""


def small(**settings: Any) -> gl.FilmRegressor:
    """Return a model of 8 units and 2 epochs that is not fitted."""
    usual = {"target": "rating", "features": ["year", gl.Labels("genre")], "hidden": [8], "max_epochs": 2}
    return gl.FilmRegressor(**{**usual, "preset": "seed", "batch_size": 64, "verbose": False, **settings})


def weights(model: gl.FilmRegressor) -> dict[str, np.ndarray]:
    return {name: array for name, array in model.network_.to_state().items() if isinstance(array, np.ndarray)}


def same_weights(first: dict[str, np.ndarray], second: dict[str, np.ndarray]) -> bool:
    """Return whether two networks have the same weights, bit for bit."""
    assert first
    return first.keys() == second.keys() and all(np.array_equal(first[name], second[name]) for name in first)


@pytest.fixture(scope="session")
def fitted() -> gl.FilmRegressor:
    """Return the network of `run`, trained from Python. Tests don't change it."""
    torch.set_num_threads(1)
    return gl.FilmRegressor(**SETTINGS).fit(awkward_films())


@pytest.fixture(scope="session")
def run(study: Run) -> Path:
    """Return the folder of a study that the command line ran. Tests don't change it."""
    return study.path
