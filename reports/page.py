"""One self-contained HTML page of a run, or of several side by side: it opens without a network."""

import shlex
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml
from jinja2 import Environment, PackageLoader, select_autoescape
from markupsafe import Markup
from plotly.offline import get_plotlyjs

from greenlight_films.importance.result import BOTH_SIDES, MEAN_NOTHING, margins, measure
from greenlight_films.reports.figures import leaderboard
from greenlight_films.reports.figures.style import CONFIG, amount, figure_json, is_money, script_json, template_json
from greenlight_films.reports.score_table import (
    HEADINGS,
    heading_of,
    no_better_than_mean,
)
from greenlight_films.reports.sections import (
    Picture,
    Section,
    best_and_worst,
    importance_section,
    intervals_of,
    models_section,
    scores_section,
)
from greenlight_films.reports.terminal import ACTING
from greenlight_films.studies.metrics import in_order, known_after_release_warning
from greenlight_films.studies.results import NETWORK, Results

MOST_MOVED, LEAST, DIGITS, FIRST = 15, 0.002, 3, 25
"""Values of a film in the explorer, and the share of its largest that others must have to be shown; digits of numbers;
lines that a table begins with."""

PACKAGES = ("lightning", "torch", "numpy", "pandas", "scikit-learn", "statsmodels")

_ENVIRONMENT = Environment(
    loader=PackageLoader("reports", "templates"), autoescape=select_autoescape(default=True), trim_blocks=True,
    lstrip_blocks=True, finalize=lambda value: value.translate(ACTING) if type(value) is str else value,
)  # fmt: skip


def report_page(runs: list[Results]) -> str:
    """Return the page of a run; of several runs, a page that sets them side by side."""
    first = runs[0]
    intervals = [intervals_of(one) for one in runs]
    single = len(runs) == 1
    if single:
        sections = [scores_section(first, intervals[0]), importance_section(first), models_section(first)]
    else:
        sections = [_compared(runs, intervals)]
    figures = [picture.figure for section in sections for picture in section.pictures]
    values = _values(first) if single else []
    return _ENVIRONMENT.get_template("report.html.jinja").render(
        title=first.name if single else "Runs side by side",
        single=single,
        warnings=_warnings(runs),
        summary=[summary(one, found) for one, found in zip(runs, intervals, strict=True)],
        names=[one.name for one in runs],
        sections=sections,
        leaderboards=[_leaderboard(one, found) for one, found in zip(runs, intervals, strict=True)],
        columns=_shared_columns(runs) if not single else [],
        extremes=_extremes(first) if single else {},
        unit=first.unit,
        values=_script(values),
        shown_values=[[_cell(cell) for cell in line] for line in values[:FIRST]],
        explorer=_script(_explorer(first)) if single else "null",
        has_explorer=single and bool(len(first.contributions)) and bool(len(first.measured)),
        side=first.side,
        path=first.path,
        made=[_made(one) for one in runs],
        measured=_measured(first) if single else "",
        style=_asset("report.css"),
        script=_asset("report.js"),
        plotly=Markup(get_plotlyjs()),
        figures=Markup("[" + ",".join(figure_json(one) for one in figures) + "]"),
        templates=Markup(f'{{"light":{template_json("light")},"dark":{template_json("dark")}}}'),
        config=_script(CONFIG),
        written=f"{datetime.now(UTC):%d %B %Y}",
    )


def _asset(name: str) -> Markup:
    return Markup((Path(__file__).parent / "templates" / name).read_text(encoding="utf-8"))


def _script(value: Any) -> Markup:
    return Markup(script_json(value))


def summary(results: Results, intervals: pd.DataFrame) -> list[str]:
    """Return three sentences: what was predicted, how good it is, and what it rests on."""
    rows = results.metrics.get("rows", {})
    kind = "films" if results.metrics.get("films") == sum(rows.values()) else "rows"
    unit = f" ({results.unit})" if results.unit else ""
    learnt = rows.get("train", 0) + rows.get("val", 0)
    sentences = [
        f"Models learnt {results.target}{unit} from {learnt:,} {kind} and were tested on "
        f"{rows.get('test', 0):,} others."
    ]
    found = intervals.set_index(["model", "score"]) if len(intervals) else intervals
    ranked = [name for name, _ in in_order(results.metrics.get("models", {})) if name in results.models]
    model = NETWORK if NETWORK in ranked else next((name for name in ranked if name != "mean"), None)
    if model and (model, "rmse_below_mean") in found.index:
        mean, rmse = (found.loc[(one, "rmse"), "value"] for one in ("mean", model))
        gain = found.loc[(model, "rmse_below_mean")]
        low, value, high = (gain[name] for name in ("low_95", "value", "high_95"))
        called = "the network" if model == NETWORK else model
        less = "smaller" if value >= 0 else "larger"
        if value < 0:
            low, value, high = -high, -value, -low
        unsure = ", which may be none" if low < 0 else ""
        sentences.append(
            f"Errors of {called} are {value:.0%} {less} than those of guessing the mean "
            f"(95 % interval: {low:.0%} to {high:.0%}{unsure}): an RMSE of {amount(rmse, results.unit)} in place of "
            f"{amount(mean, results.unit)}."
        )
    if len(results.aggregated) and not results.importance.get("warning"):
        columns = results.aggregated[results.aggregated["level"] == "column"].dropna(subset=["importance"])
        sure = columns[columns["importance"] > margins(columns)].head(3)
        if len(sure):
            sentences.append(f"The network's predictions rest most on {_listed(sure['name'].tolist())}.")
    return sentences


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _warnings(runs: list[Results]) -> list[str]:
    """Return what must be known before anything else on the page is read."""
    said = []
    for one in runs:
        whose = f"{one.name}: " if len(runs) > 1 else ""
        network = one.metrics.get("models", {}).get(NETWORK)
        if network and no_better_than_mean(network):
            said.append(f"{whose}{MEAN_NOTHING}")
        if one.metrics.get("leak"):
            said.append(f"{whose}{BOTH_SIDES.replace('these importances say', 'scores and importances say')}")
        if late := one.metrics.get("known_after_release"):
            said.append(whose + known_after_release_warning(one.target, late))
    return said


def _leaderboard(results: Results, intervals: pd.DataFrame) -> dict[str, Any]:
    """Return the scores of all models as text: headings, and a line a model."""
    models = results.metrics.get("models", {})
    told = {name for one in models.values() for name, value in one.items() if value is not None}
    names = [name for name in HEADINGS if name in told]
    ends = {(one.model, one.score): (one.low_95, one.high_95) for one in intervals.itertuples()}

    def cell(model: str, name: str) -> str:
        value = models[model].get(name)
        if value is None:
            return "–"
        interval = ends.get((model, name), ())
        said = [_score(one, name, results.unit) for one in (value, *interval)]
        return said[0] if len(said) == 1 else f"{said[0]} ({said[1]} to {said[2]})"

    return {
        "headings": [heading_of(name, results.unit) for name in names],
        "lines": [{"model": model, "cells": [cell(model, name) for name in names]} for model, _ in in_order(models)],
    }


def _score(value: float, name: str, unit: str) -> str:
    """Return a score as text; its unit stands in the heading, but for money's sign."""
    if name in ("rmse", "mae"):
        return _bare(value, unit)
    return f"{round(value, 3) + 0.0:.3f}"


def _bare(value: float, unit: str) -> str:
    return amount(value, unit if is_money(unit) else "")


def _extremes(results: Results) -> dict[str, list[dict[str, str]]]:
    """Return the films that were predicted best and worst, as text."""
    unit, found = results.unit, {}
    for heading, films in best_and_worst(results).items():
        titles = films["title"].fillna(films["film"].astype("str")) if "title" in films else films["film"].astype("str")
        ends = (films[name].map(lambda value: _bare(value, unit)) for name in ("actual", "predicted"))
        lines = zip(titles, *ends, strict=True)
        found[heading] = [dict(zip(("film", "actual", "predicted"), line, strict=True)) for line in lines]
    return found


def _values(results: Results) -> list[list[Any]]:
    """Return the table of all values that are estimable: feature, role, films, direction, importance, margin, q."""
    features = results.features
    if features.empty:
        return []
    known = features[features["importance"].notna()]
    direction = known["direction"] if "direction" in known else pd.Series(np.nan, known.index)
    columns = [
        known["feature"].astype(str), known["role"].astype(str), known["n_films"].astype(int),
        _short(direction), _short(known["importance"]), _short(margins(known)), _short(known["q"]),
    ]  # fmt: skip
    return [list(row) for row in zip(*columns, strict=True)]


def _cell(value: Any) -> str:
    return "–" if value is None else f"{value:.10g}" if isinstance(value, float) else str(value)


def _short(values: pd.Series) -> list[float | None]:
    return [float(f"{value:.{DIGITS}g}") if np.isfinite(value) else None for value in values.astype(float)]


def _explorer(results: Results) -> dict[str, Any]:
    """Return the test films with the values that move their predictions most."""
    moved, test = results.contributions, results.measured
    if moved.empty or test.empty:
        return {"films": [], "features": [], "moved": [], "money": False, "unit": ""}
    size = moved["contribution"].abs()
    order = np.lexsort((-size.to_numpy(), moved["row"].to_numpy()))
    ordered = moved.iloc[order]
    place = ordered.groupby("row", sort=False).cumcount()
    largest = size.groupby(moved["row"]).transform("max").iloc[order]
    top = ordered[(place < MOST_MOVED) & (size.iloc[order] >= LEAST * largest)]
    codes, names = pd.factorize(top["feature"].astype("str"))
    row_of = {int(row): number for number, row in enumerate(test["row"])}
    lists: list[list[Any]] = [[] for _ in row_of]
    for row, code, value in zip(top["row"], codes.tolist(), _short(top["contribution"]), strict=True):
        if int(row) in row_of:
            lists[row_of[int(row)]].extend((code, value))
    titles = test["title"] if "title" in test else test["film"]
    films = [
        [str(title) if pd.notna(title) else f"row {row}", *ends]
        for title, row, *ends in zip(
            titles, test["row"], _short(test["actual"]), _short(test["predicted"]), strict=True
        )
    ]
    unit = {"money": is_money(results.unit), "unit": results.unit}
    return {"films": films, "features": [str(name) for name in names], "moved": lists, **unit}


def _measured(results: Results) -> str:
    """Say how importance was measured."""
    said = results.importance
    if not said:
        return ""
    how = (
        "the mean over all shuffles, in closed form"
        if said["estimator"] == "expected"
        else f"the mean of {said['n_repeats']} shuffles"
    )
    return (
        f"Importance is {measure(said['loss'], said['unit'])}: {how}, on {said['films']:,} {said['split']} films. "
        f"{said['not_estimable']:,} of {said['features']:,} features are in none of them: not estimable. Direction is "
        "the mean change of the prediction where the value is present."
    )


def _compared(runs: list[Results], intervals: list[pd.DataFrame]) -> Section:
    """Return the scores of several runs side by side."""
    section = Section("runs", "Scores side by side")
    lines = []
    for one, found in zip(runs, intervals, strict=True):
        r2 = found[found["score"] == "r2"].set_index("model") if len(found) else found
        for model, values in one.metrics.get("models", {}).items():
            if values["rmse"] is not None and values["r2"] is not None:
                ends = {end: r2.loc[model, end] if model in r2.index else np.nan for end in ("low_95", "high_95")}
                lines.append({"run": one.name, "model": model, "rmse": values["rmse"], "r2": values["r2"], **ends})
    if not lines:
        section.missing.append("None of these runs has scores. Add them: python cli.py test --run FOLDER")
        return section
    units = {one.unit for one in runs}
    section.pictures.append(
        Picture(
            "All models of all runs",
            "Bars are scores on each run's own test films, lines their 95 % intervals. Runs on other films or targets "
            "can't be compared.",
            leaderboard.runs(pd.DataFrame(lines), units.pop() if len(units) == 1 else ""),
        )
    )
    return section


def _shared_columns(runs: list[Results], most: int = 15) -> list[dict[str, Any]]:
    """Return the most important features of each run beside each other."""
    found = []
    for one in runs:
        table = one.features.dropna(subset=["importance"]).head(most) if len(one.features) else pd.DataFrame()
        values = zip(table["feature"], _short(table["importance"]), strict=True) if len(table) else []
        found.append({"run": one.name, "features": [f"{name} ({value:g})" for name, value in values]})
    return found


def _made(results: Results) -> dict[str, Any]:
    """Return how a run was made: facts, the commands that repeat it, and its config."""
    metrics, config = results.metrics, results.config
    rows, split = metrics.get("rows", {}), config["data"].get("split") or {"class_path": "unknown"}
    arguments = ", ".join(f"{name} {value}" for name, value in (split.get("init_args") or {}).items())
    facts = {
        "table": config["data"]["table"],
        "rows": ", ".join(f"{count:,} {side}" for side, count in rows.items()),
        "left out": f"{metrics.get('left_out', 0):,} rows without {results.target}",
        "features": ", ".join(f"{count:,} {kind}" for kind, count in metrics.get("features", {}).items()),
        "labels that training did not keep": f"{sum(metrics.get('unseen_labels', {}).values()):,} of the test rows",
        "split": f"{split['class_path'].rpartition('.')[2]} ({arguments})",
        "seeds": f"{config.get('seed_everything')} of training, {config['model'].get('seed')} of weights and dropout",
        "versions": ", ".join(f"{name} {version(name)}" for name in PACKAGES) + " (of this report)",
    }
    again = shlex.quote(str(results.run.config))
    commands = [f"python cli.py study --config {again}", f"python cli.py report --run {results.path}"]
    whole = yaml.safe_dump(config, sort_keys=False, allow_unicode=True)
    return {"name": results.name, "facts": facts, "commands": commands, "config": whole}
