"""A table of weights over several processes: each has some columns of all rows, and sums them for all films."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from threading import Lock
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor
from torch.nn import functional as F
from torch.optim import Optimizer

from greenlight_films.lightning_modules.optimisers.row_gradients import dense_bag, gathered, of_processes

BLOCK_ROWS = 65_536  # of a table, that are drawn or sent at a time
DONE = -1  # in place of a number of films, by a process that has no more
_ONE_AT_A_TIME = Lock()  # threads of a process whose exchanges would mix

Bag = Callable[[Tensor, Tensor, Tensor, Tensor, int | None], Tensor]


@dataclass(frozen=True)
class ColumnShard:
    """The columns of a table that a process has: an equal part of those of each member.

    Args:
        rank: of the process.
        size: the number of processes.
        members: networks whose columns stand side by side in the table.
    """

    rank: int
    size: int
    members: int = 1

    def own(self, whole: Tensor) -> Tensor:
        """Return this process's columns of a whole table, (n_rows, width), as a table in new memory."""
        return torch.unflatten(whole, 1, (self.members, self.size, -1))[:, :, self.rank].flatten(1).clone()

    def whole(self, table: Tensor, keep: bool = True) -> Tensor:
        """Return the table whole, (n_rows, width), on the CPU, in all processes, which must all call this.

        A process that doesn't keep it gets its own columns back, and needs no memory but for a block of rows.
        """
        result = torch.empty(len(table), table.shape[1] * self.size, dtype=table.dtype) if keep else table
        for rows in row_blocks(len(table)):
            block = table[rows].to(_device()).contiguous()
            parts = [torch.empty_like(block) for _ in range(self.size)]
            dist.all_gather(parts, block)
            if keep:
                result[rows] = self._side_by_side(torch.stack(parts)).cpu()
        return result

    def bag(
        self, bag: Bag, table: Tensor, rows: Tensor, offsets: Tensor, weights: Tensor, padding: int | None = None
    ) -> Tensor:
        """Return what `bag` would of the whole table, (n, width), for this process's films.

        Each process sums its columns for the films of all, and an all-to-all gives each the sums of its own films. The
        gradient of the table is the mean over processes, as DDP makes it, and needs no exchange. All processes must
        call this as often, or `answer` the others.
        """
        rows, offsets, weights = rows.int(), offsets.int(), weights.float()  # alike in all processes
        with _ONE_AT_A_TIME:
            n_films = of_processes(len(offsets) - 1, offsets, self.size)
            parts = self._bag(bag, table, rows, offsets, weights, padding, n_films)
        return self._side_by_side(torch.unflatten(parts, 0, (self.size, len(offsets) - 1)))

    @torch.no_grad()
    def answer(self, table: Tensor, padding: int | None = None) -> None:
        """Sum own columns for the films of other processes that call `bag`, until all processes have come here."""
        none, weights = (torch.zeros(0, dtype=dtype, device=table.device) for dtype in (torch.int32, torch.float32))
        while True:
            n_films = of_processes(DONE, none, self.size)
            if max(n_films) == DONE:
                return
            self._bag(dense_bag, table, none, none.new_zeros(1), weights, padding, n_films)

    def _bag(
        self,
        bag: Bag,
        table: Tensor,
        rows: Tensor,
        offsets: Tensor,
        weights: Tensor,
        padding: int | None,
        n_films: list[int],
    ) -> Tensor:
        """Return the sums that each process made for this process's films, (size * n, own width), one after another."""
        n_films = [max(number, 0) for number in n_films]
        counts = gathered(offsets.diff(), n_films)
        n_labels = [int(part.sum()) for part in torch.split(counts, n_films)]
        all_offsets = F.pad(counts.cumsum(0), (1, 0)).to(offsets.dtype)
        of_all = bag(table, gathered(rows, n_labels), all_offsets, gathered(weights, n_labels), padding)
        parts: Tensor = _Exchange.apply(of_all, n_films, self)  # type: ignore[no-untyped-call]
        return parts

    def rows_of_all(self, rows: Tensor) -> Tensor:
        """Return the rows that the films of all processes name, of each process in turn, (n,)."""
        return gathered(rows, of_processes(len(rows), rows, self.size))

    def summed(self, values: Tensor) -> Tensor:
        """Return the sums of values over processes, of the same shape."""
        values = values.clone()
        dist.all_reduce(values)
        return values

    def _side_by_side(self, parts: Tensor) -> Tensor:
        """Return the columns of all processes, (size, n, own width), as the whole table has them, (n, width)."""
        by_member = torch.unflatten(parts, 2, (self.members, -1))
        return by_member.permute(1, 2, 0, 3).flatten(1)


class _Exchange(torch.autograd.Function):
    """Sums of own columns for all films become all processes' sums of own films, process after process."""

    @staticmethod
    def forward(ctx: Any, of_all: Tensor, n_films: list[int], shard: ColumnShard) -> Tensor:
        ctx.n_films, ctx.own = n_films, [n_films[shard.rank]] * shard.size
        return _all_to_all(of_all, ctx.n_films, ctx.own)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        return _all_to_all(gradients[0], ctx.own, ctx.n_films).div_(len(ctx.own)), None, None


def row_blocks(n_rows: int) -> Iterator[slice]:
    """Yield the blocks of a table's rows in turn.

    All have `BLOCK_ROWS` or more rows, for torch draws fewer than 16 normal numbers in another way.
    """
    n_blocks = max(n_rows // BLOCK_ROWS, 1)
    for index in range(n_blocks):
        yield slice(index * BLOCK_ROWS, n_rows if index == n_blocks - 1 else (index + 1) * BLOCK_ROWS)


def drawn_table(n_rows: int, width: int, std: float, generator: torch.Generator, shard: ColumnShard | None) -> Tensor:
    """Return normal numbers, (n_rows, width), or this process's columns of them, which are the same numbers."""
    if shard is None:
        return torch.empty(n_rows, width).normal_(std=std, generator=generator)
    table = torch.empty(n_rows, width // shard.size)
    alone = ColumnShard(shard.rank, shard.size)  # a member's table
    for rows in row_blocks(n_rows):
        block = torch.empty(rows.stop - rows.start, width).normal_(std=std, generator=generator)
        table[rows] = alone.own(block)
    return table


def keep_weights_whole(layer: Any) -> None:
    """Let `label_weight` of a layer that may have a `shard` be whole in its state dict, in the first process.

    All processes must call `state_dict` together. What is loaded is whole in all of them.
    """
    layer.register_state_dict_post_hook(_save_whole)
    layer.register_load_state_dict_pre_hook(_load_own)


def _save_whole(layer: Any, state: dict[str, Any], prefix: str, metadata: Any) -> None:
    if layer.shard is not None:
        whole = layer.shard.whole(state[f"{prefix}label_weight"], keep=layer.shard.rank == 0)
        state[f"{prefix}label_weight"] = whole


def _load_own(layer: Any, state: dict[str, Any], prefix: str, *options: Any) -> None:
    if layer.shard is not None:
        state[f"{prefix}label_weight"] = layer.shard.own(state[f"{prefix}label_weight"])


def keep_state_whole(optimiser: Optimizer, table: Tensor, shard: ColumnShard) -> None:
    """Let the state of a table's columns be whole in the optimiser's state dict, as `keep_weights_whole` does."""
    tables = [weight for group in optimiser.param_groups for weight in group["params"]]
    index = next(index for index, weight in enumerate(tables) if weight is table)

    def converted(state: dict[str, Any], convert: Callable[[Tensor], Tensor]) -> dict[str, Any]:
        of_table = {
            name: convert(value) if isinstance(value, Tensor) and value.ndim == 2 and name != "moment" else value
            for name, value in state["state"].get(index, {}).items()
        }  # of each row there is one `moment`, the same in all processes
        return {**state, "state": {**state["state"], **({index: of_table} if of_table else {})}}

    optimiser.register_state_dict_post_hook(
        lambda _, state: converted(state, lambda value: shard.whole(value, keep=shard.rank == 0))
    )
    optimiser.register_load_state_dict_pre_hook(lambda _, state: converted(state, shard.own))


def _all_to_all(values: Tensor, sent: list[int], received: list[int]) -> Tensor:
    result = values.new_empty(sum(received), values.shape[1])
    dist.all_to_all_single(result, values.contiguous(), received, sent)
    return result


def _device() -> torch.device:
    """Return the device that processes exchange tensors on."""
    return torch.device("cuda", torch.cuda.current_device()) if dist.get_backend() == "nccl" else torch.device("cpu")
