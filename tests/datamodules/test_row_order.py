import numpy as np
import pytest
import torch

from greenlight_films.datamodules.row_order import BLOCK, WINDOW, BlockOrder, shuffled_rows

SIZE = BLOCK * WINDOW


def whole(order, n_rows: int) -> list[int]:
    return order[0:n_rows].tolist()


@pytest.mark.parametrize("n_rows", [1, 63, 64, 65, 1000, SIZE - 1, SIZE, SIZE + 1, 2 * SIZE, 2 * SIZE + 63, 50_000])
def test_each_row_comes_once(n_rows):
    assert sorted(whole(BlockOrder(n_rows, 1, 0), n_rows)) == list(range(n_rows))


@pytest.mark.parametrize("size", [1000, 4096, SIZE, 20_000])
def test_parts_are_those_of_the_whole_wherever_they_begin(size):
    n_rows = 3 * SIZE + 77
    order = whole(BlockOrder(n_rows, 3, 5), n_rows)
    for start in (0, size, 3 * size // 2, n_rows - size):
        assert BlockOrder(n_rows, 3, 5)[start : start + size].tolist() == order[start : start + size]
    again = BlockOrder(n_rows, 3, 5)
    assert torch.cat([again[start : start + size] for start in range(0, n_rows, size)]).tolist() == order


def test_a_window_reads_whole_blocks_from_all_over_the_table():
    n_rows = 40 * SIZE
    rows = BlockOrder(n_rows, 0, 0)[SIZE : 2 * SIZE].numpy()
    blocks, counts = np.unique(rows // BLOCK, return_counts=True)
    assert counts.tolist() == [BLOCK] * WINDOW
    assert abs(blocks.mean() / (n_rows / BLOCK) - 0.5) < 4 * (1 / 12 / WINDOW) ** 0.5  # of a uniform sample


def test_a_batch_is_spread_over_the_table_as_one_of_single_rows_is():
    n_rows = 400_000
    order = BlockOrder(n_rows, 0, 0)[0:n_rows][: n_rows // 256 * 256]
    means = order.double().reshape(-1, 256).mean(dim=1).numpy() / n_rows
    # Independent rows have 1 / 12 / 256; batches of whole blocks would have 64 times that.
    assert np.var(means) < 3 * (1 / 12 / 256)


@pytest.mark.parametrize("kind", [shuffled_rows, BlockOrder])
def test_orders_differ_between_seeds_and_epochs_and_draw_from_no_global_stream(kind):
    before = torch.get_rng_state()
    orders = {tuple(whole(kind(500, seed, epoch), 500)) for seed in range(3) for epoch in range(3)}
    assert len(orders) == 9
    assert torch.equal(torch.get_rng_state(), before)
