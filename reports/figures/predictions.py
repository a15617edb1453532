"""Figures of predictions against the truth: film by film, in tenths of the films, and errors by label or number."""

from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from greenlight_films.datamodules.number_format import counted
from greenlight_films.reports.figures.axes import (
    amount,
    axis,
    bare_amount,
    hover,
    hover_format,
    is_money,
    note,
    rounded,
    sampled,
)
from greenlight_films.reports.figures.bars import bars, hover_lines, interval, ranking
from greenlight_films.reports.figures.curves import guide
from greenlight_films.reports.figures.style import NEUTRAL, OKABE_ITO, VERMILION, figure
from greenlight_films.studies.coverage import equal_parts, span
from greenlight_films.studies.film_groups import group_means

TENTHS, MOST_LABELS = 10, 20


def predicted_against_actual(films: pd.DataFrame, target: str, unit: str) -> go.Figure:
    """Draw each film's column predicted against its column actual, with the diagonal on which both are the same."""
    kept, log, left_out = _on_scale(films, unit)
    shown, sample_note = sampled(kept)
    both = kept[["actual", "predicted"]].to_numpy()
    ends = [both.min(), both.max()] if len(kept) else [0, 1]
    correlation = ""
    if len(kept) > 1 and (np.ptp(both, axis=0) > 0).all():
        correlation = f", correlation {np.corrcoef(both.T)[0, 1]:.2f}"
    value = hover_format(unit)
    labels = hover(shown, f"actual %{{x:{value}}}<br>predicted %{{y:{value}}}")
    return figure(
        [_points(rounded(shown["actual"]), rounded(shown["predicted"]), labels), _line(ends, ends)],
        f"Predicted against actual {target} of {counted(len(kept), 'film')}{correlation}; on the diagonal both are "
        "the same.",
        480,
        showlegend=False,
        annotations=note(sample_note, left_out),
        xaxis=axis(f"actual {target}", unit, log, both.ravel()),
        yaxis=axis(f"predicted {target}", unit, log, both.ravel()),
    )


def residuals(films: pd.DataFrame, target: str, unit: str) -> go.Figure:
    """Draw errors against predictions; on logarithmic axes the ratio of predicted and actual."""
    kept, log, left_out = _on_scale(films, unit)
    error = kept["predicted"] / kept["actual"] if log else kept["predicted"] - kept["actual"]
    shown, sample_note = sampled(kept.assign(error=error))
    quantiles = error.quantile([0.05, 0.5, 0.95])
    if log:
        what, error_unit, in_unit = "predicted over actual", "", ""
        low, middle, high = (f"{value:.2g} times" for value in quantiles)
    else:
        what, error_unit, in_unit = "predicted minus actual", unit, "" if is_money(unit) else f", in {unit}"
        low, middle, high = (bare_amount(value, unit) for value in quantiles)
    title = f"{what}, times" if log else what
    labels = hover(shown, f"predicted %{{x:{hover_format(unit)}}}<br>{title} %{{y:{hover_format(error_unit)}}}")
    ends = [kept["predicted"].min(), kept["predicted"].max()] if len(kept) else [0, 1]
    return figure(
        [_points(rounded(shown["predicted"]), rounded(shown["error"], 3), labels), _line(ends, [float(log)] * 2)],
        f"Errors of {len(kept):,} predictions of {target} against the prediction: {what} is {middle} in the middle, "
        f"and between {low} and {high} for nine in ten films{in_unit}.",
        showlegend=False,
        annotations=note(sample_note, left_out),
        xaxis=axis(f"predicted {target}", unit, log, kept["predicted"]),
        yaxis=axis(title, error_unit, log, error),
    )


def _on_scale(films: pd.DataFrame, unit: str) -> tuple[pd.DataFrame, bool, str]:
    """Return the films to show, whether on logarithmic axes, and a note on those that are left out there."""
    films = films[np.isfinite(films[["actual", "predicted"]]).all(axis=1)]
    above = (films[["actual", "predicted"]] > 0).all(axis=1)
    if not is_money(unit) or above.mean() < 0.95 or not len(films):
        return films, False, ""
    below = int((~above).sum())
    return films[above], True, f"{below:,} at or below $0 left out" if below else ""


def _points(x: list[Any], y: list[Any], labels: dict[str, Any]) -> go.Scatter:
    return go.Scatter(x=x, y=y, mode="markers", marker={"color": OKABE_ITO[0], "size": 5, "opacity": 0.5}, **labels)


def _line(x: list[Any], y: list[Any]) -> go.Scatter:
    look = {"color": NEUTRAL, "dash": "dash", "width": 1.5}
    return go.Scatter(x=rounded(x), y=rounded(y), mode="lines", line=look, hoverinfo="skip")


def calibration(films: pd.DataFrame, target: str, unit: str) -> go.Figure:
    """Draw mean actual against mean predicted value in tenths of the films, from the lowest predictions to the highest.

    Intervals are 95 %, of the mean of the actual values.
    """
    films = films[np.isfinite(films[["actual", "predicted"]]).all(axis=1)].sort_values("predicted", kind="stable")
    by_group = films.groupby(np.arange(len(films)) * TENTHS // max(len(films), 1))
    means, margin = by_group[["actual", "predicted"]].mean(), 1.96 * by_group["actual"].sem()
    gap = (means["predicted"] - means["actual"]).abs()
    ends = [means.min().min(), means.max().max()]
    value = hover_format(unit)
    points = go.Scatter(
        x=rounded(means["predicted"]),
        y=rounded(means["actual"]),
        mode="markers",
        marker={"size": 9, "color": OKABE_ITO[0]},
        error_y=interval(margin),
        customdata=by_group.size().tolist(),
        hovertemplate=f"%{{customdata:,}} films<br>predicted %{{x:{value}}}<br>actual %{{y:{value}}}<extra></extra>",
    )
    return figure(
        [points, _line(ends, ends)],
        f"Mean actual against mean predicted {target} in {len(means)} groups of films by prediction: the two differ "
        f"by {amount(gap.mean(), unit)} in the mean, at most by {amount(gap.max(), unit)}.",
        showlegend=False,
        xaxis=axis(f"mean predicted {target}", unit),
        yaxis=axis(f"mean actual {target}", unit),
    )


def errors_by_label(films: pd.DataFrame, label: str, unit: str) -> go.Figure:
    """Draw the mean absolute error by a label, such as genre, the most frequent first, with 95 % intervals.

    Labels of fewer than five films are left out. A film has a row for each of its labels.
    """
    errors = _errors(films, films[label].to_numpy())
    shown = errors[errors["films"] >= 5].sort_values("films", ascending=False, kind="stable").head(MOST_LABELS)
    return _error_bars(shown, films, label, unit, f"{len(shown)} most frequent of {len(errors)}")


def errors_by_number(films: pd.DataFrame, number: str, unit: str, groups: int = TENTHS) -> go.Figure:
    """Draw the mean absolute error by intervals of a number, such as the year, with about as many films each."""
    known = films[np.isfinite(films[number].astype(float))]
    part, low, high = equal_parts(known[number].to_numpy(float), groups)
    errors = _errors(known, part).sort_index()
    errors.index = pd.Index([span(*ends) for ends in zip(low, high, strict=True)])
    return _error_bars(errors, films, number, unit, f"{len(errors)} intervals")


def _errors(films: pd.DataFrame, group: np.ndarray) -> pd.DataFrame:
    """Return mean absolute error, half of its 95 % interval, and films by group; NaN without a second film."""
    error = (films["predicted"] - films["actual"]).abs()
    table = pd.DataFrame({"error": error, "group": group, "film": films["film"].to_numpy()})
    by_film = table.groupby(["group", "film"])["error"].agg(total="sum", weight="size").reset_index()
    means = group_means(by_film)
    return pd.DataFrame({"mae": means["mean"], "margin": 1.96 * means["spread"], "films": means["films"]})


def _error_bars(errors: pd.DataFrame, films: pd.DataFrame, name: str, unit: str, count: str) -> go.Figure:
    mae, margin, names = errors["mae"], errors["margin"], errors.index.tolist()
    lines = [
        f"mean absolute error {amount(value, unit)}" + (f" ± {amount(half, unit)}" if np.isfinite(half) else "")
        for value, half in zip(mae, margin, strict=True)
    ]
    labels = hover_lines(names, lines, [counted(n, "film") for n in errors["films"]])
    span = ""
    if len(errors):
        span = f", from {amount(mae.min(), unit)} ({mae.idxmin()}) to {amount(mae.max(), unit)} ({mae.idxmax()})"
    rows = films.drop_duplicates("row") if "row" in films else films
    overall = float((rows["predicted"] - rows["actual"]).abs().mean())
    known = np.isfinite(overall)
    return ranking(
        [bars(mae, (mae - margin, mae + margin), labels)],
        names,
        name,
        f"Mean absolute error by {name}, {count}{span}; that of all films is {amount(overall, unit)}.",
        {**axis("mean absolute error", unit), "rangemode": "tozero"},
        shapes=[guide(x=overall, colour=VERMILION)] if known else [],
        annotations=note(f"dashed: all films, {amount(overall, unit)}" if known else ""),
    )
