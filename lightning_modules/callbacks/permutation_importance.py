"""`PermutationImportance`: a callback that measures permutation importance once a model has been tested."""

from contextlib import suppress
from copy import deepcopy
from dataclasses import replace
from importlib.util import find_spec
from time import perf_counter
from typing import Any, Literal, cast

import lightning.pytorch as pl
import numpy as np
import pandas as pd
import torch
from lightning.pytorch.callbacks import Callback
from torch import Tensor

from greenlight_films.datamodules import (
    FeatureSpace,
    FilmDataModule,
    FilmRows,
    InputError,
    TargetScale,
    regression_scores,
)
from greenlight_films.datamodules.feature_sets import block_columns, feature_sets
from greenlight_films.importance import (
    LOSSES,
    ColumnSet,
    Contributions,
    Estimator,
    HeldOut,
    ImportanceResult,
    LossName,
    Reference,
    Task,
    TaskResult,
    Tasks,
)
from greenlight_films.lightning_modules.callbacks.signals import interrupted_alone, uninterrupted
from greenlight_films.lightning_modules.callbacks.tensorboard import boards
from greenlight_films.lightning_modules.mlp_regressor import MLPRegressor


class PermutationImportance(Callback):
    """Measures the importance of every feature on held-out films after `test` or `validate`; see `result`.

    Args:
        estimator: `expected`: the mean over all shuffles, in closed form. `shuffle`: over some shuffles.
        n_repeats: shuffles of each feature; by default 2, and with `expected` 20 of whole columns and numbers, which
            have no closed form.
        off_rows: for `expected`, how many of the films without a label are sampled, or `all`.
        loss: whose increase is the importance, in the target's unit: mse (squared), mae, rmse (by `shuffle` only), or
            r2, the R² that is lost.
        split: the held-out films: `test` or `val`.
        groups: sets of features to shuffle together, by name: patterns such as `Cast=Tom*`.
        seed: of shuffles and samples.

    Attributes:
        result: the importances; None until they are measured.
        enabled: whether the hooks measure.
    """

    def __init__(
        self,
        estimator: Literal["expected", "shuffle"] = "expected",
        n_repeats: int | None = None,
        off_rows: int | Literal["all"] = 64,
        loss: LossName = "mse",
        split: Literal["test", "val"] = "test",
        groups: dict[str, list[str]] = {},  # noqa: B006 (never changed)
        seed: int = 42,
    ) -> None:
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
        repeats = n_repeats or (2 if estimator == "shuffle" else 20)
        self.estimator = Estimator(estimator, repeats, off_rows, seed)
        self.loss = loss
        self.split = split
        self.groups = groups
        self.result: ImportanceResult | None = None
        self.enabled = True

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
            _log(board.experiment, self.result, trainer.current_epoch)
        return self.result

    def _measured(self, trainer: pl.Trainer, model: MLPRegressor) -> ImportanceResult:
        start = perf_counter()
        films, reference = model.films, self._reference(model)
        space = films.fitted.encoder.space
        sets = [ColumnSet(part.name, part.level, part.dense, part.labels) for part in feature_sets(space, self.groups)]
        tasks = Tasks.of_names(reference, space.label_names(), sets, self.estimator)
        results: list[TaskResult] = []
        with (
            suppress(KeyboardInterrupt),
            interrupted_alone(),
        ):  # what is finished is kept, and what is missing is counted
            _run_watched(trainer, tasks, tasks.share(trainer.global_rank, trainer.world_size), results)
        results = _of_all_devices(trainer, results)
        values, joint = tasks.together(results)
        measured_sets = {index for result in results if result.kind == "sets" for index in result.indices.tolist()}
        missing_sets = [index for index in range(len(sets)) if index not in measured_sets]
        missing_numbers = sum(index < space.n_dense for index in missing_sets)
        n_measured = sum(len(result.indices) for result in results if result.kind == "values")
        importances = ImportanceResult(
            described(space),
            values,
            sets,
            joint,
            self._summary(reference) | {"unit": films.declared.target.unit, "leak": films.fitted.leak},
            missing_features=len(tasks.entries.columns) - n_measured + missing_numbers,
            missing_sets=len(missing_sets) - missing_numbers,
        )
        # The first device alone does it, since it takes less time than the table of it.
        wanted = importances.is_whole and trainer.is_global_zero
        contributions = self._contributions(films, reference) if wanted else None
        updates, seconds = sum(result.updates for result in results), round(perf_counter() - start, 3)
        summary = {**importances.summary, "row_updates": updates, "seconds": seconds}
        return replace(importances, summary=summary, contributions=contributions)

    def _contributions(self, films: FilmDataModule, reference: Reference) -> Contributions:
        encoder = films.fitted.encoder
        medians = torch.from_numpy(encoder.at_medians())
        with uninterrupted():  # the importances are whole, and would be lost
            number = films.films.number[getattr(films.films.rows, self.split)]
            return Contributions.of(reference, encoder.space.n_labels, numbers_of(encoder.space), medians, number)

    def _reference(self, model: MLPRegressor) -> Reference:
        scale = model.films.fitted.scale
        assert model.network is not None
        # Differences as small as these vanish in bf16: the engine works in float32.
        is_float32 = next(model.network.parameters()).dtype == torch.float32
        return Reference.of(
            model.network if is_float32 else deepcopy(model.network).float(),
            held_out(model.films, self.split).to(model.device),
            LOSSES[self.loss],
            lambda scaled: _unit(scaled, scale),
        )

    def _summary(self, reference: Reference) -> dict[str, Any]:
        rows, estimator = reference.rows, self.estimator
        r2 = regression_scores(rows.actual.cpu().numpy(), reference.predicted.cpu().numpy())["r2"]
        return {
            "estimator": estimator.kind,
            "n_repeats": estimator.n_repeats,
            "off_rows": estimator.off_rows if estimator.kind == "expected" else None,
            "seed": estimator.seed,
            "split": self.split,
            "rows": rows.n_rows,
            "films": rows.n_films,
            "loss": self.loss,
            "baseline_loss": reference.total if np.isfinite(reference.total) else None,
            "r2": r2 if np.isfinite(r2) else None,
        }


def held_out(films: FilmDataModule, split: str) -> HeldOut:
    """Return the encoded films of a side, with their targets in the original unit."""
    rows = getattr(films.films.rows, split)
    batch = FilmRows(films.films.encoded, films.films.actual, rows)[list(range(len(rows)))]
    film = np.unique(films.films.film_codes()[rows], return_inverse=True)[1]
    actual = torch.from_numpy(films.films.actual[rows])
    return HeldOut(batch.dense, batch.labels, batch.offsets, batch.weights, actual, torch.from_numpy(film))


def described(space: FeatureSpace) -> pd.DataFrame:
    """Return the names and sources of all features, as `ImportanceResult.described`."""
    blocks = [*space.labels, *space.dense]
    sizes = [len(block.values) for block in blocks]
    values = [np.array(block.values, dtype=object) for block in space.labels]
    return pd.DataFrame(
        {
            "feature": [*space.label_names(), *space.dense_names()],
            "column": np.repeat([block.column for block in blocks], sizes),
            "value": np.concatenate([*values, np.full(space.n_dense, None)]),
            "role": np.repeat([block.role for block in blocks], sizes),
            "level": np.repeat(["value" if block.kind == "label" else "number" for block in blocks], sizes),
        }
    )


def numbers_of(space: FeatureSpace) -> list[Tensor]:
    """Return the dense columns of each number: its own and, where there is one, whether it is missing."""
    indices = iter(block_columns(space.dense))
    dense = [[next(indices) for block in group if block.kind != "label"] for group in space.groups]
    return [torch.from_numpy(np.concatenate(columns)) for columns in dense if columns]


def _unit(scaled: Tensor, scale: TargetScale) -> Tensor:
    """Return (n,) float64 predictions in the target's unit: `TargetScale.inverse` on any device."""
    raw = scaled * scale.std + scale.mean
    return raw.expm1() - scale.shift if scale.transform == "log1p" else raw


def _run_watched(trainer: pl.Trainer, tasks: Tasks, share: list[Task], results: list[TaskResult]) -> None:
    """Do tasks under a progress bar, where the trainer has one and rich is installed."""
    is_watched = trainer.progress_bar_callback is not None and trainer.is_global_zero
    if not is_watched or find_spec("rich") is None:
        tasks.run(share, results)
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

        tasks.run(share, results, advance)


def _of_all_devices(trainer: pl.Trainer, results: list[TaskResult]) -> list[TaskResult]:
    if trainer.world_size == 1:
        return results
    plain = [(result.kind, result.indices.cpu(), result.importance.cpu(), result.updates) for result in results]
    gathered: list[Any] = [None] * trainer.world_size
    with uninterrupted():
        torch.distributed.all_gather_object(gathered, plain)
    return [TaskResult(*fields) for of_device in gathered for fields in of_device]


def _log(writer: Any, result: ImportanceResult, step: int) -> None:
    """Write two charts and the importance of each role for TensorBoard."""
    from greenlight_films.lightning_modules.callbacks.importance_figures import (  # matplotlib takes half a second
        columns_chart,
        values_chart,
    )

    writer.add_figure("importance/values", values_chart(result), step)
    writer.add_figure("importance/columns", columns_chart(result), step)
    roles = result.aggregated.query("level == 'role' and importance.notna()")
    for role, importance in zip(roles["name"], roles["importance"], strict=True):
        writer.add_scalar(f"importance/role/{role}", importance, step)
