import numpy as np
import pandas as pd
import pytest
from sklearn import metrics

from greenlight_films.datamodules import GroupSplit, Number, Target
from greenlight_films.datamodules.declared import Declared
from greenlight_films.datamodules.errors import InputError
from greenlight_films.datamodules.films import fit_films, same_films
from greenlight_films.datamodules.new_films import new_films
from greenlight_films.datamodules.scores import regression_scores
from greenlight_films.datamodules.splits import RandomSplit, Rows
from greenlight_films.datamodules.tables.read_table import read_table
from greenlight_films.datamodules.weights import refuse_weightless, scaled_weights, weights_in, weights_of_known
from tests.cases import CASES, cases, check_message

(CASE,) = cases("rows")[10:11]
(MISSING,) = [case for case in cases("missing") if "target_missing" in case["file"]]


@pytest.fixture
def declared() -> Declared:
    return Declared([Number("budget")], Target("rating"), RandomSplit(), weight="votes")


def test_a_column_weighs_the_rows_and_that_is_told(declared):
    frame = read_table(CASES / CASE["file"])
    films, fitted = fit_films(frame, declared)
    check_message("\n".join(films.notices), CASE["expect"]["message"])
    mean = np.average(films.actual, weights=films.weights)
    assert mean == pytest.approx(CASE["expect"]["weighted_mean"], abs=1e-6)
    assert same_films(frame, declared, fitted).weights.tolist() == films.weights.tolist()
    assert new_films(frame, declared, fitted).weights.tolist() == films.weights.tolist()
    assert new_films(frame.drop(columns="votes"), declared, fitted).weights is None


def test_rows_without_a_target_need_no_weight_and_are_told():
    frame = read_table(CASES / MISSING["file"])
    frame["votes"] = np.where(frame["rating"].isna(), np.nan, 5)
    declared = Declared([Number("budget")], Target("rating"), RandomSplit(), weight="votes")
    films, _ = fit_films(frame, declared)
    check_message("\n".join(films.notices), MISSING["expect"]["message"])
    missing = set(range(1, len(frame) + 1)) - set(films.number.tolist())
    assert sorted(missing) == MISSING["expect"]["rows_without_target"]


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ([1, None, 2, None], "column 'votes' is data.weight and must hold a number for each film, rows 2, 4 have"),
        ([1, 3, -2, 0], "column 'votes' is data.weight and must be 0 or more, row 3 has '-2'"),
    ],
)
def test_missing_and_negative_weights_are_refused_by_their_rows(cells, message):
    with pytest.raises(InputError, match=message):
        weights_in(pd.Series(cells, name="votes", dtype="Int64"))


def test_a_weight_is_no_target_and_told_as_a_feature(declared):
    frame = read_table(CASES / CASE["file"])
    with pytest.raises(InputError, match=r"data\.weight must be another column than the target 'votes'"):
        fit_films(frame, Declared([Number("budget")], Target("votes"), RandomSplit(), weight="votes"))
    twice = Declared([Number("votes")], Target("rating"), RandomSplit(), weight="votes")
    assert "'votes' is data.weight and a feature too" in "\n".join(fit_films(frame, twice)[0].notices)


@pytest.mark.parametrize("side", ["train", "val", "test"])
def test_a_side_without_weight_is_refused(side):
    rows, weights = Rows(np.array([0, 1]), np.array([2]), np.array([3])), np.ones(4)
    weights[getattr(rows, side)] = 0
    with pytest.raises(InputError, match=f"above 0 in a {side} row or more"):
        refuse_weightless(weights, rows)
    assert scaled_weights(np.full(4, 7.0), rows.train) is None
    assert scaled_weights(np.array([1.0, 3, 1, 0]), rows.train).tolist() == [0.5, 1.5, 0.5, 0]


def test_a_row_that_is_scored_must_weigh_something():
    weights = [1.0, 0.0, 0.0, 2.0]
    assert weights_of_known(None, 4, np.array([1])) is None
    assert weights_of_known(weights, 4, np.array([1, 3])).tolist() == [0, 2]
    with pytest.raises(
        InputError, match="weights must be above 0 in a row or more that has a target, got 0 in all 2; give"
    ):
        weights_of_known(weights, 4, np.array([1, 2]))


def test_weighted_scores_are_those_of_repeated_rows_and_of_scikit_learn():
    random = np.random.default_rng(4)
    actual, predicted = random.normal(size=(2, 80)).round(1)
    weights = random.integers(0, 5, 80)
    scores = regression_scores(actual, predicted, weights * 3.0)
    repeated = regression_scores(np.repeat(actual, weights), np.repeat(predicted, weights))
    assert scores == pytest.approx(repeated, rel=1e-9)
    assert scores["r2"] == pytest.approx(metrics.r2_score(actual, predicted, sample_weight=weights))
    assert scores != pytest.approx(regression_scores(actual, predicted), rel=1e-3)
    assert regression_scores(actual, predicted, np.full(80, 4.0)) == regression_scores(actual, predicted)


def test_the_weight_of_a_film_in_several_rows_stays_with_its_row(ready, films_frame):
    frame = films_frame.assign(votes=np.arange(len(films_frame)) % 5)
    given = {"weight": "votes", "where": "year >= 1990", "film": ["title", "year"], "split": GroupSplit(["title"])}
    films = ready(table=None, frame=frame, **given).films
    assert 0 < films.n_rows < 200
    assert films.weights.tolist() == frame["votes"].to_numpy()[films.number - 1].tolist()
    assert (frame["year"].to_numpy()[films.number - 1] >= 1990).all()
    assert any(notice.startswith("data.where leaves out") for notice in films.notices)
    assert films.ids["film"].dropna().str.contains(" | ", regex=False).all()
