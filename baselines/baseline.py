"""The contract of a classical model: fitted to the training rows, it predicts or describes films, and gives tables."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import asdict
from math import inf
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd

from greenlight_films.baselines.sample import Sample
from greenlight_films.datamodules import EncodedFilms, TargetScale

Tables = dict[str, pd.DataFrame | str]  # results by file name
Progress = Callable[[int, int], None]  # is called with what is done of a choice of settings, and all of it


def unshown(done: int, of: int) -> None:
    """Show nothing of it."""


class Stored:
    """A fitted object that is saved as arrays, plain data and scikit-learn estimators.

    Of a subclass, `stored` names the attributes to save, and `parts` those that are `Stored` themselves.
    """

    stored: ClassVar[tuple[str, ...]] = ()
    parts: ClassVar[dict[str, type["Stored"]]] = {}

    def to_state(self) -> dict[str, Any]:
        """Return the stored attributes by name; those of a part as `part.name`."""
        state = {name: getattr(self, name) for name in self.stored}
        for part in self.parts:
            state |= {f"{part}.{name}": value for name, value in getattr(self, part).to_state().items()}
        return state

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Self:
        """Return an object that predicts as the one did whose state it is."""
        restored = cls.__new__(cls)
        for name in cls.stored:
            setattr(restored, name, state[name])
        for part, kind in cls.parts.items():
            prefix = f"{part}."
            inner = {name.removeprefix(prefix): value for name, value in state.items() if name.startswith(prefix)}
            setattr(restored, part, kind.from_state(inner))
        return restored


class Baseline(Stored, ABC):
    """A classical model; `name` is what results call it.

    It isn't fitted to more than `most_rows` training rows without being asked for: it would take long.
    """

    name: str
    most_rows: float = inf

    def check(self, training: Sample) -> None:
        """Refuse training rows that the model can't be fitted to, with what it needs, before anything is trained."""

    @abstractmethod
    def fit(self, training: Sample) -> Self:
        """Learn from the training rows alone."""

    def refit(self, learnt: Sample) -> Self:
        """Learn anew from more rows, with the settings that `fit` has chosen."""
        return self.fit(learnt)

    def in_a_line(self) -> str:
        """Return the settings that were chosen, for the terminal; empty where there was no choice."""
        return ""

    def tables(self, training: Sample, held_out: Sample) -> Tables:
        """Return the model's results; `held_out` are the test rows."""
        return {}


class Predictor(Baseline):
    """A model of the target."""

    @abstractmethod
    def predict(self, films: EncodedFilms) -> np.ndarray:
        """Return (n_rows,) float64 in the target's own unit."""


class ScaledPredictor(Predictor):
    """A model that learns the transformed and scaled target, as the network does."""

    scale: TargetScale

    def fit(self, training: Sample) -> Self:
        self.scale = training.scale
        self._choose(training)
        self._fit(training)
        return self

    def refit(self, learnt: Sample) -> Self:
        self.scale = learnt.scale
        self._fit(learnt)
        return self

    def predict(self, films: EncodedFilms) -> np.ndarray:
        return self.scale.inverse(self._predict(films))

    def to_state(self) -> dict[str, Any]:
        return {**super().to_state(), "scale": asdict(self.scale)}

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Self:
        restored = super().from_state(state)
        restored.scale = TargetScale(**state["scale"])
        return restored

    def _choose(self, training: Sample) -> None:
        """Choose settings by `training.choices()`, where there are any to choose."""

    @abstractmethod
    def _fit(self, training: Sample) -> None:
        """Learn from scaled targets with the chosen settings."""

    @abstractmethod
    def _predict(self, films: EncodedFilms) -> np.ndarray:
        """Return scaled predictions, (n_rows,)."""
