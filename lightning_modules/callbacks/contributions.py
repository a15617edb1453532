"""What every value of every held-out film moves its prediction by, and which way a value moves predictions."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from greenlight_films.datamodules import FeatureSpace, FilmEncoder
from greenlight_films.datamodules.feature_sets import block_columns
from greenlight_films.importance import Reference, label_contributions, mean_by_film, number_contributions


@dataclass(frozen=True)
class Contributions:
    """The prediction of a held-out row less that without one of its values, in the target's unit.

    A label is taken out and the row's other labels keep their weights; a number becomes the training median, and known
    where it is missing. Each value is taken out alone: contributions need not add up to the prediction.

    Attributes:
        row: (n,) int64, the row's number in the table, from 1; ascending.
        feature: (n,) int64, place in `FeatureSpace.names`: every label of the row, and every number. A number that is
            missing is its number's, not that of `Runtime is missing`.
        value: (n,) float64, of each row the largest first, whatever the sign.
        direction: (n_features,) float64, the mean over films that have a value, a film with several rows counted once;
            of a number, the mean where it is above the training median less that where it is below. NaN where there is
            no such film.
    """

    row: np.ndarray
    feature: np.ndarray
    value: np.ndarray
    direction: np.ndarray

    @classmethod
    @torch.inference_mode()
    def of(cls, reference: Reference, encoder: FilmEncoder, number: np.ndarray) -> "Contributions":
        """Take every value of every row out.

        Args:
            encoder: that made the rows.
            number: (n_rows,) the rows' numbers in the table.
        """
        rows, n_dense = reference.rows, encoder.space.n_dense
        row, label = rows.rows_of_entries(), rows.labels.long()
        value = label_contributions(reference)
        by_label = mean_by_film(value, label, rows.film[row], encoder.space.n_labels)
        every_row, by_dense = torch.arange(rows.n_rows, device=row.device), by_label.new_full((n_dense,), torch.nan)
        parts = [(row, label + n_dense, value)]
        instead = torch.from_numpy(encoder.at_medians()).to(rows.dense)
        for columns in numbers_of(encoder.space):
            there = columns.to(row.device)
            change = number_contributions(reference, there, instead[there])
            by_dense[there] = _directions(change, rows.dense[:, there] - instead[there], rows.film)
            parts.append((every_row, there[:1].expand_as(every_row), change))
        rows_of, features, values = (torch.cat(part).cpu().numpy() for part in zip(*parts, strict=True))
        order = np.lexsort((-np.abs(values), number[rows_of]))
        direction = torch.cat([by_dense, by_label]).cpu().numpy()
        return cls(number[rows_of][order], features[order], values[order], direction)


def numbers_of(space: FeatureSpace) -> list[Tensor]:
    """Return the dense columns of each number: its own and, where there is one, whether it is missing."""
    places = iter(block_columns(space.dense))
    dense = [[next(places) for block in group if block.kind != "label"] for group in space.groups]
    return [torch.from_numpy(np.concatenate(columns)) for columns in dense if columns]


def _directions(change: Tensor, above: Tensor, film: Tensor) -> Tensor:
    """Return the direction of a number and of its being missing, (n,), from columns less what stands for a median."""
    below, _, over = mean_by_film(change, above[:, 0].sign().long() + 1, film, 3)
    missing = [mean_by_film(change, one.ne(0).long(), film, 2)[1] for one in above[:, 1:].T]
    return torch.stack([over - below, *missing])
