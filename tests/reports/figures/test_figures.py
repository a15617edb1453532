import json
import re

import numpy as np
import pandas as pd
import pytest
from torch.utils.tensorboard import SummaryWriter

from greenlight_films.reports.bootstrap import bootstrap_intervals
from greenlight_films.reports.figures import (
    clusters,
    components,
    importance_bars,
    leaderboard,
    linear,
    neighbours,
    predictions,
    training,
)
from greenlight_films.reports.figures.style import figure_json

NASTY = "<img src=x onerror=alert(1)> <a href=javascript:alert(1)>%{x} $a$</a></script>"


def films(n=60, seed=0):
    stream = np.random.default_rng(seed)
    actual = stream.normal(6, 1, n)
    return pd.DataFrame(
        {
            "film": np.arange(n),
            "title": NASTY,
            "actual": actual,
            "predicted": actual + stream.normal(0, 0.5, n),
            "genre": np.where(np.arange(n) % 2, NASTY, "Drama"),
            "year": 1960 + np.arange(n),
            "cluster": np.arange(n) % 3,
            **{name: stream.normal(size=n) for name in ("pc1", "pc2", "pc3")},
        }
    )


def importances():
    values = {"importance": [0.3, 0.1, np.nan], "se_shuffle": [0.03, 0.0, np.nan], "se_sample": [0.04, 0.01, np.nan]}
    named = {
        "feature": [f"Cast={NASTY}", "Year", "Cast=C"],
        "column": ["Cast", "Year", "Cast"],
        "value": [NASTY, None, "C"],
    }
    kinds = {"role": ["actor", "Year", "actor"], "level": ["value", "number", "value"], "n_films": [9, 60, 0]}
    return pd.DataFrame({**named, **values, **kinds, "direction": [0.5, -0.2, np.nan], "name": [NASTY, "Year", "C"]})


def ols():
    ends = {"low_95": [1.0, 0.5, -3.0, np.nan], "high_95": [3.0, 1.5, 1.0, np.nan]}
    robust = {"low_95_hc3": [1.0, 0.4, np.nan, np.nan], "high_95_hc3": [3.0, 1.6, np.nan, np.nan]}
    left_out = {"left_out": ["", "", "", "constant"]}
    return pd.DataFrame(
        {"name": ["const", NASTY, "b", "c"], "coefficient": [2.0, 1.0, -1.0, np.nan], **ends, **robust, **left_out}
    )


KNN = pd.DataFrame({"k": [1, 2, 3], "train_rmse": [0.1, 0.6, 0.8], "cv_rmse": [1.5, 1.2, 1.3]})
GRID = pd.DataFrame({"metric": "manhattan", "k": [1, 2, 3], "weights": "distance", "cv_rmse": [1.4, 1.3, 1.1]})
SWEEP = pd.DataFrame({"k": [2, 3], "inertia": [90.0, 50.0], "silhouette": [0.2, 0.4]})
PROFILES = pd.DataFrame(
    {"k": 2, "cluster": [0, 1], "n_rows": [3, 1], "column": NASTY, "mean": [10.0, 30.0], "mean_of_all": 15.0}
)

QUARTILES = {"min": [0.0, 4.0], "q25": [4.0, 5.0], "median": [5.0, 6.0], "q75": [6.0, 7.0], "max": [20.0, 8.0]}
BY_CLUSTER = pd.DataFrame({"k": 2, "cluster": [0, 1], "n_rows": [3, 1], "mean": [5.0, 6.0], **QUARTILES})
VARIANCE = pd.DataFrame({"component": [1, 2, 3], "ratio": [0.5, 0.35, 0.15], "cumulative": [0.5, 0.85, 1.0]})
LOADINGS = pd.DataFrame({"feature": [NASTY, "b"], "pc1": [0.6, -0.8], "pc2": [0.8, 0.6]})
CURVES = pd.DataFrame({"epoch": [1, 2, 3], "train": [0.9, 0.7, 0.5], "val": [0.8, 0.6, 0.7]})


def intervals():
    table = films()
    predicted = {NASTY: table["predicted"].to_numpy(), "mean": np.full(60, 6.0)}
    return bootstrap_intervals(table["actual"].to_numpy(), predicted, table["film"].to_numpy(), seed=0, n=50)


RUNS = pd.DataFrame({"run": [NASTY, "b"], "model": NASTY, "rmse": [1.0, 1.2], "r2": [0.4, 0.3]})
ALL = {
    "leaderboard": lambda: leaderboard.leaderboard(intervals(), NASTY),
    "runs": lambda: leaderboard.runs(RUNS, NASTY),
    "predicted_against_actual": lambda: predictions.predicted_against_actual(films(), NASTY, NASTY),
    "residuals": lambda: predictions.residuals(films(), NASTY, NASTY),
    "calibration": lambda: predictions.calibration(films(), NASTY, NASTY),
    "errors_by_label": lambda: predictions.errors_by_label(films(), "genre", NASTY),
    "errors_by_number": lambda: predictions.errors_by_number(films(), "year", NASTY),
    "features": lambda: importance_bars.features(importances(), NASTY, NASTY),
    "columns": lambda: importance_bars.columns(importances().assign(level="column"), NASTY),
    "values_of_role": lambda: importance_bars.values_of_role(importances(), "actor", NASTY),
    "by_model": lambda: importance_bars.by_model({NASTY: pd.Series({NASTY: 2.0, "b": 1.0})}),
    "coefficients": lambda: linear.coefficients(ols(), NASTY),
    "ridge": lambda: linear.ridge_coefficients(ols().rename(columns={"name": "feature"}).head(3), NASTY),
    "error_by_k": lambda: neighbours.error_by_k(KNN, NASTY, GRID),
    "correlations": lambda: neighbours.correlations(
        pd.DataFrame({"feature": [NASTY], "correlation": 0.5, "n_rows": 4})
    ),
    "knn importance": lambda: neighbours.importance(importances()),
    "number_of_clusters": lambda: clusters.number_of_clusters(SWEEP, 3),
    "films_on_components": lambda: clusters.films_on_components(films()),
    "films_in_space": lambda: clusters.films_on_components(films(), n=3),
    "profiles": lambda: clusters.profiles(PROFILES, 2),
    "target_by_cluster": lambda: clusters.target_by_cluster(BY_CLUSTER, 2, NASTY, NASTY),
    "scree": lambda: components.scree(VARIANCE),
    "cumulative": lambda: components.cumulative(VARIANCE),
    "loadings": lambda: components.loadings(LOADINGS),
    "projection": lambda: components.projection(films(), NASTY, NASTY, VARIANCE["ratio"]),
    "projection_in_space": lambda: components.projection(films(), NASTY, NASTY, n=3),
    "losses": lambda: training.losses(CURVES, NASTY),
}


def strings(part):
    if isinstance(part, dict):
        return [one for value in part.values() for one in strings(value)]
    if isinstance(part, (list, tuple)):
        return [one for value in part for one in strings(value)]
    return [part] if isinstance(part, str) else []


@pytest.mark.parametrize("name", ALL)
def test_every_figure_has_titles_on_its_axes_alt_text_and_nothing_that_acts(name):
    made = ALL[name]()
    plain = made.to_dict()
    layout = plain["layout"]
    assert "title" not in layout
    alt = layout.pop("meta")["alt"]
    assert alt.endswith(".")
    assert re.search(r"\d", alt)
    axes = [layout["scene"][f"{one}axis"] for one in "xyz"] if "scene" in layout else []
    axes = axes or [value for key, value in layout.items() if re.match("[xy]axis", key)]
    assert len(axes) >= 2
    assert all(one["title"]["text"] for one in axes)
    shown = strings(plain)
    tags = {tag for one in shown for tag in re.findall(r"<[^>]*>", one)}
    assert tags <= {"<b>", "</b>", "<br>", "<extra>", "</extra>"}
    # What comes of data has no place that plotly fills, and no formula.
    assert not [one for one in shown if "%{x} " in one or "$a$" in one]


@pytest.mark.parametrize("name", ALL)
def test_every_figure_is_json_that_no_script_tag_ends(name):
    said = figure_json(ALL[name]())
    assert "<" not in said
    assert {"data", "layout"} <= set(json.loads(said))
    assert "template" not in json.loads(said)["layout"]


def test_the_leaderboard_has_the_lowest_rmse_first_with_its_interval():
    table = intervals()
    made = leaderboard.leaderboard(table, "points")
    best = table[(table["model"] == NASTY) & (table["score"] == "rmse")].iloc[0]
    assert made.data[0].x[0] == pytest.approx(best["value"], rel=1e-3)
    assert made.data[0].x[0] + made.data[0].error_x.array[0] == pytest.approx(best["high_95"], rel=1e-3)
    assert made.data[0].x[0] - made.data[0].error_x.arrayminus[0] == pytest.approx(best["low_95"], rel=1e-3)
    assert made.data[1].x[1] == pytest.approx(0, abs=0.2)
    assert made.layout.xaxis.title.text == "RMSE, points"


def test_calibration_is_the_means_of_tenths_of_the_films():
    table = films(100).sort_values("predicted", ignore_index=True)
    points = predictions.calibration(table.sample(frac=1, random_state=0), "Rating", "points").data[0]
    tenth = table.iloc[20:30]
    assert points.x[2] == pytest.approx(tenth["predicted"].mean(), rel=1e-3)
    assert points.y[2] == pytest.approx(tenth["actual"].mean(), rel=1e-3)
    assert points.error_y.array[2] == pytest.approx(1.96 * tenth["actual"].std(ddof=1) / 10**0.5, rel=1e-3)
    assert points.customdata == (10,) * 10


def test_errors_by_label_are_means_with_intervals_and_small_groups_are_left_out():
    table = films().drop(columns="film").assign(genre=["a"] * 40 + ["b"] * 16 + ["c"] * 4)
    made = predictions.errors_by_label(table, "genre", "points")
    off = (table["predicted"] - table["actual"]).abs()
    assert made.layout.yaxis.ticktext == ("a", "b")
    assert made.data[0].x[1] == pytest.approx(off[40:56].mean(), rel=1e-3)
    assert made.data[0].error_x.array[1] == pytest.approx(1.96 * off[40:56].std() / 4, rel=1e-3)


def test_rows_of_a_film_count_once_in_the_interval_of_its_error():
    once = films()
    thrice = pd.concat([once] * 3)
    one, three = (predictions.errors_by_label(table, "genre", "").data[0] for table in (once, thrice))
    assert three.x == one.x
    np.testing.assert_allclose(three.error_x.array, one.error_x.array, rtol=1e-3)
    assert one.error_x.array[0] > 0


def test_errors_by_number_are_in_intervals_of_as_many_films():
    made = predictions.errors_by_number(films(), "year", "points", groups=4)
    assert made.layout.yaxis.ticktext == ("1960 to 1974", "1975 to 1989", "1990 to 2004", "2005 to 2019")


def test_money_is_on_logarithmic_axes_and_its_errors_are_ratios():
    table = pd.DataFrame({"actual": [1e6, 1e8, 1e9] * 10, "predicted": [2e6, 1e8, 5e8] * 10, "title": "a"})
    made = predictions.predicted_against_actual(table, "BoxOffice", "US dollars")
    assert made.layout.xaxis.type == "log"
    assert "$1M" in made.layout.xaxis.ticktext
    assert set(predictions.residuals(table, "BoxOffice", "US dollars").data[0].y) == {2.0, 1.0, 0.5}
    assert predictions.residuals(table, "BoxOffice", "points").data[0].y[0] == 1e6


def test_importance_has_95_percent_intervals_of_both_errors_and_no_unknown_ones():
    made = importance_bars.features(importances(), "increase", "points")
    assert made.data[0].x == (0.3, 0.1)
    assert made.layout.yaxis.ticktext[0].startswith("Cast=&lt;img src=x")
    assert made.data[0].hovertext[0].startswith("<b>Cast=&lt;img src=x onerror=alert(1)&gt; &lt;a href")
    assert made.data[0].error_x.array == pytest.approx((0.098, 0.0196))
    assert made.data[1].x == (0.5, -0.2)
    assert len(importance_bars.features(importances().drop(columns="direction"), "increase").data) == 1


def test_models_importances_are_shares_of_each_models_largest():
    made = importance_bars.by_model({"mlp": pd.Series({"a": 4.0, "b": 1.0}), "knn": pd.Series({"b": 0.2, "a": -0.1})})
    assert made.layout.yaxis.ticktext == ("b", "a")
    assert [list(row) for row in made.data[0].z] == [[0.25, 1.0], [1.0, 0.0]]


def test_coefficients_take_hc3_errors_where_they_are_there_and_hollow_dots_hold_zero():
    made = linear.coefficients(ols(), "points").data[0]
    assert made.x == (1.0, -1.0)
    assert made.error_x.array == pytest.approx((0.6, 2.0))
    assert made.marker.symbol == ("circle", "circle-open")
    scaled = linear.coefficients(ols().assign(standardised=[np.nan, 0.1, -0.5, np.nan]), "points").data[0]
    assert scaled.x == (-0.5, 0.1)
    assert scaled.error_x.array == pytest.approx((1.0, 0.06))


def test_the_best_k_plain_and_tuned_are_marked():
    plain, tuned = neighbours.error_by_k(KNN, "points", GRID).data[-2:]
    assert (plain.x, plain.y) == ((2,), (1.2,))
    assert (tuned.x, tuned.y) == ((3,), (1.1,))


def test_80_percent_of_the_variance_is_marked_where_it_is_crossed():
    assert components.cumulative(VARIANCE).data[1].x == (2,)
    short_of_it = components.cumulative(VARIANCE.assign(cumulative=[0.1, 0.2, 0.3]))
    assert len(short_of_it.data) == 1
    assert "less than 80%" in short_of_it.layout.meta["alt"]


def test_profiles_say_means_and_colour_by_the_distance_from_all():
    trace = clusters.profiles(PROFILES, 2).data[0]
    assert [list(row) for row in trace.text] == [["10", "30"]]
    assert [list(row) for row in trace.z] == [[pytest.approx(-1 / 3, rel=1e-3), 1.0]]


def test_whiskers_reach_at_most_one_and_a_half_boxes():
    box = clusters.target_by_cluster(BY_CLUSTER, 2, "Rating", "points").data[0]
    assert box.lowerfence == (1.0, 4.0)
    assert box.upperfence == (9.0, 8.0)


def test_the_best_epoch_is_marked():
    mark = training.losses(CURVES).data[-1]
    assert (mark.x, mark.y) == ((2,), (0.6,))


def test_many_films_are_a_stated_sample():
    made = components.projection(films(6000), "Rating", "points")
    assert len(made.data[0].x) == 5000
    assert made.layout.annotations[0].text == "a sample of 5,000 of 6,000 films"
    assert made.data[0].x == components.projection(films(6000), "Rating", "points").data[0].x


def test_losses_are_read_by_epoch_and_scores_of_the_best_checkpoint_are_not_among_them(tmp_path):
    with SummaryWriter(str(tmp_path)) as writer:
        for epoch, (train, val) in enumerate([(0.75, 0.5), (0.5, 0.25)]):
            step = 10 * epoch + 9
            for tag, value in (("train/loss", train), ("val/loss", val), ("epoch", epoch)):
                writer.add_scalar(tag, value, step)
        writer.add_scalar("epoch", 2, 20)
        writer.add_scalar("val/loss", 0.125, 20)
    found = training.read_losses(tmp_path)
    assert found.to_dict("list") == {"epoch": [1, 2], "train": [0.75, 0.5], "val": [0.5, 0.25]}
    (tmp_path / "none").mkdir()
    assert training.read_losses(tmp_path / "none").empty
