"""A first layer over several processes in three ways: whole in each, by FSDP, and by columns.

    torchrun --nproc_per_node 2 -m greenlight_films.benchmarks.sharding columns

Prints peak memory, seconds a step, and the sum of the losses, which must be the same for all three. Every process works
on all rows of a batch, as a layer by columns needs it.
"""

import argparse
import json
import resource
import time
from typing import Any, Literal

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import fully_shard
from torch.distributed.tensor import DTensor, Shard
from torch.nn import functional as F

Way = Literal["whole", "fsdp", "columns"]
N_ROWS, LABELS_A_ROW = 256, 10


class Sums(nn.Module):
    """The labels' part of the network's first layer: the sum of the labels' weight rows."""

    def __init__(self, weight: Tensor) -> None:
        super().__init__()
        self.weight = nn.Parameter(weight)

    def forward(self, labels: Tensor, offsets: Tensor) -> Tensor:
        """Return (n, width), whole on every process."""
        weight: Any = self.weight
        if not isinstance(weight, DTensor):
            return F.embedding_bag(labels, weight, offsets, mode="sum", include_last_offset=True)
        mine = F.embedding_bag(labels, weight.to_local(), offsets, mode="sum", include_last_offset=True)
        return DTensor.from_local(mine, weight.device_mesh, [Shard(1)]).full_tensor()


def _columns(n_labels: int, columns: range) -> Tensor:
    """Return initial weights of some columns, each from its own stream: no process needs those of another."""
    weight = torch.empty(n_labels, len(columns))
    for index, column in enumerate(columns):
        weight[:, index] = torch.randn(n_labels, generator=torch.Generator().manual_seed(column))
    return weight.mul_(0.02)


def layer(way: Way, n_labels: int, width: int) -> nn.Module:
    """Return a first layer, this process's part of it or all."""
    mesh = init_device_mesh("cpu", (dist.get_world_size(),))
    if way == "columns":
        own = width // mesh.size()
        first = own * mesh.get_rank()
        return Sums(DTensor.from_local(_columns(n_labels, range(first, first + own)), mesh, [Shard(1)]))
    whole = Sums(_columns(n_labels, range(width)))
    return fully_shard(whole, mesh=mesh) if way == "fsdp" else whole  # type: ignore[return-value]


def train(way: Way, n_labels: int, width: int, steps: int) -> dict[str, Any]:
    """Take steps of Adam on generated rows, and return the loss, seconds and peak memory."""
    sums = layer(way, n_labels, width)
    optimiser = torch.optim.Adam(sums.parameters(), lr=0.01, fused=True)
    stream, total, start = torch.Generator().manual_seed(1), 0.0, time.perf_counter()
    offsets = torch.arange(0, N_ROWS * LABELS_A_ROW + 1, LABELS_A_ROW)
    for _ in range(steps):
        labels = torch.randint(n_labels, (N_ROWS * LABELS_A_ROW,), generator=stream)
        loss = sums(labels, offsets).square().mean()
        loss.backward()
        if way == "whole":
            for weight in sums.parameters():
                dist.all_reduce(weight.grad, dist.ReduceOp.SUM)
                assert weight.grad is not None
                weight.grad /= dist.get_world_size()
        optimiser.step()
        optimiser.zero_grad()
        total += loss.item()
    return {
        "way": way,
        "process": dist.get_rank(),
        "loss": total,
        "seconds_a_step": round((time.perf_counter() - start) / steps, 2),
        "peak_gb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6, 2),
    }


def main() -> None:
    """Train in each way that is named, and print a line of JSON for each."""
    parser = argparse.ArgumentParser()
    parser.add_argument("ways", nargs="+", choices=("whole", "fsdp", "columns"), help="a single way, to see its memory")
    parser.add_argument("--labels", type=int, default=2_000_000)
    parser.add_argument("--width", type=int, default=64)
    parser.add_argument("--steps", type=int, default=3)
    options = parser.parse_args()
    torch.set_num_threads(1)
    dist.init_process_group("gloo")
    for way in options.ways:
        line = json.dumps(train(way, options.labels, options.width, options.steps))
        print(f"{line}\n", end="", flush=True)  # in one piece, for all processes print here
    dist.destroy_process_group()


if __name__ == "__main__":
    main()
