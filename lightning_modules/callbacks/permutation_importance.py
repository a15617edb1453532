"""A callback that measures permutation importance once a model has been tested."""

from contextlib import suppress
from copy import deepcopy
from dataclasses import replace
from time import perf_counter
from typing import Any, Literal, cast

import lightning.pytorch as pl
import numpy as np
import pandas as pd
import torch
from lightning.pytorch.callbacks import Callback
from lightning.pytorch.loggers import TensorBoardLogger
from rich.progress import BarColumn, Progress, ProgressColumn, TextColumn, TimeRemainingColumn
from rich.progress import Task as Bar
from rich.text import Text
from torch import Tensor

from greenlight_films.datamodules import FilmDataModule, FilmRows, InputError, TargetScale, regression_scores
from greenlight_films.datamodules.feature_sets import feature_sets
from greenlight_films.importance import (
    LOSSES,
    Columns,
    Estimator,
    HeldOut,
    LossName,
    Reference,
    Task,
    TaskResult,
    Tasks,
)
from greenlight_films.lightning_modules.callbacks.contributions import Contributions
from greenlight_films.lightning_modules.callbacks.importance_study import ImportanceStudy
from greenlight_films.lightning_modules.callbacks.stop import deaf, each_hears
from greenlight_films.lightning_modules.callbacks.tensorboard import boards
from greenlight_films.lightning_modules.mlp_regressor import MLPRegressor


class PermutationImportance(Callback):
    """Says which features a model's predictions of held-out films rest on, after `test` or `validate`.

    Args:
        estimator: `expected`: the mean over all shuffles, in closed form. `shuffle`: over some shuffles.
        n_repeats: shuffles of each feature; by default 2, and with `expected` 20 of whole columns and numbers, which
            have no closed form.
        off_rows: for `expected`, how many of the films without a label are looked at, or `all`.
        loss: whose increase is the importance, in the target's unit: mse (squared), mae, rmse (by `shuffle` only), or
            r2, the R² that is lost.
        split: the held-out films: `test` or `val`.
        groups: sets of features to shuffle together, by name: patterns such as `Cast=Tom*`.
        seed: of shuffles and samples.

    Attributes:
        study: the importances; None until they are measured.
        enabled: whether they are.
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
        self.study: ImportanceStudy | None = None
        self.enabled = True

    def on_test_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Measure on the test films."""
        if self.enabled and self.split == "test":
            self._measure(trainer, cast(MLPRegressor, pl_module))

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Measure on the validation films, but not while training."""
        if self.enabled and self.split == "val" and trainer.state.fn == "validate":
            self._measure(trainer, cast(MLPRegressor, pl_module))

    def _measure(self, trainer: pl.Trainer, model: MLPRegressor) -> None:
        was_training = model.training
        model.eval()
        try:
            self.study = self._study(trainer, model)
        finally:
            model.train(was_training)
        for board in boards(trainer):
            _log(board, self.study, trainer.current_epoch)

    def _study(self, trainer: pl.Trainer, model: MLPRegressor) -> ImportanceStudy:
        start = perf_counter()
        films, device = model.films, model.device
        space = films.fitted.encoder.space
        sets = feature_sets(space, self.groups)
        columns = [Columns(*(torch.from_numpy(part).to(device) for part in (some.dense, some.labels))) for some in sets]
        set_keys = keys_of([f"{some.level} {some.name}" for some in sets]).to(device)
        reference = self._reference(model)
        tasks = Tasks(reference, keys_of(space.label_names()).to(device), self.estimator, columns, set_keys)
        found: list[TaskResult] = []
        with suppress(KeyboardInterrupt), each_hears():  # what is finished is kept, and what is missing is said
            _run_watched(trainer, tasks, tasks.share(trainer.global_rank, trainer.world_size), found)
        found = _of_all_devices(trainer, found)
        values, joint = tasks.together(found)
        reached_sets = {place for one in found if one.of == "sets" for place in one.places.tolist()}
        missing_sets = [place for place in range(len(sets)) if place not in reached_sets]
        missing_numbers = sum(place < space.n_dense for place in missing_sets)
        reached_values = sum(len(one.places) for one in found if one.of == "values")
        study = ImportanceStudy(
            space,
            values.among(len(tasks.keys), tasks.entries.columns.cpu()),
            sets,
            joint,
            self._how(reference) | {"unit": films.declared.target.unit, "leak": films.fitted.leak},
            missing_features=len(values.mean) - reached_values + missing_numbers,
            missing_sets=len(missing_sets) - missing_numbers,
        )
        contributions = self._contributions(films, reference) if study.is_whole and trainer.is_global_zero else None
        updates, seconds = sum(one.updates for one in found), round(perf_counter() - start, 3)
        summary = {**study.summary, "row_updates": updates, "seconds": seconds}
        return replace(study, summary=summary, contributions=contributions)

    def _contributions(self, films: FilmDataModule, reference: Reference) -> Contributions:
        """Take single values out; done on the first device alone, since it takes less time than the table of it."""
        with deaf():  # the importances are whole, and would be lost
            number = films.films.number[getattr(films.films.rows, self.split)]
            return Contributions.of(reference, films.fitted.encoder, number)

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

    def _how(self, reference: Reference) -> dict[str, Any]:
        rows, how = reference.rows, self.estimator
        r2 = regression_scores(rows.actual.cpu().numpy(), reference.predicted.cpu().numpy())["r2"]
        return {
            "estimator": how.kind,
            "n_repeats": how.n_repeats,
            "off_rows": how.off_rows if how.kind == "expected" else None,
            "seed": how.seed,
            "split": self.split,
            "rows": rows.n_rows,
            "films": rows.n_films,
            "loss": self.loss,
            "baseline_loss": reference.total if np.isfinite(reference.total) else None,
            "r2": r2 if np.isfinite(r2) else None,
        }


def held_out(films: FilmDataModule, split: str) -> HeldOut:
    """Return the encoded films of a side, with their targets in the original unit."""
    places = getattr(films.films.rows, split)
    batch = FilmRows(films.films.encoded, films.films.actual, places)[list(range(len(places)))]
    film = np.unique(films.films.film_codes()[places], return_inverse=True)[1]
    actual = torch.from_numpy(films.films.actual[places])
    return HeldOut(batch.dense, batch.labels, batch.offsets, batch.weights, actual, torch.from_numpy(film))


def keys_of(names: list[str]) -> Tensor:
    """Return an int64 a name, the same wherever the name stands and on every machine."""
    return torch.from_numpy(pd.util.hash_array(np.array(names, dtype=object)).view(np.int64))


def _unit(scaled: Tensor, scale: TargetScale) -> Tensor:
    """Return (n,) float64 predictions in the target's unit: `TargetScale.inverse` on any device."""
    raw = scaled * scale.std + scale.mean
    return raw.expm1() - scale.shift if scale.transform == "log1p" else raw


class _Rate(ProgressColumn):
    """Row updates a second."""

    def render(self, task: Bar) -> Text:
        return Text(f"{(task.speed or 0) / 1e6:.1f}M updates/s")


def _run_watched(trainer: pl.Trainer, tasks: Tasks, mine: list[Task], found: list[TaskResult]) -> None:
    """Do tasks under a progress bar, where the trainer has one."""
    if trainer.progress_bar_callback is None or not trainer.is_global_zero:
        tasks.run(mine, found)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:.0f} %"))
    with Progress(*columns, _Rate(), TimeRemainingColumn()) as bar:
        whole = bar.add_task("Importance", total=sum(task.updates for task in mine))
        # Lightning's own display, which this one stands in, doesn't refresh by itself.
        tasks.run(mine, found, lambda task: bar.update(whole, advance=task.updates, refresh=True))


def _of_all_devices(trainer: pl.Trainer, found: list[TaskResult]) -> list[TaskResult]:
    if trainer.world_size == 1:
        return found
    plain = [(one.of, one.places.cpu(), one.importance.cpu(), one.updates) for one in found]
    everyone: list[Any] = [None] * trainer.world_size
    with deaf():
        torch.distributed.all_gather_object(everyone, plain)
    return [TaskResult(*one) for some in everyone for one in some]


def _log(board: TensorBoardLogger, study: ImportanceStudy, step: int) -> None:
    from greenlight_films.lightning_modules.callbacks.importance_figures import (  # matplotlib takes half a second
        columns_chart,
        values_chart,
    )

    board.experiment.add_figure("importance/values", values_chart(study), step)
    board.experiment.add_figure("importance/columns", columns_chart(study), step)
    roles = study.aggregated.query("level == 'role' and importance.notna()")
    for role, importance in zip(roles["name"], roles["importance"], strict=True):
        board.experiment.add_scalar(f"importance/role/{role}", importance, step)
