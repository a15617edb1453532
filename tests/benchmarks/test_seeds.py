"""The benchmark of seeds: each model of a study has mean and deviation of every score."""

from io import StringIO

import numpy as np
import pytest
import yaml
from rich.console import Console

from greenlight_films.benchmarks.seeds import STUDIES, measure, score_table, words_of
from greenlight_films.studies.seeds import seeds as several
from greenlight_films.studies.settings.film_cli import read_settings
from tests.conftest import run_here


@pytest.mark.slow
def test_scores_are_means_and_deviations_over_the_seeds_of_a_study(study_config, seeds, console, monkeypatch):
    monkeypatch.setattr(several, "run_studies", run_here)
    figures = measure(str(study_config), 2, ["--compare.models", "[]"], console)
    assert set(figures) == {"films", "seconds", "models"}
    assert set(figures["models"]) == {"mlp", "mean"}
    scores = several.Spread(several.RunFolder(seeds.path)).scores.query("model == 'mlp' and seed < 5")["rmse"]
    expected = {"mean": np.mean(scores), "sd": np.std(scores, ddof=1)}
    assert figures["models"]["mlp"]["rmse"] == pytest.approx(expected, rel=1e-2)


@pytest.mark.slow
def test_each_named_study_is_best_and_refitted_and_those_to_come_are_split_by_year():
    configs = {study: yaml.safe_load(read_settings(words_of(study, [])).config) for study in STUDIES}
    for study, config in configs.items():
        assert (config["preset"], config["refit"], config["model"]["members"]) == ("best", True, 3), study
        split = config["data"]["split"]["class_path"].rpartition(".")[2]
        assert (split == "TimeSplit") == study.endswith("to_come"), study
    six = configs["six_numbers"]["data"]
    assert six["split"]["init_args"]["seed"] == 3001
    assert {feature["init_args"]["scale"] for feature in six["features"]} == {"by_skewness"}
    assert words_of("six_numbers", ["--preset", "recipe"])[-2:] == ["--preset", "recipe"]


def test_a_table_has_a_row_a_model_with_its_scores_on_the_learnt_scale():
    scores = {"rmse": {"mean": 7e6, "sd": 1e6}, "r2": {"mean": 0.1, "sd": 0.2}}
    learnt = {"rmse_log1p": {"mean": 1.4039, "sd": 0.16}, "r2_log1p": {"mean": 0.5804, "sd": 0.034}}
    results = {
        "box": {"films": 2760, "models": {"mlp": scores | learnt}},
        "rated": {"films": 90, "models": {"mean": {**scores, "rmse": {"mean": 1.5, "sd": 0.01}}}},
    }
    console = Console(file=StringIO(), width=120)
    console.print(score_table(results))
    lines = [line.replace("│", " ").split() for line in console.file.getvalue().splitlines() if "±" in line]
    assert lines == [
        ["box", "2,760", "mlp", "1.404", "±", "0.160", "0.580", "±", "0.034"],
        ["rated", "90", "mean", "1.500", "±", "0.010", "0.100", "±", "0.200"],
    ]
