"""Near records as inputs: records in which films that are near in time, money or the like count more."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from greenlight_films.datamodules.crossed.label_cells import Cells
from greenlight_films.datamodules.crossed.near_films import NearFilms, signs
from greenlight_films.datamodules.crossed.near_records import LabelFilms, NearKernel
from greenlight_films.datamodules.crossed.near_tuning import tuned_kernel
from greenlight_films.datamodules.feature_space import FeatureSpace

TYPICAL_FILMS = 32
"""Training films, drawn at random, over which a label's mean record is taken."""


@dataclass(frozen=True)
class NearInputs:
    """Near records of a column's labels.

    Attributes:
        values: (n_labels, n_inputs) float64, means over typical films.
        crossed: (n_rows, n_inputs) float64, sums over the training rows' cells, each row's own film left out.
        films: what the records of all other films are computed from.
        kernel: its numbers.
    """

    values: np.ndarray
    crossed: np.ndarray
    films: NearFilms
    kernel: list[float]


def near_inputs(
    cells: Cells,
    of: np.ndarray,
    residual: np.ndarray,
    film: np.ndarray,
    dense: np.ndarray,
    columns: Sequence[int],
    n_inputs: int,
    numbers: list[float] | None,
    seed: int,
) -> NearInputs:
    """Return near records of labels.

    Args:
        cells: of the training rows.
        of: (n_labels,) ascending, the label column of each code in the cells.
        residual: (n_rows,) float64, the target less its mean.
        film: (n_rows,) int64, codes of films.
        dense: (n_rows, n_dense) float32.
        columns: of the dense block, by which films are near.
        n_inputs: 1, or 3 with the squares above and below 0.
        numbers: of the kernel, where it is tuned already.
        seed: of the choice of typical films.
    """
    kinds = np.zeros(len(dense), np.int64)
    films = LabelFilms.of_rows(cells, residual, film, dense[:, columns].astype(np.float64), kinds)
    kernel = tuned_kernel(films) if numbers is None else NearKernel.of_numbers(numbers)
    own = signs(torch.from_numpy(films.left_out(kernel)[:, 0]), n_inputs).numpy()
    labels, sizes = of[films.label[films.start[:-1]]], np.diff(films.start)
    near = NearFilms(list(columns), list(range(n_inputs)), labels.tolist(), sizes.tolist())
    buffers = {
        "coordinates": films.coordinates,
        "pull": films.pull(kernel),
        "kernel": [kernel.constant, *kernel.weights, *kernel.lengths],
        "scale": np.ones(n_inputs),
    }
    near.load_state_dict({name: torch.tensor(np.asarray(part, np.float32)) for name, part in buffers.items()})
    return NearInputs(_typical(near, of, dense, seed), cells.summed(own), near, kernel.numbers())


def _typical(near: NearFilms, of: np.ndarray, dense: np.ndarray, seed: int) -> np.ndarray:
    """Return the mean inputs of labels over typical films, (n_labels, n_inputs) float64."""
    chosen = np.random.default_rng(seed).permutation(len(dense))[:TYPICAL_FILMS]
    typical, labels = torch.from_numpy(dense[chosen]), torch.from_numpy(of)
    total = torch.zeros(len(of), len(near.scale), dtype=torch.float64)
    for row in range(len(typical)):
        total += near.inputs_of(typical, torch.full_like(labels, row), labels)
    return (total / len(typical)).numpy()


def near_columns(near: Sequence[str], space: FeatureSpace) -> list[int]:
    """Return the column of the dense block by which films are near, of each of the table's: a date's age, or year."""
    known = dict[str, int]()
    for feature, block, columns in space.blocks():
        name = feature["column"]
        if block.kind == "number" and block.values[0] in (name, f"{name} year"):
            known.setdefault(name, int(columns[0]))
        elif block.kind == "number" and block.values == [f"{name} age"]:
            known[name] = int(columns[0])
    return [known[name] for name in near]
