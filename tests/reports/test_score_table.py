from dataclasses import replace
from io import StringIO

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

import greenlight_films.reports.score_table as report  # not its functions: `test_scores` is none of pytest's
from greenlight_films.datamodules.films import Declared, fit_films, new_films
from greenlight_films.datamodules.scores import regression_scores
from greenlight_films.datamodules.splits import RandomSplit
from greenlight_films.datamodules.targets import Target
from greenlight_films.studies.run_folder import RunFolder

MLP = {"rmse": 1.234567, "mse": 1.524, "mae": 1.0, "r2": 0.4567}
MEAN = {"rmse": 2.5, "mse": 6.25, "mae": 2.0, "r2": -0.0001}


@pytest.fixture
def declared(film_features) -> Declared:
    return Declared(film_features, Target("rating", unit="points"), RandomSplit(), film="id", title="title")


@pytest.fixture
def fitted(films_frame, declared):
    return fit_films(films_frame, declared)


def printed(show, *arguments) -> str:
    console = Console(file=StringIO(), width=200, color_system=None)
    show(*arguments, console)
    return console.file.getvalue()


def test_what_is_known_of_the_data_is_counted(fitted, declared):
    films, learnt = fitted
    assert report.describe_data("ratings", declared.target, films, learnt) == {
        "study": "ratings",
        "target": "rating",
        "unit": "points",
        "films": 198,
        "rows": {"train": 138, "val": 20, "test": 40},
        "left_out": 5,
        "features": {"dense": 3, "labels": learnt.encoder.space.n_labels},
        "leak": False,
        "known_after_release": [],
        "unseen_labels": films.unseen(),
        "models": {},
        "fits": {},
    }


def test_films_with_several_rows_are_counted_once(films_frame, declared):
    twice = pd.concat([films_frame, films_frame], ignore_index=True)
    films, learnt = fit_films(twice, replace(declared, allow_leak=True))
    metrics = report.describe_data("ratings", declared.target, films, learnt)
    assert metrics["films"] == 198
    assert sum(metrics["rows"].values()) == 396
    assert metrics["leak"]


def test_what_is_known_of_the_data_fits_json(fitted, declared, tmp_path):
    metrics = report.describe_data("ratings", declared.target, *fitted)
    run = RunFolder(tmp_path)
    run.write_json("metrics.json", metrics)
    assert run.read_json("metrics.json") == metrics


def test_the_leaderboard_has_a_line_a_model_the_best_first():
    fits = {"mean": {"train": MLP, "seconds": 0.1}, "knn": {"train": MEAN, "seconds": 2.0}}
    metrics = {"models": {"mean": MEAN, "mlp": MLP, "knn": {**MEAN, "rmse": None}}, "fits": fits, "leak": False}
    table = report.leaderboard(metrics)
    assert table["model"].tolist() == ["mlp", "mean", "knn"]
    assert list(table.columns)[:5] == ["model", "rmse", "mse", "mae", "r2"]
    assert table["train_rmse"].tolist()[1:] == [1.234567, 2.5]
    assert np.isnan(table["train_rmse"][0])
    assert table["seconds"].tolist()[1:] == [0.1, 2.0]


def test_what_cannot_be_told_is_null():
    scores = regression_scores(np.array([2.0, 2.0]), np.array([1.0, 3.0]))
    assert np.isnan(scores["r2"])
    assert report.plain(scores) == {"rmse": 1.0, "mse": 1.0, "mae": 1.0, "r2": None, "spearman": None}


def test_a_prediction_table_has_a_line_a_film(fitted, films_frame):
    films, _ = fitted
    predicted = np.arange(films.n_rows) / 7
    table = report.prediction_table(films, predicted)
    assert table.columns.tolist() == ["film", "title", "row", "split", "actual", "predicted"]
    named = films_frame.iloc[table["row"] - 1]
    assert table["film"].tolist() == named["id"].tolist()
    assert table["actual"].tolist() == named["rating"].tolist()
    assert table["predicted"].tolist() == predicted.tolist()
    assert table["split"].value_counts().to_dict() == {"train": 138, "val": 20, "test": 40}
    assert table.index[table["split"] == "test"].tolist() == films.rows.test.tolist()
    assert films.ids.columns.tolist() == ["film", "title"]


def test_a_prediction_table_needs_no_ids(films_frame, declared):
    films, _ = fit_films(films_frame, replace(declared, film=None, title=None))
    table = report.prediction_table(films, np.zeros(films.n_rows))
    assert table.columns.tolist() == ["row", "split", "actual", "predicted"]
    assert len(table) == 198


def test_new_films_have_a_line_without_a_target(films_frame, declared, fitted):
    films = new_films(films_frame.iloc[:3].drop(columns="rating"), declared, fitted[1])
    table = report.prediction_table(films, np.array([1.0, 2.0, 3.0]))
    assert table["split"].tolist() == ["new"] * 3
    assert table["actual"].isna().all()


def test_saved_predictions_come_back(fitted, tmp_path):
    films, _ = fitted
    predicted = np.random.default_rng(1).normal(size=films.n_rows)
    RunFolder(tmp_path).write_csv("predictions.csv", report.prediction_table(films, predicted))
    read = pd.read_csv(tmp_path / "predictions.csv")
    assert read["predicted"].tolist() == predicted.tolist()
    assert read["row"].tolist() == films.number.tolist()
    assert read.loc[read["row"] == 3, "title"].item() == "Two\nlines"
    assert read.loc[read["row"] == 4, "title"].item() == "'-"


@pytest.mark.parametrize(("n_films", "said"), [(12_060, "12,060 films"), (4_000, "4,000 films in 12,060 rows")])
def test_a_line_says_what_the_model_learns_from(fitted, declared, n_films, said):
    metrics = report.describe_data("ratings", declared.target, *fitted)
    metrics |= {"rows": {"train": 12_000, "val": 20, "test": 40}, "films": n_films}
    shown = " ".join(printed(report.print_data, metrics, [128, 64]).split())
    labels = metrics["features"]["labels"]
    assert shown == (
        f"ratings: rating of {said} (12,000 train, 20 validate, 40 test, 5 without rating left out) "
        f"from 3 numbers and {labels} labels, MLP 128-64"
    )


def test_a_line_says_how_many_networks_learn_side_by_side(fitted, declared):
    metrics = report.describe_data("ratings", declared.target, *fitted)
    shown = printed(lambda *given: report.print_data(*given, members=5), metrics, [128, 64])
    assert " labels, 5 MLPs 128-64\n" in shown


def test_films_on_both_sides_are_said_aloud(fitted, declared):
    metrics = report.describe_data("ratings", declared.target, *fitted)
    assert "both sides" not in printed(report.print_data, metrics, [8])
    shown = " ".join(printed(report.print_data, {**metrics, "leak": True, "left_out": 0}, [8]).split())
    assert "same films stand on both sides" in shown
    assert "left out" not in shown


def rows_of(shown: str) -> list[list[str]]:
    lines = [line.replace("┃", "│").split("│") for line in shown.splitlines() if "│" in line or "┃" in line]
    return [[cell.strip() for cell in line[1:-1]] for line in lines]


def test_the_lowest_rmse_stands_first_with_units():
    shown = printed(report.print_scores, "40 films", "US dollars", {"mean": MEAN, "mlp": MLP})
    assert shown.splitlines()[0].strip() == "40 films"
    assert rows_of(shown) == [
        ["model", "RMSE, US dollars", "MAE, US dollars", "R²"],
        ["mlp", "1.235", "1", "0.457"],
        ["mean", "2.5", "2", "0.000"],
    ]
    assert "no better" not in shown


def test_scores_of_order_and_of_the_learnt_scale_are_shown_where_there_are_any():
    scores = {**MLP, "r2_log1p": 0.06, "spearman": 0.25}
    shown = rows_of(printed(report.print_scores, "films", "", {"mlp": scores, "mean": MEAN}))
    assert shown[0] == ["model", "RMSE", "MAE", "R²", "R² of log1p", "rank correlation"]
    assert shown[1][4:] == ["0.060", "0.250"]
    assert shown[2][4:] == ["–", "–"]


def test_every_line_of_a_leaderboard_says_that_films_stand_on_both_sides():
    metrics = {"models": {"mlp": MLP, "mean": MEAN}, "fits": {}, "leak": True}
    assert set(report.leaderboard(metrics)["warning"]) == {"same films in training: says nothing of new films"}
    assert "warning" not in report.leaderboard({**metrics, "leak": False})


def test_without_a_unit_the_names_stand_alone():
    shown = printed(report.print_scores, "films", "", {"mlp": MLP})
    assert rows_of(shown)[0] == ["model", "RMSE", "MAE", "R²"]


@pytest.mark.parametrize(
    ("rmse", "said"), [(123_456_789.1, "123,456,789"), (999.96, "1000"), (12.3456, "12.35"), (0.0012345, "0.001234")]
)
def test_scores_are_readable_at_every_size(rmse, said):
    shown = printed(report.print_scores, "films", "", {"mlp": {**MLP, "rmse": rmse}})
    assert rows_of(shown)[1][1] == said


@pytest.mark.parametrize("r2", [-0.3, 0.0])
def test_a_model_that_has_learnt_nothing_is_told_so(r2):
    shown = printed(report.print_scores, "films", "", {"mlp": {**MLP, "r2": r2}, "mean": MEAN})
    assert "no better than guessing the mean" in shown


def test_an_r2_that_cannot_be_told_is_a_dash_and_no_verdict():
    shown = printed(report.print_scores, "one film", "", {"mlp": {**MLP, "r2": None}})
    assert rows_of(shown)[1] == ["mlp", "1.235", "1", "–"]
    assert "no better" not in shown


@pytest.mark.parametrize("wild", [np.nan, np.inf, 1e308])
@pytest.mark.filterwarnings("ignore:overflow:RuntimeWarning")
def test_a_model_that_diverged_is_shown_last_and_told_so(fitted, wild):
    films, _ = fitted
    actual = films.actual[films.rows.test]
    models = {"mlp": report.plain(regression_scores(actual, np.full(len(actual), wild))), "mean": MEAN}
    assert models["mlp"]["rmse"] is None
    shown = printed(report.print_scores, "films", "", models)
    assert [line[0] for line in rows_of(shown)] == ["model", "mean", "mlp"]
    assert rows_of(shown)[2][1] == "–"
    assert "no better than guessing the mean" in shown


def test_a_models_name_is_no_markup():
    shown = printed(report.print_scores, "films", "", {"[bold]mlp": MLP})
    assert rows_of(shown)[1][0] == "[bold]mlp"


@pytest.mark.parametrize("unit", ["[USD]", "points [of 10]"])
def test_a_unit_is_no_markup(unit):
    shown = printed(report.print_scores, "films", unit, {"mlp": MLP})
    assert rows_of(shown)[0][1] == f"RMSE, {unit}"


def test_the_name_of_a_study_is_no_markup(fitted, declared):
    metrics = report.describe_data("ratings [v2]", declared.target, *fitted)
    assert "ratings [v2]: rating" in printed(report.print_data, metrics, [8])
