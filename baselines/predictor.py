"""The contract of a classical model: it is fitted to the training films, and predicts in the target's own unit."""

from abc import ABC, abstractmethod
from typing import ClassVar, Self

import numpy as np

from datamodules import EncodedFilms, TargetScale


class Predictor(ABC):
    """A model of the target.

    Attributes:
        name: what it is called in configs and results.
    """

    name: ClassVar[str]

    @abstractmethod
    def fit(self, films: EncodedFilms, actual: np.ndarray, film: np.ndarray, scale: TargetScale) -> Self:
        """Learn from the training rows alone.

        Args:
            films: the training rows.
            actual: (n_rows,) the target in the original unit.
            film: (n_rows,) int64, what film a row belongs to: its rows are never torn apart to choose a setting.
            scale: makes of the target what the network sees, too.
        """

    @abstractmethod
    def predict(self, films: EncodedFilms) -> np.ndarray:
        """Return (n_rows,) float64 in the target's original unit."""


class ScaledPredictor(Predictor):
    """A model that sees the target as the network does, transformed and scaled."""

    scale: TargetScale

    def fit(self, films: EncodedFilms, actual: np.ndarray, film: np.ndarray, scale: TargetScale) -> Self:
        self.scale = scale
        self._fit(films, scale.forward(actual), film)
        return self

    def predict(self, films: EncodedFilms) -> np.ndarray:
        return self.scale.inverse(self._predict(films))

    @abstractmethod
    def _fit(self, films: EncodedFilms, target: np.ndarray, film: np.ndarray) -> None:
        """Learn from scaled targets, (n_rows,) float64."""

    @abstractmethod
    def _predict(self, films: EncodedFilms) -> np.ndarray:
        """Return scaled predictions, (n_rows,)."""
