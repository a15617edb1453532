from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from scipy.stats import false_discovery_control

from greenlight_films.importance import Alone, ColumnSet, Estimates, ImportanceResult
from greenlight_films.importance.result import BOTH_SIDES, CANT_TELL, MEAN_NOTHING, intervals

FIRST = ["feature", "importance", "direction", "column", "value", "role", "level"]
COLUMNS = [*FIRST, "std", "se_shuffle", "se_sample", "low_95", "high_95", "p", "q", "n_films", "rank"]
SUMMARY = {"r2": 0.4, "learnt": True, "loss": "mse", "unit": "points", "films": 1234, "split": "test", "leak": False}
NAN = float("nan")
LABELS = [
    *(("Genre", value, "genre") for value in ("Drama", "War", "Action", "Noir")),
    *((f"Cast{position}", value, "person") for position in (1, 2) for value in ("Ann", "Bo")),
    ("Writer", "Cy", "person"),
]
DESCRIBED = pd.DataFrame(
    [(f"{column}={value}", column, value, role, "value") for column, value, role in LABELS]
    + [("Year", "Year", None, "time", "number"), ("Year is missing", "Year", None, "time", "number")],
    columns=["feature", "column", "value", "role", "level"],
)
SETS = {  # level and name: numbers, label columns, joint importance
    ("number", "Year"): ([0], [], 0.25),
    ("number", "Year is missing"): ([1], [], 0.01),
    ("column", "Genre"): ([], [0, 1, 2, 3], 0.5),
    ("column", "Year"): ([0, 1], [], 0.09),
    ("column", "Cast"): ([], [4, 5, 6, 7], 0.03),
    ("column", "Writer"): ([], [8], NAN),
    ("role", "genre"): ([], [0, 1, 2, 3], 0.12),
    ("role", "time"): ([0, 1], [], 0.11),
    ("role", "person"): ([], [4, 5, 6, 7, 8], 0.2),
    ("group", "A"): ([], [4, 6], 0.1),
    ("group", "B"): ([], [0, 1, 2, 3], 0.1),
}


def estimates(mean: list[float], n_films: list[int]) -> Estimates:
    known = torch.tensor(mean, dtype=torch.float64)
    errors = [torch.where(known.isnan(), torch.nan, torch.full_like(known, error)) for error in (0.03, 0.04)]
    return Estimates.untested(known, known.abs() / 2, *errors, torch.tensor(n_films)).tested_by_errors()


@pytest.fixture
def result() -> ImportanceResult:
    """Return a result in which a genre and a writer are in no film, and two genres are alike."""
    values = estimates([0.2, 0.1, 0.1, NAN, -0.05, 0.3, 0.0, 0.02, NAN], [40, 9, 8, 0, 30, 20, 4, 6, 0])
    joint = estimates([mean for *_, mean in SETS.values()], [0 if name == "Writer" else 50 for _, name in SETS])
    sets = [
        ColumnSet(name, level, np.array(dense, np.int64), np.array(labels, np.int64))
        for (level, name), (dense, labels, _) in SETS.items()
    ]
    return ImportanceResult(DESCRIBED, values, sets, joint, SUMMARY, missing_features=2, missing_sets=3)


def test_features_have_the_documented_columns_the_most_important_first(result):
    table = result.features
    assert list(table.columns) == COLUMNS
    ties_by_name = ["Genre=Action", "Genre=War"]
    assert table["feature"].tolist()[:7] == [
        *("Cast1=Bo", "Year", "Genre=Drama", *ties_by_name, "Cast2=Bo", "Year is missing")
    ]
    assert table["importance"].tolist()[:9] == [0.3, 0.25, 0.2, 0.1, 0.1, 0.02, 0.01, 0.0, -0.05]
    assert table["rank"].tolist()[:9] == list(range(1, 10))
    unknown = table.tail(2)
    assert unknown["feature"].tolist() == ["Genre=Noir", "Writer=Cy"]
    assert unknown[["importance", "rank", "std", "se_shuffle", "se_sample", "p", "q"]].isna().all(axis=None)
    assert unknown["n_films"].tolist() == [0, 0]


def test_a_line_has_its_features_source_and_numbers(result):
    lines = result.to_frame().set_index("feature")
    sources = ["column", "value", "role", "level"]
    assert lines.loc["Cast2=Bo", sources].tolist() == ["Cast2", "Bo", "person", "value"]
    assert lines.loc["Year is missing", ["column", "role", "level"]].tolist() == ["Year", "time", "number"]
    assert pd.isna(lines.loc["Year", "value"])
    numbers = ["importance", "std", "se_shuffle", "se_sample", "n_films"]
    assert lines.loc["Genre=War", numbers].tolist() == [0.1, 0.05, 0.03, 0.04, 9]
    assert lines.loc["Genre=War", ["low_95", "high_95"]].tolist() == pytest.approx([0.002, 0.198])
    assert lines.loc["Year", ["importance", "n_films"]].tolist() == [0.25, 50]


def test_a_feature_has_its_own_direction(result):
    direction = np.array([*range(8), NAN, 1.5, -1.5])
    whole = replace(result, alone=Alone(*[np.array([])] * 3, direction)).features
    expected = dict(zip(DESCRIBED["feature"], direction, strict=True))
    assert whole.set_index("feature")["direction"].to_dict() == pytest.approx(expected, nan_ok=True)
    assert result.features["direction"].isna().all()


def benjamini_hochberg(p: pd.Series) -> np.ndarray:
    q = np.full(len(p), np.nan)
    q[p.notna()] = false_discovery_control(p.dropna())
    return q


def test_q_is_among_values_and_numbers_together(result):
    table = result.features
    assert table["p"].notna().sum() == 8  # with five films or more
    assert table["q"].to_numpy() == pytest.approx(benjamini_hochberg(table["p"]), nan_ok=True)
    assert (table["q"] > table["p"]).any()


def test_sets_are_columns_then_roles_then_groups_each_level_ranked_alone(result):
    table = result.aggregated
    assert table["name"].tolist() == ["Genre", "Year", "Cast", "Writer", "person", "genre", "time", "A", "B"]
    assert table["level"].tolist() == ["column"] * 4 + ["role"] * 3 + ["group"] * 2
    assert table["rank"].fillna(0).tolist() == [1, 2, 3, 0, 1, 2, 3, 1, 2]
    assert table["features"].tolist() == [4, 2, 4, 1, 5, 4, 2, 2, 4]
    assert table.loc[3, ["importance", "p", "q"]].isna().all()
    for _, level in table.groupby("level"):
        assert level["q"].to_numpy() == pytest.approx(benjamini_hochberg(level["p"]), nan_ok=True)
    assert not np.allclose(table["q"], benjamini_hochberg(table["p"]), equal_nan=True)


def test_a_sum_is_that_of_its_estimable_features_and_its_error_takes_them_for_independent(result):
    table = result.aggregated.set_index(["level", "name"])
    expected = result.features.groupby("role")["importance"].sum()
    assert expected["person"] == pytest.approx(0.27)
    assert table.loc["role", "sum_of_values"].to_dict() == pytest.approx(expected.to_dict())
    sums = {"Genre": 0.4, "Year": 0.26, "Cast": 0.27, "Writer": 0.0}
    assert table.loc["column", "sum_of_values"].to_dict() == pytest.approx(sums)
    errors = table["sum_of_values_se"]
    assert errors["role", "genre"] == pytest.approx((3 * (0.03**2 + 0.04**2)) ** 0.5)
    assert errors["column", "Writer"] == 0
    single_shuffle = replace(result.joint, se_shuffle=torch.full_like(result.joint.mean, torch.nan))
    errors = replace(result, joint=single_shuffle).aggregated.set_index(["level", "name"])["sum_of_values_se"]
    assert errors["role", "time"] == pytest.approx((2 * 0.04**2) ** 0.5)


def test_importances_are_those_of_labels_and_numbers_or_of_the_columns_given(result):
    mean = [0.2, 0.1, 0.1, NAN, -0.05, 0.3, 0.0, 0.02, NAN, 0.25, 0.01]
    assert result.importances_mean.tolist() == pytest.approx(mean, nan_ok=True)
    assert result.importances_std[:2].tolist() == [0.1, 0.05]
    assert result.importances.shape == (11, 1)
    of_columns = replace(result, columns=replace(result.numbers, repeats=torch.tensor([[0.2, 0.3], [0.0, 0.02]])))
    assert of_columns.importances_mean.tolist() == [0.25, 0.01]
    assert of_columns.importances.shape == (2, 2)


def test_a_result_warns_of_each_thing_that_takes_its_meaning(result):
    assert (result.warnings, result.in_short) == ([], "")
    assert not replace(result, summary={**SUMMARY, "r2": -2.0}).warnings  # ordered well, and drifted
    assert replace(result, summary={**SUMMARY, "learnt": None}).warnings == [CANT_TELL]
    both = replace(result, summary={**SUMMARY, "learnt": False, "leak": True})
    assert both.warnings == [MEAN_NOTHING, BOTH_SIDES]
    assert (
        both.in_short
        == "no better than guessing the mean: means nothing; same films in training: says nothing of new films"
    )
    for shown in (repr(both), both._repr_html_(), both.plot().layout.title.text):
        assert "no better than guessing the mean" in shown


@pytest.mark.parametrize(
    ("loss", "unit", "expected"),
    [
        ("mse", "points", "increase of the squared error when shuffled, (points)²"),
        ("mae", "points", "increase of the absolute error when shuffled, (points)"),
        ("rmse", "US dollars", "increase of the RMSE when shuffled, (US dollars)"),
        ("mse", "", "increase of the squared error when shuffled"),
        ("r2", "points", "loss of R² when shuffled"),
    ],
)
def test_the_measure_has_its_unit(result, loss, unit, expected):
    assert replace(result, summary={**SUMMARY, "loss": loss, "unit": unit}).measure == expected


@pytest.mark.parametrize(
    ("split", "expected"), [("test", "1,234 test films"), ("val", "1,234 validation films"), (None, "1,234 rows")]
)
def test_the_films_are_named_by_their_side(result, split, expected):
    assert replace(result, summary={**SUMMARY, "split": split}).films == expected


def test_a_notebook_shows_the_most_important_features_and_the_method(result):
    named = result.described.replace({"feature": {"Cast1=Bo": "<b>Bo</b>"}})
    assert "&lt;b&gt;Bo" in replace(result, described=named)._repr_html_()  # a name is no markup
    for shown in (repr(result), result._repr_html_()):
        assert "10 of 11 features on 1,234 test films: increase of the squared error" in shown
        assert "exact: the model's first layer is additive" in shown
        assert shown.index("Cast1=Bo") < shown.index("Genre=Drama")
        assert "Writer=Cy" not in shown
        assert "0.002 to 0.2" in shown
        assert "too few films to tell" in shown  # of Cast2=Ann


def test_a_changed_frame_changes_no_result(result):
    sets, features = result.aggregated, result.to_frame()
    sets["importance"] = features["importance"] = 0.0
    assert result.aggregated["importance"].max() > 0
    assert result.features["importance"].max() > 0


def test_the_figure_has_the_first_features_with_95_percent_intervals(result):
    (bars,) = result.plot(top=2).data
    assert list(bars.y) == ["Cast1=Bo", "Year"]
    assert list(bars.x) == [0.3, 0.25]
    assert list(bars.error_x.array) == pytest.approx([1.96 * 0.05] * 2)
    assert len(result.plot().data[0].y) == 9
    assert result.plot().layout.xaxis.title.text == result.measure


def test_tables_without_intervals_have_them_from_their_errors_from_three_films_on():
    table = pd.DataFrame({"importance": [1.0] * 3, "se_shuffle": [0.3, np.nan, 0.3], "se_sample": [0.4, 0.5, 0.4]})
    low, high = intervals(table.assign(n_films=[3, 9, 2]))
    assert low.tolist() == pytest.approx([1 - 1.96 * 0.5] * 2 + [np.nan], nan_ok=True)
    assert high.tolist() == pytest.approx([1 + 1.96 * 0.5] * 2 + [np.nan], nan_ok=True)
