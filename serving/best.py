"""The names of a role whose addition raises or lowers a film's prediction most: each is tried, as a vector added."""

from dataclasses import dataclass

import numpy as np
import torch

from greenlight_films.datamodules import EncodedFilms, FilmRows
from greenlight_films.datamodules.errors import listed
from greenlight_films.datamodules.features import Category, Labels
from greenlight_films.importance.reference import BATCH_ROWS
from greenlight_films.serving.answers import difference, each_head, predictions
from greenlight_films.serving.cells import Edit, FieldError, Film, most_names
from greenlight_films.serving.schemas import Best, Candidate
from greenlight_films.serving.served_run import ServedRun

NOBODY = "\N{SYMBOL FOR UNIT SEPARATOR}" * 3
"""A name that no film has."""

NO_CAUSE = "It is no cause: a name also stands for the budget, the company and the kind of films that it came with."


@dataclass(frozen=True)
class _Slot:
    """Where a name would be added: the film with an unknown name there, and the label columns of the known ones."""

    film: Film
    first: int
    values: list[str]
    weight: float
    other: int | None


def best(run: ServedRun, film: Film, role: str, n: int, lower: bool, min_films: int) -> Best:
    """Return the names of a role that raise, or lower, a film's prediction most: added, or in place of its only one.

    Args:
        role: of features, or their column.
        min_films: names in fewer films that were learnt from are left out.

    Raises:
        FieldError: no feature has the role, or the film takes no name more.
    """
    column = column_of(run, role)
    slot = _slot(run, film, column)
    encoded = run.encode([film, slot.film])
    taken = encoded.labels[[0]].indices - slot.first
    allowed = np.ones(len(slot.values), dtype=bool)
    allowed[taken[(taken >= 0) & (taken < len(allowed))]] = False
    films = None if run.label_films is None else run.label_films[slot.first : slot.first + len(allowed)]
    enough = np.ones_like(allowed) if films is None else films >= min_films
    codes = np.flatnonzero(allowed & enough)
    moved = scaled_with(run, encoded.take(np.array([1])), slot, codes)
    signed = moved if lower else -moved
    first = np.argpartition(signed, min(n, len(codes)) - 1)[:n] if len(codes) else np.zeros(0, np.int64)
    first = first[np.lexsort((codes[first], signed[first]))]
    labels = [slot.values[code] for code in codes[first].tolist()]
    counts = None if films is None else films[codes[first]]
    return Best(
        role=role,
        column=column,
        candidates=_candidates(run, film, column, labels, counts),
        evaluated=len(codes),
        left_out=int((allowed & ~enough).sum()),
        note=_note(column, alone=most_names(run.cells.labelled[column]) == 1),
    )


def _note(column: str, alone: bool) -> str:
    film = f"with each name as its only {column}, in place of any that it has" if alone else "with one name more"
    return f"This is what the model says of the film {film}. {NO_CAUSE}"


def column_of(run: ServedRun, role: str) -> str:
    """Return the column whose names have a role, or the column of that name."""
    columns = run.cells.columns_of(role)
    if len(columns) > 1:
        raise FieldError(f"role '{role}' is of {listed(columns)}: give one of these columns", ["role"])
    return columns[0]


def _slot(run: ServedRun, film: Film, column: str) -> _Slot:
    feature, cells = run.cells.labelled[column], run.cells
    most = most_names(feature)
    names = [] if most == 1 else cells.names(column, film.cells)
    if most is not None and len(names) >= most:
        raise FieldError(f"{column} has {most} places, all taken: remove a name", ["film"])
    position = len(names) if isinstance(feature, Labels) and feature.positions else 0
    with_nobody = cells.edited(film, [Edit("add", column, NOBODY)], "film")
    first, block = run.label_blocks[column][position]
    weight = 1 / np.sqrt(len(names) + 1) if feature.shares_weight else 1.0
    other = feature.other if isinstance(feature, Category) else None
    pooled = block.values.index(other) if other in block.values else None
    return _Slot(with_nobody, first, block.values, float(weight), pooled)


@torch.inference_mode()
def scaled_with(run: ServedRun, nobody: EncodedFilms, slot: _Slot, codes: np.ndarray) -> np.ndarray:
    """Return the scaled prediction of a film with each name in place of the unknown one, (n_codes,) float32."""
    network, model = run.network.network, run.folded
    batch = FilmRows(nobody, np.zeros(1))[[0]]
    dense, beside = network.encoding(batch.dense), model.first.beside
    sums = network.first(dense, batch.labels, batch.offsets, batch.weights, batch.inputs)
    vectors = model.first.whole_label_weight[slot.first : slot.first + len(slot.values)]
    base = sums[0] if slot.other is None else sums[0] - vectors[slot.other] * slot.weight
    scaled = np.empty(len(codes), dtype=np.float32)
    index = torch.from_numpy(codes)
    for start in range(0, len(codes), BATCH_ROWS):
        part = index[start : start + BATCH_ROWS]
        of_names = vectors[part]
        if beside is not None:
            of_names += beside(dense, torch.zeros_like(part), slot.first + part)
        added = torch.add(base, of_names, alpha=slot.weight)
        scaled[start : start + len(part)] = model.tail(added).squeeze(-1).numpy()
    return scaled


def _candidates(
    run: ServedRun, film: Film, column: str, labels: list[str], counts: np.ndarray | None
) -> list[Candidate]:
    """Return the candidates, each predicted anew with its interval."""
    others = [run.cells.edited(film, [Edit("add", column, label)], "film") for label in labels]
    films = [film, *others]
    encoded = run.encode(films)
    before, *after = predictions(run, films, encoded, each_head(run, encoded))
    return [
        Candidate(
            label=label,
            films=None if counts is None else int(counts[index]),
            prediction=own.prediction,
            difference=difference(before.prediction, own.prediction),
            difference_learnt=own.learnt - before.learnt,
            intervals=own.intervals,
        )
        for index, (label, own) in enumerate(zip(labels, after, strict=True))
    ]
