"""The directions in which films differ most."""

from collections.abc import Sequence
from typing import ClassVar, Self

import numpy as np
import pandas as pd
from sklearn.decomposition import PCA as SklearnPCA
from sklearn.decomposition import TruncatedSVD

from greenlight_films.baselines.baseline import Baseline, Tables
from greenlight_films.baselines.described import Described
from greenlight_films.baselines.sample import Sample
from greenlight_films.datamodules import EncodedFilms

ENOUGH, MOST_COMPONENTS, MOST_LOADINGS, LOADED, N_SCORES = 0.8, 50, 30, 10, 3


class PCA(Baseline):
    """Principal components of standardised numbers and labels. It describes films; it does not predict the target.

    With more than 50 labels it is a truncated singular value decomposition of 50 components, which leaves the sparse
    matrix sparse: columns are not centred there.

    Args:
        columns: patterns of the table's columns; by default its numbers if there are three, or else all.

    Attributes:
        components: (n_components, n_columns), of length 1 each.
        centre: (n_columns,), taken off before; zeros for the decomposition.
        variance: (n_components,) explained by each.
        ratio: (n_components,), the share of the whole variance.
    """

    stored = ("method", "components", "centre", "variance", "ratio")
    parts: ClassVar = {"described": Described}

    def __init__(self, columns: Sequence[str] | None = None) -> None:
        self.name = "pca"
        self.columns = columns

    def check(self, training: Sample) -> None:
        Described().fit(training, self.columns)

    def fit(self, training: Sample) -> Self:
        self.described = Described().fit(training, self.columns)
        matrix = self.described.matrix(training.films)
        if self.described.is_wide:
            self.method = "TruncatedSVD"
            fitted = TruncatedSVD(min(MOST_COMPONENTS, training.n_rows - 1), random_state=0).fit(matrix)
            self.centre = np.zeros(matrix.shape[1])
        else:
            self.method = "PCA"
            fitted = SklearnPCA().fit(matrix)
            self.centre = fitted.mean_
        self.components, self.variance = fitted.components_, fitted.explained_variance_
        self.ratio = fitted.explained_variance_ratio_
        return self

    def transform(self, films: EncodedFilms, n: int | None = None) -> np.ndarray:
        """Return where films stand on the first n components, (n_rows, n) float64; on all by default."""
        turned = self.components[:n].T
        return np.asarray(self.described.matrix(films) @ turned - self.centre @ turned)

    @property
    def enough(self) -> int | None:
        """Return how many components explain 80 % of the variance; None where all of them don't."""
        reached = np.flatnonzero(self.ratio.cumsum() >= ENOUGH)
        return int(reached[0]) + 1 if len(reached) else None

    def in_a_line(self) -> str:
        many = len(self.ratio)
        reached = f"{self.enough} of {many} components explain" if self.enough else f"{many} components don't explain"
        return f"{reached} {ENOUGH:.0%} of the variance of {len(self.described.names):,} columns ({self.method})"

    def tables(self, training: Sample, held_out: Sample) -> Tables:
        """Return the variance explained, loadings, and where the training films stand on three components."""
        n = range(1, len(self.ratio) + 1)
        explained = {"explained_variance": self.variance, "ratio": self.ratio, "cumulative": self.ratio.cumsum()}
        scores = self.transform(training.films, N_SCORES)
        return {
            "variance.csv": pd.DataFrame({"component": n, **explained, "method": self.method}),
            "loadings.csv": self._loadings(),
            "scores.csv": pd.DataFrame({"row": training.number, **_by_component(scores)}),
        }

    def _loadings(self) -> pd.DataFrame:
        """Return the columns' weights in the first ten components; of many columns, the largest in the first three."""
        weights = self.components[:LOADED].T
        if len(weights) > MOST_LOADINGS:
            largest = np.argsort(-np.abs(weights[:, :N_SCORES]).max(1), kind="stable")[:MOST_LOADINGS]
            places = np.sort(largest)
        else:
            places = np.arange(len(weights))
        names = np.array(self.described.names, dtype=object)[places]
        return pd.DataFrame({"feature": names, **_by_component(weights[places])})


def _by_component(values: np.ndarray) -> dict[str, np.ndarray]:
    return {f"pc{place + 1}": column for place, column in enumerate(values.T)}
