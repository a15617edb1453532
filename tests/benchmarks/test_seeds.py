"""The benchmark of seeds: each model of a study has mean and deviation of every score."""

import numpy as np
import pytest

from greenlight_films.benchmarks.seeds import measure
from greenlight_films.studies.seeds import seeds as several
from tests.conftest import run_here


def test_scores_are_means_and_deviations_over_the_seeds_of_a_study(study_config, seeds, console, monkeypatch):
    monkeypatch.setattr(several, "run_all", run_here)
    figures = measure(str(study_config), 2, ["--compare.models", "[]"], console)
    assert set(figures) == {"films", "seconds", "models"}
    assert set(figures["models"]) == {"mlp", "mean"}
    scores = several.Spread(several.RunFolder(seeds.path)).scores.query("model == 'mlp' and seed < 5")["rmse"]
    expected = {"mean": np.mean(scores), "sd": np.std(scores, ddof=1)}
    assert figures["models"]["mlp"]["rmse"] == pytest.approx(expected, rel=1e-2)
