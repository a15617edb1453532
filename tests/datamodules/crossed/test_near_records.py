"""Near records, held against a refit for each film that is left out."""

import numpy as np
import pytest

from greenlight_films.datamodules.crossed import near_records
from greenlight_films.datamodules.crossed.label_cells import Cells
from greenlight_films.datamodules.crossed.near_records import LabelFilms, NearKernel

KERNEL = NearKernel(0.2, np.array([0.7, 0.4]), np.array([0.5, 2.0]), 0.3, 0.6)
N_LABELS = 9


class Table:
    """Rows at random: of 8 labels of 9, of two kinds."""

    def __init__(self, n_rows: int, film: np.ndarray, seed: int) -> None:
        random = np.random.default_rng(seed)
        self.lists = [random.choice(8, size=random.integers(0, 5), replace=False) for _ in range(n_rows)]
        offsets = np.concatenate(([0], np.cumsum([len(labels) for labels in self.lists])))
        self.cells = Cells(offsets, np.concatenate(self.lists).astype(np.int32), N_LABELS)
        self.residual, self.film = random.normal(size=n_rows), film
        self.coordinates, self.kind = random.normal(size=(film.max() + 1, 2))[film], random.integers(0, 2, n_rows)

    def films(self, residual: np.ndarray | None = None) -> LabelFilms:
        values = self.residual if residual is None else residual
        return LabelFilms.of_rows(self.cells, values, self.film, self.coordinates, self.kind)

    def with_label(self, label: int) -> list[int]:
        return [row for row, labels in enumerate(self.lists) if label in labels]


def predicted(table: Table, rows: list[int], coordinates: np.ndarray, kind: int) -> tuple[float, float]:
    """Return mean and variance of a Gaussian process that is fitted on `rows`."""

    def covariance(a: np.ndarray, a_kind: int, b: np.ndarray, b_kind: int) -> float:
        near = np.exp(-np.abs(a - b) / KERNEL.lengths)
        return KERNEL.constant + near @ KERNEL.weights + (KERNEL.same_kind * near[0] if a_kind == b_kind else 0)

    x, kinds = table.coordinates, table.kind
    if not rows:
        return 0.0, 2.2
    between = np.array([[covariance(x[i], kinds[i], x[j], kinds[j]) for j in rows] for i in rows])
    shared = np.array([covariance(coordinates, kind, x[j], kinds[j]) for j in rows])
    weights = np.linalg.solve(between + KERNEL.noise * np.eye(len(rows)), shared)
    return weights @ table.residual[rows], 2.2 - weights @ shared


@pytest.fixture
def table() -> Table:
    return Table(40, np.arange(40) // 2 % 18, seed=1)  # two rows a film, or four


@pytest.mark.parametrize("film", [np.arange(40), np.arange(40) // 2 % 18], ids=["a_row_a_film", "several_rows_a_film"])
def test_a_training_rows_records_are_those_of_a_refit_without_its_film(film):
    table = Table(40, film, seed=1)
    records = table.films().left_out(KERNEL)
    expected = [
        predicted(table, [i for i in table.with_label(label) if film[i] != film[row]], table.coordinates[row], kind)
        for row, (labels, kind) in enumerate(zip(table.lists, table.kind, strict=True))
        for label in labels
    ]
    assert records == pytest.approx(np.array(expected))
    assert np.abs(records[:, 0]).max() > 0.2


def test_other_rows_records_are_predictions_from_all_training_rows_of_the_label(table):
    others = Table(25, np.arange(25), seed=2)
    others.cells.codes[:4] = 8  # a label without a film
    records = table.films().of_others(KERNEL, others.cells, others.coordinates, others.kind)
    expected = [
        predicted(table, table.with_label(label), others.coordinates[row], others.kind[row])
        for row, label in zip(others.cells.rows(), others.cells.codes, strict=True)
    ]
    assert records == pytest.approx(np.array(expected))
    assert records[:4] == pytest.approx(np.tile((0, KERNEL.variance), (4, 1)))


def test_a_label_of_a_single_film_gives_that_film_mean_0_and_the_variance_of_no_knowledge():
    cells, film = Cells(np.arange(4), np.array([0, 1, 1], dtype=np.int32), 2), np.array([0, 1, 1])
    films = LabelFilms.of_rows(cells, np.array([3.0, 1.0, 1.0]), film, np.ones((3, 2)), np.zeros(3, int))
    assert films.left_out(KERNEL)[0] == pytest.approx((0, KERNEL.variance))
    assert films.left_out(KERNEL)[1:, 0] == pytest.approx(0)  # two rows, one film


def test_a_rows_own_target_is_not_in_its_records_nor_that_of_its_film(table):
    changed = table.residual + 100 * (table.film == 3)
    before, after = (table.films(residual).left_out(KERNEL) for residual in (table.residual, changed))
    own = table.film[table.cells.rows()] == 3
    assert before[own] == pytest.approx(after[own], abs=1e-9)
    assert np.abs(before - after)[~own].max() > 1


def test_a_label_of_very_many_films_is_cut_along_the_first_coordinate_into_blocks(monkeypatch):
    monkeypatch.setattr(near_records, "MOST_FILMS", 4)
    film = np.repeat(np.arange(10), [1, 1, 1, 3, 1, 1, 1, 1, 1, 1])  # the fourth film's rows stay in the first block
    cells = Cells(np.arange(13), np.zeros(12, dtype=np.int32), 1)
    when = np.stack([film, np.zeros(12)], axis=1).astype(float)
    films = LabelFilms.of_rows(cells, np.ones(12), film, when, np.zeros(12, int))
    assert [np.unique(films.film[a:b]).tolist() for a, b in zip(films.start, films.start[1:], strict=False)] == [
        [0, 1, 2, 3],
        [4, 5],
        [6, 7, 8, 9],
    ]
    asked = Cells(np.arange(5), np.zeros(4, dtype=np.int32), 1)
    at = np.array([[-9.0, 0], [3.9, 0], [4.0, 0], [99, 0]])
    last = LabelFilms.of_rows(asked, np.ones(4), film[8:], when[8:], np.zeros(4, int))
    records = films.of_others(KERNEL, asked, at, np.zeros(4, int))
    assert records[3] == pytest.approx(last.of_others(KERNEL, asked, at, np.zeros(4, int))[3])
    assert films._block(np.zeros(4, int), at[:, 0]).tolist() == [0, 0, 1, 2]


def test_records_are_the_same_in_any_batches(table, monkeypatch):
    films = table.films()
    whole = films.left_out(KERNEL), films.of_others(KERNEL, table.cells, table.coordinates, table.kind)
    monkeypatch.setattr(near_records, "BATCH_PAIRS", 1)
    assert films.left_out(KERNEL) == pytest.approx(whole[0])
    assert films.of_others(KERNEL, table.cells, table.coordinates, table.kind) == pytest.approx(whole[1])


def test_a_column_without_a_label_has_no_records():
    cells = Cells(np.zeros(4, int), np.zeros(0, np.int32), 2)
    films = LabelFilms.of_rows(cells, np.ones(3), np.arange(3), np.ones((3, 2)), np.zeros(3, int))
    assert films.left_out(KERNEL).shape == (0, 2)
    asked = Cells(np.arange(2), np.zeros(1, np.int32), 2)
    assert films.of_others(KERNEL, asked, np.ones((1, 2)), np.zeros(1, int)).tolist() == [[0, KERNEL.variance]]


def test_of_tens_of_thousands_of_labels_each_has_what_it_has_alone():
    random = np.random.default_rng(3)
    codes = (38190 * random.random(70000) ** 2).astype(np.int32)
    residual, coordinates = random.normal(size=70000), random.normal(size=(70000, 2))
    kind = random.integers(0, 40, 70000)

    def left_out(rows: np.ndarray) -> np.ndarray:
        cells = Cells(np.arange(len(rows) + 1), codes[rows], 38190)
        return LabelFilms.of_rows(cells, residual[rows], rows, coordinates[rows], kind[rows]).left_out(KERNEL)

    some = np.flatnonzero(np.isin(codes, random.choice(38190, 50, replace=False)))
    assert len(some) > 50
    assert left_out(np.arange(70000))[some] == pytest.approx(left_out(some))
