"""Labels that occur together in held-out films: groups of them, found by clustering, and pairs."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import sparse
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.sparse.csgraph import connected_components
from scipy.spatial.distance import squareform

from greenlight_films.importance.estimates import FEW_FILMS
from greenlight_films.importance.held_out import Entries

ALIKE = 0.5  # Jaccard's similarity from which on labels are grouped: half of the films that have either have both
MOST_GROUPED = 2000  # labels that hang together: more would need a distance matrix of gigabytes
COLUMNS_AT_ONCE = 1024


@dataclass(frozen=True)
class Occurrence:
    """Which held-out rows have which labels, of the labels that three films or more have.

    Attributes:
        columns: (n,) int64, the label columns, ascending.
        matrix: (n_rows, n) CSR of float32, 1 where the row has the label.
        together: (n, n) CSC of float32 above the diagonal, the rows that have both labels, from two on: of labels in
            three rows or more, those that are alike share two.
    """

    columns: np.ndarray
    matrix: sparse.csr_array
    together: sparse.csc_array

    @classmethod
    def of(cls, entries: Entries) -> "Occurrence":
        """Count rows; the work grows with the pairs of labels in a row."""
        kept = entries.only(entries.films() >= FEW_FILMS)
        index, row = kept.index.cpu().numpy(), kept.row.cpu().numpy()
        shape = kept.held_out.n_rows, len(kept.columns)
        matrix = sparse.csr_array((np.ones(len(row), np.float32), (row, index)), shape=shape)
        return cls(kept.columns.cpu().numpy(), matrix, _together(matrix))

    @cached_property
    def pairs(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the pairs of labels that three rows or more have both of, as indices of `columns`, (n_pairs,) each.

        First come those that are together more than by chance, by both * log(both / expected): Dunning 1993,
        aclanthology.org/J93-1003. It says nothing of their effects.
        """
        first, second, _, both = self._alike()
        counts = np.asarray(self.matrix.sum(axis=0), np.float64)
        strength = both * np.log(both * self.matrix.shape[0] / (counts[first] * counts[second]))
        order = np.lexsort((second, first, -strength))
        order = order[both[order] >= FEW_FILMS]
        return first[order], second[order]

    def _alike(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Return the pairs in `together` with Jaccard's similarity and the rows that have both, all (n,)."""
        both, counts = self.together.tocoo(), np.asarray(self.matrix.sum(axis=0))
        first, second = (part.astype(np.int64) for part in both.coords)
        return first, second, both.data / (counts[first] + counts[second] - both.data), both.data

    def groups(self) -> list[np.ndarray]:
        """Return groups of labels by average linkage of Jaccard distances, cut at `ALIKE`: indices of `columns`.

        Two groups with a mean distance below the cut hold a pair below it. So only labels that such pairs connect are
        clustered together, and the result is that of one matrix over all labels.
        """
        first, second, alike, _ = self._alike()
        n, near = len(self.columns), alike >= ALIKE
        graph = sparse.csr_array((alike[near], (first[near], second[near])), shape=(n, n))
        component = connected_components(graph, directed=False)[1]
        order = np.argsort(component, kind="stable")
        parts = np.split(order, np.flatnonzero(np.diff(component[order])) + 1)
        columns = self.matrix.tocsc()
        groups = [group for part in parts if 1 < len(part) <= MOST_GROUPED for group in _clustered(columns, part)]
        return sorted(groups, key=lambda group: (-len(group), *group))


def _clustered(columns: sparse.csc_array, labels: np.ndarray) -> list[np.ndarray]:
    """Cluster labels, ascending column indices; clusters of a single one are left out."""
    part = columns[:, labels]
    both = (part.T @ part).toarray().astype(np.float64)
    either = np.add.outer(both.diagonal(), both.diagonal()) - both
    distance = squareform(1 - both / either, checks=False)
    cluster = fcluster(linkage(distance, "average"), 1 - ALIKE, "distance")
    groups = (labels[cluster == number] for number in np.unique(cluster))
    return [group for group in groups if len(group) > 1]


def _together(matrix: sparse.csr_array) -> sparse.csc_array:
    """Return the upper triangle of XᵀX, of two rows or more, made in blocks of columns."""
    columns, blocks = matrix.tocsc(), []
    for start in range(0, matrix.shape[1], COLUMNS_AT_ONCE):
        block = sparse.coo_array(matrix.T @ columns[:, start : start + COLUMNS_AT_ONCE])
        first, second = block.coords
        kept = (block.data >= 2) & (first < second + start)
        blocks.append(sparse.csc_array((block.data[kept], (first[kept], second[kept])), shape=block.shape))
    return sparse.csc_array(sparse.hstack(blocks)) if blocks else sparse.csc_array((0, 0), dtype=np.float32)
