"""Profiles of labels, held against loops over films."""

import numpy as np
import pytest

from greenlight_films.datamodules.crossed.drawings import Drawings
from greenlight_films.datamodules.crossed.label_cells import Cells
from greenlight_films.datamodules.crossed.profiles import profiles


def test_a_rows_profiles_are_of_films_outside_its_fold():
    random = np.random.default_rng(1)
    lists = [random.choice(8, size=random.integers(0, 5), replace=False).tolist() for _ in range(40)]
    traits = random.normal(size=(40, 3))
    film = np.arange(40) // 2
    drawings = Drawings.of_films(film, n_folds=5, n_drawings=2, seed=3)
    offsets = np.concatenate(([0], np.cumsum([len(labels) for labels in lists])))
    cells = Cells(offsets, np.array([label for labels in lists for label in labels], dtype=np.int32), 9)
    of_labels, crossed = profiles(cells, traits, drawings)

    def profile(films: list[int]) -> np.ndarray:
        return traits[films].sum(axis=0) / (len(films) + 2)

    for drawing, fold in enumerate(drawings.fold):
        for row, labels in enumerate(lists):
            parts = [profile([i for i in range(40) if label in lists[i] and fold[i] != fold[row]]) for label in labels]
            expected = np.sum(parts, axis=0) / np.sqrt(len(labels)) if labels else np.zeros(3)
            assert crossed[drawing, row] == pytest.approx(expected)
    for label in range(9):
        assert of_labels[label] == pytest.approx(profile([i for i in range(40) if label in lists[i]]))
