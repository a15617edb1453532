"""Scores in the terminal."""

from io import StringIO

import numpy as np
import pytest
from rich.console import Console

from greenlight_films.datamodules.scores import regression_scores
from greenlight_films.reports.score_table import print_means, print_scores, print_verdict
from greenlight_films.studies.metrics import plain
from greenlight_films.studies.verdict import Verdict

MLP = {"rmse": 1.234567, "mse": 1.524, "mae": 1.0, "r2": 0.4567}
MEAN = {"rmse": 2.5, "mse": 6.25, "mae": 2.0, "r2": -0.0001}


@pytest.fixture
def printed(console):
    """Return what prints scores and returns the text."""

    def show(title: str, unit: str, models: dict) -> str:
        print_scores(title, unit, models, console)
        return console.file.getvalue()

    return show


def rows_of(shown: str) -> list[list[str]]:
    lines = [line.replace("┃", "│").split("│") for line in shown.splitlines() if "│" in line or "┃" in line]
    return [[cell.strip() for cell in line[1:-1]] for line in lines]


def test_the_lowest_rmse_stands_first_with_units(printed):
    shown = printed("40 films", "US dollars", {"mean": MEAN, "mlp": MLP})
    assert shown.splitlines()[0].strip() == "40 films"
    assert rows_of(shown) == [
        ["model", "RMSE, US dollars", "MAE, US dollars", "R²"],
        ["mlp", "1.235", "1", "0.457"],
        ["mean", "2.5", "2", "0.000"],
    ]


def test_scores_of_order_and_of_the_learnt_scale_are_shown_where_there_are_any(printed):
    scores = {**MLP, "r2_log1p": 0.06, "spearman": 0.25}
    shown = rows_of(printed("films", "", {"mlp": scores, "mean": MEAN}))
    assert shown[0] == ["", "", "rank", "", "", ""]
    assert shown[1] == ["model", "R² of log1p", "correlation", "RMSE", "MAE", "R²"]
    assert shown[2][1:3] == ["0.060", "0.250"]
    assert shown[3][1:3] == ["–", "–"]


def test_a_unit_tells_scores_of_two_scales_apart(printed):
    scores = {**MLP, "rmse_log1p": 0.3, "r2_log1p": 0.06}
    shown = rows_of(printed("films", "US dollars", {"mlp": scores}))
    dollars = [f"{score}, US dollars" for score in ("RMSE", "MAE", "R²")]
    assert shown[0] == ["model", "RMSE of log1p", "R² of log1p", *dollars]


def test_no_word_of_the_scores_of_two_scales_is_cut_in_a_usual_terminal():
    console = Console(width=80, file=StringIO())
    scores = {**MLP, "rmse": 150.1e6, "mae": 73.7e6, "rmse_log1p": 1.43, "r2_log1p": 0.5, "spearman": 0.7}
    print_scores("552 films", "US dollars", {"boosting": scores}, console)
    assert "…" not in console.file.getvalue()


def test_means_have_their_factor_and_what_they_are(console):
    means = {"mlp": {"smearing": 1.65, "rmse_of_mean": 2.5e8, "r2_of_mean": None}}
    print_means("US dollars", means, console)
    assert "medians" in console.file.getvalue()
    assert rows_of(console.file.getvalue()) == [
        ["model", "factor", "RMSE of means, US dollars", "R² of means, US dollars"],
        ["mlp", "1.65", "250M", "–"],
    ]


def test_without_a_unit_the_names_stand_alone(printed):
    shown = printed("films", "", {"mlp": MLP})
    assert rows_of(shown)[0] == ["model", "RMSE", "MAE", "R²"]


@pytest.mark.parametrize(
    ("rmse", "text"),
    [(123_456_789.1, "123.5M"), (12_345.6, "12,346"), (999.96, "1000"), (0.0012345, "0.001234")],
)
def test_scores_are_readable_at_every_size(printed, rmse, text):
    shown = printed("films", "", {"mlp": {**MLP, "rmse": rmse}})
    assert rows_of(shown)[1][1] == text


def test_an_r2_that_is_not_defined_is_a_dash(printed):
    shown = printed("a film", "", {"mlp": {**MLP, "r2": None}})
    assert rows_of(shown)[1] == ["mlp", "1.235", "1", "–"]


@pytest.mark.parametrize("wild", [np.nan, np.inf, 1e308])
@pytest.mark.filterwarnings("ignore:overflow:RuntimeWarning")
def test_a_model_that_diverged_is_shown_last(printed, wild):
    actual = np.array([1.0, 2.0, 4.0])
    models = {"mlp": plain(regression_scores(actual, np.full(3, wild))), "mean": MEAN}
    assert models["mlp"]["rmse"] is None
    shown = printed("films", "", models)
    assert [line[0] for line in rows_of(shown)] == ["model", "mean", "mlp"]
    assert rows_of(shown)[2][1] == "–"


def test_a_models_name_is_no_markup(printed):
    shown = printed("films", "", {"[bold]mlp": MLP})
    assert rows_of(shown)[1][0] == "[bold]mlp"


@pytest.mark.parametrize("unit", ["[USD]", "points [of 10]"])
def test_a_unit_is_no_markup(printed, unit):
    shown = printed("films", unit, {"mlp": MLP})
    assert rows_of(shown)[0][1] == f"RMSE, {unit}"


@pytest.mark.parametrize("warns", [True, False])
def test_a_verdict_stands_in_a_line(console, warns):
    print_verdict(Verdict(["R² is [0.9].", "All of it."] * 20, warns), console)
    assert console.file.getvalue() == " ".join(["R² is [0.9].", "All of it."] * 20) + "\n"
