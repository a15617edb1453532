"""What a table's columns become: small typed classes, chosen in a config by `class_path`.

Each one parses its column once, learns from the training rows only, and encodes any rows with what it learnt.
"""

import ast
import json
from abc import ABC, abstractmethod
from dataclasses import asdict, dataclass, replace
from itertools import pairwise
from typing import Any, Generic, Literal, TypeVar

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from scipy.special import ndtri

from datamodules.cells import LabelLists, parse_labels, read_labels, read_numbers, split_labels
from datamodules.errors import InputError
from datamodules.feature_space import Block

Parsed = TypeVar("Parsed")

N_QUANTILES = 1000
QUANTILE_LIMIT = 1e-7
"""Share of the normal distribution that is cut off on either side: values are clipped at 5.2 standard deviations."""


@dataclass(frozen=True)
class Dense:
    """Encoded numbers: values (n_rows, n_columns) float32."""

    values: np.ndarray


@dataclass(frozen=True)
class Sparse:
    """Encoded labels of n rows in CSR layout.

    Attributes:
        offsets: (n_rows + 1,) int64.
        columns: (n_labels,) int32, each once in a row, from 0 in the block.
        weights: (n_labels,) float32.
        unseen: (n_rows,) int32, labels of the row that training did not keep.
    """

    offsets: np.ndarray
    columns: np.ndarray
    weights: np.ndarray
    unseen: np.ndarray


class Feature(ABC, Generic[Parsed]):
    """One declared column of the table."""

    column: str
    role: str | None

    @abstractmethod
    def parse(self, column: pd.Series) -> Parsed:
        """Read the cells; refuse what cannot be one, by row and value."""

    @abstractmethod
    def fit(self, parsed: Parsed, train: np.ndarray) -> list[Block]:
        """Learn from the rows `train` (their indices) and return the blocks that this feature fills."""

    @abstractmethod
    def encode(self, parsed: Parsed, blocks: list[Block]) -> list[Dense | Sparse]:
        """Encode every row, one part a block that `fit` returned."""

    def fit_encode(self, parsed: Parsed, train: np.ndarray) -> tuple[list[Block], list[Dense | Sparse]]:
        """Do both at once."""
        blocks = self.fit(parsed, train)
        return blocks, self.encode(parsed, blocks)

    def declaration(self) -> dict[str, Any]:
        """Return class name and arguments as plain data."""
        return {"feature": type(self).__name__, **asdict(self)}  # type: ignore[call-overload]

    @property
    def named_role(self) -> str:
        """Return the role, which is the column's name where none is declared."""
        return self.role or self.column


def declared(feature: str, **arguments: Any) -> Feature[Any]:
    """Make the feature that `Feature.declaration` described."""
    return {kind.__name__: kind for kind in Feature.__subclasses__()}[feature](**arguments)


@dataclass(frozen=True)
class Number(Feature[np.ndarray]):
    """A number; where training rows lack it, their median stands in and a column says so.

    Attributes:
        log1p: take log(1 + value) first; the values must then be above -1.
        scale: `standard`: mean 0 and standard deviation 1 on the training rows; `quantile`: mapped to a normal
            distribution by the training rows' quantiles.
    """

    column: str
    log1p: bool = False
    scale: Literal["standard", "quantile"] = "standard"
    role: str | None = None

    def parse(self, column: pd.Series) -> np.ndarray:
        return np.log1p(read_numbers(column, above=-1)) if self.log1p else read_numbers(column)

    def fit(self, parsed: np.ndarray, train: np.ndarray) -> list[Block]:
        values = parsed[train]
        known = values[~np.isnan(values)]
        if not len(known):
            raise InputError(f"column '{self.column}' has no value in the {len(train):,} training rows; leave it out")
        median = float(np.median(known))
        filled = np.where(np.isnan(values), median, values)
        fitted: dict[str, Any] = {"median": median}
        if self.scale == "standard":
            # A constant column stays 0 everywhere; its computed std may be 1e-17, and its mean off by as much.
            constant = np.ptp(filled) == 0
            fitted |= {
                "mean": median if constant else float(filled.mean()),
                "std": 1.0 if constant else float(filled.std()),
            }
        else:
            shares = np.linspace(0, 1, min(N_QUANTILES, len(filled)))
            fitted["quantiles"] = np.quantile(filled, shares).tolist()
        blocks = [Block(self.column, self.named_role, "number", [self.column], fitted)]
        if len(known) < len(values):
            blocks.append(Block(self.column, self.named_role, "missing", [self.column]))
        return blocks

    def encode(self, parsed: np.ndarray, blocks: list[Block]) -> list[Dense | Sparse]:
        missing = np.isnan(parsed)
        fitted = blocks[0].fitted
        values = np.where(missing, fitted["median"], parsed)
        if self.scale == "standard":
            scaled = (values - fitted["mean"]) / fitted["std"]
        else:
            scaled = _to_normal(values, np.asarray(fitted["quantiles"]))
        parts: list[Dense | Sparse] = [Dense(scaled.astype(np.float32)[:, None])]
        if len(blocks) == 2:
            parts.append(Dense(missing.astype(np.float32)[:, None]))
        return parts


def _to_normal(values: np.ndarray, quantiles: np.ndarray) -> np.ndarray:
    """Map values to a normal distribution; tied quantiles give the middle of their ranks, also at the ends."""
    shares = np.linspace(0, 1, len(quantiles))
    from_below = np.interp(values, quantiles, shares)
    from_above = -np.interp(-values, -quantiles[::-1], -shares[::-1])
    return ndtri(np.clip((from_below + from_above) / 2, QUANTILE_LIMIT, 1 - QUANTILE_LIMIT))


@dataclass(frozen=True)
class Labels(Feature[list[LabelLists]]):
    """Several values in a cell, each a column of its own.

    Attributes:
        separator: between the values of a `text` cell.
        format: `text`, or a literal: `json`, or `python` as in The Movies Dataset.
        key: of the objects in a literal, the one that names the value.
        weight: of each value present: 1, or 1 / sqrt(values in the cell), so that a long cast does not outweigh a
            short one.
        first_only: take the first value of a cell and leave the others.
        positions: columns of their own for the first so many positions: `Company1`, `Company2`, ...
        min_films: a value in fewer training rows is dropped.
    """

    column: str
    separator: str = ", "
    format: Literal["text", "json", "python"] = "text"
    key: str = "name"
    weight: Literal["one", "sqrt"] = "one"
    first_only: bool = False
    positions: int | None = None
    min_films: int = 1
    role: str | None = None

    def __post_init__(self) -> None:
        if not self.separator:
            raise InputError(
                f"column '{self.column}': `separator` must not be empty; use Category for one value a cell"
            )
        if self.positions is not None and (self.positions < 1 or self.first_only):
            raise InputError(
                f"column '{self.column}': `positions` must be 1 or more, and not together with `first_only`, "
                f"got {self.positions}"
            )

    def parse(self, column: pd.Series) -> list[LabelLists]:
        if self.format == "text":
            lists = split_labels(column, self.separator)
        else:
            lists = parse_labels(column, json.loads if self.format == "json" else ast.literal_eval, self.key)
        if self.first_only:
            return [lists.at(0)]
        if self.positions:
            return [lists.at(position) for position in range(self.positions)]
        return [lists.distinct()]

    def fit(self, parsed: list[LabelLists], train: np.ndarray) -> list[Block]:
        return self.fit_encode(parsed, train)[0]

    def fit_encode(self, parsed: list[LabelLists], train: np.ndarray) -> tuple[list[Block], list[Dense | Sparse]]:
        kept = [_frequent(lists, train, self.min_films) for lists in parsed]
        names = [f"{self.column}{position + 1}" for position in range(len(parsed))] if self.positions else [self.column]
        blocks = [
            Block(name, self.named_role, "label", _taken(lists.names, codes))
            for name, lists, codes in zip(names, parsed, kept, strict=True)
        ]
        # The codes tell where a label stands; `encode` has to look its name up.
        places = [_inverse(codes, len(lists.names)) for lists, codes in zip(parsed, kept, strict=True)]
        return blocks, self._weigh(parsed, places)

    def encode(self, parsed: list[LabelLists], blocks: list[Block]) -> list[Dense | Sparse]:
        places = [_places(lists.names, block.values) for lists, block in zip(parsed, blocks, strict=True)]
        return self._weigh(parsed, places)

    def _weigh(self, parsed: list[LabelLists], places: list[np.ndarray]) -> list[Dense | Sparse]:
        parts = [_encode_labels(lists, place) for lists, place in zip(parsed, places, strict=True)]
        if self.weight == "one":
            return list(parts)
        scale = (1 / np.sqrt(np.maximum(sum(np.diff(part.offsets) for part in parts), 1))).astype(np.float32)
        return [replace(part, weights=np.repeat(scale, np.diff(part.offsets))) for part in parts]


@dataclass(frozen=True)
class Category(Feature[LabelLists]):
    """One value in a cell; a missing cell has none.

    Attributes:
        keep: the values that have a column; by default all of the training rows'.
        other: the column for every other value; None leaves such values out.
        min_films: a value in fewer training rows counts as other.
    """

    column: str
    keep: list[str] | None = None
    other: str | None = "Other"
    min_films: int = 1
    role: str | None = None

    def parse(self, column: pd.Series) -> LabelLists:
        return read_labels(column)

    def fit(self, parsed: LabelLists, train: np.ndarray) -> list[Block]:
        seen = _vocabulary(parsed, train, self.min_films)
        values = seen if self.keep is None else [value for value in self.keep if value in set(seen)]
        pooled = len(values) < len(_vocabulary(parsed, train, 1))
        if self.other is not None and self.other not in values and pooled:
            values.append(self.other)
        return [Block(self.column, self.named_role, "label", values)]

    def encode(self, parsed: LabelLists, blocks: list[Block]) -> list[Dense | Sparse]:
        values = blocks[0].values
        place = _places(parsed.names, values)
        if self.other in values:
            place = np.where(place < 0, values.index(self.other), place)
        return [_encode_labels(parsed, place)]


@dataclass(frozen=True)
class Bins(Feature[np.ndarray]):
    """A number put into intervals, each open below and closed above; what lies outside has no label.

    Attributes:
        edges: ascending; `.inf` leaves the last interval open.
        labels: one an interval; by default its bounds.
    """

    column: str
    edges: list[float]
    labels: list[str] | None = None
    role: str | None = None

    def __post_init__(self) -> None:
        _check_bins(self.column, self.edges, self.labels)

    def parse(self, column: pd.Series) -> np.ndarray:
        return read_numbers(column)

    def fit(self, parsed: np.ndarray, train: np.ndarray) -> list[Block]:
        lists = _binned(parsed, self.edges, self.labels)
        return [Block(self.column, self.named_role, "label", _vocabulary(lists, train, 1))]

    def encode(self, parsed: np.ndarray, blocks: list[Block]) -> list[Dense | Sparse]:
        lists = _binned(parsed, self.edges, self.labels)
        return [_encode_labels(lists, _places(lists.names, blocks[0].values))]


@dataclass(frozen=True)
class Popularity(Feature[LabelLists]):
    """The number of training films that share the value, put into intervals as in `Bins`.

    A value that no training film has falls into the lowest interval.
    """

    column: str
    edges: list[float]
    labels: list[str] | None = None
    role: str | None = None

    def __post_init__(self) -> None:
        _check_bins(self.column, self.edges, self.labels)

    def parse(self, column: pd.Series) -> LabelLists:
        return read_labels(column)

    def fit(self, parsed: LabelLists, train: np.ndarray) -> list[Block]:
        counts = _films(parsed, train)
        seen = _frequent(parsed, train, 1)
        fitted = {"value": _taken(parsed.names, seen), "films": counts[seen].tolist()}
        lists = self._binned(parsed, fitted)
        return [Block(self.column, self.named_role, "label", _vocabulary(lists, train, 1), fitted)]

    def encode(self, parsed: LabelLists, blocks: list[Block]) -> list[Dense | Sparse]:
        lists = self._binned(parsed, blocks[0].fitted)
        return [_encode_labels(lists, _places(lists.names, blocks[0].values))]

    def _binned(self, parsed: LabelLists, fitted: dict[str, Any]) -> LabelLists:
        place = _places(parsed.names, fitted["value"])
        films = np.append(np.asarray(fitted["films"], dtype=np.float64), 0.0)[place]
        shared = np.full(parsed.n_rows, np.nan)
        shared[parsed.counts() > 0] = films[parsed.codes]
        lowest = np.nextafter(self.edges[0], np.inf)
        return _binned(np.maximum(shared, lowest), self.edges, self.labels)


def _check_bins(column: str, edges: list[float], labels: list[str] | None) -> None:
    if len(edges) < 2 or any(not low < high for low, high in pairwise(edges)):
        raise InputError(f"column '{column}': `edges` must be two or more ascending numbers, got {edges}")
    if labels is not None and (len(labels) != len(edges) - 1 or len(set(labels)) != len(labels)):
        raise InputError(
            f"column '{column}': `labels` must be {len(edges) - 1} different texts, one an interval, got {labels}"
        )


def _binned(values: np.ndarray, edges: list[float], labels: list[str] | None) -> LabelLists:
    names = labels or [f"{low:.15g} to {high:.15g}" for low, high in pairwise(edges)]
    codes = np.searchsorted(edges, values, side="left") - 1
    inside = (codes >= 0) & (codes < len(names)) & ~np.isnan(values)
    offsets = np.concatenate(([0], np.cumsum(inside)))
    return LabelLists(offsets, codes[inside].astype(np.int32), pa.array(names, pa.large_string()))


def _training_codes(lists: LabelLists, train: np.ndarray) -> np.ndarray:
    in_train = np.zeros(lists.n_rows, dtype=bool)
    in_train[train] = True
    return lists.codes[np.repeat(in_train, lists.counts())]


def _films(lists: LabelLists, train: np.ndarray) -> np.ndarray:
    """Count the rows of `train` that have each name; a row must not have one twice."""
    return np.bincount(_training_codes(lists, train), minlength=len(lists.names))


def _frequent(lists: LabelLists, train: np.ndarray, min_films: int) -> np.ndarray:
    """Return the codes of at least `min_films` training rows, the most frequent first, ties as they come in there."""
    codes = _training_codes(lists, train)
    films = np.bincount(codes, minlength=len(lists.names))
    kept = np.flatnonzero(films >= max(min_films, 1))
    # Not the order of the codes: it would tell of rows that are not in `train`.
    first = np.empty(len(films), dtype=np.int64)
    first[codes[::-1]] = np.arange(len(codes))[::-1]  # the last one written is the first one there
    kept = kept[np.argsort(first[kept], kind="stable")]
    # Small unsigned numbers are sorted by radix, in a quarter of the time.
    most = films.max(initial=0)
    return kept[np.argsort((most - films[kept]).astype(np.min_scalar_type(most)), kind="stable")]


def _vocabulary(lists: LabelLists, train: np.ndarray, min_films: int) -> list[str]:
    return _taken(lists.names, _frequent(lists, train, min_films))


def _taken(names: pa.Array, codes: np.ndarray) -> list[str]:
    return names.take(pa.array(codes)).to_pylist()


def _inverse(codes: np.ndarray, n_names: int) -> np.ndarray:
    """Return where each of the names stands in `codes`, -1 where it doesn't."""
    place = np.full(n_names, -1)
    place[codes] = np.arange(len(codes))
    return place


def _places(names: pa.Array, values: list[str]) -> np.ndarray:
    """Return where each name stands in `values`, -1 where it doesn't."""
    return pc.index_in(names, value_set=pa.array(values, names.type)).fill_null(-1).to_numpy()


def _encode_labels(lists: LabelLists, place: np.ndarray) -> Sparse:
    """Encode labels as their places; those whose place is -1 are dropped and counted."""
    columns = place[lists.codes].astype(np.int32)
    kept = lists.keep(columns >= 0, columns)
    unseen = (lists.counts() - kept.counts()).astype(np.int32)
    return Sparse(kept.offsets, kept.codes, np.ones(len(kept.codes), dtype=np.float32), unseen)
