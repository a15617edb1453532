"""The design matrix of a linear regression: a constant, numbers in their own unit, and a 0/1 column for each label."""

from collections.abc import Sequence
from typing import Self

import numpy as np
from scipy.linalg import solve_triangular

from greenlight_films.baselines.baseline import Stored
from greenlight_films.baselines.columns import matching
from greenlight_films.baselines.sample import Sample
from greenlight_films.datamodules import EncodedFilms
from greenlight_films.datamodules.feature_sets import block_columns

TOLERANCE = 1e-7  # a smaller share of a column's length that others leave unexplained is rounding


class Design(Stored):
    """Which columns a linear regression has.

    Of a column with exactly one label in every training row, the first label is left out as the reference. `dense` and
    `labels` are indices among the encoded columns; `references` are by column of the table.
    """

    stored = ("names", "dense", "labels", "references")

    def fit(self, training: Sample, patterns: Sequence[str] | None, option: str) -> Self:
        """Choose columns by patterns of the table's columns; by default numbers, and columns of up to 50 labels."""
        space = training.space
        chosen = matching(space, patterns, option)
        label_names = np.array(space.label_names(), dtype=object)
        kept = [np.array([], int)]
        self.references: dict[str, str] = {}
        for block, indices in zip(space.labels, block_columns(space.labels), strict=True):
            wanted = indices[np.isin(indices, chosen.labels)]
            if not len(wanted) or (patterns is None and len(wanted) > 50):
                continue
            if (np.diff(training.films.labels[:, wanted].indptr) == 1).all():
                self.references[block.column] = label_names[wanted[0]]
                wanted = wanted[1:]
            kept.append(wanted)
        self.dense, self.labels = chosen.dense, np.concatenate(kept)
        in_logarithms = zip(space.dense_names(), space.in_logarithms(), strict=True)
        numbers = np.array([f"log1p({name})" if is_log else name for name, is_log in in_logarithms], dtype=object)
        self.names = ["const", *numbers[self.dense], *label_names[self.labels]]
        return self

    @property
    def n_columns(self) -> int:
        return len(self.names)

    def matrix(self, films: EncodedFilms) -> np.ndarray:
        """Return (n_rows, n_columns) float64."""
        constant = np.ones((films.n_rows, 1))
        return np.hstack([constant, films.unscaled[:, self.dense], films.labels[:, self.labels].toarray() != 0])


def dependent(matrix: np.ndarray, names: Sequence[str]) -> dict[int, str]:
    """Return by index the columns that are constant or a linear combination of earlier columns, with the reason.

    The first column of the matrix, (n_rows, n_columns), is the constant.
    """
    centred = matrix[:, 1:] - matrix[:, 1:].mean(0)
    length = np.sqrt((centred**2).sum(0))
    constant = length <= TOLERANCE * np.sqrt((matrix[:, 1:] ** 2).sum(0))
    reasons = {int(index) + 1: "never varies" for index in np.flatnonzero(constant)}
    varying = np.flatnonzero(~constant)
    unit = centred[:, varying] / length[varying]
    left = np.abs(np.diag(np.linalg.qr(unit, mode="r")))
    independent = np.append(left, np.zeros(len(varying) - len(left))) > TOLERANCE
    if independent.all():
        return reasons
    directions, triangle = np.linalg.qr(unit[:, independent])
    in_directions, kept = directions.T @ unit[:, ~independent], np.flatnonzero(independent)
    for position, column in enumerate(np.flatnonzero(~independent)):
        earlier = kept[: np.searchsorted(kept, column)]
        n = len(earlier)
        share = solve_triangular(triangle[:n, :n], in_directions[:n, position])
        others = [names[varying[index] + 1] for index in earlier[np.abs(share) > TOLERANCE**0.5]]
        more = f" and {len(others) - 3} more" if len(others) > 3 else ""
        reasons[int(varying[column]) + 1] = f"depends linearly on {', '.join(others[:3])}{more}"
    return reasons
