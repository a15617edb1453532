"""`Estimator`: the settings of a measurement; `tasks_of` cuts the label columns into tasks that fit into memory."""

from dataclasses import dataclass
from math import ceil
from typing import Literal

import torch
from torch import Tensor

from greenlight_films.importance.held_out import Entries
from greenlight_films.importance.streams import child

BYTES_AN_UPDATE = 128  # the row, column, weight, loss and random numbers of one predicted row
MANY_TASKS, LARGER = 128, 4  # of more tasks each is larger: Python's part of small ones would be a tenth of the time


SHUFFLED = 100_000  # rows, in all shuffles of a column together


def enough_shuffles(n_rows: int) -> int:
    """Return how many shuffles of a column without a closed form are enough: 20, of more than 5,000 rows fewer.

    However many rows there are, the choice of rows adds to the variance of an importance some four times as much as 5
    shuffles do, the fewest, and twenty times as much as 20.

    >>> [enough_shuffles(n_rows) for n_rows in (100, 5_000, 10_000, 1_000_000)]
    [20, 20, 10, 5]
    """
    return min(max(SHUFFLED // n_rows, 5), 20)


@dataclass(frozen=True)
class Estimator:
    """How importances are estimated.

    Attributes:
        kind: `expected`: the mean over all shuffles, in closed form. `shuffle`: over some shuffles.
        n_repeats: shuffles of each feature; with `expected`, of those that have no closed form.
        off_rows: for `expected`, how many of the rows without a label are looked at, or all; as many as carry the label
            where that is more. Where labels are very many, `OffRowPlan` decides.
        tests: whether p-values and intervals of labels are computed too.
        seed: of the shuffles and of the sample.
        byte_budget: working memory of a thread for the rows that it lists at once; four times it where tasks are many.
    """

    kind: Literal["expected", "shuffle"] = "expected"
    n_repeats: int = 2
    off_rows: int | Literal["all"] = 16
    seed: int = 0
    byte_budget: int = 8 * 2**20
    tests: bool = True

    @property
    def updates_at_once(self) -> int:
        """Return for how many rows the byte budget is enough."""
        return max(1, self.byte_budget // BYTES_AN_UPDATE)

    def off_counts(self, counts: Tensor, n_rows: int) -> Tensor:
        """Return how many rows without a label are looked at, (n,), from how many rows carry it."""
        without = n_rows - counts
        return without if self.off_rows == "all" else torch.clamp(counts, min=self.off_rows).minimum(without)

    def streams(self, keys: Tensor) -> Tensor:
        """Return the random streams of features from their keys, both int64 of any shape."""
        return child(child(torch.tensor(self.seed, device=keys.device), 0), keys)


@dataclass(frozen=True)
class Task:
    """Work that is done in one call: label columns `Entries.columns[first:stop]`, or sets by their indices.

    Attributes:
        updates: about how many rows go through the model's tail.
    """

    kind: Literal["values", "sets"]
    first: int
    stop: int
    updates: int


def tasks_of(entries: Entries, off_counts: Tensor, estimator: Estimator) -> list[Task]:
    """Cut label columns into equal tasks within the byte budget, or four times it; the same ones on every device.

    A column that alone needs more than the budget is a task of its own.

    Args:
        off_counts: (n_columns,), for `expected`, how many rows without each column are looked at.
    """
    counts = entries.counts
    updates = counts * (1 + estimator.n_repeats) if estimator.kind == "shuffle" else counts + off_counts
    spent = updates.cumsum(0)
    if not len(spent):
        return []
    total, budget = int(spent[-1]), estimator.updates_at_once
    if total > MANY_TASKS * budget:
        budget *= LARGER
    enough = ceil(total / ceil(total / budget))
    tasks: list[Task] = []
    first, before = 0, 0
    while first < len(spent):
        reached = int(torch.searchsorted(spent, before + enough)) + 1
        fits = int(torch.searchsorted(spent, before + budget, right=True))
        stop = max(min(reached, fits), first + 1)
        tasks.append(Task("values", first, stop, int(spent[stop - 1]) - before))
        first, before = stop, int(spent[stop - 1])
    return tasks
