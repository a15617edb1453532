"""Pairs of labels: what two are worth together, and how they work through each other.

The prediction f and the loss l of a film are computed with neither label, with each alone and with both, everything
else as it is. The interaction of the prediction is f11 - f10 - f01 + f00, that of the loss likewise. Both are exact:
the product of the labels' slopes alone, taken for the latter, rejects a third of all pairs that have nothing to do
with each other.
"""

import numpy as np
import pandas as pd
import torch
from scipy import sparse
from torch import Tensor

from greenlight_films.importance.cpu import in_threads
from greenlight_films.importance.estimates import FEW_FILMS, benjamini_hochberg
from greenlight_films.importance.film_sample import CarrierEffects, FilmSample, carrier_effects
from greenlight_films.importance.held_out import Entries, at
from greenlight_films.importance.null import block_sizes
from greenlight_films.importance.occurrence import Occurrence
from greenlight_films.importance.reference import Reference

MOST_PAIRS = 500
PAIRS_AT_ONCE = 128
CELLS_AT_ONCE = 2**24  # of pairs and rows
ROUNDING = 1e-5  # an interaction below this share of the spread is rounding, of predictions in float32
CORNERS = ((0, 0), (1, 0), (0, 1), (1, 1))
PAIR = (
    *("first", "second", "first_films", "second_films", "n_films"),
    *("joint", "joint_low_95", "joint_high_95", "joint_p", "joint_q"),
    *("prediction", "prediction_low_95", "prediction_high_95"),
    *("loss", "loss_low_95", "loss_high_95", "loss_p", "loss_q"),
)


@torch.inference_mode()
def pair_importance(reference: Reference, entries: Entries, occurrence: Occurrence, seed: int) -> pd.DataFrame:
    """Return one line a pair of labels that three held-out films or more have both of.

    Of more than `MOST_PAIRS` the first ones of `Occurrence.pairs`.

    Columns: `first` and `second`, label columns; `first_films`, `second_films` and `n_films`, with each and with both;
    `joint`, the importance of both as if they were one label, with `joint_low_95`, `joint_high_95`, `joint_p` and
    `joint_q`; `prediction`, the mean interaction of the prediction on the films with both, in the target's unit, with
    its interval; `loss`, likewise of the loss, with interval, `loss_p` and `loss_q`. Interactions are NaN for labels
    that always come together: they can't be told apart.
    """
    first, second = (part[:MOST_PAIRS] for part in occurrence.pairs)
    size = min(PAIRS_AT_ONCE, max(1, CELLS_AT_ONCE // reference.rows.n_rows))
    by_label = occurrence.matrix.T.tocsr()
    members = torch.from_numpy(occurrence.columns[np.union1d(first, second)])
    reference = reference.with_weights_of(members.to(reference.sums.device))

    def of_some(some: slice) -> pd.DataFrame:
        both = sparse.csr_array(by_label[first[some]].multiply(by_label[second[some]]))
        columns = torch.from_numpy(occurrence.columns[np.stack([first[some], second[some]])])
        return _of_pairs(reference, entries, columns.to(reference.sums.device), both, seed)

    parts = in_threads(of_some, len(first), size, reference.sums.device)
    if not parts:
        return pd.DataFrame(columns=PAIR)
    films = pd.Series(entries.films().cpu().numpy(), entries.columns.cpu().numpy())
    table = pd.concat(parts, ignore_index=True).query(f"n_films >= {FEW_FILMS}")
    each = {f"{side}_films": films[table[side]].to_numpy() for side in ("first", "second")}
    always = (each["first_films"] == table["n_films"]) & (each["second_films"] == table["n_films"])
    of_interactions = [name for name in table if name.startswith(("prediction", "loss"))]
    table.loc[always, of_interactions] = np.nan
    corrected = {f"{name}_q": benjamini_hochberg(table[f"{name}_p"].to_numpy()) for name in ("joint", "loss")}
    table = table.assign(**each, **corrected)
    return table[list(PAIR)].reset_index(drop=True)


def _of_pairs(
    reference: Reference, entries: Entries, columns: Tensor, both: sparse.csr_array, seed: int
) -> pd.DataFrame:
    """Return the lines of some pairs, (2, n_pairs) label columns; `both` says which rows carry both."""
    rows, n_pairs = reference.rows, columns.shape[1]
    index, row = (torch.from_numpy(part.astype(np.int64)).to(columns.device) for part in both.nonzero())
    sample = FilmSample.of(rows, seed, block_sizes(rows, index, row))
    some = _looked_at(sample, index, row, n_pairs)
    some_index, some_row = index[some], row[some]
    if more := block_sizes(rows, some_index, some_row) - sample.draws.draws.keys():  # of a film some rows may be left
        sample = FilmSample.of(rows, seed, more.union(sample.draws.draws))
    every = torch.arange(n_pairs, device=index.device).repeat_interleave(len(sample.rows))
    pair, where = torch.cat([every, some_index]), torch.cat([sample.rows.repeat(n_pairs), some_row])
    effects = _corners(reference, entries, columns[:, pair], where)
    slope = reference.increase(torch.zeros_like(effects[0, :1]))[1]
    effects[:2] *= slope
    of_sample, own = effects[:, : len(every)].reshape(3 * n_pairs, -1), effects[:, len(every) :].flatten()
    thrice = (torch.arange(3, device=index.device)[:, None] * n_pairs + some_index).flatten()
    tested = carrier_effects(rows, sample, thrice, some_row.repeat(3), own, of_sample, seed)
    names = ("joint", "loss", "prediction")
    fields = [part.view(3, -1) for part in vars(tested).values()]
    measures = {name: CarrierEffects(*(part[number] for part in fields)) for number, name in enumerate(names)}
    table = {"first": columns[0], "second": columns[1], "n_films": rows.count_films(index, row, n_pairs)}
    for name, measure in measures.items():
        low, high = measure.mean - measure.below, measure.mean + measure.above
        table |= {name: measure.mean, f"{name}_low_95": low, f"{name}_high_95": high, f"{name}_p": measure.p}
    table |= _importance(measures["joint"], of_sample[:n_pairs], sample, index, row)
    return pd.DataFrame({name: part.cpu().numpy() for name, part in table.items()}).drop(columns="prediction_p")


def _looked_at(sample: FilmSample, index: Tensor, row: Tensor, n_pairs: int) -> Tensor:
    """Return which carriers are looked at, (n,) int64, pair by pair: of many the first in the random order.

    Args:
        index: (n_carriers,) int64, ascending, the pair of which a row carries both labels.
        row: (n_carriers,) int64.
    """
    counts = torch.bincount(index, minlength=n_pairs)
    order = torch.argsort(index * len(sample.rank) + at(sample.rank, row))
    position = torch.arange(len(order), device=index.device) - at(counts.cumsum(0) - counts, index)
    return order[position < sample.most_carriers()]


def _importance(
    joint: CarrierEffects, effects: Tensor, sample: FilmSample, index: Tensor, row: Tensor
) -> dict[str, Tensor]:
    """Return the importance of pairs as one label, k / N * (mean over all rows - mean over the k), and its interval."""
    counts, n_rows, slot = torch.bincount(index, minlength=len(effects)), len(sample.rank), at(sample.draws.slot, row)
    within = torch.zeros_like(effects, dtype=torch.bool)
    within[index[slot >= 0], slot[slot >= 0]] = True
    share, others = counts / n_rows, sample.uniform & ~within
    count = others.sum(1)
    mean = torch.where(others, effects, 0.0).sum(1) / count
    spread = (torch.where(others, effects - mean[:, None], 0.0) ** 2).sum(1) / (count - 1).clamp(min=1)
    unseen = 1 - count / (n_rows - counts).clamp(min=1)
    doubt = 1.96 * (1 - share) * (spread / count * unseen).clamp(min=0).sqrt()
    value = share * (1 - share) * (mean - joint.mean)
    low, high = (share * ((1 - share) * margin**2 + doubt**2).sqrt() for margin in (joint.above, joint.below))
    return {"joint": value, "joint_low_95": value - low, "joint_high_95": value + high}


def _corners(reference: Reference, entries: Entries, columns: Tensor, row: Tensor) -> Tensor:
    """Return joint effects on the loss, interactions of the loss and of the prediction, (3, n) float64.

    Args:
        columns: (2, n) int64, the two label columns.
        row: (n,) int64.
    """
    own = torch.stack([_own_weight(entries, column, row) for column in columns])
    weight = _weight_together(entries, columns, row, own)
    predicted = [
        _predicted(reference, row, columns, weight * torch.tensor(corner, device=row.device)[:, None] - own)
        for corner in CORNERS
    ]
    neither, first, second, both = (reference.losses_of(values, row) for values in predicted)
    of_loss = both - first - second + neither
    of_prediction = predicted[3] - predicted[1] - predicted[2] + predicted[0]
    limits = reference.losses.mean() * ROUNDING, reference.predicted.std(correction=0) * ROUNDING
    of_loss, of_prediction = (
        torch.where(values.abs() > limit, values, 0.0)
        for values, limit in zip((of_loss, of_prediction), limits, strict=True)
    )
    return torch.stack([both - neither, of_loss, of_prediction])


def _own_weight(entries: Entries, column: Tensor, row: Tensor) -> Tensor:
    """Return the weight that each row has in a label column, (n,); 0 where it doesn't carry it."""
    entry, carries = entries.find(torch.searchsorted(entries.columns, column), row)
    return torch.where(carries, at(entries.weight, entry), 0.0)


def _weight_together(entries: Entries, columns: Tensor, row: Tensor, own: Tensor) -> Tensor:
    """Return the weight with which each row would carry both labels, (2, n): its own, if it does.

    Where a cell's names share a weight, it is 1 / sqrt(the cell's names with both labels).
    """
    has, rows = own != 0, entries.held_out
    if rows.entering is None:
        index = torch.searchsorted(entries.columns, columns.flatten())
        return torch.where(has, own, at(entries.mean_weights()[0].to(own), index).view_as(own))
    cell = rows.cells(columns.flatten()).view_as(columns)
    in_one_cell = (cell[0] == cell[1]).int()
    leaving = has.int() + has.flip(0).int() * in_one_cell
    return torch.where(has.all(0), own, rows.entering.after(row, cell, leaving, 1 + in_one_cell).to(own))


def _predicted(reference: Reference, row: Tensor, columns: Tensor, delta: Tensor) -> Tensor:
    """Return predictions of rows in which the weights of two label columns, (2, n), change by delta: (n,) float64."""
    predicted, moved = at(reference.predicted, row), torch.nonzero((delta != 0).any(0)).squeeze(1)
    for part in torch.split(moved, reference.batch_rows):
        sums = reference.sums.index_select(0, row[part])
        for column, change in zip(columns[:, part], delta[:, part].to(sums.dtype), strict=True):
            sums.addcmul_(reference.vectors(row[part], column), change[:, None])
        predicted[part] = reference.predict(sums)
    return predicted
