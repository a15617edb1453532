import numpy as np
import pandas as pd
import pytest

from greenlight_films.reports.figures import spread
from tests.reports.figures.samples import SEEDS


def test_each_run_is_a_dot_and_the_lowest_mean_rmse_comes_first_with_its_deviation():
    drawn = spread.scores(SEEDS.iloc[::-1], "seed", "points")
    dots, means, _, r2 = drawn.data
    assert sorted(zip(dots.x, dots.y, strict=True)) == [(1.0, 0), (1.4, 0), (2.0, 1), (2.2, 1)]
    assert means.x == pytest.approx((1.2, 2.1))
    assert means.error_x.array == pytest.approx((np.std([1, 1.4], ddof=1), np.std([2, 2.2], ddof=1)), rel=1e-3)
    assert r2.x == pytest.approx((0.5, -0.05))
    assert drawn.layout.xaxis.title.text == "RMSE, points"


def test_where_logarithms_were_learnt_their_scores_are_drawn_and_order_the_models():
    turned = SEEDS.assign(rmse_log1p=-SEEDS["rmse"], r2_log1p=SEEDS["r2"] / 2)
    drawn = spread.scores(turned, "seed", "dollars")
    assert drawn.data[1].x == pytest.approx((-2.1, -1.2))
    assert drawn.data[3].x == pytest.approx((-0.025, 0.25))
    assert (drawn.layout.xaxis.title.text, drawn.layout.xaxis2.title.text) == ("RMSE of log1p", "R² of log1p")


def test_importances_are_means_with_a_deviation_to_both_sides():
    table = pd.DataFrame({"feature": ["b", "a", "c"], "importance": [3.0, 2.0, 1.0], "sd": [0.5, np.nan, 0.1]})
    drawn = spread.importances(table.assign(runs=[5, 1, 5]), "feature", "increase", 2)
    (bars,) = drawn.data
    assert bars.x == (3.0, 2.0)
    assert bars.error_x.array == pytest.approx((0.5, 0.0))
    assert drawn.layout.meta["alt"].startswith("Mean importance over runs of the 2 leading of 3 features: b leads with")
