"""What a network learns from, as a page of Markdown for TensorBoard."""

import re
from collections.abc import Iterable
from html import escape

import numpy as np

from greenlight_films.datamodules import FilmDataModule
from greenlight_films.datamodules.number_format import compact, counted
from greenlight_films.datamodules.splits import SIDES
from greenlight_films.importance.result import BOTH_SIDES, SHORT


def data_summary(data: FilmDataModule) -> str:
    """Say what is predicted, how it is spread over the sides of the split, and what columns it is predicted from."""
    films, target, space = data.films, data.declared.target, data.fitted.encoder.space
    unit = f", {target.unit}" if target.unit else ""
    learnt = f", learnt as {target.transform}" if target.transform != "none" else ""
    parts = [
        f"**{_cell(target.name)}**{_cell(unit)}{learnt}, of {count(films.film_codes())}",
        _table(("side", "rows", "films", "least", "median", "mean", "most"), _sides(data)),
        f"{counted(space.n_dense, 'number')} and {counted(space.n_labels, 'label')}",
        _table(("column", "role", "holds", "columns"), _columns(data)),
    ]
    if films.left_out:
        parts.append(f"{counted(films.left_out, 'row')} without {_cell(target.name)} left out.")
    if data.fitted.leak:
        parts.append(f"**{SHORT[BOTH_SIDES].capitalize()}.**")
    return "\n\n".join(parts)


def count(codes: np.ndarray, side: str = "") -> str:
    """Say how many films some rows of a side are of, and how many rows; codes, (n_rows,), are the film of each.

    >>> count(np.array([0, 1, 2])), count(np.array([0, 0, 1]), "test")
    ('3 films', '2 test films in 3 rows')
    """
    n_films, n_rows = len(np.unique(codes)), len(codes)
    films = counted(n_films, f"{side} film".strip())
    return films if n_films == n_rows else f"{films} in {counted(n_rows, 'row')}"


def _sides(data: FilmDataModule) -> Iterable[tuple[str, ...]]:
    codes = data.films.film_codes()
    for side in SIDES:
        rows = getattr(data.films.rows, side)
        actual = data.films.actual[rows]
        spread = (actual.min(), np.median(actual), actual.mean(), actual.max())
        yield side, f"{len(rows):,}", f"{len(np.unique(codes[rows])):,}", *map(compact, spread)


def _columns(data: FilmDataModule) -> Iterable[tuple[str, ...]]:
    space = data.fitted.encoder.space
    holds = {"number": "a number", "missing": "whether it is missing", "label": "labels"}
    return (
        (block.column, block.role, holds[block.kind], f"{len(block.values):,}")
        for block in (*space.dense, *space.labels)
    )


def _table(heading: tuple[str, ...], lines: Iterable[tuple[str, ...]]) -> str:
    rows = [heading, ("---",) * len(heading), *(tuple(map(_cell, line)) for line in lines)]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _cell(text: str) -> str:
    """Return a name that Markdown shows as it is: names are data."""
    return re.sub(r"([\\`*_\[\]|])", r"\\\1", escape(" ".join(text.split()) if text.strip() else text, quote=False))
