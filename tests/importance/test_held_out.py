from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from scipy import sparse

from greenlight_films.importance import Entering, Entries


@pytest.fixture(params=["one", "root"])
def study(make_study, request):
    return make_study(weights=request.param)


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


def test_columns_without_entries_are_left_out(make_study):
    study = make_study(counts=(0, 3, 0, 0, 9, 1, 0))
    assert study.entries.columns.tolist() == [1, 4, 5]
    assert_holds(study.entries, study.matrix)


def test_labels_of_a_row_may_stand_in_any_order(make_study):
    study = make_study()
    rows, flipped = study.rows, study.rows.labels.flip(0)
    offsets = (len(flipped) - rows.offsets).flip(0)
    upside_down = replace(rows, labels=flipped, offsets=offsets, weights=rows.weights.flip(0))
    assert_holds(Entries.of(upside_down), study.matrix[::-1])


def test_rows_without_any_label_have_no_entries(make_rows):
    entries = Entries.of(make_rows(np.zeros((4, 3))))
    assert len(entries.columns) == len(entries.row) == len(entries.weight) == 0
    assert entries.starts.tolist() == [0]


@pytest.mark.parametrize(("first", "stop"), [(0, 7), (2, 5), (6, 7), (0, 1)])
def test_a_part_is_what_the_columns_are_alone(study, first, stop):
    alone = np.zeros_like(study.matrix)
    alone[:, first:stop] = study.matrix[:, first:stop]
    assert_holds(study.entries.part(first, stop), alone)


@pytest.mark.parametrize("kept", [[True] * 7, [False, True, True, False, False, True, False]])
def test_only_keeps_whole_columns(study, kept):
    assert_holds(study.entries.only(torch.tensor(kept)), study.matrix * kept)


def test_a_label_enters_a_row_by_its_cells_rule_or_with_a_weight_of_its_own(make_rows):
    matrix = np.array([[1, 0.5, 1, 0], [1, 0.5, 0.5, 0], [0, 0, 1, 0.7], [1, 0.5, 1, 0]])
    rows = make_rows(matrix)
    entries, every_row = Entries.of(rows), torch.arange(4)
    own = entries.entering_table(every_row)
    assert {round(float(weight), 6) for weight in own[2]} == {0.5, 1.0}
    assert set(own[1].tolist()) == {0.5}
    rule = Entering(torch.tensor([0, 0, 1, 1]), torch.arange(8.0).view(4, 2))
    ruled = Entries.of(replace(rows, entering=rule))
    assert ruled.entering_table(every_row).T.tolist() == rule.weight[:, rule.cell].tolist()
    index, row = torch.tensor([3, 1]), torch.tensor([0, 3])
    assert ruled.entering(index, row).tolist() == [1, 6]
    assert entries.exact.tolist() == [True, True, False, True]
    assert ruled.exact.all()


def test_a_column_is_even_where_its_weights_are_one(make_rows):
    matrix = np.array([[1, 0.5, 1, 0], [1, 0.5, 0.5, 0], [0, 0, 1, 0.7], [1, 0.5, 1, 0]])
    entries = Entries.of(make_rows(matrix))
    assert entries.even.tolist() == [True, True, False, True]
    assert entries.part(1, 3).even.tolist() == [True, False]


def test_films_of_a_column_are_counted_once_each(study):
    assert study.entries.films().tolist() == (study.matrix != 0).sum(0).tolist()  # each row is a film
    film = torch.arange(61) // 4
    rows = replace(study.rows, film=film)
    theirs = pd.DataFrame(study.matrix != 0).groupby(film.numpy()).any().sum()
    assert theirs.tolist() != study.entries.counts.tolist()
    assert Entries.of(rows).films().tolist() == theirs.tolist()
    assert Entries.of(rows).part(2, 5).films().tolist() == theirs[2:5].tolist()


@pytest.mark.parametrize("weights", ["one", "root"])
def test_columns_can_stand_by_how_many_rows_carry_them(make_study, weights):
    rows = make_study(counts=(20, 1, 45, 7, 7, 60), weights=weights, seed=1).rows
    usual, by_count = Entries.of(rows), Entries.of(rows, by_count=True)
    assert by_count.columns.tolist() == [1, 3, 4, 0, 2, 5]
    assert by_count.counts.tolist() == [1, 7, 7, 20, 45, 60]
    for index, column in enumerate(by_count.columns.tolist()):
        part, same = by_count.part(index, index + 1), usual.part(column, column + 1)
        assert torch.equal(part.row, same.row)
        assert torch.equal(part.weight, same.weight)


def test_sums_of_weights_are_those_of_the_entries(make_study):
    for weights in ("one", "root"):
        study = make_study(weights=weights, seed=1)
        first, second = study.entries.sums_of_weights
        assert first.tolist() == pytest.approx(study.matrix.sum(0).tolist(), rel=1e-6)
        assert second.tolist() == pytest.approx((study.matrix**2).sum(0).tolist(), rel=1e-6)
