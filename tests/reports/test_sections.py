import re

import numpy as np
import pytest
from sklearn.metrics import r2_score, root_mean_squared_error

from greenlight_films.datamodules import TargetScale
from greenlight_films.reports.sections import (
    best_and_worst,
    importance_section,
    intervals_of,
    of_learnt_scale,
    runs_section,
    scores_section,
)
from greenlight_films.studies.results import Results


def without(results: Results, *names: str) -> Results:
    """Return the run without some of its files."""
    for name in names:
        (results.run.path / name).unlink()
    return Results(results.run)


def test_scores_have_their_figures(results):
    section = scores_section(results, intervals_of(results))
    headings = [picture.heading for picture in section.pictures]
    assert headings[:2] == ["All models on the same test films", "The network less each model"]
    assert headings[2:4] == ["Predicted and actual", "What is left over"]
    assert headings[4:] == ["Are high predictions high?", "Errors by year", "Errors by genre"]
    assert (section.missing, section.text) == ([], [])


def test_a_blend_is_said_to_have_no_contributions(results):
    results.metrics["models"]["blend"] = results.metrics["models"]["mlp"]
    results.metrics["fits"]["blend"] = {"share": 0.25}
    (sentence,) = scores_section(results, intervals_of(results)).text
    assert sentence == (
        "blend: 0.250 times the network's prediction (mlp) + 0.750 times that of lightgbm, weighed by the validation "
        "films; it has no contributions and no importances."
    )


@pytest.mark.parametrize(("unit", "no_error"), [("points", "0"), ("US dollars", "1 (neither too high nor too low)")])
def test_no_error_is_one_where_predictions_are_over_the_actual_and_zero_where_less(results, unit, no_error):
    results.metrics["unit"] = unit
    pictures = {picture.heading: picture for picture in scores_section(results, intervals_of(results)).pictures}
    drawn = pictures["What is left over"]
    assert drawn.caption.endswith(f"A cloud around {no_error} without a slope means that no error is systematic.")
    assert drawn.figure.data[1].y[0] == float(no_error[0])
    assert "of about 0" in pictures["All models on the same test films"].caption


@pytest.mark.parametrize(
    ("file", "message"),
    [
        ("metrics.json", "No model has been scored. Add scores: python cli.py test --run {run}"),
        ("predictions.csv", "No interval for mlp: .*; the network: python cli.py predict --run {run}"),
    ],
)
def test_scores_that_are_missing_are_named_with_the_command_that_adds_them(results, file, message):
    lacking = without(results, file)
    (missing,) = scores_section(lacking, intervals_of(lacking)).missing
    assert re.match(message.format(run=results.path), missing)


def test_a_run_that_was_stopped_before_its_first_epoch_is_to_be_resumed(results):
    lacking = without(results, "metrics.json")
    (lacking.run.path / "checkpoints" / "best.ckpt").unlink()
    (missing,) = scores_section(lacking, intervals_of(lacking)).missing
    assert missing == f"No model has been scored. Add scores: python cli.py study --resume {results.path}"


def test_importance_has_columns_roles_features_and_values_of_each_role(results):
    headings = [picture.heading for picture in importance_section(results).pictures]
    assert headings[:3] == ["Whole columns", "Roles", "The most important features"]
    assert set(headings[3:]) == {f"Most important of role {role}" for role in ("genre", "actor", "company")}
    (missing,) = importance_section(without(results, "importance.json")).missing
    assert missing == f"Importance has not been measured. Add it: python cli.py importance --run {results.path}"


def test_scores_of_a_log1p_target_are_those_of_the_scale_that_was_learnt(results):
    plain = intervals_of(results)
    assert of_learnt_scale(plain) is plain
    results.__dict__["scale"] = TargetScale("log1p", 0.0, 2.0, 0.2)
    both = intervals_of(results)
    learnt = of_learnt_scale(both).set_index(["model", "score"])["value"]
    actual, predicted = (np.log1p(results.predicted[name]) for name in ("actual", "ridge"))
    assert learnt["ridge", "rmse"] == pytest.approx(root_mean_squared_error(actual, predicted))
    assert learnt["ridge", "r2"] == pytest.approx(r2_score(actual, predicted))
    unit = both.set_index(["model", "score"])["value"]
    assert unit["ridge", "rmse"] == plain.set_index(["model", "score"])["value"]["ridge", "rmse"]
    assert unit["ridge", "rmse_below_mean"] == pytest.approx(1 - learnt["ridge", "rmse"] / learnt["mean", "rmse"])


def test_the_best_and_the_worst_prediction_come_first(results):
    extremes = best_and_worst(results, most=3)
    error = (results.test["predicted"] - results.test["actual"]).abs().sort_values()
    assert extremes["Predicted best"].index.tolist() == error.index[:3].tolist()
    assert extremes["Predicted worst"].index.tolist() == error.index[:-4:-1].tolist()


def test_runs_are_compared_where_they_have_scores(results):
    (picture,) = runs_section([results], [intervals_of(results)]).pictures
    assert {trace.name for trace in picture.figure.data} >= {"mlp", "ridge", "knn"}
    lacking = without(results, "metrics.json")
    (missing,) = runs_section([lacking], [intervals_of(lacking)]).missing
    assert missing == "None of these runs has scores. Add them: python cli.py test --run FOLDER"
