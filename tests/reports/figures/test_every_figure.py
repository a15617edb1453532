"""The rules that every figure keeps: titles on axes, alt text, and data that is inert."""

import json
import re

import pandas as pd
import pytest

from greenlight_films.reports.figures import (
    clusters,
    components,
    coverage,
    importance_bars,
    leaderboard,
    linear,
    neighbours,
    predictions,
    related,
    spread,
    training,
)
from greenlight_films.reports.figures.style import figure_json
from tests.reports.figures import samples
from tests.reports.figures.samples import NASTY, films

CORRELATIONS = pd.DataFrame({"feature": [NASTY], "correlation": 0.5, "n_rows": 4})
RIDGE = samples.OLS.rename(columns={"name": "feature"}).head(3)
EVERY = {
    "leaderboard": lambda: leaderboard.leaderboard(samples.INTERVALS, NASTY),
    "differences": lambda: leaderboard.differences(samples.DIFFERENCES, NASTY),
    "runs": lambda: leaderboard.runs(samples.RUNS, NASTY),
    "predicted_against_actual": lambda: predictions.predicted_against_actual(films(), NASTY, NASTY),
    "residuals": lambda: predictions.residuals(films(), NASTY, NASTY),
    "calibration": lambda: predictions.calibration(films(), NASTY, NASTY),
    "errors_by_label": lambda: predictions.errors_by_label(films(), "genre", NASTY),
    "errors_by_number": lambda: predictions.errors_by_number(films(), "year", NASTY),
    "coverage": lambda: coverage.coverage_by_group(samples.COVERAGE, [NASTY, "b"], NASTY, NASTY),
    "features": lambda: importance_bars.features(samples.IMPORTANCES, NASTY, NASTY),
    "columns": lambda: importance_bars.columns(samples.IMPORTANCES.assign(level="column"), NASTY),
    "values_of_role": lambda: importance_bars.values_of_role(samples.IMPORTANCES, "actor", NASTY),
    "by_model": lambda: importance_bars.by_model({NASTY: pd.Series({NASTY: 2.0, "b": 1.0})}),
    "parts": lambda: importance_bars.parts(samples.PARTS, NASTY),
    "groups": lambda: related.groups(samples.GROUPS, NASTY),
    "pairs": lambda: related.pairs(samples.PAIRS, NASTY, NASTY),
    "conditional": lambda: related.conditional(samples.CONDITIONAL, NASTY),
    "coefficients": lambda: linear.coefficients(samples.OLS, NASTY),
    "ridge": lambda: linear.ridge_coefficients(RIDGE, NASTY),
    "error_by_k": lambda: neighbours.error_by_k(samples.KNN, NASTY, samples.GRID),
    "correlations": lambda: neighbours.correlations(CORRELATIONS),
    "knn importance": lambda: neighbours.importance(samples.IMPORTANCES),
    "number_of_clusters": lambda: clusters.number_of_clusters(samples.SWEEP, 3),
    "films_on_components": lambda: clusters.films_on_components(films()),
    "films in space": lambda: clusters.films_on_components(films(), n=3),
    "profiles": lambda: clusters.profiles(samples.PROFILES, 2),
    "target_by_cluster": lambda: clusters.target_by_cluster(samples.BY_CLUSTER, 2, NASTY, NASTY),
    "scree": lambda: components.scree(samples.VARIANCE),
    "cumulative": lambda: components.cumulative(samples.VARIANCE),
    "loadings": lambda: components.loadings(samples.LOADINGS),
    "projection": lambda: components.projection(films(), NASTY, NASTY, samples.VARIANCE["ratio"]),
    "projection in space": lambda: components.projection(films(), NASTY, NASTY, n=3),
    "scores of runs": lambda: spread.scores(samples.SEEDS, "seed", NASTY),
    "importances of runs": lambda: spread.importances(samples.IMPORTANCES.assign(sd=0.1, runs=2), "feature", NASTY, 2),
    "losses": lambda: training.losses(samples.CURVES),
}


def strings(part):
    """Return all texts in a figure's dictionary."""
    if isinstance(part, dict):
        part = list(part.values())
    if isinstance(part, list | tuple):
        return [text for value in part for text in strings(value)]
    return [part] if isinstance(part, str) else []


@pytest.mark.parametrize("name", EVERY)
def test_every_figure_has_titles_on_its_axes_alt_text_and_nothing_that_acts(name):
    drawn = EVERY[name]()
    script = figure_json(drawn)
    assert "<" not in script
    assert "template" not in json.loads(script)["layout"]
    plain = drawn.to_dict()
    layout = plain["layout"]
    assert "title" not in layout
    assert re.search(r"\d.*\.$", layout.pop("meta")["alt"])
    axes = [value for key, value in layout.get("scene", layout).items() if re.match("[xyz]axis", key)]
    assert len(axes) >= 2
    assert all(axis["title"]["text"] for axis in axes)
    shown = strings(plain)
    tags = {tag for text in shown for tag in re.findall(r"<[^>]*>", text)}
    assert tags <= {"<b>", "</b>", "<br>", "<extra>", "</extra>"}
    # No text of data is a template that plotly fills, or a formula.
    assert not [text for text in shown if "%{x} " in text or "$a$" in text]
