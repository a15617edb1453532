"""The report: one self-contained HTML page of a run, or of several side by side, that opens without a network."""

import re
import shlex
from base64 import b64encode
from datetime import UTC, datetime
from functools import cache
from gzip import compress
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd
import yaml
from jinja2 import Environment, PackageLoader
from markupsafe import Markup, escape
from plotly.offline import get_plotlyjs

from greenlight_films.datamodules.errors import listed
from greenlight_films.datamodules.number_format import counted, scientific
from greenlight_films.datamodules.program import command
from greenlight_films.importance import FEW_FILMS
from greenlight_films.importance.result import TOO_FEW, measure
from greenlight_films.reports.explorer import DIGITS, explained, explorer_data, factor_of, feature_values
from greenlight_films.reports.feature_slices import PAGE, describe_slices, leading
from greenlight_films.reports.figures.axes import bare_amount, rounded
from greenlight_films.reports.figures.style import CONFIG, figure_json, script_json, template_json
from greenlight_films.reports.importance_table import in_own_unit
from greenlight_films.reports.interval_section import intervals_section
from greenlight_films.reports.leaderboard_table import leaderboard_table
from greenlight_films.reports.left_out import left_out
from greenlight_films.reports.model_card import LIMITS, CardSection, model_card, split_of
from greenlight_films.reports.model_section import models_section
from greenlight_films.reports.pictures import Section
from greenlight_films.reports.scenarios import scenario_data
from greenlight_films.reports.sections import (
    best_and_worst,
    importance_section,
    intervals_of,
    missing_importance,
    runs_section,
    scores_section,
)
from greenlight_films.reports.summary import summary, warnings
from greenlight_films.reports.terminal import ACTING
from greenlight_films.studies.results import Results

PACKAGES = ("lightning", "torch", "numpy", "pandas", "scikit-learn", "statsmodels")

_ENVIRONMENT = Environment(
    loader=PackageLoader("greenlight_films.reports"),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
    finalize=lambda value: value.translate(ACTING) if type(value) is str else value,
)


def _with_code(text: str) -> Markup:
    """Return a text for the page, in which what stands between backticks is code."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text.translate(ACTING)))))


_ENVIRONMENT.filters["code"] = _with_code


def report_page(
    runs: list[Results],
    intervals: list[pd.DataFrame] | None = None,
    card: list[CardSection] | None = None,
    page: Path = Path(PAGE),
) -> str:
    """Return the page of a run; of several runs, a page that sets them side by side.

    Args:
        intervals: of each run, as of `intervals_of`, where they are known.
        card: of a single run, as of `model_card`, where it is known.
        page: where it will stand, beside the slices of a long ranking; see `write_slices`.
    """
    intervals = intervals or [intervals_of(run) for run in runs]
    if len(runs) == 1:
        content = _of_run(runs[0], intervals[0], card or model_card(runs[0], intervals[0]), page)
    else:
        content = _of_runs(runs, intervals)
    pairs = list(zip(runs, intervals, strict=True))
    return page_of(
        "report.html.jinja",
        warnings=warnings(runs),
        summary=[summary(run, scores) for run, scores in pairs],
        names=[run.name for run in runs],
        leaderboards=[leaderboard_table(run, scores) for run, scores in pairs],
        made=[made(run) for run in runs],
        limits=LIMITS,
        **content,
    )


def page_of(template: str, sections: list[Section], **content: Any) -> str:
    """Return a page by its template, with the figures of its sections and what draws them."""
    figures = [figure_json(picture.figure) for section in sections for picture in section.pictures]
    return _ENVIRONMENT.get_template(template).render(
        sections=sections,
        plotly=_packed_plotly(),
        figures=Markup(f"[{','.join(figures)}]"),
        templates=Markup(f'{{"light":{template_json("light")},"dark":{template_json("dark")}}}'),
        config=Markup(script_json(CONFIG)),
        written=f"{datetime.now(UTC):%d %B %Y}",
        **content,
    )


@cache
def _packed_plotly() -> Markup:
    """Return plotly.js, which takes most of a page, in a third of its bytes."""
    return Markup(b64encode(compress(get_plotlyjs().encode(), mtime=0)).decode())


def _of_run(results: Results, intervals: pd.DataFrame, card: list[CardSection], page: Path) -> dict[str, Any]:
    explorer, scenarios = explorer_data(results), scenario_data(results)
    values, slices = feature_values(leading(results.estimable)), describe_slices(results.estimable, page)
    return {
        "single": True,
        "title": results.name,
        "sections": [
            scores_section(results, intervals),
            intervals_section(results),
            importance_section(results),
            models_section(results),
        ],
        "unit": results.unit,
        "side": results.side,
        "extremes": _extremes(results),
        "measured": _measured(results),
        "missing_importance": missing_importance(results),
        "add_importance": command(f"importance --run {results.path}"),
        "shown_values": [_cells(row) for row in values[:25]],
        "values": Markup(script_json(values)),
        "slices": slices and Markup(script_json(slices)),
        "elsewhere": left_out(results, page),
        "has_explorer": bool(explorer["films"]),
        "explorer": Markup(script_json(explorer)),
        "explained": explained(results, explorer),
        "factor": factor_of(explorer),
        "has_ends": any(film[-1] for film in explorer["films"]),
        "scenarios": scenarios and Markup(script_json(scenarios)),
        "scenario_films": len(scenarios["films"]) if scenarios else 0,
        "left_out": listed(scenarios["left_out"]) if scenarios else "",
        "serve": command(f"serve --run {results.path}"),
        "card": card,
    }


def _of_runs(runs: list[Results], intervals: list[pd.DataFrame]) -> dict[str, Any]:
    return {
        "single": False,
        "title": "Runs side by side",
        "sections": [runs_section(runs, intervals)],
        "most_important": [_most_important(run) for run in runs],
        "values": "[]",
        "explorer": "null",
    }


def _extremes(results: Results) -> dict[str, list[tuple[str, str, str]]]:
    """Return the films that were predicted best and worst, as text: film, actual, predicted."""
    extremes = {}
    for heading, films in best_and_worst(results).items():
        titles = films["film"].astype("str")
        titles = films["title"].fillna(titles) if "title" in films else titles
        actual = [bare_amount(value, results.unit) for value in films["actual"]]
        predicted = [bare_amount(value, results.unit) for value in films["predicted"]]
        extremes[heading] = list(zip(titles, actual, predicted, strict=True))
    return extremes


def _measured(results: Results) -> str:
    """Describe how importance was measured."""
    measured = results.importance
    if not measured:
        return ""
    mean = f"the mean of {measured['n_repeats']} shuffles"
    how = "the mean over all shuffles, in closed form" if measured["estimator"] == "expected" else mean
    return (
        f"Importance is {measure(measured['loss'], measured['unit'])}: {how}, on "
        f"{counted(measured['films'], measured['split'] + ' film')}. {measured['not_estimable']:,} of "
        f"{measured['features']:,} features are in none of "
        "them: not estimable. Direction is the mean change of the prediction where the value is present. "
        f"{in_own_unit(results)}"
    ).rstrip()


def _cells(row: list[Any]) -> list[str]:
    """Return a row of `feature_values` as text."""
    cells, (films, low) = [_cell(cell) for cell in row], (row[2], 5)
    return [*cells[:low], TOO_FEW, *cells[low + 1 :]] if films < FEW_FILMS else cells


def _cell(value: Any) -> str:
    return "–" if value is None else scientific(value) if isinstance(value, float) else str(value)


def _most_important(results: Results) -> dict[str, Any]:
    """Return a run's name with its most important features."""
    if results.features.empty:
        return {"run": results.name, "features": []}
    top = results.features.dropna(subset=["importance"]).head(15)
    pairs = zip(top["feature"], rounded(top["importance"], DIGITS), strict=True)
    return {"run": results.name, "features": [f"{name} ({_cell(value)})" for name, value in pairs]}


def made(results: Results) -> dict[str, Any]:
    """Return how a run was made: facts, the commands that repeat it, and its config."""
    metrics, config = results.metrics, results.config
    facts = {
        "table": config["data"]["table"],
        "rows": ", ".join(f"{count:,} {side}" for side, count in metrics.get("rows", {}).items()),
        "left out": f"{counted(metrics.get('left_out', 0), 'row')} without {results.target}",
        "features": ", ".join(f"{count:,} {kind}" for kind, count in metrics.get("features", {}).items()),
        "labels that training did not keep": f"{sum(metrics.get('unseen_labels', {}).values()):,} of the test rows",
        "split": split_of(results)[1],
        "seeds": f"{config['model'].get('seed')} of weights and dropout, {config['data'].get('seed')} of batches",
        "versions": ", ".join(f"{name} {version(name)}" for name in PACKAGES) + " (of this report)",
    }
    path = shlex.quote(str(results.run.config))
    return {
        "name": results.name,
        "facts": facts,
        "notices": metrics.get("notices", []),
        "commands": [command(f"study --config {path}"), command(f"report --run {results.path}")],
        "config": yaml.safe_dump(config, sort_keys=False, allow_unicode=True),
    }
