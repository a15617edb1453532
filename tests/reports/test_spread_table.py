"""What the terminal says of several runs."""

import json
import re

import numpy as np
import pandas as pd
import pytest

from greenlight_films.reports.spread_table import (
    compared,
    importance_cells,
    print_spread,
    score_cells,
    stability,
    with_deviation,
)
from greenlight_films.studies.run_folder import RunFolder
from greenlight_films.studies.seeds.results import Spread


@pytest.fixture
def spread(seeds) -> Spread:
    return Spread(RunFolder(seeds.path))


def test_scores_are_means_and_deviations_of_the_runs_the_lowest_rmse_first(spread):
    headings, lines = score_cells(spread)
    assert headings == ["model", "RMSE, points", "MAE, points", "R²", "rank correlation"]
    r2 = [run.metrics["models"]["ridge"]["r2"] for run in spread.runs.values()]
    assert next(cells[3] for cells in lines if cells[0] == "ridge") == f"{np.mean(r2):.3f} ± {np.std(r2, ddof=1):.3f}"
    means = spread.scores.groupby("model")["rmse"].mean().sort_values()
    assert [cells[0] for cells in lines] == means.index.tolist()
    assert next(cells[4] for cells in lines if cells[0] == "mean") == "–"


@pytest.mark.parametrize(
    ("mean", "deviation", "is_amount", "text"),
    [(139.2e6, 28.4e6, True, "139.2M ± 28M"), (0.4012, 0.0139, False, "0.401 ± 0.014"), (0.4, np.nan, False, "0.400")],
)
def test_a_mean_has_its_deviation_where_that_is_known(mean, deviation, is_amount, text):
    assert with_deviation(mean, deviation, is_amount=is_amount) == text


def test_the_terminal_says_how_good_how_stable_and_where(spread, console):
    print_spread(spread, console)
    text = " ".join(console.file.getvalue().split())
    for part in (
        "Test films: mean ± standard deviation over 3 seeds",
        "95 % intervals that allow for films which the seeds share: mean +0.",
        "of whole columns",
        "whole columns, shuffled together",
    ):
        assert part in text
    assert text.endswith(f"{spread.run.path}/")


def test_numbers_do_not_break_in_a_narrow_terminal(spread, console):
    console.width = 80
    print_spread(spread, console)
    line = next(line for line in console.file.getvalue().splitlines() if line.startswith("│ ridge"))
    assert len(re.findall(r"\d ± 0\.\d", line)) == 4


def test_the_25_leading_features_are_spoken_of_where_there_are_more(spread):
    assert not any("leading" in sentence for sentence in stability(spread))
    spread.record["ranking"]["in_every_top"] = 0.8
    assert stability(spread)[0] == "Of the 25 leading features of a seed, 20 lead in every seed (80%)."


def test_nothing_is_said_of_other_films_where_all_runs_test_the_same(spread):
    assert "R² of the network (mlp) less that of others" in compared(spread)[0]
    spread.record["same_split"] = True
    assert compared(spread)[0].startswith("All runs test the same films")


def test_a_feature_that_one_run_measured_has_no_deviation():
    table = pd.DataFrame({"feature": ["a", "b"], "importance": [0.25, 0.125], "sd": [0.1, np.nan], "runs": [3, 1]})
    lines = importance_cells(table.assign(top=[3, 1]))
    assert lines[0][0] == "a"
    assert "±" in lines[0][1]
    assert lines[1] == ["b", "0.125", "1", "1"]
    assert json.dumps(lines)
