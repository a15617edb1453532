"""What each value of encoded films contributes to a network's predictions of them, by name."""

from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from greenlight_films.datamodules import EncodedFilms, FeatureSpace, FilmDataModule, FilmEncoder, InputError
from greenlight_films.datamodules.leakage import is_year
from greenlight_films.importance import LOSSES, Alone, HeldOut, Reference
from greenlight_films.importance.contributions import Contributions, largest_first
from greenlight_films.importance.cpu import one_thread_a_step
from greenlight_films.importance.expected_gradients import Background, Parts
from greenlight_films.importance.reference import LinearModel
from greenlight_films.importance.spread import spread
from greenlight_films.lightning_modules.additive_mlp import AdditiveMLP
from greenlight_films.lightning_modules.film_importance import MeasuredFilms, described, numbers_of
from greenlight_films.lightning_modules.predictions import predict_scaled

BACKGROUND = 512  # training films; of two different 512 the contributions correlate by .998


@dataclass(frozen=True)
class ContributionSettings:
    """Which held-out films' predictions are split up into contributions.

    Attributes:
        films: how many, spread over years and predictions, or `all`.
    """

    films: int | Literal["all"] = 500

    def __post_init__(self) -> None:
        if self.films != "all" and self.films < 1:
            raise InputError(
                f"permutation_importance.contributions.films must be `all`, or 1 or more, got {self.films}"
            )


FIVE_HUNDRED = ContributionSettings()


def held_out_contributions(
    films: MeasuredFilms, data: FilmDataModule, reference: Reference, alone: Alone, settings: ContributionSettings
) -> Contributions:
    """Return the contributions of some held-out films, measured from the mean over training films of the data."""
    assert data.films.rows is not None
    encoder, encoded = films.encoder, data.films.encoded
    train = background_rows(films.network, encoder, encoded, data.films.weighted(data.films.rows.train))
    background = MeasuredFilms.unlabelled(
        films.network, encoder, films.scale, encoded.take(train), data.films.number[train]
    )
    n = films.encoded.n_rows if settings.films == "all" else settings.films
    chosen = spread(reference.predicted.cpu().numpy(), years_of(encoder.space, films.encoded), n)
    return contributions_of(films.take(chosen), PartsSource.of(background), alone, chosen)


def background_rows(network: AdditiveMLP, encoder: FilmEncoder, encoded: EncodedFilms, train: np.ndarray) -> np.ndarray:
    """Return the training rows, (n,) indices, that stand for all: 512 over the years and the network's predictions.

    They are the same wherever the network lies: predictions are made anew on the CPU, unless other processes have
    columns of its first layer.
    """
    films = encoded.take(train)
    with one_thread_a_step():
        on_cpu = network if network.first.shard else deepcopy(network).cpu().float()
        predicted, _ = predict_scaled(on_cpu.eval(), films)
    return train[spread(predicted, years_of(encoder.space, films), BACKGROUND)]


def years_of(space: FeatureSpace, films: EncodedFilms) -> np.ndarray | None:
    """Return the year of each film, (n_rows,), by the first feature that is one; None where there is none."""
    names = [block.values[0] if block.kind == "number" else "" for block in space.dense]
    index = next((index for index, name in enumerate(names) if is_year(name) or name.endswith(" year")), None)
    return None if index is None else films.unscaled[:, index]


@dataclass(frozen=True)
class PartsSource:
    """The training films that contributions are measured from, and the names of what contributes.

    A training film's inputs are computed without its own target, so they differ from the sums over its labels. The
    difference is given to the first layer as further numbers, which are 0 for other films; what they contribute is
    counted with the names that a film has instead of the usual ones.

    Attributes:
        background: its model takes these numbers behind those that the first layer makes.
        names: one line a feature and then a cell: column, value, role.
        n_features: how many lines are features: label columns, then dense ones.
        number: (n,) int64, rows of the films in their table.
        cell_of_input: (n_inputs,) int64, the cell that the difference of an input is counted with.
    """

    background: Background
    names: pd.DataFrame
    n_features: int
    number: np.ndarray
    cell_of_input: Tensor

    @classmethod
    def of(cls, films: MeasuredFilms) -> "PartsSource":
        """Take encoded training films."""
        space, first, model = films.encoder.space, films.network.first, films.network.folded()
        cell, cells = _cells(space)
        if first.n_inputs:
            weight = torch.cat([model.first.dense_weight, first.input_weight.detach().float()])
            model = LinearModel(replace(model.first, dense_weight=weight), model.tail)
        rows = _with_rest(films)
        background = Background.of(model, rows, cell.to(rows.labels.device), len(cells))
        names = described(space)[["column", "value", "role"]]
        cell_of = _first_cells(space, cells["column"].tolist())
        of_input = torch.tensor([cell_of[column] for column in films.network.sizes["input_columns"]], dtype=torch.int64)
        both = pd.concat([names, cells], ignore_index=True)
        return cls(background, both, len(names), films.number, of_input.to(rows.labels.device))

    def parts(self, films: MeasuredFilms) -> tuple[Parts, Tensor]:
        """Return the parts of films' predictions, and the predictions, (n_rows,) float64, as scaled."""
        reference = Reference.of(self.background.model, _with_rest(films), LOSSES["mse"])
        parts, n_rest = self.background.contributions(reference), len(self.cell_of_input)
        n_dense = parts.dense.shape[1] - n_rest
        instead = parts.instead.index_add(1, self.cell_of_input, parts.dense[:, n_dense:])
        return replace(parts, instead=instead, dense=parts.dense[:, :n_dense]), reference.predict_scaled()

    def table(self, films: MeasuredFilms, parts: Parts) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
        """Return one line a part: column, value, role, contribution; and its row, from 0, and its feature or cell."""
        space = films.encoder.space
        row, feature, contribution = _flat(parts, films, self.n_features)
        table = self.names.iloc[feature].reset_index(drop=True)
        is_number = (feature >= space.n_labels) & (feature < self.n_features)
        table.loc[is_number, "value"] = number_texts(space, films.encoded).T.ravel()  # as `_flat` has them
        return table.assign(contribution=contribution * films.scale.std), row, feature


def contributions_of(films: MeasuredFilms, source: PartsSource, alone: Alone, position: np.ndarray) -> Contributions:
    """Return what each value of films contributes to their predictions, measured from the source's mean.

    Args:
        alone: of the films, or of more of them.
        position: (n_rows,) where among those the films stand.
    """
    scale = films.scale
    parts, scaled = source.parts(films)
    table, row, feature = source.table(films, parts)
    table = table.assign(alone=alone.of_parts(position[row], feature))
    table.insert(0, "row", films.number[row])
    predicted = scaled.cpu().numpy() * scale.std + scale.mean
    average = float(source.background.predicted.mean()) * scale.std + scale.mean
    order = np.argsort(films.number, kind="stable")
    return Contributions(largest_first(table), average, predicted[order], source.number)


def _first_cells(space: FeatureSpace, cells: list[str]) -> dict[str, int]:
    """Return the first cell of each of the table's columns; `cells` are the names of all as blocks have them."""
    first: dict[str, int] = {}
    for feature, group in zip(space.features, space.groups, strict=True):
        for block in group[:1] if group and group[0].kind == "label" else []:
            first.setdefault(feature["column"], cells.index(block.column))
    return first


def _with_rest(films: MeasuredFilms) -> HeldOut:
    """Return films whose inputs are numbers too, as far as they aren't sums over labels."""
    rows, first, inputs = films.rows, films.network.first, films.encoded.inputs
    if not first.n_inputs:
        return rows
    rest = rows.dense.new_zeros(rows.n_rows, first.n_inputs)
    if inputs is not None:
        summed = first.inputs_of(rows.dense, rows.labels, rows.offsets, rows.weights).detach()
        rest = torch.from_numpy(inputs).to(rows.dense) - summed
    return replace(rows, dense=torch.cat([rows.dense, rest], 1))


def _cells(space: FeatureSpace) -> tuple[Tensor, pd.DataFrame]:
    """Return the cell of each label column, (n_labels,) int64, and each cell's column and role."""
    keys = [(block.column, block.role) for block in space.labels]
    distinct = list(dict.fromkeys(keys))
    index = np.array([distinct.index(key) for key in keys], dtype=np.int64)
    cell = np.repeat(index, [len(block.values) for block in space.labels])
    table = pd.DataFrame(distinct, columns=["column", "role"], dtype=object)
    return torch.from_numpy(cell), table.assign(value=pd.Series([None] * len(table), dtype=object))


def _flat(parts: Parts, films: MeasuredFilms, n_features: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return row, feature and contribution of each part: labels, then numbers with their gaps, then cells.

    Features are label columns, then dense ones, then cells.
    """
    space, rows = films.encoder.space, films.rows
    numbers = numbers_of(space)
    index = torch.arange(len(numbers)).repeat_interleave(torch.tensor([*map(len, numbers)], dtype=torch.int64))
    index = index[films.network.encoding.source.cpu()]  # of each column that the first layer makes
    by_number = parts.dense.new_zeros(len(numbers), rows.n_rows)
    by_number.index_add_(0, index.to(by_number.device), parts.dense.T)
    firsts = np.array([int(columns[0]) + space.n_labels for columns in numbers], dtype=np.int64)
    every_row, n_cells = np.arange(rows.n_rows), parts.instead.shape[1]
    row = [rows.rows_of_entries().cpu().numpy(), np.tile(every_row, len(numbers)), np.tile(every_row, n_cells)]
    features = [rows.labels.cpu().numpy(), np.repeat(firsts, rows.n_rows)]
    features.append(np.repeat(n_features + np.arange(n_cells), rows.n_rows))
    values = [parts.labels, by_number.flatten(), parts.instead.T.flatten()]
    return np.concatenate(row), np.concatenate(features), torch.cat(values).cpu().numpy()


def number_texts(space: FeatureSpace, films: EncodedFilms) -> np.ndarray:
    """Return each film's numbers as text, (n_rows, n_numbers), `missing` where they are not known.

    How many names a cell has is `number of names`, beside the names themselves.
    """
    columns, texts = numbers_of(space), np.empty((films.n_rows, 0), dtype=object)
    in_logarithms, counts_names = space.in_logarithms(), space.counts_names()
    for first, *marks in (part.tolist() for part in columns):
        values = films.unscaled[:, first]
        shown = np.expm1(values) if in_logarithms[first] else values
        text = np.array([f"{value:.7g}" for value in shown.tolist()], dtype=object)
        text[(films.dense[:, marks] > 0).any(1)] = "missing"
        text[:] = "number of names" if counts_names[first] else text
        texts = np.column_stack([texts, text])
    return texts
