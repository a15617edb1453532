"""What the libraries of boosted trees have in common: how their size, their number and the labels' form are chosen."""

from abc import abstractmethod
from functools import cached_property
from importlib.util import find_spec
from typing import Any, ClassVar, NamedTuple

import numpy as np
import pandas as pd

from greenlight_films.baselines.baseline import Progress, ScaledPredictor, Tables, unshown
from greenlight_films.baselines.sample import Sample
from greenlight_films.datamodules import EncodedFilms, InputError

RATE, PATIENCE = 0.05, 100
FEWEST_ROWS = 20

Side = tuple[Any, Sample]
"""Encoded rows, as the library takes them, and the sample that they are of."""


class Setting(NamedTuple):
    """How well a size of trees and an encoding of labels did on the validation rows, with how many trees."""

    mse: float
    encoding: str
    size: int
    n_trees: int


class BoostedTrees(ScaledPredictor):
    """Boosted trees of the squared error by a library that is installed as an extra, up to 3,000 at a rate of 0.05.

    The encoding of labels (with the smallest trees), then the size of trees, are those that do best on the validation
    rows; trees are added until 100 bring no gain there. `booster` is the model as the library writes it.

    Args:
        progress: is called with the number of settings that are tried, and of all.
    """

    stored: ClassVar[tuple[str, ...]] = ("encoding", "booster")
    most_trees: ClassVar[int] = 3000
    encodings: ClassVar[tuple[str, ...]]
    sizes: ClassVar[tuple[int, ...]]
    size_name: ClassVar[str]

    def __init__(self, progress: Progress = unshown) -> None:
        self.progress = progress

    def check(self, training: Sample) -> None:
        if find_spec(self.name) is None:
            raise InputError(
                f"compare.models: {self.name} must be installed, and is not; "
                'pip install "greenlight-films[boosting]", or leave it out'
            )
        if training.n_rows < FEWEST_ROWS:
            raise InputError(
                f"compare.models: {self.name} needs {FEWEST_ROWS} rows or more, got {training.n_rows} training rows"
            )
        training.folds(2)

    def _choose(self, training: Sample) -> None:
        smallest, *larger = self.sizes
        encodings = self.encodings if training.space.n_labels else self.encodings[:1]
        self.tried: list[Setting] = []

        def attempt(encoding: str, size: int) -> None:
            self.progress(len(self.tried), len(encodings) + len(larger))
            self.tried.append(self._validated(training, encoding, size))

        for encoding in encodings:
            attempt(encoding, smallest)
        encoding = min(self.tried).encoding
        for size in larger:
            attempt(encoding, size)
        self.progress(len(self.tried), len(self.tried))
        _, self.encoding, self.size, self.n_trees = min(self.tried)

    def _validated(self, training: Sample, encoding: str, size: int) -> Setting:
        self.encoding, self.size = encoding, size
        folds = []
        for fitted, scored in training.choices():
            rows = self._fit_encode(fitted)
            folds.append(self._stop_early((rows, fitted), (self._encode(scored.films), scored)))
        n_trees, mse = np.mean(folds, axis=0)
        return Setting(mse, encoding, size, max(1, round(n_trees)))

    def _fit(self, training: Sample) -> None:
        model = self._grow((self._fit_encode(training), training))
        self.booster = np.frombuffer(model, np.uint8)
        self.__dict__.pop("_model", None)

    def _predict(self, films: EncodedFilms) -> np.ndarray:
        return np.asarray(self._model.predict(self._encode(films)))

    @cached_property
    def _model(self) -> Any:
        return self._loaded(self.booster.tobytes())

    def in_a_line(self) -> str:
        labels = f" and {self.encoding}" if len(self.tried) > len(self.sizes) else ""
        return f"{self.n_trees:,} trees, {self.size_name} {self.size}, on numbers{labels}"

    def tables(self, training: Sample, held_out: Sample) -> Tables:
        """Return RMSE on the validation rows by encoding of labels and size of trees."""
        search = pd.DataFrame(self.tried).rename(columns={"encoding": "labels", "size": self.size_name})
        rmse = np.sqrt(search.pop("mse")) * self.scale.std
        return {"search.csv": search.assign(val_rmse=rmse)}

    @abstractmethod
    def _fit_encode(self, training: Sample) -> Any:
        """Learn `encoding` from these rows, and return them so encoded."""

    @abstractmethod
    def _encode(self, films: EncodedFilms) -> Any:
        """Return other rows in the encoding that was learnt."""

    @abstractmethod
    def _stop_early(self, training: Side, held_out: Side) -> tuple[int, float]:
        """Return the best number of trees of `size`, and their mean squared error on the rows that are held out."""

    @abstractmethod
    def _grow(self, training: Side) -> bytes:
        """Return a model of `n_trees` trees of `size`."""

    @abstractmethod
    def _loaded(self, model: bytes) -> Any:
        """Return the library's own model, of which `predict` is used."""
