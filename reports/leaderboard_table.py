"""The scores of all models with their intervals, as text."""

from typing import Any

import pandas as pd

from greenlight_films.datamodules.number_format import fixed
from greenlight_films.reports.differences import differences_in_words, differences_measured
from greenlight_films.reports.figures.axes import bare_amount
from greenlight_films.reports.score_table import (
    AMOUNTS,
    IN_UNIT,
    SMEARING,
    heading_of,
    is_transformed,
    shown_scores,
)
from greenlight_films.studies.metrics import all_scores, in_order
from greenlight_films.studies.results import NETWORK, Results


def leaderboard_table(results: Results, intervals: pd.DataFrame) -> dict[str, Any]:
    """Return the scores of all models as text: headings, and a line for each model."""
    models = all_scores(results.metrics)
    names = shown_scores(models)
    paired = {model: text for model, text, _ in differences_in_words(results.differences)}
    ends = {(row.model, row.score): (row.low_95, row.high_95) for row in intervals.itertuples()}

    def cell(model: str, name: str) -> str:
        value = models[model].get(name)
        if value is None:
            return "–"
        numbers = value, *ends.get((model, name), ())
        unit = results.unit if name in IN_UNIT else ""
        score, *interval = (bare_amount(number, unit) if name in AMOUNTS else fixed(number) for number in numbers)
        return f"{score} ({' to '.join(interval)})" if interval else score

    columns = [
        (heading_of(name, results.unit, is_transformed(names)), {model: cell(model, name) for model in models})
        for name in names
    ]
    if paired:
        columns.insert(1, (f"{NETWORK} − model", paired))  # beside the score that it is of
    return {
        "headings": [heading for heading, _ in columns],
        "lines": [
            {"model": model, "cells": [texts.get(model, "–") for _, texts in columns]} for model, _ in in_order(models)
        ],
        "notes": [
            *([f"{NETWORK} − model: {differences_measured(results)}."] if paired else []),
            *([SMEARING] if "means" in results.metrics else []),
        ],
    }
