import numpy as np
import pandas as pd
import pytest
import torch

from greenlight_films.datamodules.batches import Batch, FilmLoader, FilmRows, SharedBatchSampler, film_loader
from greenlight_films.datamodules.encoder import EncodedFilms, FilmEncoder
from greenlight_films.datamodules.errors import InputError
from greenlight_films.datamodules.features import Number


@pytest.fixture
def encoded(films_frame, film_features) -> EncodedFilms:
    return FilmEncoder(film_features).fit_encode(films_frame, np.arange(150))


@pytest.fixture
def target(encoded) -> np.ndarray:
    return np.random.default_rng(0).normal(size=len(encoded.dense))


def assert_holds(batch: Batch, rows: list[int], encoded: EncodedFilms, target: np.ndarray) -> None:
    """Compare a batch with scipy's own rows, one by one."""
    assert batch.row.tolist() == rows
    assert len(batch.offsets) == len(rows) + 1
    assert batch.offsets[0] == 0
    assert batch.offsets[-1] == len(batch.labels) == len(batch.weights)
    for position, row in enumerate(rows):
        start, stop = batch.offsets[position : position + 2].tolist()
        theirs = encoded.labels[[row]]
        assert batch.labels[start:stop].tolist() == theirs.indices.tolist()
        assert batch.weights[start:stop].tolist() == theirs.data.tolist()
    assert batch.dense.tolist() == encoded.dense[rows].tolist()
    assert batch.target.tolist() == target[rows].astype(np.float32).tolist()


def test_an_epoch_goes_on_with_batches_of_the_same_size(encoded, target):
    films = FilmRows(encoded, target)
    samplers = [SharedBatchSampler(len(films), size, shuffle=False, seed=0) for size in (16, 16, 8)]
    loaders = [film_loader(films, sampler) for sampler in samplers]
    batches = iter(loaders[0])
    assert [next(batches).row[0] for _ in range(2)] == [0, 16]
    left = loaders[0].state_dict()
    loaders[1].load_state_dict(left)
    assert next(iter(loaders[1])).row.tolist() == list(range(32, 48))
    with pytest.raises(InputError, match="batch_size must be 16, got 8: training was stopped within an epoch; change"):
        loaders[2].load_state_dict(left)
    loaders[2].load_state_dict({**left, "batches": 0})
    assert next(iter(loaders[2])).row.tolist() == list(range(8))


@pytest.mark.parametrize("positions", [[0, 1, 2, 3], [202, 7, 90, 3, 4], [7], [90, 7, 202], [11, 11, 5], []])
def test_a_batch_holds_the_csr_rows(encoded, target, positions):
    assert np.diff(encoded.labels.indptr)[[7, 90, 202]].tolist() == [0, 0, 0]
    assert encoded.labels[[0]].nnz > 1
    assert_holds(FilmRows(encoded, target)[positions], positions, encoded, target)


def test_positions_count_among_the_chosen_rows(encoded, target):
    rows = np.array([5, 8, 7, 100])
    films = FilmRows(encoded, target, rows)
    assert len(films) == 4
    assert_holds(films[[3, 0, 2]], [100, 5, 7], encoded, target)


def test_types_are_those_of_the_network(encoded, target):
    kinds = [part.dtype for part in FilmRows(encoded, target)[[0, 1]]]
    assert kinds == [torch.int64, torch.float32, torch.int32, torch.int32, *3 * [torch.float32]]


def test_a_table_without_label_columns_gives_empty_bags():
    encoded = FilmEncoder([Number("year")]).fit_encode(pd.DataFrame({"year": [1990.0, 2000.0, np.nan]}), np.arange(3))
    batch = FilmRows(encoded, np.zeros(3))[[2, 0]]
    assert (batch.labels.tolist(), batch.offsets.tolist(), batch.dense.shape) == ([], [0, 0, 0], (2, 2))


def sampler(n_rows: int, batch_size: int = 1, *, seed: int = 1, epoch: int = 0, **given) -> SharedBatchSampler:
    batches = SharedBatchSampler(n_rows, batch_size, seed=seed, **given)
    batches.set_epoch(epoch)
    return batches


def order_of(batches: SharedBatchSampler) -> list[int]:
    return [row for batch in batches for row in batch]


@pytest.mark.parametrize(("batch_size", "sizes"), [(64, [64, 64, 64, 11]), (203, [203]), (500, [203]), (1, [1] * 203)])
def test_a_loader_gives_whole_batches_the_last_one_ragged(encoded, target, batch_size, sizes):
    loader = film_loader(FilmRows(encoded, target), sampler(203, batch_size, shuffle=False))
    batches = list(loader)
    assert all(isinstance(batch, Batch) for batch in batches)
    assert [len(batch.row) for batch in batches] == sizes
    assert len(loader) == len(sizes)
    assert_holds(batches[-1], list(range(203 - sizes[-1], 203)), encoded, target)


def test_orders_differ_between_epochs_and_seeds():
    pairs = [(seed, epoch) for seed in range(5) for epoch in range(5)]
    orders = {tuple(order_of(sampler(40, shuffle=True, seed=seed, epoch=epoch))) for seed, epoch in pairs}
    assert len(orders) == 25
    assert {tuple(sorted(order)) for order in orders} == {tuple(range(40))}


def test_seed_and_epoch_alone_give_the_order_and_the_global_stream_is_not_drawn_from():
    first = order_of(sampler(40, 7, shuffle=True, seed=7, epoch=3))
    torch.manual_seed(123)
    before = torch.get_rng_state()
    used = sampler(40, 11, shuffle=True, seed=7, epoch=0)
    list(used)
    used.set_epoch(3)
    assert first != list(range(40))
    assert order_of(used) == first
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("shuffle", [True, False])
@pytest.mark.parametrize("n_rows", [1, 2, 7, 12, 101])
@pytest.mark.parametrize("n_devices", [1, 2, 3])
def test_devices_together_have_the_batches_of_one(n_rows, n_devices, shuffle):
    alone = list(sampler(n_rows, 4, shuffle=shuffle, epoch=4))
    shares = [sampler(n_rows, 4, shuffle=shuffle, epoch=4, rank=rank, n_devices=n_devices) for rank in range(n_devices)]
    assert [len(share) for share in shares] == [len(alone)] * n_devices
    together = list(zip(*shares, strict=True))  # batch by batch
    assert [sorted(row for part in parts for row in part) for parts in together] == [sorted(batch) for batch in alone]
    assert all(max(map(len, parts)) - min(map(len, parts)) <= 1 for parts in together)
    assert sorted(row for batch in alone for row in batch) == list(range(n_rows))
    assert [shares[0].rows_of(batch) for batch in range(len(alone))] == [len(batch) for batch in alone]


def test_a_device_has_no_row_of_a_batch_smaller_than_there_are_devices(encoded, target):
    loader = film_loader(FilmRows(encoded, target), sampler(203, 101, shuffle=False, rank=2, n_devices=3))
    assert [len(batch.row) for batch in loader] == [33, 33, 0]


@pytest.mark.parametrize("n_workers", [0, 1])
def test_batches_of_a_large_table_are_read_ahead_and_go_on_in_the_middle_of_an_epoch(encoded, target, n_workers):
    def loader() -> FilmLoader:
        given = {"shuffle": True, "epoch": 2, "in_blocks": True}
        return film_loader(FilmRows(encoded, target), sampler(203, 10, **given), num_workers=n_workers)

    whole = list(loader())
    assert sorted(row for batch in whole for row in batch.row.tolist()) == list(range(203))
    expected = list(sampler(203, 10, shuffle=True, epoch=2, in_blocks=True))
    assert [batch.row.tolist() for batch in whole] == expected
    first = loader()
    batches = iter(first)
    for _ in range(4):
        next(batches)
    left = first.state_dict()
    assert left["batches"] == 4
    batches.close()
    rest = loader()
    rest.load_state_dict(left)
    assert [batch.row.tolist() for batch in rest] == expected[4:]


def test_what_a_thread_meets_is_raised_where_batches_are_taken(encoded, target):
    rows = FilmRows(encoded, target)
    rows.offsets = rows.offsets[:100]
    with pytest.raises(IndexError):
        list(film_loader(rows, sampler(203, 10, shuffle=False, in_blocks=True)))


def test_a_run_of_before_goes_on_in_its_own_order(encoded, target):
    loader = film_loader(FilmRows(encoded, target), sampler(203, 10, shuffle=True, in_blocks=True))
    loader.load_state_dict({"batches": 3, "batch_size": 10})
    assert [batch.row.tolist() for batch in loader] == list(sampler(203, 10, shuffle=True))[3:]
