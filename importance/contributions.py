"""What single values of held-out rows move their predictions by: each is taken out alone, and the row predicted again.

A label that is taken out leaves the others the weights that they have, also where a film's labels share a weight.
"""

import torch
from torch import Tensor

from greenlight_films.importance.held_out import at, sum_by
from greenlight_films.importance.reference import Reference
from greenlight_films.importance.threads import one_thread_a_step


@torch.inference_mode()
def label_contributions(reference: Reference) -> Tensor:
    """Return by how much each label of each row raises the row's prediction, in the target's unit.

    Returns:
        (n_entries,) float64, in the order of `reference.rows.labels`: the prediction less that without the label;
        exactly 0 for a label that the model does not look at.
    """
    rows = reference.rows
    row, column = rows.rows_of_entries(), rows.labels.long()
    with one_thread_a_step():
        without = reference.predict_changed(row, column, -rows.weights)
    seen = reference.looks_at(torch.arange(len(reference.model.first.label_weight), device=row.device))
    return torch.where(at(seen, column), at(reference.predicted, row) - without, 0.0)


@torch.inference_mode()
def number_contributions(reference: Reference, columns: Tensor, instead: Tensor) -> Tensor:
    """Return by how much some numbers of each row raise the row's prediction, in the target's unit.

    Args:
        columns: (n,) int64, columns of numbers that are replaced together, such as one and whether it is missing.
        instead: (n,) what they are replaced by.

    Returns:
        (n_rows,) float64: the prediction less that with the other numbers; exactly 0 where they are the same.
    """
    own = reference.rows.dense[:, columns]
    with one_thread_a_step():
        delta = (instead - own).to(reference.sums.dtype)
        without = reference.predict(reference.sums + delta @ reference.model.first.dense_weight[columns])
    return torch.where((delta != 0).any(1), reference.predicted - without, 0.0)


def mean_by_film(values: Tensor, group: Tensor, film: Tensor, n_groups: int) -> Tensor:
    """Return the mean of each group over films, (n_groups,) float64; NaN where there is none.

    A film counts once, with the mean of its values in the group.

    Args:
        values: (n,).
        group: (n,) int64, from 0 to before n_groups.
        film: (n,) int64, from 0.

    >>> mean_by_film(torch.tensor([1.0, 3, 5]), torch.tensor([0, 0, 0]), torch.tensor([7, 7, 2]), 2)
    tensor([3.5000,    nan], dtype=torch.float64)
    """
    n_films = int(film.max()) + 1 if len(film) else 1
    pairs, order = torch.sort(group * n_films + film)  # a tenth of what `torch.unique` takes on a CPU
    pairs, place, counts = torch.unique_consecutive(pairs, return_inverse=True, return_counts=True)
    group = torch.div(pairs, n_films, rounding_mode="floor")
    sums = sum_by(group, sum_by(place, at(values, order), len(pairs)) / counts, n_groups)
    return sums / torch.bincount(group, minlength=n_groups)
