import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from scipy.stats import false_discovery_control

from greenlight_films.datamodules import Block, FeatureSpace
from greenlight_films.datamodules.feature_sets import feature_sets
from greenlight_films.importance import Estimates
from greenlight_films.importance.contributions import Contributions
from greenlight_films.importance.result import BOTH_SIDES, MEAN_NOTHING, ImportanceResult

FIRST = ["feature", "importance", "direction", "column", "value", "role", "level"]
COLUMNS = [*FIRST, "std", "se_shuffle", "se_sample", "z", "p", "q", "n_films", "rank"]
SUMMARY = {"r2": 0.4, "loss": "mse", "unit": "points", "films": 1234, "split": "test", "leak": False}


def importance(mean: list[float], n_films: list[int], se_shuffle: float = 0.03, se_sample: float = 0.04) -> Estimates:
    known = torch.tensor(mean, dtype=torch.float64)
    errors = [torch.where(known.isnan(), torch.nan, torch.full_like(known, error)) for error in (se_shuffle, se_sample)]
    return Estimates(known, known.abs() / 2, *errors, torch.tensor(n_films))


@pytest.fixture
def space() -> FeatureSpace:
    genre = Block("Genre", "genre", "label", ["Drama", "War", "Action", "Noir"])
    people = [Block(f"Cast{place}", "person", "label", ["Ann", "Bo"]) for place in (1, 2)]
    groups = [
        [genre],
        [Block("Year", "time", "number", ["Year"]), Block("Year", "time", "missing", ["Year"])],
        people,
        [Block("Writer", "person", "label", ["Cy"])],
    ]
    return FeatureSpace([{"column": column} for column in ("Genre", "Year", "Cast", "Writer")], groups)


@pytest.fixture
def study(space) -> ImportanceResult:
    """Return a study in which a genre and a writer are in no film, and two genres are alike."""
    nan = float("nan")
    values = importance([0.2, 0.1, 0.1, nan, -0.05, 0.3, 0.0, 0.02, nan], [40, 9, 8, 0, 30, 20, 4, 6, 0])
    sets = feature_sets(space, {"A": ["Cast*=Ann"], "B": ["Genre=*"]})
    of_set = {
        "number": {"Year": 0.25, "Year is missing": 0.01},
        "column": {"Genre": 0.5, "Year": 0.09, "Cast": 0.03, "Writer": nan},
        "role": {"genre": 0.12, "time": 0.11, "person": 0.2},
        "group": {"A": 0.1, "B": 0.1},
    }
    joint = importance(
        [of_set[one.level][one.name] for one in sets], [0 if one.name == "Writer" else 50 for one in sets]
    )
    return ImportanceResult(space, values, sets, joint, SUMMARY, missing_features=2, missing_sets=3)


def test_the_table_of_features_has_the_documented_columns_in_order(study):
    assert list(study.features.columns) == COLUMNS


def test_the_most_important_come_first_ties_by_name_and_what_is_not_estimable_last(study):
    table = study.features
    assert table["feature"].tolist() == [
        "Cast1=Bo",
        "Year",
        "Genre=Drama",
        "Genre=Action",
        "Genre=War",
        "Cast2=Bo",
        "Year is missing",
        "Cast2=Ann",
        "Cast1=Ann",
        "Genre=Noir",
        "Writer=Cy",
    ]
    assert table["importance"].tolist()[:9] == [0.3, 0.25, 0.2, 0.1, 0.1, 0.02, 0.01, 0.0, -0.05]
    assert table["rank"].tolist()[:9] == list(range(1, 10))
    unknown = table.tail(2)
    assert unknown[["importance", "rank", "std", "se_shuffle", "se_sample", "z", "p", "q"]].isna().all(axis=None)
    assert unknown["n_films"].tolist() == [0, 0]


def test_a_line_says_where_its_feature_comes_from(study):
    lines = study.features.set_index("feature")[["column", "value", "role", "level"]]
    assert lines.loc["Cast2=Bo"].tolist() == ["Cast2", "Bo", "person", "value"]
    assert lines.loc["Genre=Noir"].tolist() == ["Genre", "Noir", "genre", "value"]
    for name in ("Year", "Year is missing"):
        assert lines.loc[name, ["column", "role", "level"]].tolist() == ["Year", "time", "number"]
        assert pd.isna(lines.loc[name, "value"])


def test_a_feature_has_its_own_numbers(study):
    lines = study.features.set_index("feature")
    assert lines.loc["Genre=War", ["importance", "std", "se_shuffle", "se_sample", "n_films"]].tolist() == [
        0.1,
        0.05,
        0.03,
        0.04,
        9,
    ]
    assert lines.loc["Genre=War", "z"] == pytest.approx(0.1 / 0.05)
    assert lines.loc["Year", ["importance", "n_films"]].tolist() == [0.25, 50]


def test_a_feature_has_its_own_direction(study):
    none, nan = np.array([]), np.nan
    names = study.space.names()
    assert names[:3] == ["Year", "Year is missing", "Genre=Drama"]
    direction = np.array([1.5, -1.5, 0.25, *range(1, 8), nan])
    found = replace(study, contributions=Contributions(none, none, none, direction)).features
    expected = dict(zip(names, direction, strict=True))
    assert found.set_index("feature")["direction"].to_dict() == pytest.approx(expected, nan_ok=True)
    assert study.features["direction"].isna().all()


def benjamini_hochberg(p: pd.Series) -> np.ndarray:
    q = np.full(len(p), np.nan)
    q[p.notna()] = false_discovery_control(p.dropna())
    return q


def test_q_is_among_values_and_numbers_together(study):
    table = study.features
    assert table["p"].notna().sum() == 8  # with five films or more
    assert table["p"].nunique() > 5
    assert table["q"].to_numpy() == pytest.approx(benjamini_hochberg(table["p"]), nan_ok=True)
    assert (table["q"] > table["p"]).any()


def test_sets_are_columns_then_roles_then_groups_each_level_ranked_alone(study):
    table = study.aggregated
    assert table["name"].tolist() == ["Genre", "Year", "Cast", "Writer", "person", "genre", "time", "A", "B"]
    assert table["level"].tolist() == ["column"] * 4 + ["role"] * 3 + ["group"] * 2
    assert table["rank"].fillna(0).tolist() == [1, 2, 3, 0, 1, 2, 3, 1, 2]
    assert table["features"].tolist() == [4, 2, 4, 1, 5, 4, 2, 2, 4]
    assert table.loc[3, ["importance", "z", "p", "q"]].isna().all()


def test_q_of_sets_is_that_of_their_level_alone(study):
    table = study.aggregated
    for _, level in table.groupby("level"):
        assert level["q"].to_numpy() == pytest.approx(benjamini_hochberg(level["p"]), nan_ok=True)
    together = benjamini_hochberg(table["p"])
    assert not np.allclose(table["q"], together, equal_nan=True)


def test_the_sum_of_a_role_is_that_of_its_features(study):
    sums = study.aggregated.query("level == 'role'").set_index("name")["sum"]
    expected = study.features.groupby("role")["importance"].sum()
    assert expected["person"] == pytest.approx(0.27)
    assert sums.to_dict() == pytest.approx(expected.to_dict())


def test_the_sum_of_a_column_leaves_out_what_is_not_estimable(study):
    sums = study.aggregated.query("level == 'column'").set_index("name")["sum"]
    assert sums.to_dict() == pytest.approx({"Genre": 0.4, "Year": 0.26, "Cast": 0.27, "Writer": 0.0})


def test_the_error_of_a_sum_is_the_root_of_the_summed_squares(study):
    errors = study.aggregated.set_index(["level", "name"])["sum_se"]
    one = 0.03**2 + 0.04**2
    assert errors["role", "genre"] == pytest.approx((3 * one) ** 0.5)
    assert errors["role", "time"] == pytest.approx((2 * one) ** 0.5)
    assert errors["column", "Writer"] == 0


def test_the_error_of_a_sum_keeps_what_is_known_of_a_single_shuffle(study):
    single = replace(study.joint, se_shuffle=torch.full_like(study.joint.mean, torch.nan))
    errors = replace(study, joint=single).aggregated.set_index(["level", "name"])["sum_se"]
    assert errors["role", "time"] == pytest.approx((2 * 0.04**2) ** 0.5)


@pytest.mark.parametrize(("features", "sets", "whole"), [(0, 0, True), (1, 0, False), (0, 1, False)])
def test_a_study_is_whole_when_everything_was_reached(study, features, sets, whole):
    assert replace(study, missing_features=features, missing_sets=sets).is_whole is whole


def test_a_model_of_numbers_alone_has_columns_and_roles_and_no_values():
    space = FeatureSpace([{"column": "Year"}], [[Block("Year", "time", "number", ["Year"])]])
    joint = importance([0.3, 0.2, 0.1], [50, 50, 50])
    study = ImportanceResult(space, importance([], []), feature_sets(space, {}), joint, SUMMARY, 0, 0)
    assert study.features[["feature", "importance", "level"]].to_numpy().tolist() == [["Year", 0.3, "number"]]
    assert study.aggregated[["name", "level", "importance", "sum"]].to_numpy().tolist() == [
        ["Year", "column", 0.2, 0.3],
        ["time", "role", 0.1, 0.3],
    ]


@pytest.mark.parametrize(("r2", "nothing"), [(0.01, False), (0.0, True), (-0.3, True), (None, True)])
def test_importances_mean_nothing_where_r2_is_not_above_0(study, r2, nothing):
    assert replace(study, summary={**SUMMARY, "r2": r2}).means_nothing is nothing


def test_a_study_warns_of_each_thing_that_takes_its_meaning(study):
    assert (study.warnings, study.in_short) == ([], "")
    both = replace(study, summary={**SUMMARY, "r2": -0.1, "leak": True})
    assert both.warnings == [MEAN_NOTHING, BOTH_SIDES]
    assert both.in_short == "R² is not above 0: means nothing; same films in training: says nothing of new films"


@pytest.mark.parametrize(
    ("loss", "unit", "said"),
    [
        ("mse", "points", "increase of the squared error when shuffled, (points)²"),
        ("mae", "points", "increase of the absolute error when shuffled, (points)"),
        ("rmse", "US dollars", "increase of the RMSE when shuffled, (US dollars)"),
        ("mse", "", "increase of the squared error when shuffled"),
        ("r2", "points", "loss of R² when shuffled"),
    ],
)
def test_the_measure_is_said_with_its_unit(study, loss, unit, said):
    assert replace(study, summary={**SUMMARY, "loss": loss, "unit": unit}).measure == said


@pytest.mark.parametrize(("split", "said"), [("test", "1,234 test films"), ("val", "1,234 validation films")])
def test_the_films_are_named_by_their_side(study, split, said):
    assert re.fullmatch(said, replace(study, summary={**SUMMARY, "split": split}).films)
