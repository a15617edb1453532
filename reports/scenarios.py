"""Data for the page's scenarios: films whose names can be changed, with all that their prediction takes."""

from base64 import b64encode
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
import pandas as pd

from greenlight_films.importance.spread import spread
from greenlight_films.lightning_modules.heads import TailWeights
from greenlight_films.reports.explorer import titles, writing
from greenlight_films.studies.results import Results
from greenlight_films.studies.scenarios import EditableColumn, Scenarios

BYTES = 300_000  # of vectors; a third more in the page
TOP = 25  # names of a role that are offered
MORE = 5  # names that a film may get beyond the most that one has
FILMS = (40, 28, 20, 14, 10, 7, 5, 3)  # as many as there is room for
STEPS = 32_767  # of a whole number of 16 bits


@dataclass(frozen=True)
class _Choice:
    """Films by index, and the label columns that they and the offers take, ascending."""

    films: np.ndarray
    labels: np.ndarray
    offered: list[np.ndarray]


def scenario_data(results: Results) -> dict[str, Any] | None:
    """Return what the page predicts changed films by; None where the run lacks what it takes.

    Vectors of labels are whole numbers of 16 bits times a scale each: they are off by 2e-5 of their largest entry at
    most. All other numbers are float32.
    """
    scenarios = None if results.features.empty else Scenarios.of(results)
    if scenarios is None or not scenarios.columns or results.scale is None:
        return None
    choice = _choice(results, scenarios)
    if choice is None:
        return None
    scale, films = results.scale, choice.films
    vectors = scenarios.first.whole_label_weight.numpy()[choice.labels]
    size = np.abs(vectors).max(axis=1, initial=0)
    whole = np.round(vectors / np.where(size > 0, size, 1)[:, None] * STEPS)
    test = results.measured.set_index("row").loc[scenarios.rows[films]].reset_index()
    return {
        "films": titles(test),
        "base": _packed(scenarios.sums_without()[films]),
        "columns": [
            _column(scenarios, column, offered, choice)
            for column, offered in zip(scenarios.columns, choice.offered, strict=True)
        ],
        "names": list(chain.from_iterable(_names(column, choice.labels) for column in scenarios.columns)),
        "vectors": _packed(whole, "<i2"),
        "sizes": _packed(size / STEPS),
        "tail": _tail(scenarios),
        "mean": scale.mean,
        "std": scale.std,
        "shift": scale.shift,
        "writing": writing(results, scale),
        "left_out": scenarios.left_out,
    }


def _names(column: EditableColumn, labels: np.ndarray) -> list[str]:
    """Return the names of those of some label columns that are a column's; columns stand in ascending order."""
    first, last = column.labels[[0, -1]].tolist()
    return [column.values[label - first] for label in labels[(labels >= first) & (labels <= last)].tolist()]


def _choice(results: Results, scenarios: Scenarios) -> _Choice | None:
    """Return as many films, over years and predictions, as there is room for with their names."""
    width = scenarios.first.whole_label_weight.shape[1]
    most = min(TOP, BYTES // 2 // (2 * width * len(scenarios.columns)))
    offered = [_leading(results.features, column, most) for column in scenarios.columns]
    names = [scenarios.names(column) for column in scenarios.columns]
    rows = results.predictions.set_index("row").loc[scenarios.rows]
    year = None if results.year is None else rows.index.map(results.year).to_numpy(float)
    for n in FILMS:
        films = spread(rows["predicted"].to_numpy(), year, n)
        of_films = [own[film] for own in names for film in films.tolist()]
        labels = np.unique(np.concatenate([*offered, *of_films])).astype(np.int64)
        if 2 * width * len(labels) + 4 * width * len(films) <= BYTES:
            return _Choice(films, labels, offered)
    return None


def _leading(features: pd.DataFrame, column: EditableColumn, most: int) -> np.ndarray:
    """Return the label columns of a column's most important names, the first of them first."""
    own = features[(features["column"] == column.column) & (features["level"] == "value")]
    own = own.dropna(subset=["importance", "value"]).sort_values("importance", ascending=False, kind="stable")
    position = pd.Index(column.values).get_indexer(own["value"].astype(str))
    return column.labels[position[position >= 0][:most]]


def _column(scenarios: Scenarios, column: EditableColumn, offered: np.ndarray, choice: _Choice) -> dict[str, Any]:
    names, unknown = scenarios.names(column), scenarios.unknown(column)[choice.films]
    own = [np.searchsorted(choice.labels, names[film]).tolist() for film in choice.films.tolist()]
    most = max(len(known) + more for known, more in zip(own, unknown.tolist(), strict=True)) + MORE
    return {
        "column": column.column,
        "role": column.role,
        "single": column.single,
        "rooted": column.rooted,
        "offered": np.searchsorted(choice.labels, offered).tolist(),
        "own": own,
        "unknown": unknown.tolist(),
        "most": most,
        "numbers": None if column.size is None else _packed(scenarios.size_vectors(column.size, most + 1)),
    }


def _tail(scenarios: Scenarios) -> dict[str, Any]:
    weights = TailWeights.of(scenarios.network.tail)
    members, heads = weights.out_bias.shape
    return {
        "members": members,
        "heads": heads,
        "activation": scenarios.network.sizes["activation"],
        **{name: _packed(getattr(weights, name).detach().numpy()) for name in ("scale", "bias")},
        "layers": [
            {
                "width": weight.shape[2],
                "weight": _packed(weight.detach().numpy()),
                "bias": _packed(bias.detach().numpy()),
            }
            for weight, bias in weights.layers
        ],
        "outWeight": _packed(weights.out_weight.detach().numpy()),
        "outBias": _packed(weights.out_bias.detach().numpy()),
    }


def _packed(values: np.ndarray, kind: str = "<f4") -> str:
    return b64encode(np.ascontiguousarray(values, dtype=kind).tobytes()).decode()
