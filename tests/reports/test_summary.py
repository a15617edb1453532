import re

import pandas as pd
import pytest

from greenlight_films.reports.sections import intervals_of
from greenlight_films.reports.summary import summary, warnings


def intervals(low: float, value: float, high: float) -> pd.DataFrame:
    """Return intervals of a network with that gain on the mean, whose RMSE is 2."""
    gain = {"model": "mlp", "score": "rmse_below_mean", "value": value, "low_95": low, "high_95": high}
    rmse = [{"model": model, "score": "rmse", "value": value} for model, value in (("mlp", 1.5), ("mean", 2.0))]
    return pd.DataFrame([gain, *rmse])


def test_the_summary_names_the_data_the_gain_and_the_columns(results):
    first, judged, second, *third = summary(results, intervals_of(results))
    rows = results.metrics["rows"]
    chosen = f"{rows['val']} others chose epochs and settings, and {rows['test']} others tested them."
    assert first == f"Models learnt rating (points) from {rows['train']} films; {chosen}"
    results.metrics["refit"] = True
    refitted = f"from {rows['train'] + rows['val']} films and were tested on {rows['test']} other films."
    assert summary(results, intervals_of(results))[0].endswith(refitted)
    assert re.match(r"The network orders the 45 test films well \(R² 0\.\d+, rank correlation 0\.\d\d\)", judged)
    assert re.match(r"Errors of the network are \d+% (smaller|larger) than those of guessing the mean", second)
    assert all(sentence.startswith("The network's predictions rest most on ") for sentence in third)


@pytest.mark.parametrize(
    ("low", "value", "high", "sentence"),
    [
        (0.1, 0.25, 0.4, "are 25% smaller than those of guessing the mean (95 % interval: 10% to 40%): an RMSE"),
        (-0.1, 0.25, 0.4, "smaller than those of guessing the mean (95 % interval: -10% to 40%, which may be none)"),
        (-0.3, -0.2, -0.1, "are 20% larger than those of guessing the mean (95 % interval: 10% to 30%)"),
    ],
)
def test_a_gain_has_its_interval_and_its_direction(results, low, value, high, sentence):
    assert sentence in summary(results, intervals(low, value, high))[2]


def test_warnings_name_the_run_where_there_are_several(results):
    assert warnings([results]) == []
    results.metrics.update(leak=True, known_after_release=["votes"])
    leak, late = warnings([results])
    assert "scores and importances say nothing of new films" in leak
    assert "Known only after release: votes" in late
    assert warnings([results, results])[0] == f"{results.name}: {leak}"
