"""`Scenarios`: a run's network and explained films, taken apart so that names can be put in and taken out exactly."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch

from greenlight_films.datamodules import Block, EncodedFilms, FeatureSpace
from greenlight_films.datamodules.feature_sets import block_columns
from greenlight_films.datamodules.features import Category, Dense, Feature, LabelInput, Labels, Size, declared
from greenlight_films.importance.reference import LinearLayer
from greenlight_films.lightning_modules.additive_mlp import AdditiveMLP
from greenlight_films.studies.artifacts import FOLDER, load_artifacts
from greenlight_films.studies.background_file import EXPLAINED, kept_films
from greenlight_films.studies.results import NETWORK, Results
from greenlight_films.studies.saved_mlp import SavedMLP

NEAR = 1e-4  # standard deviations of the target by which a prediction made anew may differ from the run's


@dataclass(frozen=True)
class EditableColumn:
    """A column whose names can be changed: features read its labels, inputs of these and their number from it alone.

    Attributes:
        labels: indices of its label columns, ascending and without a gap.
        single: whether a film has one name at most.
        rooted: whether each of n names weighs 1 / sqrt(n), not 1.
        size: the dense columns that say how many names there are, and what encodes that; None without any.
    """

    column: str
    role: str
    labels: np.ndarray
    values: list[str]
    single: bool
    rooted: bool
    size: "NumberOfNames | None"


@dataclass(frozen=True)
class NumberOfNames:
    """How a number of names is encoded, into which dense columns."""

    dense: np.ndarray
    feature: Size
    blocks: list[Block]

    def encode(self, counts: np.ndarray) -> np.ndarray:
        """Return (n, n_columns) float32 of numbers of names, (n,)."""
        parts = self.feature.encode_counts(counts, self.blocks)
        return np.concatenate([part.values for part in parts if isinstance(part, Dense)], axis=1)


def editable_columns(space: FeatureSpace) -> list[EditableColumn]:
    """Return the columns of a feature space whose names can be changed by their vectors alone."""
    features = [declared(**plain) for plain in space.features]
    label_columns, n_dense, sizes = iter(block_columns(space.labels)), 0, dict[str, NumberOfNames]()
    blocks = list[list[np.ndarray]]()
    for feature, group in zip(features, space.groups, strict=True):
        blocks.append([next(label_columns) for block in group if block.kind == "label"])
        width = sum(len(block.values) for block in group if block.kind != "label")
        if isinstance(feature, Size):
            sizes[feature.column] = NumberOfNames(np.arange(n_dense, n_dense + width), feature, group)
        n_dense += width
    return list(_editable(features, blocks, space, sizes))


def _editable(
    features: list[Feature[Any]], blocks: list[list[np.ndarray]], space: FeatureSpace, sizes: dict[str, NumberOfNames]
) -> Iterator[EditableColumn]:
    readers: dict[str, int] = {}
    for feature in features:
        for name in feature.columns if not isinstance(feature, LabelInput) else ():
            readers[name] = readers.get(name, 0) + 1
    for feature, own, group in zip(features, blocks, space.groups, strict=True):
        if not isinstance(feature, Labels | Category) or len(own) != 1 or not len(own[0]):
            continue
        if any(readers[name] > 1 for name in feature.columns) or (isinstance(feature, Labels) and feature.positions):
            continue
        single = isinstance(feature, Category) or feature.first_only
        values, size, shares = group[0].values, sizes.get(feature.column), feature.shares_weight
        yield EditableColumn(group[0].column, feature.named_role, own[0], values, single, shares, size)


@dataclass(frozen=True)
class Scenarios:
    """A network and films.

    Attributes:
        rows: (n_films,) their rows in the table, from 1.
        films: n_films of them.
        columns: those whose names can be changed.
        left_out: the other columns of names.
    """

    network: AdditiveMLP
    rows: np.ndarray
    films: EncodedFilms
    columns: list[EditableColumn]
    left_out: Sequence[str] = ()

    @classmethod
    def of(cls, results: Results) -> "Scenarios | None":
        """Return those of a run's explained films; None where its files lack what it takes, or are of several networks.

        Raises:
            InputError: a file is not what a command wrote.
        """
        metadata = results.run.read_json(f"{FOLDER}/metadata.json")
        if NETWORK not in metadata.get("models", {}) or results.contributions.empty:
            return None
        films = kept_films(results.run, EXPLAINED, metadata["fingerprint"])
        if films is None:
            return None
        artifacts = load_artifacts(results.run.path / FOLDER, [NETWORK])
        saved, space, rows = artifacts.models[NETWORK], artifacts.space, np.unique(results.contributions["row"])
        assert isinstance(saved, SavedMLP)
        if (films.n_rows, films.labels.shape[1]) != (len(rows), space.n_labels):
            return None
        known = results.predictions.set_index("row")["predicted"].reindex(rows).to_numpy()
        off = np.abs(saved.scale.forward(saved.predict(films)) - saved.scale.forward(known))
        if not (off < NEAR).all():
            return None
        columns = editable_columns(space)
        named = {each["column"] for each in space.features if each["feature"] in ("Labels", "Category")}
        return cls(saved.network, rows, films, columns, sorted(named - {column.column for column in columns}))

    @cached_property
    def first(self) -> LinearLayer:
        """Return the first layer with one vector a label."""
        return self.network.folded().first

    def names(self, column: EditableColumn) -> list[np.ndarray]:
        """Return the label columns of the names that each film has in a column."""
        labels, (first, last) = self.films.labels, column.labels[[0, -1]]
        inside = (labels.indices >= first) & (labels.indices <= last)
        ends = np.concatenate([[0], np.cumsum(inside)])[labels.indptr]
        return np.split(labels.indices[inside], ends[1:-1])

    def unknown(self, column: EditableColumn) -> np.ndarray:
        """Return how many names of each film in a column have no label, (n_films,)."""
        return self.films.unseen.get(column.column, np.zeros(self.films.n_rows, dtype=np.int32))

    @torch.no_grad()
    def sums_without(self) -> np.ndarray:
        """Return the films' first-layer sums without the names of these columns and their numbers, (n_films, width)."""
        sizes = [column.size.dense for column in self.columns if column.size]
        edited = [column.labels for column in self.columns]
        none = [np.zeros(0, dtype=np.int64)]
        expanded = self.network.encoding(torch.from_numpy(self.films.dense)).clone()
        expanded[:, self._made_of(np.concatenate([*none, *sizes]))] = 0
        labels = self.films.labels.copy()
        labels.data[np.isin(labels.indices, np.concatenate([*none, *edited]))] = 0
        sums = (expanded @ self.first.dense_weight + self.first.bias).numpy()
        return np.asarray(sums + labels @ self.first.whole_label_weight.numpy(), dtype=np.float32)

    @torch.no_grad()
    def size_vectors(self, size: NumberOfNames, n: int) -> np.ndarray:
        """Return what 0 to n - 1 names add to the sums by their number, (n, width) float32."""
        dense = torch.zeros(n, self.films.dense.shape[1])
        dense[:, size.dense] = torch.from_numpy(size.encode(np.arange(n)))
        made = self._made_of(size.dense)
        vectors: np.ndarray = (self.network.encoding(dense)[:, made] @ self.first.dense_weight[made]).numpy()
        return vectors

    def _made_of(self, dense: np.ndarray) -> torch.Tensor:
        return self.network.encoding.columns_of(torch.from_numpy(dense))
