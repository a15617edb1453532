"""Differences between models, as text."""

import numpy as np
import pandas as pd
import pytest

from greenlight_films.reports.differences import differences_in_words, print_differences
from greenlight_films.studies.results import Results
from greenlight_films.studies.run_folder import RunFolder


def line(value: float, low: float, high: float, p: float = 0.01, model: str = "ridge", compared: str = "rmse"):
    return {
        "model": model,
        "compared": compared,
        "difference": value,
        "difference_low_95": low,
        "difference_high_95": high,
        "difference_p": p,
    }


@pytest.mark.parametrize(
    ("numbers", "text"),
    [
        ((-0.0121, -0.0201, -0.0041), "−0.012 [−0.020, −0.004]"),
        ((-0.0002, -0.0201, 0.0197), "0.000 [−0.020, 0.020]"),
        ((1_234_567.0, 1_034_567.0, 1_434_567.0), "1.235M [1.035M, 1.435M]"),
        ((0.0, 0.0, 0.0), "0 [0, 0]"),
        ((0.5, np.nan, np.nan), "0.5 [no interval holds]"),
    ],
)
def test_differences_have_as_many_digits_as_their_intervals_allow(numbers, text):
    ((model, difference, _),) = differences_in_words(pd.DataFrame([line(*numbers)]))
    assert (model, difference) == ("ridge", text)


@pytest.mark.parametrize(("p", "text"), [(0.00099, "p < 0.001"), (0.0312, "p = 0.031"), (1.0, "p = 1"), (np.nan, "")])
def test_p_has_two_digits(p, text):
    assert differences_in_words(pd.DataFrame([line(0.1, 0.0, 0.2, p)]))[0][2] == text


def test_the_network_is_compared_with_the_best_first_but_not_with_itself():
    lines = [line(-0.3, -0.4, -0.2, model="mean"), line(0, 0, 0, 1, "mlp"), line(-0.1, -0.2, 0, model="ridge")]
    assert [model for model, *_ in differences_in_words(pd.DataFrame(lines))] == ["ridge", "mean"]


def test_a_score_other_than_the_rmse_is_named():
    assert differences_in_words(pd.DataFrame([line(1, 0, 2, compared="mae_log1p")]))[0][1].endswith("] in MAE")


def test_what_is_compared_is_said_above_the_lines(study, console):
    print_differences(Results(RunFolder(study.path)), console)
    first, *lines = console.file.getvalue().splitlines()
    assert first == "RMSE, the network less each model, with 95 % intervals by film: below 0 the network is better."
    assert [text.split(":")[0].strip() for text in lines if text.strip()] == ["mlp − ridge", "mlp − mean"]


def test_a_run_that_compares_nothing_prints_nothing(fitted, console):
    print_differences(Results(RunFolder(fitted.path)), console)
    assert console.file.getvalue() == ""
