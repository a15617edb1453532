"""Target statistics: what the films of a label were like, as numbers for models that take few columns."""

from typing import Self

import numpy as np
from scipy.sparse import csr_array

from greenlight_films.baselines.baseline import Stored
from greenlight_films.baselines.sample import Sample
from greenlight_films.datamodules import EncodedFilms, FeatureSpace

SMOOTHING = 5.0  # rows at the mean target that every label's own are averaged with
N_FOLDS = 10


class LabelStatistics(Stored):
    """Three numbers a column of labels: the sum of its labels' statistics, how many there are, how frequent they are.

    A label's statistic is the mean of target - mean target over its training rows, shrunk towards 0
    (Micci-Barreca 2001, doi:10.1145/507533.507538). In the sum it has the label's weight in the film.

    `block` is the block of columns of each label, `statistic` and `n_rows` are of its training rows, each (n_labels,).
    """

    stored = ("block", "statistic", "n_rows")

    def fit(self, sample: Sample) -> Self:
        """Learn from these rows."""
        has, target = _indicators(sample.films), sample.target
        weights = np.ones(sample.n_rows) if sample.weights is None else sample.weights
        self.block = block_of_labels(sample.space)
        self.n_rows = has.T @ weights
        deviation = target - np.average(target, weights=weights)
        self.statistic = has.T @ (weights * deviation) / (self.n_rows + SMOOTHING)
        return self

    def encode(self, films: EncodedFilms) -> np.ndarray:
        """Return (n_rows, 3 · n_blocks) float64, of rows that were not among those that it was fitted to."""
        has = _indicators(films)
        number = (has @ self._by_block(np.ones(len(self.block)))).toarray()
        n_rows = (has @ self._by_block(self.n_rows)).toarray() / np.maximum(number, 1)
        return np.hstack([(films.labels @ self._by_block(self.statistic)).toarray(), number, np.log1p(n_rows)])

    def fit_encode(self, sample: Sample) -> np.ndarray:
        """Return the encoding of the rows that it is fitted to.

        Each tenth of the films has the statistics of the other nine: no row sees a target of its own film.
        """
        folds = sample.folds(N_FOLDS)
        encoded = [self.fit(sample.take(others)).encode(sample.films.take(own)) for others, own in folds]
        self.fit(sample)
        return np.concatenate(encoded)[np.argsort(np.concatenate([own for _, own in folds]))]

    def _by_block(self, values: np.ndarray) -> csr_array:
        """Return each label's value in the column of its block, (n_labels, n_blocks)."""
        shape = (len(self.block), int(self.block.max(initial=-1)) + 1)
        return csr_array((values, (np.arange(len(values)), self.block)), shape=shape)


def block_of_labels(space: FeatureSpace) -> np.ndarray:
    """Return the index of each label's block, (n_labels,)."""
    return np.repeat(np.arange(len(space.labels)), [len(block.values) for block in space.labels])


def _indicators(films: EncodedFilms) -> csr_array:
    return films.labels.astype(bool).astype(np.float64)
