"""Scores and predictions of a run as plain data."""

import numpy as np
import pandas as pd
import pytest

from greenlight_films.datamodules.film_data_module import FilmDataModule
from greenlight_films.datamodules.new_films import new_films
from greenlight_films.datamodules.scores import regression_scores
from greenlight_films.datamodules.splits import RandomSplit
from greenlight_films.datamodules.targets import Target, TargetScale
from greenlight_films.studies.metrics import (
    data_in_a_line,
    data_warnings,
    describe_data,
    in_order,
    known_after_release_warning,
    leaderboard,
    plain,
    prediction_table,
)
from greenlight_films.studies.run_folder import RunFolder

MLP = {"rmse": 1.234567, "mse": 1.524, "mae": 1.0, "r2": 0.4567}
MEAN = {"rmse": 2.5, "mse": 6.25, "mae": 2.0, "r2": -0.0001}
WARNING = "same films in training: says nothing of new films"


@pytest.fixture
def data(film_data) -> FilmDataModule:
    data = film_data(target=Target("rating", unit="points"), split=RandomSplit())
    data.setup("fit")
    return data


def test_what_is_known_of_the_data_is_counted_and_fits_json(data, tmp_path):
    metrics = describe_data("ratings", data)
    assert metrics == {
        "study": "ratings",
        "target": "rating",
        "unit": "points",
        "weight": None,
        "films": 198,
        "rows": {"train": 138, "val": 20, "test": 40},
        "left_out": 5,
        "features": {"dense": 3, "labels": data.fitted.encoder.space.n_labels},
        "leak": False,
        "notices": data.notices,
        "known_after_release": [],
        "unseen_labels": data.films.unseen(),
        "refit": False,
        "refreshed": None,
        "models": {},
        "fits": {},
    }
    RunFolder(tmp_path).write_json("metrics.json", metrics)
    assert RunFolder(tmp_path).read_json("metrics.json") == metrics


def test_films_with_several_rows_are_counted_once_and_a_leak_is_a_warning(film_data, films_frame, data, tmp_path):
    pd.concat([films_frame, films_frame]).to_csv(tmp_path / "twice.csv", index=False)
    twice = film_data(table=str(tmp_path / "twice.csv"), allow_split_films=True)
    twice.setup("fit")
    metrics = describe_data("ratings", twice)
    assert (metrics["films"], sum(metrics["rows"].values()), metrics["leak"]) == (198, 396, True)
    assert data_warnings(metrics) == [
        "The same films stand on both sides of this split: its scores say nothing of new films."
    ]
    assert data_warnings(describe_data("ratings", data)) == []
    films_frame.assign(id=films_frame["id"].where(films_frame["year"] < 2000)).to_csv(
        tmp_path / "gaps.csv", index=False
    )
    without = film_data(table=str(tmp_path / "gaps.csv"), film="id", allow_split_films=True)
    without.setup("fit")
    assert without.films.ids["film"].isna().sum() > 5
    assert describe_data("ratings", without)["films"] == 198  # one without an id is a film of its own


@pytest.mark.parametrize(
    ("n_films", "films", "network", "text"),
    [
        (12_060, "12,060 films", ([128, 64], 1), ", MLP 128-64"),
        (4_000, "4,000 films in 12,060 rows", ([8], 5), ", 5 MLPs 8"),
        (12_060, "12,060 films", ([], 1), ""),
        (12_060, "12,060 films", ([128, 64], 1, 4), ", MLP 128-64, 4 heads"),
        (12_060, "12,060 films", ([8], 3, 4), ", 3 MLPs 8, 4 heads each"),
        (12_060, "12,060 films", ([], 3, 4), ""),
    ],
)
def test_a_line_says_what_the_models_learn_from(data, n_films, films, network, text):
    metrics = describe_data("ratings", data) | {"rows": {"train": 12_000, "val": 20, "test": 40}, "films": n_films}
    assert data_in_a_line(metrics, *network) == (
        f"ratings: rating of {films} (12,000 train, 20 validate, 40 test, 5 without rating left out) "
        f"from 3 numbers and {metrics['features']['labels']} labels{text}"
    )
    assert "left out" not in data_in_a_line({**metrics, "left_out": 0}, *network)


def test_the_leaderboard_has_a_line_a_model_the_best_first():
    fits = {"mean": {"train": MLP, "seconds": 0.1}, "knn": {"train": MEAN, "seconds": 2.0}}
    metrics = {"models": {"mean": MEAN, "mlp": MLP, "knn": {**MEAN, "rmse": None}}, "fits": fits, "leak": False}
    table = leaderboard(metrics, pd.DataFrame())
    assert table["model"].tolist() == ["mlp", "mean", "knn"]
    assert list(table.columns)[:5] == ["model", "rmse", "mse", "mae", "r2"]
    assert table["train_rmse"].tolist()[1:] == [1.234567, 2.5]
    assert np.isnan(table["train_rmse"][0])
    assert table["seconds"].tolist()[1:] == [0.1, 2.0]
    assert "warning" not in table
    assert set(leaderboard({**metrics, "leak": True}, pd.DataFrame())["warning"]) == {WARNING}


def test_an_outlier_in_the_unit_does_not_decide_the_order():
    learnt = {"mlp": {**MEAN, "rmse_log1p": 0.5, "r2_log1p": 0.6}, "ridge": {**MLP, "rmse_log1p": 0.7, "r2_log1p": 0.4}}
    assert learnt["ridge"]["rmse"] < learnt["mlp"]["rmse"]
    assert [model for model, _ in in_order(learnt)] == ["mlp", "ridge"]
    older = {model: {**scores, "rmse_log1p": None} for model, scores in learnt.items()}
    assert [model for model, _ in in_order(older)] == ["mlp", "ridge"]


def test_differences_and_means_stand_in_the_lines_of_their_models():
    models = {"mlp": MLP, "mean": MEAN}
    metrics = {"models": models, "means": {"mlp": {"smearing": 1.5}}, "fits": {}, "leak": False}
    differences = pd.DataFrame([{"model": "mean", "difference": -1.2, "difference_p": 0.01}])
    table = leaderboard(metrics, differences).set_index("model")
    assert table.loc["mean", ["difference", "difference_p"]].tolist() == [-1.2, 0.01]
    assert np.isnan(table.loc["mlp", "difference"])
    assert table.loc["mlp", "smearing"] == 1.5


@pytest.mark.parametrize("wild", [np.nan, np.inf, 1e308])
@pytest.mark.filterwarnings("ignore:overflow:RuntimeWarning")
def test_scores_that_are_no_numbers_are_null(wild):
    assert plain(regression_scores(np.array([2.0, 3.0]), np.array([wild, wild])))["rmse"] is None
    scores = regression_scores(np.array([2.0, 2.0]), np.array([1.0, 3.0]))
    assert np.isnan(scores["r2"])
    assert plain(scores) == {"rmse": 1.0, "mse": 1.0, "mae": 1.0, "r2": None, "spearman": None}


PLAIN = TargetScale("none", 0.0, 0.0, 1.0)


def test_predictions_of_a_transformed_target_stand_on_the_learnt_scale_too(film_data):
    data = film_data()
    data.setup("fit")
    table = prediction_table(data.films, np.arange(198.0) - 1, TargetScale("log1p", 1.0, 0.5, 2.0))
    assert table["predicted_learnt"].tolist()[1:] == pytest.approx(np.log(1 + np.arange(1, 198)).tolist())
    assert table["predicted_learnt"][0] == pytest.approx(0, abs=1e-12)


def test_a_prediction_table_needs_neither_ids_nor_a_target(film_data, films_frame):
    data = film_data(film=None, title=None)
    data.setup("fit")
    assert list(prediction_table(data.films, np.zeros(198), PLAIN)) == ["row", "split", "actual", "predicted"]
    films = new_films(films_frame.iloc[:3].drop(columns="rating"), data.declared, data.fitted)
    table = prediction_table(films, np.array([1.0, 2.0, 3.0]), PLAIN)
    assert table["split"].tolist() == ["new"] * 3
    assert table["actual"].isna().all()


def test_one_column_that_comes_too_late_is_told_in_the_singular():
    assert known_after_release_warning("rating", ["votes"]).endswith(
        "votes. It goes with rating, and can't tell it of a film to come: leave it out of data.features."
    )
    assert known_after_release_warning("rating", ["votes", "likes"]).endswith(
        "votes, likes. They go with rating, and can't tell it of a film to come: leave them out of data.features."
    )
