"""Scores of mean predictions: of a target that is learnt as its logarithm, predictions are medians."""

from typing import Any

import numpy as np

from greenlight_films.baselines import Fit, Sample
from greenlight_films.datamodules import FilmDataModule, regression_scores
from greenlight_films.studies.metrics import plain
from greenlight_films.studies.results import NETWORK, Results
from greenlight_films.studies.run_folder import RunFolder


def scores_of_means(run: RunFolder, data: FilmDataModule, fits: dict[str, Fit]) -> dict[str, dict[str, Any]]:
    """Return for each model the factor that takes its medians to means, and RMSE and R² of these on the test rows.

    The factor is of the residuals of the validation rows, which no model was fitted to when it predicted them.
    """
    validation, test = (Sample.of(data.films, data.fitted, side) for side in ("val", "test"))
    medians = {
        name: (fit.validated, fit.predicted)
        for name, fit in fits.items()
        if fit.validated is not None and fit.predicted is not None
    }
    of_network = Results(run).predictions
    if len(of_network):
        sides = (of_network.loc[of_network["split"] == side, "predicted"].to_numpy() for side in ("val", "test"))
        medians[NETWORK] = (next(sides), next(sides))
    scale, scores = data.fitted.scale, {}
    for name, (of_validation, of_test) in medians.items():
        factor = scale.smearing(validation.actual, of_validation, validation.weights)
        means = plain(regression_scores(test.actual, scale.mean_of(of_test, factor), test.weights))
        known = factor if np.isfinite(factor) else None
        scores[name] = {"smearing": known, "rmse_of_mean": means["rmse"], "r2_of_mean": means["r2"]}
    return scores
