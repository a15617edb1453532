"""A first layer over several processes in three ways: whole in each, by FSDP, and by columns.

    torchrun --nproc_per_node 2 -m benchmarks.sharding columns

Prints peak memory, seconds a step, and a sum of losses that must be the same for all three. Every process has all rows
of a batch by columns and whole; that is what a layer by columns needs.
"""

import argparse
import json
import resource
import sys
import time
from collections.abc import Callable
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
    """The labels' part of the network's first layer: the sum of one weight row a label."""

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


def _columns(n_labels: int, first: int, behind: int) -> Tensor:
    """Return initial weights of some columns, each from its own stream, so that no process makes those of another."""
    weight = torch.empty(n_labels, behind - first)
    for place in range(first, behind):
        weight[:, place - first] = torch.randn(n_labels, generator=torch.Generator().manual_seed(place))
    return weight.mul_(0.02)


def layer(way: Way, n_labels: int, width: int) -> nn.Module:
    """Return a first layer, this process's part of it or all."""
    mesh = init_device_mesh("cpu", (dist.get_world_size(),))
    if way == "columns":
        own = width // mesh.size()
        first = own * mesh.get_rank()
        return Sums(DTensor.from_local(_columns(n_labels, first, first + own), mesh, [Shard(1)]))
    whole = Sums(_columns(n_labels, 0, width))
    return fully_shard(whole, mesh=mesh) if way == "fsdp" else whole  # type: ignore[return-value]


def train(way: Way, n_labels: int, width: int, steps: int) -> dict[str, Any]:
    """Take steps of Adam on made rows, and tell what they took."""
    made = layer(way, n_labels, width)
    optimiser = torch.optim.Adam(made.parameters(), lr=0.01, fused=True)
    stream, total, start = torch.Generator().manual_seed(1), 0.0, time.perf_counter()
    offsets = torch.arange(0, N_ROWS * LABELS_A_ROW + 1, LABELS_A_ROW)
    for _ in range(steps):
        labels = torch.randint(n_labels, (N_ROWS * LABELS_A_ROW,), generator=stream)
        loss = made(labels, offsets).square().mean()
        loss.backward()
        if way == "whole":
            for weight in made.parameters():
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


def say_line(text: str) -> None:
    """Print a line in one piece, since all processes write to one place."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main(say: Callable[[str], None] = say_line) -> None:
    """Run ways in turn."""
    parser = argparse.ArgumentParser()
    parser.add_argument("ways", nargs="+", choices=("whole", "fsdp", "columns"), help="one, to see its memory")
    parser.add_argument("--labels", type=int, default=2_000_000)
    parser.add_argument("--width", type=int, default=64)
    parser.add_argument("--steps", type=int, default=3)
    given = parser.parse_args()
    torch.set_num_threads(1)
    dist.init_process_group("gloo")
    for way in given.ways:
        say(json.dumps(train(way, given.labels, given.width, given.steps)))
    dist.destroy_process_group()


if __name__ == "__main__":
    main()
