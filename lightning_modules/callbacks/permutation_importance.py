"""`PermutationImportance`: a callback that measures permutation importance once a model has been tested."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import replace
from importlib.util import find_spec
from time import perf_counter
from typing import Any, Literal, cast

import lightning.pytorch as pl
import numpy as np
import pandas as pd
import torch
from lightning.pytorch.callbacks import Callback

from greenlight_films.datamodules import FilmDataModule, InputError
from greenlight_films.datamodules.arguments import refuse_other_types
from greenlight_films.datamodules.errors import listed, nearest
from greenlight_films.datamodules.feature_sets import feature_names
from greenlight_films.datamodules.tables.distinct_texts import distinct_texts
from greenlight_films.datamodules.tables.missing_cells import find_missing_texts, mask_missing
from greenlight_films.importance import LOSSES, Estimator, ImportanceResult, LossName, Task, TaskResult, Tasks
from greenlight_films.importance.estimator import enough_shuffles
from greenlight_films.importance.related import RelatedSettings
from greenlight_films.importance.waterfall import step_of
from greenlight_films.lightning_modules.additive_mlp import AdditiveLayer
from greenlight_films.lightning_modules.callbacks.signals import STOP, interrupted_alone, uninterrupted
from greenlight_films.lightning_modules.callbacks.tensorboard import boards
from greenlight_films.lightning_modules.film_contributions import (
    FIVE_HUNDRED,
    ContributionSettings,
    held_out_contributions,
)
from greenlight_films.lightning_modules.film_importance import MeasuredFilms
from greenlight_films.lightning_modules.mlp_regressor import MLPRegressor


class PermutationImportance(Callback):
    """Measures the importance of every feature on held-out films after `test` or `validate`.

    Args:
        estimator: `expected`: the mean over all shuffles, in closed form. `shuffle`: over some shuffles.
        n_repeats: shuffles of each feature; by default 2, and with `expected` 20 of whole columns and numbers, which
            have no closed form, fewer of more than 5,000 films, 5 or more.
        off_rows: for `expected`, how many of the films without a label are looked at, or `all`; as many as have it,
            if these are more.
        loss: whose increase is the importance, in the target's unit: mse (squared), mae, rmse (by `shuffle` only), or
            r2, the R² that is lost.
        split: the held-out films: `test` or `val`.
        groups: features to shuffle together, by name: roles, columns, or patterns of features such as `Cast=Tom*`.
        cluster: a column of the table; films that share its value, such as a director, are not independent: p-values
            and intervals take them as one draw.
        seed: of shuffles and samples.
        contributions: of which films the predictions are split up.
        groups_found: whether groups of labels that occur together are found and measured.
        pairs: whether pairs of labels are, and how they work through each other.
        conditional: columns, numbers, roles, groups, or single values such as `Cast=Tom Hanks`, to shuffle among films
            that the other features make alike.
        features: roles, columns, or features by name or pattern that the CSV of importances lists wherever they rank;
            it has the first 100,000 anyway.

    Attributes:
        result: the importances; None until they are measured.
        enabled: whether the hooks measure.
    """

    def __init__(
        self,
        estimator: Literal["expected", "shuffle"] = "expected",
        n_repeats: int | None = None,
        off_rows: int | Literal["all"] = 16,
        loss: LossName = "mse",
        split: Literal["test", "val"] = "test",
        groups: dict[str, list[str]] = {},  # noqa: B006 (never changed)
        seed: int = 42,
        cluster: str | None = None,
        contributions: ContributionSettings = FIVE_HUNDRED,
        groups_found: bool = True,
        pairs: bool = True,
        conditional: list[str] = [],  # noqa: B006 (never changed)
        features: list[str] = [],  # noqa: B006 (never changed)
    ) -> None:
        refuse_other_types(PermutationImportance.__init__, locals(), "permutation_importance.{}")
        super().__init__()
        if n_repeats is not None and n_repeats < 1:
            raise InputError(f"permutation_importance.n_repeats must be 1 or more, got {n_repeats}")
        if off_rows != "all" and off_rows < 2:
            raise InputError(f"permutation_importance.off_rows must be `all`, or 2 or more, got {off_rows}")
        if not 0 <= seed < 2**63:
            raise InputError(f"permutation_importance.seed must be 0 or more and below 2**63, got {seed}")
        if not LOSSES[loss].linear and estimator == "expected":
            raise InputError(
                f"permutation_importance.loss {loss} has no closed form; set permutation_importance.estimator shuffle"
            )
        self.estimator = Estimator(estimator, n_repeats or 2, off_rows, seed)
        self._by_rows = n_repeats is None and estimator == "expected"
        self.loss = loss
        self.split = split
        self.groups = groups
        self.cluster = cluster
        self.contributions = contributions
        self.related = RelatedSettings(groups_found, pairs, conditional)
        self.features = features
        self.result: ImportanceResult | None = None
        self.enabled = True

    def estimator_for(self, n_rows: int) -> Estimator:
        """Return how importances are estimated of so many held-out rows."""
        return replace(self.estimator, n_repeats=enough_shuffles(n_rows)) if self._by_rows else self.estimator

    def on_test_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Measure on the test films."""
        if self.enabled and self.split == "test":
            self.measure(trainer, cast(MLPRegressor, pl_module))

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Measure on the validation films, but not while training."""
        if self.enabled and self.split == "val" and trainer.state.fn == "validate":
            self.measure(trainer, cast(MLPRegressor, pl_module))

    def measure(self, trainer: pl.Trainer, model: MLPRegressor) -> ImportanceResult:
        """Measure on the trainer's device, also after `trainer.test` has ended; keep and log the result.

        Raises:
            InputError: a group has no pattern, or one that fits no feature.
        """
        was_training, device = model.training, model.device
        model.eval().to(trainer.strategy.root_device)
        try:
            self.result = self._measured(trainer, model)
        finally:
            model.train(was_training).to(device)
        for board in boards(trainer):
            _log(board.experiment, self.result, model.films, trainer.current_epoch)
        return self.result

    def _measured(self, trainer: pl.Trainer, model: MLPRegressor) -> ImportanceResult:
        data = model.films
        films, rows = data.films, getattr(data.films.rows, self.split)
        if self.features:
            feature_names(data.fitted.encoder.space, self.features)  # before it takes its time
        measured = MeasuredFilms.of(
            model.built,
            data.fitted.encoder,
            data.fitted.scale,
            films.encoded.take(rows),
            films.actual[rows],
            films.film_codes()[rows],
            films.number[rows],
            None if self.cluster is None else cluster_values(data, self.cluster, films.number[rows] - 1),
            None if films.weights is None else films.weights[rows],
        )
        first = model.built.first

        def run(tasks: Tasks) -> None:
            # What is finished is kept, the rest counted.
            with suppress(KeyboardInterrupt), interrupted_alone(), _exchanging(first) as between:
                _run_watched(trainer, tasks, tasks.share(trainer.global_rank, trainer.world_size), between)
            if trainer.world_size > 1:
                tasks.results = _of_all_devices(trainer, tasks.results)

        summary = {"split": self.split, "unit": data.declared.target.unit, "leak": data.fitted.leak}
        estimator = self.estimator_for(len(rows))
        result, reference = measured.measure(estimator, self.loss, self.groups, summary, run)
        if not result.is_whole:
            return result
        # The first device alone computes contributions, since that takes less time than writing them.
        if not trainer.is_global_zero:
            with _exchanging(first):
                return result
        named = _named(trainer, "Contributions, groups and pairs")
        with uninterrupted(), _exchanging(first), named:  # or the importances would be lost
            alone = measured.alone(reference)
            contributions = held_out_contributions(measured, data, reference, alone, self.contributions)
            related = measured.related(reference, result, estimator, self.related, self.groups)
            by_part = measured.by_part(reference, estimator)
            return replace(result, alone=alone, contributions=contributions, related=related, by_part=by_part)


def refuse_no_column(data: FilmDataModule, column: str, option: str) -> None:
    """Refuse a column that the films, which were read, don't have; `option` names it."""
    if column not in data.columns:
        near = nearest(column, data.columns) or f"; there are {listed(data.columns)}"
        raise InputError(f"{option}: the table has no column '{column}'{near}")


def cluster_values(
    data: FilmDataModule, column: str, index: np.ndarray, option: str = "permutation_importance.cluster"
) -> np.ndarray:
    """Return a column of the table in the rows of an index, which has gaps where a condition left rows out.

    Texts are without blanks around them, and None where they mean that nothing is known. `option` names the column.
    """
    table = data.read_once()
    refuse_no_column(data, column, option)
    cells = table[column].loc[index]
    if pd.api.types.infer_dtype(cells, skipna=True) != "string":
        return cells.astype(object).to_numpy()
    formats = find_missing_texts(table, [column], data.declared.formats)[0]
    distinct = distinct_texts(cells)
    texts = mask_missing(distinct.texts, formats[column]).to_numpy(zero_copy_only=False)
    return distinct.rows(texts, None)


def _shows_progress(trainer: pl.Trainer) -> bool:
    """Tell whether the first device shows progress, and can: the trainer has a bar, and rich is installed."""
    is_watched = trainer.progress_bar_callback is not None and trainer.is_global_zero
    return is_watched and find_spec("rich") is not None


@contextmanager
def _named(trainer: pl.Trainer, work: str) -> Iterator[None]:
    """Show what is worked on, where progress is shown."""
    if not _shows_progress(trainer):
        yield
        return
    from rich.progress import Progress, TextColumn, TimeElapsedColumn

    with Progress(TextColumn("{task.description}"), TimeElapsedColumn()) as shown:
        task = shown.add_task(work, total=1)
        shown.refresh()
        yield
        shown.update(task, completed=1, refresh=True)


@contextmanager
def _exchanging(first: AdditiveLayer) -> Iterator[Callable[[], None]]:
    """Let processes that have columns of a first layer look up each other's; at the end, answer those that still do.

    An exchange that a signal ended would leave the others waiting: what is given raises KeyboardInterrupt if one came.
    """
    before = STOP.last_time

    def between() -> None:
        if STOP.last_time != before:
            raise KeyboardInterrupt

    with uninterrupted() if first.shard else nullcontext():
        try:
            yield between
        finally:
            first.answer()


def _run_watched(trainer: pl.Trainer, tasks: Tasks, share: list[Task], between: Callable[[], None]) -> None:
    """Do tasks under a progress bar, where progress is shown, and something between them."""
    if not _shows_progress(trainer):
        tasks.run(share, lambda _: between())
        return
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:.0f} %"))
    with Progress(*columns, TextColumn("{task.fields[rate]}"), TimeRemainingColumn()) as bar:
        whole = bar.add_task("Importance", total=sum(task.updates for task in share), rate="")
        start, done = perf_counter(), 0

        def advance(task: Task) -> None:
            nonlocal done
            done += task.updates
            rate = f"{done / (perf_counter() - start) / 1e6:.1f}M updates/s"
            # Lightning's own display, which contains this one, doesn't refresh by itself.
            bar.update(whole, completed=done, rate=rate, refresh=True)
            between()

        tasks.run(share, advance)


def _of_all_devices(trainer: pl.Trainer, results: list[TaskResult]) -> list[TaskResult]:
    on_cpu = [replace(result, importance=result.importance.cpu()) for result in results]
    gathered: list[list[TaskResult]] = [[] for _ in range(trainer.world_size)]
    with uninterrupted():
        torch.distributed.all_gather_object(gathered, on_cpu)
    return [result for of_device in gathered for result in of_device]


def _log(writer: Any, result: ImportanceResult, data: FilmDataModule, step: int) -> None:
    """Write charts and the importance of each role for TensorBoard."""
    from greenlight_films.lightning_modules.callbacks.importance_figures import (  # matplotlib takes half a second
        columns_chart,
        contributions_chart,
        values_chart,
    )

    writer.add_figure("importance/values", values_chart(result), step)
    writer.add_figure("importance/columns", columns_chart(result), step)
    if result.contributions is not None:
        chart = contributions_chart(
            result.contributions, step_of(data.fitted.scale.std), data.declared.target.learnt_unit
        )
        writer.add_figure("contributions/films", chart, step)
    roles = result.aggregated.query("level == 'role' and importance.notna()")
    for role, importance in zip(roles["name"], roles["importance"], strict=True):
        writer.add_scalar(f"importance/role/{role}", importance, step)
