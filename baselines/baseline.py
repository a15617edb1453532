"""The contract of a classical model: it is fitted to the training films, and tells what it found in tables."""

from abc import ABC, abstractmethod
from dataclasses import asdict
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd

from greenlight_films.baselines.sample import Sample
from greenlight_films.datamodules import EncodedFilms, TargetScale

Tables = dict[str, pd.DataFrame | str]
"""What a model found, by the name of its file: a table or a text."""


class Stored:
    """Something fitted that arrays and plain data can hold, and bring back.

    Attributes:
        stored: the attributes that make it whole: arrays, plain data, or whole estimators.
        parts: the attributes that are `Stored` themselves, and their kinds.
    """

    stored: ClassVar[tuple[str, ...]] = ()
    parts: ClassVar[dict[str, type["Stored"]]] = {}

    def to_state(self) -> dict[str, Any]:
        """Return arrays and plain data by name; those of a part as `part.name`."""
        state = {name: getattr(self, name) for name in self.stored}
        for part in self.parts:
            state |= {f"{part}.{name}": value for name, value in getattr(self, part).to_state().items()}
        return state

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Self:
        """Return what gave this state."""
        made = cls.__new__(cls)
        for name in cls.stored:
            setattr(made, name, state[name])
        for part, kind in cls.parts.items():
            inner = {name[len(part) + 1 :]: value for name, value in state.items() if name.startswith(f"{part}.")}
            setattr(made, part, kind.from_state(inner))
        return made


class Baseline(Stored, ABC):
    """A classical model.

    Attributes:
        name: what it is called in results.
    """

    name: str

    def check(self, training: Sample) -> None:
        """Refuse training films that it can't be fitted to, before anything is trained.

        Raises:
            InputError: with what it needs.
        """

    @abstractmethod
    def fit(self, training: Sample) -> Self:
        """Learn from the training rows alone."""

    def in_a_line(self) -> str:
        """Return what it settled on, for the terminal; nothing where there was no choice."""
        return ""

    def tables(self, training: Sample, held_out: Sample) -> Tables:
        """Return what it found; the held-out rows are the test rows."""
        return {}


class Predictor(Baseline):
    """A model of the target."""

    @abstractmethod
    def predict(self, films: EncodedFilms) -> np.ndarray:
        """Return (n_rows,) float64 in the target's original unit."""


class ScaledPredictor(Predictor):
    """A model that sees the target as the network does, transformed and scaled."""

    scale: TargetScale

    def fit(self, training: Sample) -> Self:
        self.scale = training.scale
        self._fit(training)
        return self

    def predict(self, films: EncodedFilms) -> np.ndarray:
        return self.scale.inverse(self._predict(films))

    def to_state(self) -> dict[str, Any]:
        return {**super().to_state(), "scale": asdict(self.scale)}

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Self:
        made = super().from_state(state)
        made.scale = TargetScale(**state["scale"])
        return made

    @abstractmethod
    def _fit(self, training: Sample) -> None:
        """Learn from scaled targets."""

    @abstractmethod
    def _predict(self, films: EncodedFilms) -> np.ndarray:
        """Return scaled predictions, (n_rows,)."""
