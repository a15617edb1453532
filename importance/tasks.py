"""`Tasks`: the whole measurement cut into pieces of work, shared out over devices and threads, that can be stopped."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from greenlight_films.importance.cpu import one_thread_a_step
from greenlight_films.importance.estimates import Estimates
from greenlight_films.importance.estimator import Estimator, Task, tasks_of
from greenlight_films.importance.expectation import by_all_rows, by_sample
from greenlight_films.importance.held_out import Entries
from greenlight_films.importance.joint import joint_importance
from greenlight_films.importance.reference import Reference
from greenlight_films.importance.result import ColumnSet
from greenlight_films.importance.shuffles import by_shuffles
from greenlight_films.importance.streams import keys_of


@dataclass(frozen=True)
class TaskResult:
    """The importances that a task measured, and how many rows went through the model's tail."""

    task: Task
    importance: Estimates
    updates: int


class Tasks:
    """The importance of every label column, and of sets of columns that are shuffled together.

    A column's random numbers depend on its key alone, a set's on its level and name.

    Args:
        keys: (n_labels,) int64, of `streams.keys_of`.

    Attributes:
        results: of the tasks that are done, in any order.

    Raises:
        ValueError: the loss has no closed form, and the estimator needs one.
    """

    def __init__(
        self, reference: Reference, keys: Tensor, estimator: Estimator, sets: Sequence[ColumnSet] = ()
    ) -> None:
        if estimator.kind == "expected" and not reference.loss.linear:
            raise ValueError("loss 'rmse' has no closed form, got estimator 'expected': set estimator='shuffle'")
        device = reference.sums.device
        self.reference, self.keys, self.estimator, self.sets = reference, keys.to(device), estimator, sets
        self.set_streams = estimator.streams(keys_of([f"{part.level} {part.name}" for part in sets]).to(device))
        self.entries = Entries.of(reference.rows)
        self.results: list[TaskResult] = []

    def share(self, device: int = 0, n_devices: int = 1) -> list[Task]:
        """Return every n-th task, sets first; each device works on all rows."""
        n_rows = self.reference.rows.n_rows
        all_rows = n_rows * self.estimator.n_repeats
        tasks = [Task("sets", index, index + 1, all_rows) for index in range(len(self.sets))]
        tasks += tasks_of(self.entries, n_rows, self.estimator)
        return tasks[device::n_devices]

    def run(self, tasks: Sequence[Task] | None = None, progress: Callable[[Task], None] = lambda _: None) -> None:
        """Do tasks, by default all, and add to `results`; on Ctrl-C those that are running end first.

        On a CPU every thread works on a task of its own: a task is many small steps, and threads that share a step
        wait for each other.

        Args:
            progress: called after each task.
        """
        tasks = self.share() if tasks is None else tasks
        with one_thread_a_step() as threads:
            if threads == 1 or self.keys.is_cuda:
                for task in tasks:
                    progress(self._do(task))
                return
            pool = ThreadPoolExecutor(threads)
            try:
                for done in as_completed([pool.submit(self._do, task) for task in tasks]):
                    progress(done.result())
            finally:
                pool.shutdown(wait=True, cancel_futures=True)

    @torch.inference_mode()  # which belongs to a thread
    def _do(self, task: Task) -> Task:
        reference = replace(self.reference, updates=0)
        if task.kind == "values":
            importance = value_importance(reference, self.entries, task, self.keys, self.estimator)
        else:
            columns, stream = self.sets[task.first], self.set_streams[task.first]
            dense, labels = (torch.from_numpy(part).to(stream.device) for part in (columns.dense, columns.labels))
            importance = joint_importance(reference, dense, labels, stream, self.estimator.n_repeats)
        self.results.append(TaskResult(task, importance, reference.updates))
        return task

    def together(self) -> tuple[Estimates, Estimates]:
        """Return the importance of all label columns and of the sets, on the CPU; unknown where it was not measured."""
        n_repeats, columns = self.estimator.n_repeats, self.entries.columns.cpu()
        films = columns.new_zeros(len(self.keys))
        films[columns] = self.entries.films(self.reference.rows).cpu()
        values = Estimates.unknown(films, n_repeats if self.estimator.kind == "shuffle" else 1)
        sets = Estimates.unknown(columns.new_zeros(len(self.sets)), n_repeats)
        for result in self.results:
            first, stop, importance = result.task.first, result.task.stop, result.importance.cpu()
            if result.task.kind == "values":
                values.put(columns[first:stop], importance)
            else:
                sets.put(torch.arange(first, stop), importance)
        return values, sets


def value_importance(
    reference: Reference, entries: Entries, task: Task, keys: Tensor, estimator: Estimator
) -> Estimates:
    """Return the importances of a task's label columns, each shuffled alone, in their order.

    Args:
        entries: of all label columns.
        keys: (n_labels,) int64, as of `Tasks`.
    """
    part = entries.part(task.first, task.stop)
    # Exactly 0, without rounding errors: columns that the model doesn't use, or that all rows have with one weight.
    used = reference.uses(part.columns)
    used &= (part.counts < reference.rows.n_rows) | ~part.even
    used_part, films = part.only(used), part.films(reference.rows)
    if not len(used_part.columns):
        return Estimates.filled(0.0, films)
    by_closed_form = by_all_rows if estimator.off_rows == "all" else by_sample
    measure = by_shuffles if estimator.kind == "shuffle" else by_closed_form
    result = measure(reference, used_part, estimator.streams(keys[used_part.columns]), estimator)
    importance = Estimates.filled(0.0, films, result.repeats.shape[1])
    importance.put(torch.nonzero(used).squeeze(1), result)
    return importance
