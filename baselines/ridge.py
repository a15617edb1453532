"""Ridge regression on numbers and labels as they are encoded."""

import numpy as np
import pandas as pd
from sklearn.linear_model import Ridge as SklearnRidge

from greenlight_films.baselines.baseline import ScaledPredictor, Tables
from greenlight_films.baselines.sample import Sample
from greenlight_films.datamodules import EncodedFilms

ALPHAS = (0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0)


class Ridge(ScaledPredictor):
    """Ridge regression with an intercept; its penalty is chosen by cross-validation on the training rows."""

    name = "ridge"
    stored = ("alpha", "coefficients", "intercept")

    def check(self, training: Sample) -> None:
        training.folds()

    def _fit(self, training: Sample) -> None:
        features, target = training.films.matrix(), training.target
        errors = dict.fromkeys(ALPHAS, 0.0)
        weights = np.ones(len(target)) if training.weights is None else training.weights
        for train, held_out in training.folds():
            for alpha in ALPHAS:
                model = _ridge(alpha, tolerance=1e-3)
                model.fit(features[train], target[train], sample_weight=training.weights_of(train))
                squares = (model.predict(features[held_out]) - target[held_out]) ** 2
                errors[alpha] += float((squares * weights[held_out]).sum())
        self.cv_rmse = {alpha: (error / len(target)) ** 0.5 for alpha, error in errors.items()}
        self.alpha = min(ALPHAS, key=self.cv_rmse.__getitem__)
        model = _ridge(self.alpha).fit(features, target, sample_weight=training.weights)
        self.coefficients, self.intercept = model.coef_, float(model.intercept_)

    def _predict(self, films: EncodedFilms) -> np.ndarray:
        return np.asarray(films.matrix() @ self.coefficients + self.intercept)

    def in_a_line(self) -> str:
        return f"penalty {self.alpha:g}"

    def tables(self, training: Sample, held_out: Sample) -> Tables:
        """Return RMSE by penalty, and the coefficient of every number and label."""
        std = self.scale.std
        coefficients = pd.DataFrame({"feature": training.space.names(), "coefficient": self.coefficients * std})
        return {
            "search.csv": pd.DataFrame({"alpha": ALPHAS, "cv_rmse": [std * self.cv_rmse[alpha] for alpha in ALPHAS]}),
            "coefficients.csv": coefficients.sort_values("coefficient", key=abs, ascending=False, kind="stable"),
        }


def _ridge(alpha: float, tolerance: float = 1e-6) -> SklearnRidge:
    return SklearnRidge(alpha, solver="sparse_cg", tol=tolerance)
