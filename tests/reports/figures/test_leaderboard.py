import pandas as pd
import pytest

from greenlight_films.reports.figures import leaderboard
from tests.reports.figures.samples import DIFFERENCES, INTERVALS, NASTY, RUNS


def test_the_lowest_rmse_comes_first_with_its_interval():
    drawn = leaderboard.leaderboard(INTERVALS.iloc[::-1], "points")
    rmse, r2 = drawn.data
    assert (rmse.x, r2.x) == ((0.5, 1.0), (0.75, 0.0))
    assert rmse.error_x.array == pytest.approx((0.2, 0.2))
    assert rmse.error_x.arrayminus == pytest.approx((0.1, 0.1))
    assert drawn.layout.xaxis.title.text == "RMSE, points"
    assert "RMSE 0.5 points (0.4 points to 0.7 points) and R² 0.750 (0.600 to 0.800)" in drawn.layout.meta["alt"]


def test_rmse_of_runs_is_drawn_where_all_share_a_unit():
    assert len(leaderboard.runs(RUNS, "points").data) == 2
    assert len(leaderboard.runs(RUNS).data) == 1
    unknown = leaderboard.runs(RUNS.assign(r2=[float("nan"), -3.0], low_95=-4.0, high_95=-2.0))
    assert unknown.layout.xaxis.range == (-0.5, 1)
    assert unknown.data[0].error_x.array == (0.0, 1.0)
    assert pd.isna(unknown.data[0].x[0])


def test_the_network_is_set_against_each_other_model():
    drawn = leaderboard.differences(DIFFERENCES.assign(compared="rmse_log1p"), "log1p of US dollars")
    (dots,) = drawn.data
    assert dots.x == (0.1, -0.5)
    assert dots.error_x.array == pytest.approx((0.1, 0.1))
    assert dots.error_x.arrayminus == pytest.approx((0.2, 0.2))
    assert drawn.layout.xaxis.title.text.startswith("difference of RMSE,")
    assert "of 2 models" in drawn.layout.meta["alt"]


def test_models_that_are_compared_by_another_score_are_named_with_it():
    drawn = leaderboard.differences(DIFFERENCES.replace(NASTY, "ridge"), "points")
    assert drawn.layout.yaxis.ticktext == ("ridge (RMSE)", "mean (MAE)")
    assert drawn.layout.xaxis.title.text == "difference of MAE or RMSE, points"
