"""Measures what a network's predictions of encoded films rest on: from films and weights to an `ImportanceResult`."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from greenlight_films.datamodules import (
    EncodedFilms,
    FeatureSpace,
    FilmEncoder,
    FilmRows,
    TargetScale,
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
    Tasks,
)
from greenlight_films.importance.evidence import has_learnt
from greenlight_films.importance.result import summary_of
from greenlight_films.importance.streams import keys_of
from greenlight_films.lightning_modules.additive_mlp import AdditiveMLP


@dataclass(frozen=True)
class MeasuredFilms:
    """A network and the held-out films that its importances are measured on.

    Attributes:
        network: in eval mode, on the device that does the work.
        number: (n_rows,) the rows' numbers in their table, from 1.
    """

    network: AdditiveMLP
    encoder: FilmEncoder
    scale: TargetScale
    rows: HeldOut
    number: np.ndarray

    @classmethod
    def of(
        cls,
        network: AdditiveMLP,
        encoder: FilmEncoder,
        scale: TargetScale,
        encoded: EncodedFilms,
        actual: np.ndarray,
        film: np.ndarray,
        number: np.ndarray,
    ) -> "MeasuredFilms":
        """Take films of a table: (n_rows,) targets in the original unit, and the film that each row belongs to."""
        batch = FilmRows(encoded, actual)[list(range(encoded.n_rows))]
        codes = torch.from_numpy(np.unique(film, return_inverse=True)[1])
        has = torch.from_numpy(~_zeros_of_flags(encoded.unscaled))
        rows = HeldOut(batch.dense, batch.labels, batch.offsets, batch.weights, torch.from_numpy(actual), codes, has)
        return cls(network, encoder, scale, rows.to(next(network.parameters()).device), number)

    def reference(self, loss: LossName) -> Reference:
        """Return the network's predictions and losses on the films."""
        # Differences as small as these vanish in bf16: the engine works in float32.
        is_float32 = next(self.network.parameters()).dtype == torch.float32
        network = self.network if is_float32 else deepcopy(self.network).float()
        return Reference.of(network, self.rows, LOSSES[loss], lambda scaled: _in_unit(scaled, self.scale))

    def contributions(self, reference: Reference) -> Contributions:
        """Return by how much each value of each film moves its prediction."""
        space, medians = self.encoder.space, torch.from_numpy(self.encoder.at_medians())
        return Contributions.of(reference, space.n_labels, numbers_of(space), medians, self.number)

    def measure(
        self,
        estimator: Estimator,
        loss: LossName,
        groups: dict[str, list[str]],
        summary: dict[str, Any],
        run: Callable[[Tasks], None] = Tasks.run,
    ) -> tuple[ImportanceResult, Reference]:
        """Measure every value and number, and every column, role and group.

        Args:
            summary: what is known of the films, such as their unit.
            run: does the tasks, or the part of them that there is time for.

        Raises:
            InputError: a group has no pattern, or one that fits no feature.
        """
        start, reference, space = perf_counter(), self.reference(loss), self.encoder.space
        sets = [ColumnSet(part.name, part.level, part.dense, part.labels) for part in feature_sets(space, groups)]
        tasks = Tasks(reference, keys_of(space.label_names()), estimator, sets)
        run(tasks)
        values, joint = tasks.together()
        done = [result.task for result in tasks.results]
        missing_sets = set(range(len(sets))) - {task.first for task in done if task.kind == "sets"}
        missing_numbers = sum(index < space.n_dense for index in missing_sets)
        n_measured = sum(task.stop - task.first for task in done if task.kind == "values")
        actual, predicted = reference.rows.actual.cpu(), reference.predicted.cpu()
        effort = {
            "row_updates": sum(result.updates for result in tasks.results),
            "seconds": round(perf_counter() - start, 3),
            "learnt": self._has_learnt(actual.numpy(), predicted.numpy(), reference.rows.n_films),
        }
        result = ImportanceResult(
            described(space),
            values,
            sets,
            joint,
            {**summary_of(estimator, loss, actual, predicted, reference.rows.n_films), **summary, **effort},
            missing_features=len(tasks.entries.columns) - n_measured + missing_numbers,
            missing_sets=len(missing_sets) - missing_numbers,
        )
        return result, reference

    def _has_learnt(self, actual: np.ndarray, predicted: np.ndarray, n_films: int) -> bool | None:
        """Judge as the verdict of a study does: on the scale that was learnt, where the training mean is 0."""
        scale = self.scale
        floor = np.nextafter(-1 - scale.shift, np.inf) if scale.transform == "log1p" else -np.inf
        predicted = scale.forward(np.maximum(predicted, floor))
        return has_learnt(scale.forward(actual), predicted, n_films, guess=0.0)


def _zeros_of_flags(unscaled: np.ndarray) -> np.ndarray:
    """Return where numbers that are 0 or 1 in all rows, or log1p of these, are 0: (n_rows, n_dense) bool."""
    zero = unscaled == 0
    flags = [(zero | (unscaled == value)).all(0) for value in (1.0, np.log1p(1.0))]
    return zero & np.logical_or(*flags)


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
    """Return the dense columns of each number: its own and, where there is one, whether it is missing.

    The parts of a date are numbers of their own.
    """
    columns = block_columns(space.dense)
    starts = [index for index, block in enumerate(space.dense) if block.kind == "number"]
    ends = [*starts, len(columns)][1:]
    numbers = zip(starts, ends, strict=True)
    return [torch.from_numpy(np.concatenate(columns[start:end])) for start, end in numbers]


def _in_unit(scaled: Tensor, scale: TargetScale) -> Tensor:
    """Return (n,) float64 predictions in the target's unit: `TargetScale.inverse` on any device."""
    raw = scaled * scale.std + scale.mean
    return raw.expm1() - scale.shift if scale.transform == "log1p" else raw
