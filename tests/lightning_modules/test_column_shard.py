"""A table shared out over processes by column: the numbers of a whole one, in sums, gradients and states."""

from functools import partial
from itertools import pairwise

import pytest
import torch
import torch.distributed as dist
import torch.multiprocessing
from torch import nn

from greenlight_films.lightning_modules import column_shard
from greenlight_films.lightning_modules.additive_mlp import AdditiveMLP
from greenlight_films.lightning_modules.column_shard import ColumnShard, drawn_table, row_blocks
from greenlight_films.lightning_modules.optimisers.choice import build_optimiser
from greenlight_films.lightning_modules.optimisers.row_gradients import mean_of_processes
from tests.processes import free_port

N_FILMS, N_LABELS = (5, 0, 3, 1), 40
SETTINGS = {"learning_rate": 0.01, "first_weight_decay": 0.1, "tail_weight_decay": 0.0, "members": 2}


@pytest.mark.parametrize("n_rows", [0, 1, 5, 31, 32, 33, 1000])
def test_blocks_are_all_rows_in_turn_and_none_is_small(n_rows, monkeypatch):
    monkeypatch.setattr(column_shard, "BLOCK_ROWS", 16)
    ends = [0, *(rows.stop for rows in row_blocks(n_rows))]
    assert [rows.start for rows in row_blocks(n_rows)] == ends[:-1]
    assert ends[-1] == n_rows
    assert all(end - start >= min(16, n_rows) for start, end in pairwise(ends))


@pytest.mark.parametrize(("n_rows", "width"), [(100, 4), (99, 12), (7, 4), (1, 4), (50, 20)])
def test_columns_are_drawn_as_those_of_a_whole_table_and_the_stream_goes_on_alike(n_rows, width, monkeypatch):
    monkeypatch.setattr(column_shard, "BLOCK_ROWS", 16)
    streams = [torch.Generator().manual_seed(3) for _ in range(3)]
    whole = drawn_table(n_rows, width, 0.02, streams[2], None)
    parts = [drawn_table(n_rows, width, 0.02, stream, ColumnShard(rank, 2)) for rank, stream in enumerate(streams[:2])]
    assert torch.equal(torch.cat(parts, 1), whole)
    assert len({float(torch.rand(1, generator=stream)) for stream in streams}) == 1


def network_of(seed: int, shard: ColumnShard | None) -> AdditiveMLP:
    return AdditiveMLP(2, N_LABELS, [8, 4], seed=seed, members=2, label_runs=[N_LABELS - 3, 3], shard=shard)


def loss_of(network: AdditiveMLP, rank: int, step: int) -> torch.Tensor:
    """Return the summed loss of some random films of a process."""
    n, random = N_FILMS[rank], torch.Generator().manual_seed(100 * step + rank)
    offsets = nn.functional.pad(torch.randint(0, 5, (n,), generator=random).cumsum(0), (1, 0)).int()
    labels = torch.randint(0, N_LABELS, (int(offsets[-1]),), generator=random).int()
    weights = torch.rand(len(labels), generator=random)
    each = network.each(torch.randn(n, 2, generator=random), labels, offsets, weights)
    decay = torch.full((len(network.first.label_weight),), 0.01)
    return each.square().sum() + network.first.penalty(decay, labels)


def trained_alone(name: str) -> AdditiveMLP:
    network = network_of(1, None)
    network.first.row_gradients = name != "adamw"
    optimiser = build_optimiser(network, name, SETTINGS, fused=False)
    for step in range(4):
        optimiser.zero_grad()
        for rank in range(4):
            loss_of(network, rank, step).backward()
        optimiser.step()
    return network


def train(rank: int, port: int, n: int, folder: str, name: str) -> None:
    """Be a process that trains, which after two steps goes on from the saved state of the one before."""
    torch.set_num_threads(1)
    dist.init_process_group("gloo", f"tcp://127.0.0.1:{port}", rank=rank, world_size=n)
    shard, states = ColumnShard(rank, n, members=2), None
    for step in range(4):
        if step % 2 == 0:
            network = network_of(1 if states is None else 2, shard)
            network.first.row_gradients = name != "adamw"
            optimiser = build_optimiser(network, name, SETTINGS, fused=False)
            if states is not None:
                network.load_state_dict(states[0])
                optimiser.load_state_dict(states[1])
        optimiser.zero_grad()
        for part in range(rank, 4, n):
            (loss_of(network, part, step) * n).backward()
        table = network.first.label_weight
        for weights in network.parameters():
            if weights is not table:
                dist.all_reduce(weights.grad)
                weights.grad /= n
        if network.first.row_gradients:
            table.grad = mean_of_processes(table.grad, 1)
        optimiser.step()
        saved = [(network.state_dict(), optimiser.state_dict())]
        dist.broadcast_object_list(saved)  # the first process has them whole
        states = saved[0]
    torch.save(states[0], f"{folder}/{rank}.pt")
    dist.destroy_process_group()


@pytest.mark.slow
@pytest.mark.parametrize("n", [2, 4])
@pytest.mark.parametrize("name", ["adamw", "rowwise_adagrad", "rowwise_adam"])
def test_processes_with_columns_train_as_one_with_all_and_go_on_from_whole_states(tmp_path, name, n):
    expected = trained_alone(name).state_dict()
    training = partial(train, port=free_port(), n=n, folder=str(tmp_path), name=name)
    torch.multiprocessing.start_processes(training, nprocs=n, start_method="fork")
    drawn = network_of(1, None).state_dict()
    for rank in range(n):
        state = torch.load(tmp_path / f"{rank}.pt")
        for key, weights in expected.items():
            assert not torch.equal(weights, drawn[key]), key
            torch.testing.assert_close(state[key], weights, msg=f"{key} {rank}", rtol=0, atol=1e-6)
