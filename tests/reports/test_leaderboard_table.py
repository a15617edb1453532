"""Scores as text, with the intervals that were given."""

import pandas as pd

from greenlight_films.reports.leaderboard_table import leaderboard_table


def test_scores_are_those_of_the_metrics_with_the_intervals_given(results):
    intervals = pd.DataFrame([("mlp", "r2", 0.4, 0.2, 0.6)], columns=["model", "score", "value", "low_95", "high_95"])
    table = leaderboard_table(results, intervals)
    lines = {line["model"]: line["cells"] for line in table["lines"]}
    position = table["headings"].index("R²")
    assert lines["mlp"][position] == f"{results.metrics['models']['mlp']['r2']:.3f} (0.200 to 0.600)"
    assert lines["ridge"][position] == f"{results.metrics['models']['ridge']['r2']:.3f}"
    assert next(iter(lines)) == "ridge"  # the lowest RMSE
    assert table["notes"][0].startswith("mlp − model: ")


def test_a_run_without_scores_has_no_line(results):
    results.__dict__["metrics"] = {**results.metrics, "models": {}}
    assert leaderboard_table(results, pd.DataFrame(columns=["model", "score"]))["lines"] == []
