"""The network and LightGBM blended: a weighted mean of what both predict, on the scale that is learnt."""

from typing import Any

import numpy as np

from greenlight_films.baselines import Fit, LightGBM, Sample
from greenlight_films.datamodules import FilmDataModule, InputError, Scores
from greenlight_films.datamodules.number_format import fixed
from greenlight_films.studies.results import NETWORK, Results
from greenlight_films.studies.run_folder import RunFolder

BLEND = "blend"  # what it is called among models


def refuse_unblendable(run: RunFolder) -> None:
    """Refuse to blend without a network's predictions."""
    if Results(run).predictions.empty:
        raise InputError("compare.blend needs a network's predictions, got a run without; `study` has them")


def blended(run: RunFolder, data: FilmDataModule, fits: dict[str, Fit]) -> tuple[float, np.ndarray, Scores]:
    """Return the network's share, and the blend's predictions of the test rows, (n_test,), with their scores."""
    trees, predictions, scale = fits[LightGBM.name], Results(run).predictions, data.fitted.scale
    assert trees.predicted is not None
    assert trees.validated is not None
    val, test = (Sample.of(data.films, data.fitted, side) for side in ("val", "test"))
    of_val, of_test = (
        scale.forward(predictions.loc[predictions["split"] == side, "predicted"].to_numpy()) for side in ("val", "test")
    )
    share = best_share(val.target, of_val, scale.forward(trees.validated), val.weights)
    predicted = scale.inverse(share * of_test + (1 - share) * scale.forward(trees.predicted))
    return share, predicted, scale.scores(test.actual, predicted, test.weights)


def best_share(target: np.ndarray, first: np.ndarray, second: np.ndarray, weights: np.ndarray | None = None) -> float:
    """Return the share of the first prediction, 0 to 1, with which the mean of two has the smallest squared error.

    Predictions that are the same have half each.

    Args:
        target, first, second: (n_rows,).
        weights: (n_rows,) of the rows' errors.

    >>> best_share(np.array([1.0, 2.0]), np.array([0.0, 1.0]), np.array([4.0, 5.0]))
    0.75
    """
    apart = first - second
    weighted = apart if weights is None else apart * weights
    length = float(weighted @ apart)
    return float(np.clip(weighted @ (target - second) / length, 0, 1)) if length > 0 else 0.5


def blend_sentence(metrics: dict[str, Any]) -> str:
    """Say what the blend of a run is; empty where it has none."""
    if BLEND not in metrics.get("models", {}):
        return ""
    share = metrics["fits"][BLEND]["share"]
    return (
        f"{BLEND}: {fixed(share)} times the network's prediction ({NETWORK}) + {fixed(1 - share)} times that of "
        f"{LightGBM.name}, weighed by the validation films; it has no contributions and no importances."
    )
