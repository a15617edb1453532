"""Figures of predictions beside the truth: film by film, in groups, and by deciles."""

from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from greenlight_films.reports.figures.bars import bars, height, hover_lines, interval, names_axis
from greenlight_films.reports.figures.style import (
    NEUTRAL,
    OKABE_ITO,
    VERMILION,
    amount,
    axis,
    figure,
    heading,
    hover_format,
    is_money,
    note,
    rounded,
    sampled,
)

FEW, MOST_LABELS, MOSTLY = 5, 20, 0.95
POINT = {"color": OKABE_ITO[0], "size": 5, "opacity": 0.5}


def predicted_against_actual(films: pd.DataFrame, target: str, unit: str) -> go.Figure:
    """Draw each film's prediction against its true value, with the diagonal on which both are the same.

    Args:
        films: columns actual and predicted; title or film where known.
    """
    kept, log, left_out = _on_scale(films, unit)
    shown, of_how_many = sampled(kept)
    both = kept[["actual", "predicted"]].to_numpy()
    ends = rounded([both.min(), both.max()]) if len(kept) else [0, 1]
    correlation = np.corrcoef(both.T)[0, 1] if len(kept) > 1 and (np.ptp(both, axis=0) > 0).all() else np.nan
    said = f", correlation {correlation:.2f}" if np.isfinite(correlation) else ""
    alt = f"Predicted against actual {target} of {len(kept):,} films{said}; on the diagonal both are the same."
    return figure(
        [_films(shown, shown["actual"], unit, unit), _line(ends, ends)],
        alt,
        480,
        showlegend=False,
        annotations=note("; ".join(filter(None, [of_how_many, left_out]))),
        xaxis=axis(f"actual {target}", unit, log, both.ravel()),
        yaxis=axis(f"predicted {target}", unit, log, both.ravel()),
    )


def residuals(films: pd.DataFrame, target: str, unit: str) -> go.Figure:
    """Draw how far predictions are off against the predictions; of money, how many times too high they are.

    Args:
        films: columns actual and predicted; title or film where known.
    """
    kept, log, left_out = _on_scale(films, unit)
    ratio = kept["predicted"] / kept["actual"] if log else kept["predicted"] - kept["actual"]
    shown, of_how_many = sampled(kept.assign(off=ratio))
    middle = ratio.quantile([0.05, 0.5, 0.95]).tolist() if len(kept) else [np.nan] * 3
    low, half, high = (
        (f"{one:.2g} times" for one in middle)
        if log
        else (amount(one, unit if is_money(unit) else "") for one in middle)
    )
    what_unit = "" if log or is_money(unit) else f", in {unit}"
    what = "predicted over actual, times" if log else "predicted minus actual"
    ends = rounded([kept["predicted"].min(), kept["predicted"].max()]) if len(kept) else [0, 1]
    points = go.Scatter(
        x=rounded(shown["predicted"]),
        y=rounded(shown["off"], 3),
        mode="markers",
        marker=POINT,
        **_hover(shown, f"predicted %{{x:{hover_format(unit)}}}<br>{what} %{{y:{hover_format('' if log else unit)}}}"),
    )
    return figure(
        [points, _line(ends, [float(log)] * 2)],
        f"Errors of {len(kept):,} predictions of {target} against the prediction: {what.removesuffix(', times')} is "
        f"{half} in the middle, and between {low} and {high} for nine in ten films{what_unit}.",
        showlegend=False,
        annotations=note("; ".join(filter(None, [of_how_many, left_out]))),
        xaxis=axis(f"predicted {target}", unit, log, kept["predicted"]),
        yaxis=axis(what, "" if log else unit, log, ratio),
    )


def _on_scale(films: pd.DataFrame, unit: str) -> tuple[pd.DataFrame, bool, str]:
    """Return films to show, whether on logarithmic axes, and what to say of those that have no place there."""
    films = films[np.isfinite(films[["actual", "predicted"]]).all(axis=1)]
    above = (films[["actual", "predicted"]] > 0).all(axis=1)
    if not is_money(unit) or above.mean() < MOSTLY or not len(films):
        return films, False, ""
    below = int((~above).sum())
    return films[above], True, f"{below:,} at or below $0 left out" if below else ""


def _films(shown: pd.DataFrame, x: pd.Series, unit_x: str, unit_y: str) -> go.Scatter:
    lines = f"actual %{{x:{hover_format(unit_x)}}}<br>predicted %{{y:{hover_format(unit_y)}}}"
    return go.Scatter(x=rounded(x), y=rounded(shown["predicted"]), mode="markers", marker=POINT, **_hover(shown, lines))


def _hover(shown: pd.DataFrame, lines: str) -> dict[str, Any]:
    names = heading(shown)
    first = "<b>%{hovertext}</b><br>" if names else ""
    return {"hovertext": names or None, "hovertemplate": f"{first}{lines}<extra></extra>"}


def _line(x: list[Any], y: list[Any]) -> go.Scatter:
    look = {"color": NEUTRAL, "dash": "dash", "width": 1.5}
    return go.Scatter(x=x, y=y, mode="lines", line=look, hoverinfo="skip")


def calibration(films: pd.DataFrame, target: str, unit: str, groups: int = 10) -> go.Figure:
    """Draw mean actual against mean predicted value in tenths of the films, from the lowest predictions to the highest.

    Intervals are 95 %, of the mean of the actual values.

    Args:
        films: columns actual and predicted.
    """
    films = films[np.isfinite(films[["actual", "predicted"]]).all(axis=1)].sort_values("predicted", kind="stable")
    group = np.arange(len(films)) * groups // max(len(films), 1)
    by = films.groupby(group)
    means, margin = by[["actual", "predicted"]].mean(), 1.96 * by["actual"].sem()
    gap = (means["predicted"] - means["actual"]).abs()
    ends = rounded([means.min().min(), means.max().max()])
    shown = hover_format(unit)
    points = go.Scatter(
        x=rounded(means["predicted"]),
        y=rounded(means["actual"]),
        mode="markers",
        marker={"size": 9, "color": OKABE_ITO[0]},
        error_y=interval(margin),
        customdata=by.size().tolist(),
        hovertemplate=f"%{{customdata:,}} films<br>predicted %{{x:{shown}}}<br>actual %{{y:{shown}}}<extra></extra>",
    )
    return figure(
        [points, _line(ends, ends)],
        f"Mean actual against mean predicted {target} in {len(means)} groups of films by prediction: the two differ "
        f"by {amount(gap.mean(), unit)} in the mean, at most by {amount(gap.max(), unit)}.",
        showlegend=False,
        xaxis=axis(f"mean predicted {target}", unit),
        yaxis=axis(f"mean actual {target}", unit),
    )


def errors_by_label(films: pd.DataFrame, label: str, unit: str, most: int = MOST_LABELS) -> go.Figure:
    """Draw the mean absolute error of films by a label, such as genre, the most frequent first, with 95 % intervals.

    Args:
        films: columns actual, predicted and the label: a row for each label that a film has. With a column film, rows
            of one film count as one observation.
    """
    found = _errors(films, films[label])
    enough = found[found["films"] >= FEW].sort_values("films", ascending=False, kind="stable").head(most)
    return _error_bars(enough, label, "", unit, _overall(films), f"{len(enough)} most frequent of {len(found)}")


def errors_by_number(
    films: pd.DataFrame, number: str, unit: str, unit_of_number: str = "", groups: int = 10
) -> go.Figure:
    """Draw the mean absolute error by intervals of a number, such as the year, that hold about as many films each.

    Args:
        films: columns actual, predicted and the number; with a column film, rows of one film count as one observation.
    """
    known = films[np.isfinite(films[number].astype(float))]
    values = known[number].astype(float)
    edges = np.unique(np.quantile(values, np.linspace(0, 1, groups + 1)[1:-1]))
    group = pd.Series(np.searchsorted(edges, values, side="right"), index=known.index)
    found = _errors(known, group).sort_index()
    ends = values.groupby(group).agg(["min", "max"]).loc[found.index]
    found.index = pd.Index(
        [f"{low:.10g}" if low == high else f"{low:.10g} to {high:.10g}" for low, high in ends.itertuples(index=False)]
    )
    return _error_bars(found, number, unit_of_number, unit, _overall(films), f"{len(found)} intervals")


def _errors(films: pd.DataFrame, group: pd.Series) -> pd.DataFrame:
    """Return mean absolute error, half of its 95 % interval, and films by group; NaN without a second film."""
    table = pd.DataFrame({"error": (films["predicted"] - films["actual"]).abs(), "group": group.to_numpy()})
    if "film" not in films:
        by = table.groupby("group")["error"]
        return pd.DataFrame({"mae": by.mean(), "margin": 1.96 * by.sem(), "films": by.size()})
    table["film"] = films["film"].to_numpy()
    by_film = table.groupby(["group", "film"])["error"].agg(["sum", "size"]).reset_index()
    by = by_film.groupby("group")
    n, rows = by.size(), by["size"].sum()
    mae = by["sum"].sum() / rows
    # Films with several rows: the linearised error of a ratio of sums.
    off = (by_film["sum"] - by_film["size"] * by_film["group"].map(mae)) ** 2
    se = np.sqrt(off.groupby(by_film["group"]).sum() * (n / (n - 1).where(n > 1))) / rows
    return pd.DataFrame({"mae": mae, "margin": 1.96 * se, "films": n})


def _overall(films: pd.DataFrame) -> float:
    one_row = films.drop_duplicates("row") if "row" in films else films
    return float((one_row["predicted"] - one_row["actual"]).abs().mean())


def _error_bars(found: pd.DataFrame, name: str, name_unit: str, unit: str, overall: float, how_many: str) -> go.Figure:
    names = found.index.tolist()
    said = [
        f"mean absolute error {amount(mae, unit)}{f' ± {amount(margin, unit)}' if np.isfinite(margin) else ''}"
        for mae, margin in zip(found["mae"], found["margin"], strict=True)
    ]
    hover = hover_lines(names, said, [f"{n:,} films" for n in found["films"]])
    extremes = ""
    if len(found):
        low, high = found["mae"].idxmin(), found["mae"].idxmax()
        extremes = f", from {amount(found['mae'].min(), unit)} ({low}) to {amount(found['mae'].max(), unit)} ({high})"
    line = {"color": VERMILION, "width": 1.5, "dash": "dash"}
    where = {"type": "line", "x0": overall, "x1": overall, "y0": 0, "y1": 1, "yref": "paper", "line": line}
    return figure(
        [bars(found["mae"], found["margin"], hover)],
        f"Mean absolute error by {name}, {how_many}{extremes}; that of all films is {amount(overall, unit)}.",
        height(len(found)),
        shapes=[where] if np.isfinite(overall) else [],
        annotations=note(f"dashed: all films, {amount(overall, unit)}" if np.isfinite(overall) else ""),
        xaxis={**axis("mean absolute error", unit), "rangemode": "tozero"},
        yaxis={**names_axis(names), "title": axis(name, name_unit)["title"]},
    )
