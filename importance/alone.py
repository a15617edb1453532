"""`Alone`: by how much a prediction changes when a single value of a row is removed, and each feature's direction.

The row is predicted again without the value. The other labels keep the weights that they have, also where a film's
labels share a weight. Such changes don't add up to the prediction: `contributions` do.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from greenlight_films.importance.cpu import one_thread_a_step
from greenlight_films.importance.held_out import at, sum_by
from greenlight_films.importance.reference import Reference


@dataclass(frozen=True)
class Alone:
    """The prediction of a held-out row less that without one of its values, in the target's unit.

    A label is removed; a number becomes the training median, and known where it is missing.

    Attributes:
        row: (n,) int64, the row's index among the held-out rows.
        feature: (n,) int64, label columns from 0, then dense ones; a number and its being missing are the number's.
        change: (n,) float64.
        direction: (n_features,) float64, the mean over films that have a value, a film with several rows counted once;
            of a number, the mean where it is above the training median less that where it is below (0 where no film
            is). NaN where there is no such film at all.
    """

    row: np.ndarray
    feature: np.ndarray
    change: np.ndarray
    direction: np.ndarray

    @classmethod
    @torch.inference_mode()
    def of(cls, reference: Reference, n_labels: int, numbers: Sequence[Tensor], medians: Tensor) -> "Alone":
        """Remove every value of every row.

        Args:
            numbers: for each number its dense columns: itself and, where there is one, whether it is missing.
            medians: (n_dense,), the dense columns of a film whose numbers are the training medians.
        """
        rows, row = reference.rows, reference.rows.rows_of_entries()
        label, value = rows.labels.long(), label_changes(reference)
        by_label = mean_by_film(value, label, rows.film[row], n_labels)
        every_row, by_dense = torch.arange(rows.n_rows, device=row.device), by_label.new_full(medians.shape, torch.nan)
        parts, medians = [(row, label, value)], medians.to(rows.dense)
        for columns in (columns.to(row.device) for columns in numbers):
            change = number_changes(reference, columns, medians[columns])
            by_dense[columns] = _directions(change, rows.dense[:, columns] - medians[columns], rows.film)
            parts.append((every_row, n_labels + columns[:1].expand_as(every_row), change))
        direction = torch.cat([by_label, by_dense]).cpu().numpy()
        rows_of, features, changes = (torch.cat(part).cpu().numpy() for part in zip(*parts, strict=True))
        return cls(rows_of, features, changes, direction)

    def of_parts(self, row: np.ndarray, feature: np.ndarray) -> np.ndarray:
        """Return the changes of some rows' features, (n,) float64; NaN where a row has no such feature."""
        most = len(self.direction)
        keys, wanted = self.row * most + self.feature, row * most + feature
        order = np.argsort(keys)
        position = np.searchsorted(keys, wanted, sorter=order).clip(max=len(keys) - 1)
        is_known = (feature < most) & (keys[order[position]] == wanted)
        return np.where(is_known, self.change[order[position]], np.nan)


def _directions(change: Tensor, above: Tensor, film: Tensor) -> Tensor:
    """Return the direction of a number and of its being missing, (n,), from its columns less the median's."""
    below, _, over = mean_by_film(change, above[:, 0].sign().long() + 1, film, 3)
    missing = [mean_by_film(change, column.ne(0).long(), film, 2)[1] for column in above[:, 1:].T]
    # At the median a number moves nothing: of a flag, whose median is 0, no film is below it.
    number = torch.where(over.isnan() & below.isnan(), torch.nan, over.nan_to_num() - below.nan_to_num())
    return torch.stack([number, *missing])


@torch.inference_mode()
def label_changes(reference: Reference) -> Tensor:
    """Return the row's prediction less that without the label, for each label of each row, in the target's unit.

    (n_entries,) float64, in the order of `reference.rows.labels`; exactly 0 for a label that the model does not use.
    """
    rows = reference.rows
    row, column = rows.rows_of_entries(), rows.labels.long()
    with one_thread_a_step():
        without = reference.predict_changed(row, column, -rows.weights)
    return torch.where(reference.uses(column), at(reference.predicted, row) - without, 0.0)


@torch.inference_mode()
def number_changes(reference: Reference, columns: Tensor, instead: Tensor) -> Tensor:
    """Return each row's prediction less that with other numbers, (n_rows,) float64, in the target's unit.

    Exactly 0 where they are the same. `columns`, (n,) int64, such as a number and whether it is missing, are replaced
    together by `instead`, (n,).
    """
    own = reference.rows.dense[:, columns]
    with one_thread_a_step():
        delta = (instead - own).to(reference.sums.dtype)
        sums = reference.sums + delta @ reference.model.first.dense_weight[columns]
        if reference.depends_on(columns):
            dense = reference.rows.dense.clone()
            sums += reference.beside_with(dense.index_copy_(1, columns, instead.expand_as(own)))
        without = reference.predict(sums)
    return torch.where((delta != 0).any(1), reference.predicted - without, 0.0)


def mean_by_film(values: Tensor, group: Tensor, film: Tensor, n_groups: int) -> Tensor:
    """Return the mean of each group over films, (n_groups,) float64; NaN where there is none.

    A film counts once, with the mean of its values in the group. `group` and `film` are (n,) int64, from 0.

    >>> mean_by_film(torch.tensor([1.0, 3, 5]), torch.tensor([0, 0, 0]), torch.tensor([7, 7, 2]), 2)
    tensor([3.5000,    nan], dtype=torch.float64)
    """
    n_films = int(film.max()) + 1 if len(film) else 1
    pairs, order = torch.sort(group * n_films + film)  # a tenth of what `torch.unique` takes on a CPU
    pairs, index, counts = torch.unique_consecutive(pairs, return_inverse=True, return_counts=True)
    group = torch.div(pairs, n_films, rounding_mode="floor")
    sums = sum_by(group, sum_by(index, at(values, order), len(pairs)) / counts, n_groups)
    return sums / torch.bincount(group, minlength=n_groups)
