"""A first layer over several processes in three ways: whole in each, by FSDP, and by columns.

    torchrun --nproc_per_node 2 -m greenlight_films.benchmarks.sharding columns

Prints peak memory, seconds of CPU time a step, and the sum of the losses, which must be the same for all three. Each
process has its part of a batch's rows.
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

from greenlight_films.lightning_modules.column_shard import ColumnShard, drawn_table
from greenlight_films.lightning_modules.optimisers.row_gradients import dense_bag

Way = Literal["whole", "fsdp", "columns"]
N_ROWS, LABELS_A_ROW = 256, 10


class Sums(nn.Module):
    """The labels' part of the network's first layer: the sum of the labels' weight rows."""

    def __init__(self, weight: Tensor, shard: ColumnShard | None = None) -> None:
        super().__init__()
        self.weight, self.shard = nn.Parameter(weight), shard

    def forward(self, labels: Tensor, offsets: Tensor) -> Tensor:
        """Return (n, width), of this process's films."""
        films = (self.weight, labels, offsets, torch.ones(len(labels)))
        return dense_bag(*films) if self.shard is None else self.shard.bag(dense_bag, *films)


def layer(way: Way, n_labels: int, width: int) -> nn.Module:
    """Return a first layer, this process's part of it or all."""
    mesh, stream = init_device_mesh("cpu", (dist.get_world_size(),)), torch.Generator().manual_seed(0)
    shard = ColumnShard(mesh.get_rank(), mesh.size()) if way == "columns" else None
    sums = Sums(drawn_table(n_labels, width, 0.02, stream, shard), shard)
    return fully_shard(sums, mesh=mesh) if way == "fsdp" else sums  # type: ignore[return-value]


def train(way: Way, n_labels: int, width: int, steps: int) -> dict[str, Any]:
    """Take steps of Adam on generated rows, and return the loss, seconds of CPU time and peak memory."""
    sums = layer(way, n_labels, width)
    optimiser = torch.optim.Adam(sums.parameters(), lr=0.01, fused=True)
    stream, total, start = torch.Generator().manual_seed(1), torch.zeros(()), time.process_time()
    rank, size = dist.get_rank(), dist.get_world_size()
    offsets = torch.arange(0, N_ROWS // size * LABELS_A_ROW + 1, LABELS_A_ROW)
    for _ in range(steps):
        labels = torch.randint(n_labels, (size, N_ROWS // size * LABELS_A_ROW), generator=stream)[rank]
        loss = sums(labels, offsets).square().mean()
        loss.backward()
        if way == "whole":
            for weight in sums.parameters():
                dist.all_reduce(weight.grad, dist.ReduceOp.SUM)
                assert weight.grad is not None
                weight.grad /= dist.get_world_size()
        optimiser.step()
        optimiser.zero_grad()
        total += loss.detach()
    dist.all_reduce(total)
    return {
        "way": way,
        "process": rank,
        "loss": total.item() / size,
        "cpu_seconds_a_step": round((time.process_time() - start) / steps, 2),
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
