"""Gradients by row are those of dense tables, over one process and several."""

from functools import partial

import pytest
import torch
import torch.distributed as dist
import torch.multiprocessing
from torch import nn

from greenlight_films.lightning_modules.optimisers.row_gradients import (
    coalesced,
    dense_bag,
    mean_of_processes,
    row_bag,
    with_dense_gradients,
)
from tests.processes import free_port

N_ROWS, WIDTH = 40, 6


def gradient_by(bag, seed: int = 0, n: int = 30, padding: int | None = None, times: int = 1) -> torch.Tensor:
    """Return the gradient of a table by a function of bags of its rows, of which some are empty."""
    table = nn.Parameter(torch.randn(N_ROWS, WIDTH, generator=torch.Generator().manual_seed(7)))
    for step in range(times):
        random = torch.Generator().manual_seed(seed + step)
        offsets = nn.functional.pad(torch.randint(0, 5, (n,), generator=random).cumsum(0), (1, 0)).int()
        rows = torch.randint(0, N_ROWS // 2, (int(offsets[-1]),), generator=random).int() * 2 + 1
        summed = bag(table, rows, offsets, torch.rand(len(rows), generator=random), padding)
        (summed.sin() @ torch.randn(WIDTH, generator=random)).sum().backward()
    assert table.grad is not None
    return table.grad


@pytest.mark.parametrize("padding", [None, 39])
@pytest.mark.parametrize("times", [1, 3])
def test_gradients_are_those_of_a_dense_table_and_accumulate(times, padding):
    expected = gradient_by(dense_bag, padding=padding, times=times)
    gradient = coalesced(gradient_by(row_bag, padding=padding, times=times))
    touched = expected.any(1).nonzero()[:, 0]
    assert 5 < len(touched) < N_ROWS
    assert gradient.is_coalesced()
    assert gradient.indices()[0].tolist() == touched.tolist()  # none but these, each once
    torch.testing.assert_close(gradient.to_dense(), expected)


def test_sums_are_those_of_a_dense_table():
    table, offsets, weights = torch.randn(5, 3), torch.tensor([0, 2, 2, 4]), torch.rand(4)
    rows = torch.tensor([1, 1, 4, 0])
    expected = torch.stack([(weights[:2, None] * table[1]).sum(0), torch.zeros(3), weights[2:] @ table[rows[2:]]])
    torch.testing.assert_close(row_bag(table, rows, offsets, weights), expected)


@pytest.mark.parametrize("n", [0, 3])
def test_films_without_labels_have_a_gradient_of_no_rows(n):
    table = nn.Parameter(torch.randn(4, 3))
    empty = torch.zeros(0, dtype=torch.int32)
    row_bag(table, empty, torch.zeros(n + 1, dtype=torch.int32), torch.zeros(0)).sum().backward()
    assert coalesced(table.grad).values().shape == (0, 3)


def test_norm_and_clipping_of_row_gradients_are_those_of_dense_ones():
    tables = [nn.Parameter(torch.zeros(N_ROWS, WIDTH)) for _ in range(4)]
    tables[0].grad, tables[1].grad = torch.full((N_ROWS, WIDTH), 0.3), coalesced(gradient_by(row_bag))
    tables[2].grad = tables[1].grad.to_dense()
    dense, expected = with_dense_gradients([*tables[:2], tables[3]]), [tables[0].grad.clone(), tables[2].grad]
    norm = torch.cat(expected).norm()
    assert [len(weight) for weight in dense] == [N_ROWS, len(tables[1].grad.indices()[0])]
    assert torch.nn.utils.clip_grad_norm_(dense, 1.0) == pytest.approx(norm) != 1
    for table, before in zip(tables, expected, strict=False):
        torch.testing.assert_close(table.grad.to_dense(), before / norm)


def exchange(rank: int, port: int, n: int, folder: str) -> None:
    torch.set_num_threads(1)
    dist.init_process_group("gloo", f"tcp://127.0.0.1:{port}", rank=rank, world_size=n)
    sizes = (30, 0, 8, 19)
    mean = mean_of_processes(gradient_by(row_bag, seed=rank, n=sizes[rank]), n)
    torch.save((mean.indices(), mean.values()), f"{folder}/{rank}.pt")
    dist.destroy_process_group()


def test_processes_get_the_mean_of_their_gradients_and_all_the_same(tmp_path):
    exchanging = partial(exchange, port=free_port(), n=4, folder=str(tmp_path))
    torch.multiprocessing.start_processes(exchanging, nprocs=4, start_method="fork")
    results = [torch.load(tmp_path / f"{rank}.pt") for rank in range(4)]
    for rank, (rows, values) in enumerate(results):
        assert torch.equal(rows, results[0][0]), rank
        assert torch.equal(values, results[0][1]), rank
    expected = sum(gradient_by(dense_bag, seed=rank, n=n) for rank, n in enumerate((30, 0, 8, 19))) / 4
    torch.testing.assert_close(
        torch.sparse_coo_tensor(*results[0], expected.shape, check_invariants=True).to_dense(), expected
    )
