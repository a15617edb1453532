"""`Tasks`: the whole measurement cut into pieces of work, shared out over devices and threads, that can be stopped."""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from typing import Literal

import torch
from torch import Tensor

from greenlight_films.importance.cpu import one_thread_a_step
from greenlight_films.importance.estimates import Estimates
from greenlight_films.importance.estimator import Estimator, Piece, pieces_of
from greenlight_films.importance.held_out import Entries
from greenlight_films.importance.joint import Columns, joint_importance
from greenlight_films.importance.reference import Reference
from greenlight_films.importance.result import ColumnSet
from greenlight_films.importance.streams import keys_of
from greenlight_films.importance.values import value_importance


@dataclass(frozen=True)
class Task:
    """A piece of the label columns, or the index of a set of columns, measured in one call.

    Attributes:
        updates: about how many rows go through the model's tail.
    """

    work: Piece | int
    updates: int


@dataclass(frozen=True)
class TaskResult:
    """The importances that a task measured.

    Attributes:
        kind: label columns, or sets.
        indices: (n,) int64, which ones; label columns by their index in `Tasks.entries.columns`.
        updates: rows that went through the model's tail.
    """

    kind: Literal["values", "sets"]
    indices: Tensor
    importance: Estimates
    updates: int


class Tasks:
    """The importance of every label column, and of sets of columns.

    Args:
        keys: (n_labels,) int64, of `streams.keys_of`: a column's random numbers depend on its key alone.
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

    @classmethod
    def of_names(
        cls, reference: Reference, label_names: Sequence[str], sets: Sequence[ColumnSet], estimator: Estimator
    ) -> "Tasks":
        """Return the tasks with keys from the names of label columns, and the levels and names of sets."""
        device = reference.sums.device
        parts = [Columns(*(torch.from_numpy(part).to(device) for part in (item.dense, item.labels))) for item in sets]
        set_keys = keys_of([f"{item.level} {item.name}" for item in sets])
        return cls(reference, keys_of(label_names).to(device), estimator, parts, set_keys.to(device))

    def share(self, device: int = 0, n_devices: int = 1) -> list[Task]:
        """Return every n-th task, sets first; each device works on all rows."""
        pieces = pieces_of(self.entries, self.reference.rows.n_rows, self.estimator)
        all_rows = self.reference.rows.n_rows * self.estimator.n_repeats
        tasks = [Task(index, all_rows) for index in range(len(self.sets))]
        tasks += [Task(piece, piece.updates) for piece in pieces]
        return tasks[device::n_devices]

    def run(
        self, tasks: Sequence[Task], results: list[TaskResult], progress: Callable[[Task], None] = lambda _: None
    ) -> None:
        """Do tasks and append their results, in any order; on Ctrl-C those that are running end first.

        On a CPU every thread works on a task of its own: a task is many small steps, and threads that share a step
        wait for each other.

        Args:
            progress: called after each task.
        """

        def work(task: Task) -> Task:
            results.append(self._do(task))
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
            return TaskResult("values", torch.arange(task.work.first, task.work.stop), importance, reference.updates)
        stream, n_repeats = self.set_streams[task.work], self.estimator.n_repeats
        importance = joint_importance(reference, self.sets[task.work], stream, n_repeats)
        return TaskResult("sets", torch.tensor([task.work]), importance, reference.updates)

    def together(self, results: Iterable[TaskResult]) -> tuple[Estimates, Estimates]:
        """Return the importance of all label columns and of the sets, on the CPU; unknown where it was not measured."""
        n_repeats = self.estimator.n_repeats
        films = self.entries.films(self.reference.rows).cpu()
        values = Estimates.unknown(films, n_repeats if self.estimator.kind == "shuffle" else 1)
        sets = Estimates.unknown(torch.zeros(len(self.sets), dtype=torch.int64), n_repeats)
        for result in results:
            (values if result.kind == "values" else sets).put(result.indices.cpu(), result.importance.cpu())
        return values.among(len(self.keys), self.entries.columns.cpu()), sets
