"""Scores, predictions and importances of a trained network."""

from typing import Literal

import numpy as np

from greenlight_films.datamodules import FilmDataModule, Scores
from greenlight_films.importance.result import ImportanceResult
from greenlight_films.lightning_modules.callbacks.permutation_importance import PermutationImportance
from greenlight_films.studies.train import Trained, running


def evaluate(trained: Trained, data: FilmDataModule, side: Literal["test", "val"] = "test") -> Scores:
    """Score a network on the films of a side, in the target's unit."""
    score = trained.trainer.test if side == "test" else trained.trainer.validate
    with running(trained.trainer):
        score(trained.model, datamodule=data, verbose=False)
    return trained.model.scores[side]


def predict(trained: Trained, data: FilmDataModule) -> np.ndarray:
    """Predict every film of the data, (n_rows,) in the target's unit."""
    with running(trained.trainer):
        trained.trainer.predict(trained.model, datamodule=data, return_predictions=False)
    assert trained.model.predicted is not None
    return trained.model.predicted


def measure_importance(trained: Trained, importance: PermutationImportance) -> ImportanceResult:
    """Measure what the predictions of held-out films rest on, after the network was scored on films."""
    with running(trained.trainer):
        return importance.measure(trained.trainer, trained.model)
