"""Ridge regression on numbers and labels as they are encoded."""

import numpy as np
import pandas as pd

from greenlight_films.baselines.baseline import Progress, ScaledPredictor, Tables, unshown
from greenlight_films.baselines.sample import Sample
from greenlight_films.datamodules import EncodedFilms
from greenlight_films.datamodules.sparse_ridge import sparse_ridge

ALPHAS = (0.3, 0.6, 1.0, 1.8, 3.0, 5.6, 10.0, 18.0, 30.0, 56.0, 100.0, 180.0, 300.0, 560.0, 1000.0)


class Ridge(ScaledPredictor):
    """Ridge regression with an intercept; its penalty is chosen by the validation rows.

    Args:
        progress: is called with the number of penalties that are tried, and of all.
    """

    name = "ridge"
    stored = ("alpha", "coefficients", "intercept")

    def __init__(self, progress: Progress = unshown) -> None:
        self.progress = progress

    def check(self, training: Sample) -> None:
        training.choices()

    def _choose(self, training: Sample) -> None:
        choices, squares, weight = training.choices(), np.zeros(len(ALPHAS)), 0.0
        for fold, (fitted, scored) in enumerate(choices):

            def progress(done: int, of: int, fold: int = fold) -> None:
                self.progress(fold * of + done, len(choices) * of)

            features, target = fitted.films.matrix(), fitted.target
            coefficients, intercepts = sparse_ridge(features, target, ALPHAS, fitted.weights, 1e-4, progress)
            errors = scored.films.matrix() @ coefficients.T + intercepts - scored.target[:, None]
            weights = np.ones(scored.n_rows) if scored.weights is None else scored.weights
            squares += weights @ errors**2
            weight += weights.sum()
        self.val_rmse = np.sqrt(squares / weight)
        self.alpha = ALPHAS[int(self.val_rmse.argmin())]

    def _fit(self, training: Sample) -> None:
        features, target = training.films.matrix(), training.target
        coefficients, intercepts = sparse_ridge(features, target, [self.alpha], training.weights)
        self.coefficients, self.intercept = coefficients[0], float(intercepts[0])

    def _predict(self, films: EncodedFilms) -> np.ndarray:
        return np.asarray(films.matrix() @ self.coefficients + self.intercept)

    def in_a_line(self) -> str:
        return f"penalty {self.alpha:g}"

    def tables(self, training: Sample, held_out: Sample) -> Tables:
        """Return RMSE by penalty, and the coefficient of every number and label."""
        std = self.scale.std
        coefficients = pd.DataFrame({"feature": training.space.names(), "coefficient": self.coefficients * std})
        return {
            "search.csv": pd.DataFrame({"alpha": ALPHAS, "val_rmse": std * self.val_rmse}),
            "coefficients.csv": coefficients.sort_values("coefficient", key=abs, ascending=False, kind="stable"),
        }
