"""The best trials of a search in the terminal."""

import pytest

from greenlight_films.reports.trials_table import print_trials, trials_table
from greenlight_films.studies.tune.trial_store import TrialResult

FAILED = TrialResult(20, "failed", {"model.hidden": [1], "model.a, model.b": 9.0}, problem="too much")


def result(number: int, score: float = 0.5) -> TrialResult:
    point = {"model.hidden": [16 + number], "model.a, model.b": 0.1}
    return TrialResult(number, "complete", point, score, {"val/rmse": 0.7}, 12, 3.25)


def test_ten_trials_are_shown_and_what_to_do_with_them(folder, console):
    print_trials(folder, "val/loss", [*(result(number, number + 0.125) for number in range(12)), FAILED], console)
    text = console.file.getvalue()
    assert "13 trials by val/loss: 12 complete, 1 failed; 10 of them" in text
    assert "9.125" in text
    assert "10.125" not in text
    assert f"{folder.path}/" in text.splitlines()
    assert text.splitlines()[-2].endswith(f"python cli.py study --config {folder.path / 'best.yaml'}")
    assert text.splitlines()[-1].endswith(f"tensorboard --logdir {folder.path}")


def test_tied_keys_have_a_column_and_a_failed_trial_no_score(console):
    console.print(trials_table("a title [x]", "val/loss", [result(0), FAILED]))
    text = console.file.getvalue()
    assert "a title [x]" in text
    assert "of them" not in text
    (line,) = [line for line in text.splitlines() if "failed" in line]
    assert [cell.strip() for cell in line.split("│")[1:-1]] == ["20", "[1]", "9.0", "–", "0", "0.0", "failed"]


@pytest.mark.parametrize("width", [80])
def test_a_trial_of_three_keys_fits_80_columns(console, width):
    console.width = width
    point = {"model.learning_rate": 0.00123456, "model.hidden": [128, 64], "model.first_weight_decay": 1e-4}
    console.print(trials_table("t", "val/loss", [TrialResult(7, "complete", point, 0.123456, {}, 99, 123.4)]))
    assert max(map(len, console.file.getvalue().splitlines())) <= 80
