"""Label inputs as films take them: constants of each label, and the training rows' own, without their targets."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

from greenlight_films.datamodules.crossed.by_label import ByLabel
from greenlight_films.datamodules.crossed.input_scales import InputScales
from greenlight_films.datamodules.crossed.label_cells import Cells
from greenlight_films.datamodules.crossed.near_films import NearFilms
from greenlight_films.datamodules.encoder import EncodedFilms

FAR = float(np.finfo(np.float32).max)


@dataclass(frozen=True)
class LabelInputs:
    """Constants of labels, learnt from the training films.

    Attributes:
        values: (n_labels, n_inputs) float32, in standard deviations of the training rows' sums.
        centre: (n_inputs,) float32, the mean of these sums, in the same unit.
        columns: (n_inputs,) the table's column that each belongs to.
        names: (n_inputs,) such as `record` or `films`.
        near: of columns whose records go by how near films are; their `values` are means over typical films.
    """

    values: np.ndarray
    centre: np.ndarray
    columns: list[str]
    names: list[str]
    near: tuple[NearFilms, ...] = ()

    def sizes(self) -> dict[str, Any]:
        """Return what a network is built by to take them, plain data."""
        near = [near.plan for near in self.near]
        return {"input_columns": self.columns, "input_names": self.names, "near": near}

    def limits(self) -> np.ndarray:
        """Return the least and the largest input of any label, (2, n_inputs) float64; without end for `near` ones."""
        limits = np.stack([self.values.min(axis=0, initial=0), self.values.max(axis=0, initial=0)]).astype(np.float64)
        for near in self.near:
            limits[:, near.plan["inputs"]] = [[-FAR], [FAR]]
        return limits

    def of_rows(self, encoded: EncodedFilms) -> np.ndarray:
        """Return the inputs of films that nothing was learnt from, (n_rows, n_inputs) float32."""
        sums, labels = np.asarray(encoded.labels @ self.values), encoded.labels
        rows = np.repeat(np.arange(encoded.n_rows), np.diff(labels.indptr))
        for near in self.near:
            parts = (encoded.dense, rows, labels.indices.astype(np.int64), labels.data)
            sums[:, near.plan["inputs"]] = near.summed(*map(torch.from_numpy, parts)).numpy()
        return sums - self.centre

    def of_labels(self, labels: np.ndarray, dense: np.ndarray) -> np.ndarray:
        """Return what labels, (n,), are in a film of some numbers, (n_dense,): (n, n_inputs) float32."""
        values, row = self.values[labels], np.zeros(len(labels), np.int64)
        for near in self.near:
            where = (dense[None], row, labels.astype(np.int64))
            values[:, near.plan["inputs"]] = near.inputs_of(*map(torch.from_numpy, where)).numpy()
        return values


@dataclass(frozen=True)
class Learnt:
    """The films that inputs are learnt from.

    Attributes:
        target: (n_rows,) scaled, NaN where not known.
        train: indices of the training rows.
        val: indices of the rows that choose a penalty.
        film: (n_rows,) int64, the film of each row as a code.
        year: (n_rows,) float64, under a split by time; else None.
        seed: of the folds.
        penalty: of the ridge regression, where it is chosen already.
        kernels: of near records, by column, where they are tuned already.
        scales: which inputs there are, and their scales, where a network knows them already.
        others: (n_rows,) float64 of each other column that records are of, NaN where not known.
        by_label: whether the training rows' inputs are wanted by label too.
    """

    encoded: EncodedFilms
    target: np.ndarray
    train: np.ndarray
    val: np.ndarray
    film: np.ndarray
    year: np.ndarray | None
    seed: int
    penalty: float | None = None
    kernels: dict[str, list[float]] = field(default_factory=dict)
    scales: InputScales | None = None
    others: Mapping[str, np.ndarray] = field(default_factory=dict)
    by_label: bool = False

    def cells(self, labels: np.ndarray) -> Cells:
        """Return some labels of the training rows' cells."""
        return Cells.of(self.encoded.labels[self.train][:, labels], [] if self.by_label else None)


@dataclass(frozen=True)
class Crossed:
    """Inputs of labels, and those of the training rows, which never hold the row's own target.

    Attributes:
        drawn: (n_drawings, n_train, n_inputs) float32, centred and scaled.
        train: (n_train,) indices of these rows.
        penalty: of the ridge regression; None without it.
        scales: of the inputs.
        kernels: of near records, by column.
        by_label: the first drawing's inputs by label, where they were wanted.
        n_limited: labels with an input beyond those that a network learnt from, which is taken as the last of these.
    """

    labels: LabelInputs
    drawn: np.ndarray
    train: np.ndarray
    penalty: float | None
    scales: InputScales
    kernels: dict[str, list[float]] = field(default_factory=dict)
    by_label: ByLabel | None = None
    n_limited: int = 0

    def beyond_others(self, row: int, own: np.ndarray, dense: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return a training row's labels, (n,), and what each is in it beyond what it is in other films, (n, n_inputs).

        Its own target is in none of them, and so in none of what it would be had it other numbers.

        Args:
            row: of the training rows; their inputs must be known by label.
            own: (n_dense,) float32, its numbers.
            dense: likewise, those that it would have.
        """
        assert self.by_label is not None
        labels, values = self.by_label.of_row(row, len(self.labels.columns))
        beyond = values - self.labels.of_labels(labels, own)
        for near in self.labels.near:
            by, inputs = near.plan["dense"], near.plan["inputs"]
            some = np.flatnonzero(near.concerns(torch.from_numpy(labels).long()).numpy())
            if len(some) and not np.array_equal(own[by], dense[by]):
                noise = self.kernels[self.labels.columns[inputs[0]]][-1]
                parts = (labels[some].astype(np.int64), beyond[some, inputs[0]], own[by], dense[by])
                moved = near.beyond_others(noise, *map(torch.from_numpy, parts))
                beyond[some, inputs[0] : inputs[-1] + 1] = moved.numpy()
        return labels, beyond

    def of_rows(self, encoded: EncodedFilms) -> np.ndarray:
        """Return the inputs of all rows, (n_rows, n_inputs) float32; of training rows those of the first drawing."""
        sums = self.labels.of_rows(encoded)
        sums[self.train] = self.drawn[0]
        return sums
