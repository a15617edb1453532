"""All features of a model as tasks that can be shared out over devices and stopped in between."""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from typing import Literal

import torch
from torch import Tensor

from greenlight_films.importance.estimates import Estimates
from greenlight_films.importance.estimator import Estimator, Piece, pieces_of
from greenlight_films.importance.held_out import Entries
from greenlight_films.importance.joint import Columns, joint_importance
from greenlight_films.importance.reference import Reference
from greenlight_films.importance.threads import one_thread_a_step
from greenlight_films.importance.values import value_importance


@dataclass(frozen=True)
class Task:
    """Work that is done in one go: a piece of the label columns, or the set of columns at a place.

    Attributes:
        updates: about how many row updates it needs.
    """

    work: Piece | int
    updates: int


@dataclass(frozen=True)
class TaskResult:
    """What a task found.

    Attributes:
        of: label columns, or sets.
        places: (n,) int64, which ones; label columns by their place in `Tasks.entries.columns`.
        updates: rows that went through the model's tail.
    """

    of: Literal["values", "sets"]
    places: Tensor
    importance: Estimates
    updates: int


class Tasks:
    """The importance of every label column, and of sets of columns.

    Args:
        keys: (n_labels,) int64, what tells a label column from others wherever it stands; its random numbers hang on
            it.
        sets: columns that are shuffled together.
        set_keys: (n_sets,) int64, likewise for sets.
    """

    def __init__(
        self,
        reference: Reference,
        keys: Tensor,
        estimator: Estimator,
        sets: Sequence[Columns] = (),
        set_keys: Tensor | None = None,
    ) -> None:
        self.reference, self.keys, self.estimator, self.sets = reference, keys, estimator, sets
        self.set_streams = estimator.streams(keys[:0] if set_keys is None else set_keys)
        self.entries = Entries.of(reference.rows)

    def share(self, device: int = 0, n_devices: int = 1) -> list[Task]:
        """Return the tasks of one device, sets first: each gets every n-th, and works on all rows."""
        pieces = pieces_of(self.entries, self.reference.rows.n_rows, self.estimator)
        all_rows = self.reference.rows.n_rows * self.estimator.n_repeats
        tasks = [Task(place, all_rows) for place in range(len(self.sets))]
        tasks += [Task(piece, piece.updates) for piece in pieces]
        return tasks[device::n_devices]

    def run(
        self, tasks: Sequence[Task], found: list[TaskResult], progress: Callable[[Task], None] = lambda _: None
    ) -> None:
        """Do tasks and add what they find to `found`, in any order; on Ctrl-C all that is finished comes in first.

        On a CPU each runs on one thread, side by side: a task is many small steps, and threads that share a step wait
        for each other at its end.

        Args:
            progress: told of every task that is done.
        """

        def work(task: Task) -> Task:
            found.append(self._do(task))
            return task

        with one_thread_a_step() as threads:
            if threads == 1 or self.keys.is_cuda:
                for task in tasks:
                    progress(work(task))
                return
            pool = ThreadPoolExecutor(threads)
            try:
                for done in as_completed([pool.submit(work, task) for task in tasks]):
                    progress(done.result())
            finally:
                pool.shutdown(wait=True, cancel_futures=True)

    @torch.inference_mode()  # which belongs to a thread
    def _do(self, task: Task) -> TaskResult:
        reference = replace(self.reference, updates=0)
        if isinstance(task.work, Piece):
            importance = value_importance(reference, self.entries, task.work, self.keys, self.estimator)
            return TaskResult("values", torch.arange(task.work.first, task.work.behind), importance, reference.updates)
        stream, n_repeats = self.set_streams[task.work], self.estimator.n_repeats
        importance = joint_importance(reference, self.sets[task.work], stream, n_repeats)
        return TaskResult("sets", torch.tensor([task.work]), importance, reference.updates)

    def together(self, found: Iterable[TaskResult]) -> tuple[Estimates, Estimates]:
        """Return the importance of label columns and of sets, on the CPU; unknown where nothing was found.

        Label columns are those that any row carries, `entries.columns`; no others are estimable.
        """
        values = Estimates.unknown(self.entries.films(self.reference.rows).cpu())
        sets = Estimates.unknown(torch.zeros(len(self.sets), dtype=torch.int64))
        for one in found:
            (values if one.of == "values" else sets).put(one.places.cpu(), one.importance.cpu())
        return values, sets
