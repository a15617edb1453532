"""Records of any films, held against those of a fit to each label's training films."""

import numpy as np
import pytest
import torch

from greenlight_films.datamodules.crossed import near_films, near_records
from greenlight_films.datamodules.crossed.label_cells import Cells
from greenlight_films.datamodules.crossed.near_films import NearFilms, signs
from greenlight_films.datamodules.crossed.near_records import LabelFilms, NearKernel

KERNEL = NearKernel(0.2, np.array([0.7, 0.4]), np.array([0.5, 2.0]), 0.0, 0.6)


def cells_of(n_rows: int, seed: int) -> Cells:
    """Return rows of one to three of seven labels."""
    random = np.random.default_rng(seed)
    lists = [random.choice(7, size=random.integers(1, 4), replace=False) for _ in range(n_rows)]
    offsets = np.concatenate(([0], np.cumsum([len(labels) for labels in lists])))
    return Cells(offsets, np.concatenate(lists).astype(np.int32), 9)


def of_training(films: LabelFilms, inputs: int) -> NearFilms:
    """Return the records of label columns 10 to 18 by the third and the first number."""
    labels = films.label[films.start[:-1]] + 10
    near = NearFilms([2, 0], list(range(inputs)), labels.tolist(), np.diff(films.start).tolist())
    kernel = [KERNEL.constant, *KERNEL.weights, *KERNEL.lengths]
    buffers = (films.coordinates, films.pull(KERNEL), kernel, 2.0 + np.arange(inputs))
    names = ("coordinates", "pull", "kernel", "scale")
    arrays = (torch.tensor(np.asarray(part, np.float32)) for part in buffers)
    near.load_state_dict(dict(zip(names, arrays, strict=True)))
    return near


@pytest.mark.parametrize("most_films", [256, 4])
@pytest.mark.parametrize("inputs", [1, 3])
def test_records_are_means_of_the_process_fitted_to_each_labels_training_films(monkeypatch, most_films, inputs):
    monkeypatch.setattr(near_records, "MOST_FILMS", most_films)
    monkeypatch.setattr(near_films, "FILMS_AT_ONCE", 40)
    random = np.random.default_rng(3)
    where, others = random.normal(size=(2, 50, 2))
    kinds = np.zeros(50, np.int64)
    films = LabelFilms.of_rows(cells_of(50, 1), random.normal(size=50), np.arange(50), where, kinds)
    cells = cells_of(50, 2)
    cells.codes[:3] = 8  # a label without films
    expected = films.of_others(KERNEL, cells, others, kinds)[:, 0]
    assert np.abs(expected).max() > 0.3
    squares = np.stack([expected, np.maximum(expected, 0) ** 2, np.minimum(expected, 0) ** 2], axis=1)
    near = of_training(films, inputs)
    dense = torch.from_numpy(np.stack([others[:, 1], kinds, others[:, 0]], axis=1).astype(np.float32))
    parts = (dense, torch.from_numpy(cells.rows()), torch.from_numpy(cells.codes.astype(np.int64) + 10))
    scaled = squares[:, :inputs] * (2.0 + np.arange(inputs))
    assert near.inputs_of(*parts).numpy() == pytest.approx(scaled, abs=1e-5)
    sums = near.summed(*parts, torch.from_numpy(cells.weights()))
    assert sums.numpy() == pytest.approx(cells.summed(scaled), abs=1e-5)


def test_labels_of_other_columns_have_no_records():
    films = LabelFilms.of_rows(cells_of(30, 1), np.ones(30), np.arange(30), np.zeros((30, 2)), np.zeros(30, np.int64))
    near, labels = of_training(films, 1), torch.arange(25)
    assert near.concerns(labels).tolist() == [10 <= label < 17 for label in range(25)]
    inputs = near.inputs_of(torch.zeros(1, 3), torch.zeros(25, dtype=torch.int64), labels)
    assert ((inputs[:, 0] != 0) == near.concerns(labels)).all()


def test_a_column_without_training_films_has_no_records():
    near = NearFilms([0], [0], [], [])
    assert near.inputs_of(torch.ones(2, 1), torch.tensor([0, 1]), torch.tensor([3, 0])).tolist() == [[0.0], [0.0]]


def test_signs_are_the_records_and_their_squares_above_and_below_0():
    assert signs(torch.tensor([2.0, -3.0]), 3).tolist() == [[2, 4, 0], [-3, 0, 9]]
