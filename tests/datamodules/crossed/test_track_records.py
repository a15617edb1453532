"""Records of labels, held against loops over films."""

import numpy as np
import pytest

from greenlight_films.datamodules.crossed.drawings import Drawings
from greenlight_films.datamodules.crossed.label_cells import Cells
from greenlight_films.datamodules.crossed.track_records import MEMORY, earlier_records, shrinkage, track_records

N_LABELS = 9


@pytest.fixture
def lists() -> list[list[int]]:
    random = np.random.default_rng(1)
    return [random.choice(8, size=random.integers(0, 5), replace=False).tolist() for _ in range(40)]  # 8 has no film


@pytest.fixture
def residual() -> np.ndarray:
    values = np.random.default_rng(2).normal(size=40)
    return values - values.mean()


def cells_of(lists: list[list[int]]) -> Cells:
    offsets = np.concatenate(([0], np.cumsum([len(labels) for labels in lists])))
    return Cells(offsets, np.array([label for labels in lists for label in labels], dtype=np.int32), N_LABELS)


def inputs_of(record: float, films: int) -> np.ndarray:
    return np.array([record, max(record, 0) ** 2, min(record, 0) ** 2, np.log1p(films), films > 0])


def test_a_rows_records_are_sums_over_films_outside_its_fold_by_the_weights_of_its_cell(lists, residual):
    film = np.arange(40) // 2  # two rows each
    drawings = Drawings.of_films(film, n_folds=5, n_drawings=2, seed=3)
    cells = cells_of(lists)
    mixed = shrinkage(cells, residual)
    of_labels, crossed = track_records(cells, residual, film, drawings)
    for drawing, fold in enumerate(drawings.fold):
        for row, labels in enumerate(lists):
            expected = np.zeros(5)
            for label in labels:
                outside = [i for i in range(40) if label in lists[i] and fold[i] != fold[row]]
                others = [i for i in range(40) if label in lists[i] and film[i] != film[row]]
                record = residual[outside].sum() / (len(outside) + mixed)
                expected += inputs_of(record, len(others)) / np.sqrt(len(labels))
            assert crossed[drawing, row] == pytest.approx(expected)
    for label in range(N_LABELS):
        films = [i for i in range(40) if label in lists[i]]
        assert of_labels[label] == pytest.approx(inputs_of(residual[films].sum() / (len(films) + mixed), len(films)))


def test_a_rows_own_target_is_in_none_of_its_records_nor_that_of_its_film(lists, residual):
    film = np.arange(40) // 2
    drawings = Drawings.of_films(film, n_folds=5, n_drawings=2, seed=3)
    changed = residual.copy()
    changed[[6, 7]] += 100
    cells = cells_of(lists)
    mixed = shrinkage(cells, residual)
    with pytest.MonkeyPatch.context() as patch:  # how much is mixed in is of all films together
        patch.setattr("greenlight_films.datamodules.crossed.track_records.shrinkage", lambda *_: mixed)
        before, after = (track_records(cells, target, film, drawings)[1] for target in (residual, changed))
        assert before[:, [6, 7]] == pytest.approx(after[:, [6, 7]])
        assert not np.allclose(before, after)
        year = np.random.default_rng(4).integers(1980, 1990, 20)[film]
        before, after = (earlier_records(cells, target, film, year)[1] for target in (residual, changed))
        assert before[:, year <= year[6]] == pytest.approx(after[:, year <= year[6]])
        assert not np.allclose(before, after)


def test_under_a_split_by_time_records_are_of_earlier_years_and_fade(lists, residual):
    year = np.random.default_rng(4).integers(1980, 1990, 40)
    cells = cells_of(lists)
    mixed = shrinkage(cells, residual)
    of_labels, (crossed,) = earlier_records(cells, residual, np.arange(40), year)

    def record(label: int, as_of: int) -> np.ndarray:
        films = [i for i in range(40) if label in lists[i] and year[i] < as_of]
        weights = np.exp(-(as_of - year[films]) / MEMORY)
        return inputs_of((weights * residual[films]).sum() / (weights.sum() + mixed), len(films))

    for row, labels in enumerate(lists):
        expected = sum((record(label, year[row]) for label in labels), np.zeros(5)) / np.sqrt(max(len(labels), 1))
        assert crossed[row] == pytest.approx(expected)
    for label in range(N_LABELS):
        assert of_labels[label] == pytest.approx(record(label, int(year.max()) + 1))


def test_a_label_of_a_single_film_gives_that_film_no_record():
    cells, film = cells_of([[0], [1], [1]]), np.arange(3)
    residual = np.array([2.0, -1.0, -1.0])
    _, crossed = track_records(cells, residual, film, Drawings.of_films(film, 3, 2))
    assert (crossed[:, 0] == 0).all()
    assert (crossed[:, 1:, 0] < 0).all()
    _, earlier = earlier_records(cells, residual, film, np.array([3, 1, 2]))
    assert (earlier[0, :2] == 0).all()
    assert earlier[0, 2, 0] < 0


def test_what_is_mixed_in_recovers_the_variances_of_drawn_labels():
    random = np.random.default_rng(5)
    codes = np.repeat(np.arange(3000), 4).astype(np.int32)
    cells = Cells(np.arange(len(codes) + 1), codes, 3000)
    drawn = random.normal(0, 0.5, 3000)[codes] + random.normal(0, 1, len(codes))
    assert shrinkage(cells, drawn) == pytest.approx(4, rel=0.15)
    assert shrinkage(cells, random.normal(size=len(codes))) > 15  # nothing between labels
    assert shrinkage(Cells(np.arange(4), np.arange(3, dtype=np.int32), 3), np.ones(3)) == 50


def test_records_that_leave_out_a_film_at_a_time_are_of_all_its_labels_other_films(lists, residual):
    film = np.arange(40) // 2
    cells = cells_of(lists)
    mixed = shrinkage(cells, residual)
    of_labels, (crossed,) = track_records(cells, residual, film, Drawings.leave_one_out(film))
    for row, labels in enumerate(lists):
        others = [[i for i in range(40) if label in lists[i] and film[i] != film[row]] for label in labels]
        parts = [inputs_of(residual[films].sum() / (len(films) + mixed), len(films)) for films in others]
        assert crossed[row] == pytest.approx(np.sum(parts, axis=0) / np.sqrt(len(labels)) if labels else np.zeros(5))
    ten_folds, _ = track_records(cells, residual, film, Drawings.of_films(film, 10))
    assert of_labels == pytest.approx(ten_folds)


def test_leaving_out_a_film_at_a_time_takes_memory_by_labels_present():
    film = np.arange(60000)
    cells = Cells(np.arange(60001), (film // 2).astype(np.int32), 40000)  # 2.4 billion pairs of label and film
    _, crossed = track_records(cells, np.ones(60000), film, Drawings.leave_one_out(film))
    assert crossed[0, :, 3] == pytest.approx(np.log(2))


def test_rows_without_a_number_count_for_no_label_and_have_records_of_others(lists, residual):
    film, year = np.arange(40) // 2, np.random.default_rng(4).integers(1980, 1990, 20)[np.arange(40) // 2]
    residual[::3] = np.nan
    known = [i for i in range(40) if i % 3]
    cells, drawings = cells_of(lists), Drawings.of_films(film, n_folds=5, n_drawings=2, seed=3)
    mixed = shrinkage(cells, residual)
    assert mixed == shrinkage(cells_of([lists[i] for i in known]), residual[known])
    of_labels, crossed = track_records(cells, residual, film, drawings)
    of_years, (earlier,) = earlier_records(cells, residual, film, year)

    def before(label: int, as_of: int) -> np.ndarray:
        films = [i for i in known if label in lists[i] and year[i] < as_of]
        weights = np.exp(-(as_of - year[films]) / MEMORY)
        return inputs_of((weights * residual[films]).sum() / (weights.sum() + mixed), len(films))

    for row, labels in enumerate(lists):
        expected, of_earlier = np.zeros(5), np.zeros(5)
        for label in labels:
            outside = [i for i in known if label in lists[i] and drawings.fold[1, i] != drawings.fold[1, row]]
            others = [i for i in known if label in lists[i] and film[i] != film[row]]
            record = residual[outside].sum() / (len(outside) + mixed)
            expected += inputs_of(record, len(others)) / np.sqrt(len(labels))
            of_earlier += before(label, year[row]) / np.sqrt(len(labels))
        assert crossed[1, row] == pytest.approx(expected)
        assert earlier[row] == pytest.approx(of_earlier)
    for label in range(N_LABELS):
        films = [i for i in known if label in lists[i]]
        assert of_labels[label] == pytest.approx(inputs_of(residual[films].sum() / (len(films) + mixed), len(films)))
        assert of_years[label] == pytest.approx(before(label, int(year.max()) + 1))
