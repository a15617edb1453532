"""Principal components: the directions in which films differ most."""

from collections.abc import Sequence
from typing import ClassVar, Self

import numpy as np
import pandas as pd
from sklearn.decomposition import PCA as SklearnPCA
from sklearn.decomposition import TruncatedSVD

from greenlight_films.baselines.baseline import Baseline, Tables
from greenlight_films.baselines.columns import StandardColumns
from greenlight_films.baselines.sample import Sample
from greenlight_films.datamodules import EncodedFilms

ENOUGH, N_SCORES = 0.8, 3


class PCA(Baseline):
    """Principal components of standardised numbers and labels. It describes films; it does not predict the target.

    With more than 50 labels it is a truncated singular value decomposition with 50 components, whose columns are not
    centred, so that the matrix stays sparse.

    Args:
        columns: patterns of the table's columns; by default its numbers if there are three, or else all.

    Attributes:
        components: (n_components, n_columns), of length 1 each.
        centre: (n_columns,), subtracted before projection; zeros for the truncated decomposition.
        variance: (n_components,) explained by each; `ratio` is its share of the total.
    """

    name = "pca"
    most_rows = 200_000
    stored = ("method", "components", "centre", "variance", "ratio")
    parts: ClassVar = {"described": StandardColumns}

    def __init__(self, columns: Sequence[str] | None = None) -> None:
        self.columns = columns

    def check(self, training: Sample) -> None:
        StandardColumns().fit(training, self.columns)

    def fit(self, training: Sample) -> Self:
        self.described = StandardColumns().fit(training, self.columns)
        matrix = self.described.matrix(training.films)
        if self.described.is_wide:
            self.method = "TruncatedSVD"
            fitted = TruncatedSVD(min(50, training.n_rows - 1), random_state=0).fit(matrix)
            self.centre = np.zeros(matrix.shape[1])
        else:
            self.method = "PCA"
            fitted = SklearnPCA().fit(matrix)
            self.centre = fitted.mean_
        self.components, self.variance = fitted.components_, fitted.explained_variance_
        self.ratio = fitted.explained_variance_ratio_
        return self

    def transform(self, films: EncodedFilms, n: int | None = None) -> np.ndarray:
        """Return the films' scores on the first n components or on all, (n_rows, n) float64."""
        loadings = self.components[:n].T
        return np.asarray(self.described.matrix(films) @ loadings - self.centre @ loadings)

    @property
    def enough(self) -> int | None:
        """Return how many components explain 80 % of the variance; None where all of them explain less."""
        reached = np.flatnonzero(self.ratio.cumsum() >= ENOUGH)
        return int(reached[0]) + 1 if len(reached) else None

    def in_a_line(self) -> str:
        n = len(self.ratio)
        explain = f"{self.enough} of {n} components explain" if self.enough else f"{n} components don't explain"
        return f"{explain} {ENOUGH:.0%} of the variance of {len(self.described.names):,} columns ({self.method})"

    def tables(self, training: Sample, held_out: Sample) -> Tables:
        """Return the explained variance, the loadings, and the training films' scores on three components."""
        explained = {"explained_variance": self.variance, "ratio": self.ratio, "cumulative": self.ratio.cumsum()}
        variance = {"component": range(1, len(self.ratio) + 1), **explained, "method": self.method}
        scores = _by_component(self.transform(training.films, N_SCORES))
        return {
            "variance.csv": pd.DataFrame(variance),
            "loadings.csv": self._loadings(),
            "scores.csv": pd.DataFrame({"row": training.number, **scores}),
        }

    def _loadings(self) -> pd.DataFrame:
        """Return weights in the first ten components, of the 30 columns that weigh most in the first three."""
        weights = self.components[:10].T
        largest = np.argsort(-np.abs(weights[:, :N_SCORES]).max(1), kind="stable")
        kept = np.sort(largest[:30])
        names = np.array(self.described.names, dtype=object)[kept]
        return pd.DataFrame({"feature": names, **_by_component(weights[kept])})


def _by_component(values: np.ndarray) -> dict[str, np.ndarray]:
    return {f"pc{number}": column for number, column in enumerate(values.T, start=1)}
