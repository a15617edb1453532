import numpy as np
import pandas as pd
import pytest
import torch
from scipy import sparse

from greenlight_films.importance import Entries, HeldOut
from greenlight_films.importance.held_out import sum_by


@pytest.fixture(params=["one", "root"])
def study(make_study, request):
    return make_study(weights=request.param)


def as_matrix(entries: Entries, n_rows: int, n_labels: int) -> np.ndarray:
    matrix = np.zeros((n_rows, n_labels))
    matrix[entries.row, entries.column] = entries.weight
    return matrix


def assert_holds(entries: Entries, matrix: np.ndarray) -> None:
    """Compare entries with scipy's columns, those without entries left out."""
    theirs = sparse.csc_array(matrix)
    counts = np.diff(theirs.indptr)
    assert entries.columns.tolist() == np.flatnonzero(counts).tolist()
    assert entries.counts.tolist() == counts[counts > 0].tolist()
    assert entries.starts.tolist() == [0, *counts[counts > 0].cumsum().tolist()]
    assert entries.row.tolist() == theirs.indices.tolist()
    assert entries.weight.tolist() == theirs.data.tolist()
    assert entries.index.tolist() == np.repeat(np.arange((counts > 0).sum()), counts[counts > 0]).tolist()


def test_entries_are_the_columns_of_scipy(study):
    assert study.matrix.sum() > 30
    assert_holds(study.entries, study.matrix)


def test_columns_without_entries_are_left_out(make_study):
    study = make_study(counts=(0, 3, 0, 0, 9, 1, 0))
    assert study.entries.columns.tolist() == [1, 4, 5]
    assert_holds(study.entries, study.matrix)


def test_labels_of_a_row_may_stand_in_any_order(make_study):
    study = make_study()
    rows, flipped = study.rows, study.rows.labels.flip(0)
    offsets = (len(flipped) - rows.offsets).flip(0)
    upside_down = HeldOut(rows.dense, flipped, offsets, rows.weights.flip(0), rows.actual, rows.film)
    assert_holds(Entries.of(upside_down), study.matrix[::-1])


def test_rows_without_any_label_have_no_entries(make_rows):
    entries = Entries.of(make_rows(np.zeros((4, 3)), np.zeros((4, 1)), np.zeros(4)))
    assert len(entries.columns) == len(entries.row) == len(entries.weight) == 0
    assert entries.starts.tolist() == [0]


@pytest.mark.parametrize(("first", "stop"), [(0, 7), (2, 5), (6, 7), (0, 1)])
def test_a_part_is_what_the_columns_are_alone(study, first, stop):
    alone = np.zeros_like(study.matrix)
    alone[:, first:stop] = study.matrix[:, first:stop]
    assert_holds(study.entries.part(first, stop), alone)


def test_a_part_of_a_part_is_a_part(study):
    inner = study.entries.part(1, 6).part(2, 4)
    assert inner.columns.tolist() == [3, 4]
    np.testing.assert_array_equal(as_matrix(inner, 61, 7)[:, 3:5], study.matrix[:, 3:5])


@pytest.mark.parametrize("kept", [[True] * 7, [False, True, True, False, False, True, False]])
def test_only_keeps_whole_columns(study, kept):
    assert_holds(study.entries.only(torch.tensor(kept)), study.matrix * kept)


def test_find_says_which_entry_a_row_has(study):
    entries, n_rows = study.entries, len(study.matrix)
    index, row = (torch.from_numpy(each.ravel()) for each in np.indices((7, n_rows)))
    entry, has = entries.find(index, row, n_rows)
    assert 0 < has.sum() < len(has)
    assert has.tolist() == (study.matrix.T != 0).ravel().tolist()
    assert entries.weight[entry][has].tolist() == study.matrix.T[study.matrix.T != 0].tolist()
    assert entry.min() >= 0
    assert entry.max() < len(entries.row)


def test_distinct_weights_are_those_of_numpy(make_rows):
    random = np.random.default_rng(0)
    matrix = random.choice([0, 1, 0.5, 1 / 3**0.5, -0.5, -2, 1e-30], (50, 6)).astype(np.float32)
    entries = Entries.of(make_rows(matrix, np.zeros((50, 1)), np.zeros(50)))
    index, weight, count, which = entries.distinct()
    ours = sorted(zip(index.tolist(), weight.tolist(), count.tolist(), strict=True))
    theirs = [
        (column, float(value), int(n))
        for column in range(6)
        for value, n in zip(*np.unique(matrix[:, column], return_counts=True), strict=True)
        if value
    ]
    assert len(theirs) == 36
    assert ours == theirs
    assert torch.equal(index[which], entries.index)
    assert torch.equal(weight[which], entries.weight)


def test_a_column_is_even_where_its_weights_are_one(make_rows):
    matrix = np.array([[1, 0.5, 1, 0], [1, 0.5, 0.5, 0], [0, 0, 1, 0.7], [1, 0.5, 1, 0]])
    entries = Entries.of(make_rows(matrix, np.zeros((4, 1)), np.zeros(4)))
    assert entries.even.tolist() == [True, True, False, True]
    assert entries.part(1, 3).even.tolist() == [True, False]


def test_sums_are_by_column_and_in_float64(study):
    values = torch.linspace(0, 1, len(study.entries.row))
    theirs = np.bincount(study.entries.index, values.double(), minlength=7)
    assert study.entries.sums(values).tolist() == pytest.approx(theirs.tolist(), rel=1e-12)
    assert study.entries.sums(values).dtype == torch.float64


def test_small_values_count_beside_large_ones():
    values = torch.tensor([2.0**24, 1.0, 1.0, 5.0])
    assert float(values[:3].sum()) != 2**24 + 1
    assert sum_by(torch.tensor([2, 2, 2, 0]), values, 4).tolist() == [5, 0, 2**24 + 2, 0]


def test_films_of_a_column_are_counted_once_each(study):
    film = torch.arange(61) // 4
    rows = HeldOut(study.rows.dense, study.rows.labels, study.rows.offsets, study.rows.weights, study.rows.actual, film)
    theirs = pd.DataFrame(study.matrix != 0).groupby(film.numpy()).any().sum()
    assert theirs.tolist() != study.entries.counts.tolist()
    assert Entries.of(rows).films(rows).tolist() == theirs.tolist()
    assert Entries.of(rows).part(2, 5).films(rows).tolist() == theirs[2:5].tolist()


def test_where_no_row_of_several_has_a_label_no_film_is_counted(make_study):
    rows = make_study(counts=(0, 0, 0), rows_a_film=3).rows
    assert rows.n_films < rows.n_rows
    assert Entries.of(rows).films(rows).tolist() == []


def test_a_row_of_its_own_is_a_film(study):
    assert study.rows.n_films == study.rows.n_rows == 61
    assert study.entries.films(study.rows).tolist() == (study.matrix != 0).sum(0).tolist()


def test_sums_by_film_are_those_of_pandas(make_study):
    rows = make_study(rows_a_film=3).rows
    values = torch.randn(rows.n_rows, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    theirs = pd.DataFrame(values.numpy()).groupby(rows.film.numpy()).sum()
    assert theirs.shape == (61, 5)
    np.testing.assert_allclose(rows.by_film(values), theirs, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(rows.by_film(values[:, 0]), theirs[0], rtol=1e-12, atol=1e-12)


def test_each_entry_knows_its_row(study):
    assert (study.matrix == 0).all(1).any()
    assert study.rows.rows_of_entries().tolist() == np.nonzero(study.matrix)[0].tolist()


def test_rows_move_as_a_whole(study):
    moved = study.rows.to(torch.device("meta"))
    assert {getattr(moved, name).device.type for name in vars(moved)} == {"meta"}
