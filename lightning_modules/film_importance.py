"""Measures what a network's predictions of encoded films rest on: from films and weights to an `ImportanceResult`."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Any

import numpy as np
import pandas as pd
import torch
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from torch import Tensor

from greenlight_films.datamodules import (
    EncodedFilms,
    FeatureSpace,
    FilmEncoder,
    FilmRows,
    TargetScale,
)
from greenlight_films.datamodules.feature_sets import FeatureSet, block_columns, feature_sets, named_sets
from greenlight_films.importance import (
    LOSSES,
    Alone,
    ColumnSet,
    Estimator,
    HeldOut,
    ImportanceResult,
    LossName,
    Reference,
    Tasks,
)
from greenlight_films.importance.evidence import has_learnt
from greenlight_films.importance.parts import part_importance
from greenlight_films.importance.related import Related, RelatedSettings, related_features
from greenlight_films.importance.streams import keys_of
from greenlight_films.importance.summary import summary_of
from greenlight_films.lightning_modules.additive_mlp import AdditiveMLP
from greenlight_films.lightning_modules.entering_weights import entering_weights
from greenlight_films.lightning_modules.name_parts import parts_of


@dataclass(frozen=True)
class MeasuredFilms:
    """A network and the held-out films that its importances are measured on.

    Attributes:
        network: in eval mode, on the device that does the work.
        encoded: the films.
        number: (n_rows,) the rows' numbers in their table, from 1.
    """

    network: AdditiveMLP
    encoder: FilmEncoder
    scale: TargetScale
    rows: HeldOut
    encoded: EncodedFilms
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
        drawn_with: np.ndarray | None = None,
        weights: np.ndarray | None = None,
    ) -> "MeasuredFilms":
        """Take films of a table: (n_rows,) targets in the original unit, and the film that each row belongs to.

        Films that share a value of `drawn_with`, (n_rows,), are not independent; where it is missing they are. Losses
        count by `weights`, (n_rows,), not all 0.
        """
        codes = torch.from_numpy(np.unique(film, return_inverse=True)[1])
        has = torch.from_numpy(~_zeros_of_flags(encoded.unscaled))[:, network.encoding.source.cpu()]
        entering = entering_weights(encoder.space, encoded)
        clusters = None if drawn_with is None else torch.from_numpy(clusters_of(codes.numpy(), drawn_with))
        counts = None if weights is None or not np.ptp(weights) else torch.from_numpy(weights / weights.mean())
        more = {"has": has, "entering": entering, "drawn_with": clusters, "counts": counts}
        return cls(network, encoder, scale, _held_out(network, encoded, actual, codes, **more), encoded, number)

    @classmethod
    def unlabelled(
        cls, network: AdditiveMLP, encoder: FilmEncoder, scale: TargetScale, encoded: EncodedFilms, number: np.ndarray
    ) -> "MeasuredFilms":
        """Take films whose predictions alone are looked at."""
        rows = _held_out(network, encoded, np.zeros(encoded.n_rows), torch.arange(encoded.n_rows))
        return cls(network, encoder, scale, rows, encoded, number)

    def take(self, rows: np.ndarray) -> "MeasuredFilms":
        """Return these films, by index, for their predictions alone."""
        return self.unlabelled(self.network, self.encoder, self.scale, self.encoded.take(rows), self.number[rows])

    def reference(self, loss: LossName) -> Reference:
        """Return the network's predictions and losses on the films, all inputs of labels summed over a film's labels.

        Differences as small as these vanish in bf16: the engine works in float32.
        """
        folded = self.network.folded()
        return Reference.of(folded, self.rows, LOSSES[loss], lambda scaled: _in_unit(scaled, self.scale))

    def alone(self, reference: Reference) -> Alone:
        """Return by how much each value of each film, taken out alone, moves its prediction."""
        space, encoding = self.encoder.space, self.network.encoding
        numbers = [encoding.columns_of(columns) for columns in numbers_of(space)]
        with torch.inference_mode():
            medians = encoding(torch.from_numpy(self.encoder.at_medians())[None].to(reference.sums.device))[0]
        alone = Alone.of(reference, space.n_labels, numbers, medians)
        return replace(alone, direction=alone.direction[: space.n_labels + space.n_dense])

    def related(
        self,
        reference: Reference,
        result: ImportanceResult,
        estimator: Estimator,
        settings: RelatedSettings,
        groups: dict[str, list[str]],
    ) -> Related:
        """Return which features say the same as others.

        Raises:
            InputError: a feature whose conditional importance is wanted does not exist.
        """
        sets = named_sets(self.encoder.space, groups, settings.conditional)
        return related_features(reference, settings, self._expanded(sets), estimator, result)

    def by_part(self, reference: Reference, estimator: Estimator) -> pd.DataFrame:
        """Return how much each role's names count apart from what is known beside them; see `part_importance`."""
        roles = [each for each in self._expanded(feature_sets(self.encoder.space, {})) if each.level == "role"]
        return part_importance(reference, roles, parts_of(self.network, self.encoder.space), estimator)

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
        sets = feature_sets(space, groups)
        tasks = Tasks(reference, keys_of(space.label_names()), estimator, self._expanded(sets))
        run(tasks)
        values, joint = tasks.together()
        missing_values, missing_sets = tasks.missing()
        missing_numbers = sum(index < space.n_dense for index in missing_sets)
        actual, predicted = reference.rows.actual.cpu(), reference.predicted.cpu()
        counts = None if reference.rows.counts is None else reference.rows.counts.cpu()
        n_films, weights = reference.rows.n_films, None if counts is None else counts.numpy()
        # Judged as the verdict of a study is: on the scale that was learnt, where the training mean is 0.
        truth, guess = (self.scale.forward(values.numpy()) for values in (actual, predicted))
        effort = {
            "row_updates": sum(result.updates for result in tasks.results),
            "seconds": round(perf_counter() - start, 3),
            "learnt": has_learnt(truth, guess, n_films, 0.0, weights),
        }
        result = ImportanceResult(
            described(space),
            values,
            [ColumnSet(part.name, part.level, part.dense, part.labels) for part in sets],
            joint,
            {**summary_of(estimator, loss, actual, predicted, n_films, counts), **summary, **effort},
            missing_features=missing_values + missing_numbers,
            missing_sets=len(missing_sets) - missing_numbers,
        )
        return result, reference

    def _expanded(self, sets: list[FeatureSet]) -> list[ColumnSet]:
        """Return the sets with the columns that the first layer makes of their numbers."""
        columns_of = self.network.encoding.columns_of
        return [
            ColumnSet(part.name, part.level, columns_of(torch.from_numpy(part.dense)).numpy(), part.labels)
            for part in sets
        ]


def _held_out(network: AdditiveMLP, encoded: EncodedFilms, actual: np.ndarray, film: Tensor, **more: Any) -> HeldOut:
    """Return films as the engine takes them, on the network's device; numbers as the first layer expands them."""
    batch, device = FilmRows(encoded, actual)[list(range(encoded.n_rows))], network.first.bias.device
    with torch.inference_mode():
        dense = network.encoding(batch.dense.to(device))
    rows = HeldOut(dense, batch.labels, batch.offsets, batch.weights, torch.from_numpy(actual), film, **more)
    return rows.to(device)


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


def clusters_of(film: np.ndarray, drawn_with: np.ndarray) -> np.ndarray:
    """Return codes from 0 of clusters, (n_rows,) int64: rows of a film, and films that share a value, belong together.

    >>> clusters_of(np.array([0, 0, 1, 2, 3]), np.array(["Ann", None, "Bo", "Ann", None], dtype=object)).tolist()
    [0, 0, 1, 0, 2]
    """
    value, n_films = pd.factorize(drawn_with)[0], int(film.max()) + 1
    known = value >= 0
    n_nodes = n_films + int(value.max(initial=-1)) + 1
    links = coo_array((np.ones(known.sum()), (film[known], n_films + value[known])), shape=(n_nodes, n_nodes))
    return np.unique(connected_components(links, directed=False)[1][film], return_inverse=True)[1]


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
