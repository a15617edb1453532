"""Near records: a small Gaussian process per label over its films' residuals, in closed form."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from greenlight_films.datamodules.crossed.label_cells import Cells

MOST_FILMS = 256
"""Of a label in a process: more are cut along the first coordinate into blocks that know nothing of each other."""

BATCH_PAIRS = 1 << 18
"""Pairs of films at once, which bounds the memory."""


@dataclass(frozen=True)
class NearKernel:
    """How much the residuals of two films of a label have in common.

    Their covariance is constant + Σ weights·exp(-distance / lengths) over the coordinates; films of one kind have
    same_kind·exp(-distance / length) of the first coordinate besides.

    Attributes:
        constant: in the residual's unit squared, as are `weights`, `same_kind` and `noise`.
        weights: (n_coordinates,) float64.
        lengths: (n_coordinates,) float64, each in its coordinate's unit.
        same_kind: 0 where kinds don't count.
        noise: variance that is a film's own.
    """

    constant: float
    weights: np.ndarray
    lengths: np.ndarray
    same_kind: float
    noise: float

    @classmethod
    def of_numbers(cls, numbers: Sequence[float]) -> "NearKernel":
        """Restore what `numbers` returned."""
        constant, *rest, noise = numbers
        weights, lengths = np.split(np.array(rest), 2)
        return cls(constant, weights, lengths, 0.0, noise)

    def numbers(self) -> list[float]:
        """Return constant, weights, lengths and noise, of a kernel in which kinds don't count."""
        return [self.constant, *self.weights.tolist(), *self.lengths.tolist(), self.noise]

    @property
    def variance(self) -> float:
        """Return the variance of a residual of which nothing is known, noise included."""
        return self.constant + float(self.weights.sum()) + self.same_kind + self.noise

    def covariance(self, distances: np.ndarray, same: np.ndarray) -> np.ndarray:
        """Return the covariance of pairs of films, without noise, (...,) float64.

        Args:
            distances: (..., n_coordinates), 0 or more.
            same: (...,) bool, whether both are of one kind.
        """
        near = np.exp(-distances / self.lengths)
        return np.asarray(self.constant + near @ self.weights + self.same_kind * same * near[..., 0])


@dataclass(frozen=True)
class LabelFilms:
    """The training films of each label, block by block: what the records of films are computed from.

    Attributes:
        label: (n_present,) int64, ascending.
        residual: (n_present,) float64, the target less what is expected of it.
        film: (n_present,) int64, codes of films.
        coordinates: (n_present, n_coordinates) float64, by which films are near.
        kind: (n_present,) int64.
        start: (n_blocks + 1,) int64, where each block begins.
        order: (n_present,) int64, where each stands in the cells of the training rows.
    """

    label: np.ndarray
    residual: np.ndarray
    film: np.ndarray
    coordinates: np.ndarray
    kind: np.ndarray
    start: np.ndarray
    order: np.ndarray

    @classmethod
    def of_rows(
        cls, cells: Cells, residual: np.ndarray, film: np.ndarray, coordinates: np.ndarray, kind: np.ndarray
    ) -> "LabelFilms":
        """Sort the training rows by label, and the labels of very many films into blocks.

        Args:
            cells: of the training rows.
            residual: (n_rows,) float64.
            film: (n_rows,) int64: a row's record knows no other row of its film.
            coordinates: (n_rows, n_coordinates) float64, none missing, the first the weightiest.
            kind: (n_rows,) int64; all the same where kinds don't count.
        """
        rows, codes = cells.rows(), cells.codes.astype(np.int64)
        order = np.lexsort((coordinates[rows, 0], codes))
        label = codes[order]
        within = (np.arange(len(order)) - np.searchsorted(label, label)) // MOST_FILMS
        pair = label * (film.max(initial=0) + 1) + film[rows[order]]
        _, first, inverse = np.unique(pair, return_index=True, return_inverse=True)
        within = within[first][inverse]  # the rows of a film stay together
        stable = np.lexsort((within, label))
        order, label, within = order[stable], label[stable], within[stable]
        is_new = (np.diff(label, prepend=-1) != 0) | (np.diff(within, prepend=-1) != 0)
        start = np.append(np.flatnonzero(is_new), len(order))
        row = rows[order]
        return cls(label, residual[row], film[row], coordinates[row], kind[row], start, order)

    def members(self) -> Iterator[np.ndarray]:
        """Yield all blocks as batches of one size, (n_blocks, n_films) int64, indices of `label` and the like."""
        sizes = np.diff(self.start)
        by_size = np.argsort(sizes, kind="stable")
        for blocks in _batches(by_size, sizes[by_size]):
            yield self._members(blocks)

    def precision(self, kernel: NearKernel, members: np.ndarray) -> np.ndarray:
        """Return the inverse of the covariance of each block's residuals, (n_blocks, n_films, n_films) float64."""
        covariance = kernel.covariance(*self.pairs(members))
        return np.asarray(np.linalg.inv(covariance + kernel.noise * np.eye(members.shape[1])))

    def pairs(self, members: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the distances of each block's films, (n_blocks, n, n, n_coordinates), and whether kinds agree."""
        where, kind = self.coordinates[members], self.kind[members]
        return np.abs(where[:, :, None] - where[:, None]), kind[:, :, None] == kind[:, None]

    def pull(self, kernel: NearKernel) -> np.ndarray:
        """Return what covariances with a label's films are multiplied by for its mean, (n_present,) float64."""
        pull = np.empty(len(self.label))
        for members in self.members():
            pull[members] = (self.precision(kernel, members) @ self.residual[members][..., None])[..., 0]
        return pull

    def own_covariance(self, precision: np.ndarray, members: np.ndarray) -> np.ndarray:
        """Return the covariance of each film's rows given its label's other films, zero between films.

        Its product with precision @ residual is what is left of a residual after its leave-one-out mean (Rasmussen and
        Williams 2006, ISBN 978-0-262-18253-9, equation 5.12), and its diagonal the leave-one-out variance.
        """
        film = self.film[members]
        same = film[:, :, None] == film[:, None]
        if same.sum() == film.size:  # a row each
            return np.asarray(same / np.diagonal(precision, axis1=1, axis2=2)[:, None])
        return np.asarray(np.linalg.inv(precision * same))

    def left_out(self, kernel: NearKernel) -> np.ndarray:
        """Return mean and variance of each label present in a training row, without its own film; (n_present, 2).

        In the order of the cells. A label of one film gives it mean 0 and the kernel's variance.
        """
        records = np.empty((len(self.label), 2))
        for members in self.members():
            precision = self.precision(kernel, members)
            own = self.own_covariance(precision, members)
            residual = self.residual[members][..., None]
            records[members, 0] = (residual - own @ (precision @ residual))[..., 0]
            records[members, 1] = np.diagonal(own, axis1=1, axis2=2)
        ordered = np.empty_like(records)
        ordered[self.order] = records
        return ordered

    def of_others(self, kernel: NearKernel, cells: Cells, coordinates: np.ndarray, kind: np.ndarray) -> np.ndarray:
        """Return mean and variance of each label present in other rows, (n_present, 2) float64.

        A label without a training film has mean 0 and the kernel's variance.

        Args:
            cells: of the other rows.
            coordinates: (n_rows, n_coordinates) float64.
            kind: (n_rows,) int64.
        """
        rows = cells.rows()
        block = self._block(cells.codes.astype(np.int64), coordinates[rows, 0])
        records = np.tile((0.0, kernel.variance), (len(rows), 1))
        sizes = np.append(np.diff(self.start), 0)[block]
        known = np.flatnonzero(block >= 0)
        known = known[np.lexsort((block[known], sizes[known]))]
        for present in _batches(known, sizes[known]):
            blocks, index = np.unique(block[present], return_inverse=True)
            members = self._members(blocks)
            precision = self.precision(kernel, members)
            others, row = members[index], rows[present]
            distances = np.abs(coordinates[row][:, None] - self.coordinates[others])
            shared = kernel.covariance(distances, kind[row][:, None] == self.kind[others])
            weights = (precision[index] @ shared[..., None])[..., 0]
            records[present, 0] = (weights * self.residual[others]).sum(axis=1)
            records[present, 1] = kernel.variance - (weights * shared).sum(axis=1)
        return records

    def _members(self, blocks: np.ndarray) -> np.ndarray:
        size = self.start[blocks[0] + 1] - self.start[blocks[0]]
        return np.asarray(self.start[blocks][:, None] + np.arange(size))

    def _block(self, label: np.ndarray, near: np.ndarray) -> np.ndarray:
        """Return the block that a film is nearest to along the first coordinate, -1 for a label without films."""
        first = self.start[:-1]
        owner, lowest = self.label[first], self.coordinates[first, 0]
        ranks = np.unique(lowest)
        key = owner * (len(ranks) + 1) + np.searchsorted(ranks, lowest) + 1
        wanted = label * (len(ranks) + 1) + np.searchsorted(ranks, near, side="right")
        block = np.searchsorted(key, wanted, side="right") - 1
        earliest = np.searchsorted(owner, label)
        is_known = np.append(owner, -1)[earliest] == label
        return np.where(is_known, np.maximum(block, earliest), -1)


def _batches(items: np.ndarray, sizes: np.ndarray) -> Iterator[np.ndarray]:
    """Yield items of one size, ascending, no more than `BATCH_PAIRS` allows at once."""
    edges = np.append(np.flatnonzero(np.diff(sizes, prepend=-1)), len(items))
    for start, end in pairwise(edges):
        step = max(1, BATCH_PAIRS // int(sizes[start]) ** 2)
        for position in range(start, end, step):
            yield items[position : min(position + step, end)]
