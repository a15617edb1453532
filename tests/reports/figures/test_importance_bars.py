import pandas as pd
import pytest

from greenlight_films.reports.figures import importance_bars
from tests.reports.figures.samples import IMPORTANCES, PARTS


def test_importance_has_95_percent_intervals_of_both_errors_and_no_unknown_ones():
    drawn = importance_bars.features(IMPORTANCES, "increase", "points")
    assert drawn.data[0].x == (0.3, 0.1)
    assert drawn.layout.yaxis.ticktext[0].startswith("Cast=&lt;img src=x")
    assert drawn.data[0].hovertext[0].startswith("<b>Cast=&lt;img src=x onerror=alert(1)&gt; &lt;a href")
    assert drawn.data[0].error_x.array == pytest.approx((0.098, 0.0196))
    assert drawn.data[1].x == (0.5, -0.2)
    assert len(importance_bars.features(IMPORTANCES.drop(columns="direction"), "increase").data) == 1


def test_models_importances_are_shares_of_each_models_largest():
    drawn = importance_bars.by_model({"mlp": pd.Series({"a": 4.0, "b": 1.0}), "knn": pd.Series({"b": 0.2, "a": -0.1})})
    assert drawn.layout.yaxis.ticktext == ("b", "a")
    assert [list(row) for row in drawn.data[0].z] == [[0.25, 1.0], [1.0, 0.0]]


def test_what_one_model_rests_on_is_not_pushed_out_by_columns_that_another_alone_has():
    network, knn = pd.Series({"Director": 5.0, "Studio": 3.0}), pd.Series({"Director": 1.0, "Studio": 0.0})
    ols = pd.Series({"Director": 2.0, "Age": 1.0, "Sequel": 0.8})
    drawn = importance_bars.by_model({"mlp": network, "knn": knn, "ols": ols}, top=3)
    assert drawn.layout.yaxis.ticktext == ("Director", "Studio", "Age")


def test_parts_stand_by_role_that_with_the_greatest_part_first():
    drawn = importance_bars.parts(PARTS, "increase")
    names = [name.rpartition(": ")[2] for name in drawn.layout.yaxis.ticktext]
    assert drawn.data[0].x == (0.4, -0.01, 0.2, 0.1)
    assert drawn.layout.yaxis.ticktext[2:] == ("genre: record", "genre: name")
    assert names[2:] == ["record", "name"]
