"""Scores, predictions and importances of a trained network as functions."""

import numpy as np
import pytest
from sklearn.metrics import root_mean_squared_error

from greenlight_films.lightning_modules.callbacks.permutation_importance import PermutationImportance
from greenlight_films.lightning_modules.mlp_regressor import MLPRegressor
from greenlight_films.studies.evaluate import evaluate, measure_importance, predict
from greenlight_films.studies.train import train
from greenlight_films.studies.training import Training

pytestmark = pytest.mark.filterwarnings("ignore:.*predict returned None.*")


def test_scores_predictions_and_importances_agree(film_data, tmp_path):
    data, model = film_data(), MLPRegressor(hidden=[16], learning_rate=0.02)
    trainer = {"accelerator": "cpu", "devices": 1, "logger": False, "enable_progress_bar": False, "max_epochs": 8}
    trained = train(data, model, Training({**trainer, "enable_model_summary": False}), tmp_path)
    scores = {side: evaluate(trained, data, side) for side in ("test", "val")}
    predicted = predict(trained, data)
    assert predicted.shape == (data.films.n_rows,)
    assert np.ptp(predicted) > 0.5
    for side, score in scores.items():
        rows = getattr(data.films.rows, side)
        expected = root_mean_squared_error(data.films.actual[rows], predicted[rows])
        assert score["rmse"] == pytest.approx(expected)
        assert model.scores[side] == score
    result = measure_importance(trained, PermutationImportance(split="val"))
    assert result.summary["baseline_loss"] == pytest.approx(scores["val"]["mse"], rel=1e-5)
    assert result.features["importance"].max() > 0
