"""Figures of features that say the same: groups of labels, pairs, and importances among films alike."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from greenlight_films.datamodules.number_format import counted
from greenlight_films.importance.result import interval_in_words
from greenlight_films.reports.figures.axes import axis, rounded, text
from greenlight_films.reports.figures.bars import TITLE, bars, by_sign, hover_lines, ranking, with_interval
from greenlight_films.reports.figures.style import GREEN, ORANGE, VERMILION

TOP = 20
LONGEST = 30  # characters of a name


def groups(table: pd.DataFrame, measure: str, top: int = TOP) -> go.Figure:
    """Draw groups of labels shuffled together, beside the sum of their importances, of `importance_groups.csv`."""
    best = table.head(top)
    short = [_group_name(features.split(" + ")) for features in best["features"]]
    names = [f"{name} ({n:,})" for name, n in zip(short, best["n_films"], strict=True)]
    labels = with_interval(best["importance"], best["low_95"], best["high_95"], best["n_films"])
    sums = [f"sum of each alone {value:.3g}" for value in best["sum_of_values"]]
    hover = hover_lines(best["features"], [f"together {label}" for label in labels], sums)
    whole = bars(best["importance"], (best["low_95"], best["high_95"]), hover, name="shuffled together")
    alone = _dots(best["sum_of_values"], "sum of each alone", ORANGE, "diamond")
    leader = f": {names[0]} leads with {labels[0]}" if names else ""
    alt = f"Importance of {len(best)} of {len(table):,} groups of labels that occur together{leader} ({measure})."
    return ranking([whole, alone], names, "group (films)", alt, axis(measure, width=TITLE))


def pairs(table: pd.DataFrame, measure: str, unit: str = "", top: int = TOP) -> go.Figure:
    """Draw pairs of labels, of `importance_pairs.csv`: each alone and both together, and how they change each other.

    Those whose interaction is surest to be other than 0 come first.
    """
    best = surest(table).head(top)
    people = list(zip(best["first"], best["second"], strict=True))
    names = [f"{_pair_name(*pair)} ({n:,})" for pair, n in zip(people, best["n_films"], strict=True)]
    whole = [f"{first} × {second}" for first, second in people]
    joint = with_interval(best["joint"], best["joint_low_95"], best["joint_high_95"], best["n_films"])
    films = [counted(int(n), "film") for n in best["n_films"]]
    hover = hover_lines(whole, [f"together {label}" for label in joint], films)
    traces = [
        bars(best["joint"], (best["joint_low_95"], best["joint_high_95"]), hover, name="both together"),
        _dots(best["first_alone"], "the first alone", ORANGE, "circle"),
        _dots(best["second_alone"], "the second alone", GREEN, "diamond"),
    ]
    change = best["prediction"].astype(float)
    ends = best["prediction_low_95"], best["prediction_high_95"]
    words = [
        f"prediction {value:+.3g} ({interval_in_words(low, high, n)})" if np.isfinite(value) else "always together"
        for value, low, high, n in zip(change, *ends, best["n_films"], strict=True)
    ]
    colours = by_sign(change, VERMILION)
    traces.append(bars(change, ends, hover_lines(whole, words), colours, xaxis="x2", showlegend=False))
    upright = {"nticks": 4, "tickangle": 0}
    of = f"{len(best)} of {len(table):,} pairs of labels"
    alt = f"Importance of {of}, alone and together, and what both add to the prediction ({measure})."
    return ranking(
        traces,
        names,
        "pair (films)",
        alt,
        {**axis(measure, width=TITLE), **upright, "domain": [0.0, 0.6]},
        xaxis2={**axis("what both add to the prediction", unit, width=24), **upright, "domain": [0.67, 1.0]},
    )


def conditional(table: pd.DataFrame, measure: str) -> go.Figure:
    """Draw features shuffled among films alike and among all, of `importance_conditional.csv`."""
    names = table["name"].tolist()
    labels = with_interval(table["conditional"], table["low_95"], table["high_95"], table["n_films"])
    shares = [f"the others explain {max(value, 0):.0%} of it" for value in table["explained"].fillna(0)]
    hover = hover_lines(names, [f"among films alike {label}" for label in labels], shares)
    within = bars(table["conditional"], (table["low_95"], table["high_95"]), hover, name="among films alike")
    alt = f"Importance of {len(names)} features, shuffled among films that the others make alike ({measure})."
    return ranking(
        [within, _dots(table["importance"], "among all films", ORANGE, "diamond")],
        names,
        "feature",
        alt,
        axis(measure, width=TITLE),
    )


def surest(pairs: pd.DataFrame) -> pd.DataFrame:
    """Return pairs, those whose interaction of the prediction is surest to be other than 0 first."""
    distance = np.maximum(pairs["prediction_low_95"], -pairs["prediction_high_95"])
    return pairs.iloc[np.argsort(-distance.to_numpy(), kind="stable")]


def _dots(values: pd.Series, name: str, colour: str, symbol: str) -> go.Scatter:
    return go.Scatter(
        x=rounded(values),
        y=list(range(len(values))),
        mode="markers",
        name=name,
        marker={"color": colour, "symbol": symbol, "size": 9},
        hovertemplate=f"{text(name)} %{{x:.3g}}<extra></extra>",
    )


def _group_name(features: list[str]) -> str:
    """Return the first two values of a group, and how many more there are; of a single value its columns too."""
    parts = [_column_and_value(feature) for feature in features]
    values = list(dict.fromkeys(value for _, value in parts))
    if len(values) == 1:
        return _cut(f"{values[0]} as {', '.join(column for column, _ in parts)}")
    more = f" and {len(values) - 2} more" if len(values) > 2 else ""
    return _cut(", ".join(values[:2]), LONGEST - len(more)) + more


def _pair_name(first: str, second: str) -> str:
    """Return the values of a pair; of the same value twice its columns."""
    (column, value), (other_column, other) = _column_and_value(first), _column_and_value(second)
    return _cut(f"{value} as {column} × {other_column}" if value == other else f"{value} × {other}")


def _column_and_value(feature: str) -> tuple[str, str]:
    column, _, value = feature.partition("=")
    return column, value or feature


def _cut(name: str, longest: int = LONGEST) -> str:
    """Return a name that leaves room for the number of films behind it."""
    return name if len(name) <= longest else f"{name[: longest - 1].rstrip()}…"
