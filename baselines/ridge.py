"""Linear regression that keeps its coefficients small, on numbers and labels as they are encoded."""

import numpy as np
from sklearn.linear_model import Ridge as SklearnRidge

from baselines.folds import folds
from baselines.predictor import ScaledPredictor
from datamodules import EncodedFilms

ALPHAS = (0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0)


class Ridge(ScaledPredictor):
    """Ridge regression with an intercept; its penalty is chosen by cross-validation on the training rows.

    Attributes:
        cv_rmse: by penalty, of the scaled target.
        alpha: the penalty with the lowest.
    """

    name = "ridge"

    def _fit(self, films: EncodedFilms, target: np.ndarray, film: np.ndarray) -> None:
        features = films.matrix()
        errors = dict.fromkeys(ALPHAS, 0.0)
        for train, held_out in folds(film):
            for alpha in ALPHAS:
                model = _ridge(alpha, tolerance=1e-3).fit(features[train], target[train])
                errors[alpha] += float(((model.predict(features[held_out]) - target[held_out]) ** 2).sum())
        self.cv_rmse = {alpha: (error / len(target)) ** 0.5 for alpha, error in errors.items()}
        self.alpha = min(ALPHAS, key=self.cv_rmse.__getitem__)
        self.model = _ridge(self.alpha).fit(features, target)

    def _predict(self, films: EncodedFilms) -> np.ndarray:
        return np.asarray(self.model.predict(films.matrix()))


def _ridge(alpha: float, tolerance: float = 1e-6) -> SklearnRidge:
    return SklearnRidge(alpha, solver="sparse_cg", tol=tolerance)
