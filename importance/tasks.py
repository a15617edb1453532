"""`Tasks`: the whole measurement cut into pieces of work, shared out over devices and threads, that can be stopped."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from copy import copy
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from greenlight_films.importance.carriers import with_shifts
from greenlight_films.importance.cpu import one_thread_a_step
from greenlight_films.importance.estimates import Estimates
from greenlight_films.importance.estimator import Estimator, Task, tasks_of
from greenlight_films.importance.expectation import Measured, by_closed_form
from greenlight_films.importance.held_out import Entries
from greenlight_films.importance.joint import joint_importance
from greenlight_films.importance.label_tests import LabelTests
from greenlight_films.importance.off_row_plan import OffRowPlan
from greenlight_films.importance.reference import Reference
from greenlight_films.importance.result import ColumnSet
from greenlight_films.importance.shuffles import by_shuffles
from greenlight_films.importance.streams import keys_of
from greenlight_films.importance.tangent import Tangent, stream_of_order

MANY_LABELS = 100_000


@dataclass(frozen=True)
class TaskResult:
    """The importances that a task measured, and how many rows went through the model's tail."""

    task: Task
    importance: Estimates
    updates: int


class Tasks:
    """The importance of every label column, and of sets of columns that are shuffled together.

    A column's random numbers depend on its key alone, a set's on its level and name. Sets of the same columns are
    measured once, and a set of a single label has the importance of the label: the same thing has one number.

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
        are_many = len(keys) > MANY_LABELS
        self.reference, self.keys, self.estimator, self.sets = reference, keys.to(device), estimator, sets
        self.set_streams = estimator.streams(keys_of([f"{part.level} {part.name}" for part in sets]).to(device))
        reference.increase(torch.zeros(1, dtype=torch.float64, device=device))  # what it needs is computed once
        self.tangent, self.tests = None, None
        with ThreadPoolExecutor(1) as pool:
            # Of columns that as many rows carry, null distributions and quantiles take less work together.
            entries = pool.submit(Entries.of, reference.rows, by_count=are_many)  # on one core
            if len(reference.rows.labels) and (estimator.kind == "expected" or estimator.tests):
                self.tangent = Tangent.of(reference, stream_of_order(estimator.seed, device))
            self.entries = entries.result()
            self.entries = replace(self.entries, streams=estimator.streams(self.keys[self.entries.columns]))
            self.plan = OffRowPlan.nothing(self.entries)
            if self.tangent is not None:
                if not are_many:  # of more, so many rows are looked at that parabolas will do
                    self.tangent = self.tangent.checked(reference, self.entries)
                shifts = None
                if are_many and estimator.kind == "expected":
                    shifts = pool.submit(with_shifts, self.entries, reference, self.tangent)
                self.plan = OffRowPlan.of(reference, self.tangent, self.entries, estimator, are_many)
                if shifts is not None:
                    self.entries = shifts.result()
                if estimator.tests:
                    self.tests = LabelTests.of(reference, self.tangent, self.entries, estimator.seed, are_many)
        self.results: list[TaskResult] = []
        members = [(part.dense.tobytes(), part.labels.tobytes()) for part in sets]
        self.measured_as = [members.index(columns) for columns in members]

    def share(self, device: int = 0, n_devices: int = 1) -> list[Task]:
        """Return every n-th task, sets first; each device works on all rows."""
        n_rows = self.reference.rows.n_rows
        all_rows = n_rows * self.estimator.n_repeats
        own = [index for index, first in enumerate(self.measured_as) if index == first and not self._is_label(index)]
        tasks = [Task("sets", index, index + 1, all_rows) for index in own]
        tasks += tasks_of(self.entries, self.plan.size, self.estimator)
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
        reference = copy(self.reference)
        reference.updates = 0
        if task.kind == "values":
            reference = reference.with_weights_of(self.entries.columns[task.first : task.stop])
            importance = self._values(reference, task)
        else:
            columns, stream = self.sets[task.first], self.set_streams[task.first]
            dense, labels = (torch.from_numpy(part).to(stream.device) for part in (columns.dense, columns.labels))
            importance = joint_importance(reference, dense, labels, stream, self.estimator.n_repeats)
        self.results.append(TaskResult(task, importance, reference.updates))
        return task

    def _values(self, reference: Reference, task: Task) -> Estimates:
        """Return the importances of a task's label columns, each shuffled alone, in their order."""
        part, n_rows = self.entries.part(task.first, task.stop), reference.rows.n_rows
        # Exactly 0, without rounding errors: columns that the model doesn't use, or that all rows have.
        used, everywhere = reference.uses(part.columns), (part.counts == n_rows) & part.exact
        measured = used & ~everywhere
        films, columns = part.films(), part.only(measured)
        importance = Estimates.filled(0.0, films, self.estimator.n_repeats if self.estimator.kind == "shuffle" else 1)
        for field in (importance.p, importance.low, importance.high):
            field[used & everywhere] = torch.nan  # nothing can be exchanged, and so nothing be tested
        if len(columns.columns):
            chosen = torch.nonzero(measured).squeeze(1)
            importance.put(chosen, self._measured(reference, columns, self.plan.at(task.first + chosen)))
        return importance

    def _measured(self, reference: Reference, columns: Entries, plan: OffRowPlan) -> Estimates:
        if self.estimator.kind == "expected":
            assert self.tangent is not None
            result, measured = by_closed_form(reference, self.tangent, columns, plan)
        else:
            result, lost, sample = by_shuffles(reference, columns, self.estimator)
            if self.tests is None or self.tangent is None:
                return result
            measured = Measured.of(reference, self.tangent, columns, lost, sample, plan)
        if self.tests is None:
            return result
        return replace(self.tests, reference=reference).put(result, columns, measured)

    def _is_label(self, index: int) -> bool:
        """Return whether a set is a single label."""
        return not len(self.sets[index].dense) and len(self.sets[index].labels) == 1

    def missing(self) -> tuple[int, list[int]]:
        """Return how many label columns, and which sets, were not measured."""
        done = [(result.task.kind, range(result.task.first, result.task.stop)) for result in self.results]
        sets = {index for kind, some in done if kind == "sets" for index in some}
        values = [index for kind, some in done if kind == "values" for index in some]
        reached = set(self.entries.columns.cpu()[values].tolist())
        carried = set(self.entries.columns.tolist())
        missing = []
        for index, first in enumerate(self.measured_as):
            if self._is_label(index):
                label = int(self.sets[index].labels[0])
                is_missing = label in carried and label not in reached
            else:
                is_missing = first not in sets
            missing += [index] * is_missing
        return len(carried) - len(reached), missing

    def together(self) -> tuple[Estimates, Estimates]:
        """Return the importance of all label columns and of the sets, on the CPU; unknown where it was not measured."""
        n_repeats, columns = self.estimator.n_repeats, self.entries.columns.cpu()
        films = columns.new_zeros(len(self.keys))
        films[columns] = self.entries.films().cpu()
        values = Estimates.unknown(films, n_repeats if self.estimator.kind == "shuffle" else 1)
        sets = Estimates.unknown(columns.new_zeros(len(self.sets)), n_repeats)
        for result in self.results:
            first, stop, importance = result.task.first, result.task.stop, result.importance.cpu()
            if result.task.kind == "values":
                values.put(columns[first:stop], importance)
            else:
                sets.put(torch.arange(first, stop), importance)
        sets = sets.take(torch.tensor(self.measured_as, dtype=torch.int64))
        for index in filter(self._is_label, range(len(self.sets))):
            sets.put(torch.tensor([index]), values.take(torch.from_numpy(self.sets[index].labels)))
        return values, sets
