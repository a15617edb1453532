"""From a table to encoded films with their targets and sides: pure functions on frames, with rows counted from 0."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from math import isfinite
from typing import Any, get_args

import numpy as np
import pandas as pd

from greenlight_films.datamodules.encoder import FARTHEST, EncodedFilms, FilmEncoder, too_far
from greenlight_films.datamodules.errors import InputError, missing_columns, refuse_missing_columns
from greenlight_films.datamodules.feature_space import FeatureSpace
from greenlight_films.datamodules.features import Feature
from greenlight_films.datamodules.splits import SIDES, Rows, Split, shared_values
from greenlight_films.datamodules.tables.find_formats import Need, find_formats
from greenlight_films.datamodules.tables.formats import Formats
from greenlight_films.datamodules.tables.label_cells import is_nested
from greenlight_films.datamodules.targets import TargetColumn, TargetScale, Transform, read_target


@dataclass(frozen=True)
class Declared:
    """What a config declares of a table; `film` and `title` are the columns with a film's id and title.

    Where `allow_leak` is true a split may put rows of a film on two sides; scores are then no measure of new films.
    `formats` is what the config says of how cells are written.
    """

    features: Sequence[Feature[Any]]
    target: TargetColumn
    split: Split
    film: str | None = None
    title: str | None = None
    allow_leak: bool = False
    formats: Formats = Formats()

    def needs(self) -> dict[str, set[Need]]:
        """Return what the columns are read as, whose cells may be written in several ways."""
        needs = dict[str, set[Need]]()
        for feature in self.features:
            for name in feature.columns:
                needs.setdefault(name, set()).add(feature.need)
        for name in self.target.columns:
            needs.setdefault(name, set()).add("number")
        return needs


@dataclass(frozen=True)
class Fitted:
    """What was learnt from the training rows, and which rows those were: a checkpoint keeps it.

    Attributes:
        split: the rule that chose the sides, as plain data.
        sides: (n_rows,) uint8, the side of each row that has a target, codes of `SIDES`.
        fingerprint: of the table's targets and encoded features; the same table has the same.
        leak: whether a film is on two sides.
    """

    encoder: FilmEncoder
    scale: TargetScale
    split: dict[str, Any]
    sides: np.ndarray
    fingerprint: str
    leak: bool

    def to_state(self) -> dict[str, Any]:
        """Return builtins and the array `sides`."""
        return {
            "feature_space": self.encoder.space.to_json(),
            "target_scale": asdict(self.scale),
            "split": {"split": self.split, "sides": self.sides, "fingerprint": self.fingerprint, "leak": self.leak},
            "formats": self.encoder.formats.to_state(),
        }

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> "Fitted":
        """Restore what `to_state` returned; a TypeError where it is of other types."""
        formats = Formats.from_state(state.get("formats", {}))  # older runs have none
        encoder = FilmEncoder.from_space(FeatureSpace.from_json(state["feature_space"]), formats)
        fitted = cls(encoder, TargetScale(**state["target_scale"]), **state["split"])
        scale, sides = fitted.scale, fitted.sides
        numbers = (scale.shift, scale.mean, scale.std)
        # They are first used after all other work, where the message could not name the file any more.
        if not (
            scale.transform in get_args(Transform)
            and all(isinstance(value, int | float) and isfinite(value) for value in numbers)
            and scale.std > 0
            and (type(fitted.fingerprint), type(fitted.leak)) == (str, bool)
            and sides.dtype == np.uint8
            and sides.ndim == 1
        ):
            raise TypeError("the target's scale, or the split, is not what a run wrote")
        return fitted


@dataclass(frozen=True)
class Films:
    """Encoded films, row by row.

    Attributes:
        rows: the train, val and test rows; None for films that the model was not trained with.
        number: (n_rows,) the row's number in the table, from 1.
        ids: id and title of each row where given, columns `film` and `title`.
        actual: (n_rows,) float64, the target in the original unit; NaN where missing.
        left_out: number of rows of the table without a target.
        notices: sentences on how the table was read, and what is strange about it.
        weights: (n_rows,) float64, of each row in the loss, with mean 1 over the training rows; None where all are 1.
    """

    encoded: EncodedFilms
    rows: Rows | None
    number: np.ndarray
    ids: pd.DataFrame
    actual: np.ndarray
    left_out: int
    weights: np.ndarray | None = None
    notices: tuple[str, ...] = ()

    @property
    def n_rows(self) -> int:
        return len(self.number)

    def film_codes(self) -> np.ndarray:
        """Return the film of each row as a code, (n_rows,) int64 from 0; a row without an id is a film of its own."""
        return film_codes(self.ids["film"]) if "film" in self.ids else np.arange(self.n_rows)

    def side_names(self) -> np.ndarray:
        """Return (n_rows,) train, val or test; `new` for films that the model was not trained with."""
        return np.full(self.n_rows, "new") if self.rows is None else np.array(SIDES)[self.rows.sides()]

    def unseen(self) -> dict[str, int]:
        """Count, by column, the labels of test rows (or of new films) that have no column."""
        rows = slice(None) if self.rows is None else self.rows.test
        return {column: int(counts[rows].sum()) for column, counts in self.encoded.unseen.items()}


def film_codes(ids: pd.Series) -> np.ndarray:
    """Return the film of each id as a code, (n_rows,) int64 from 0; a missing id is a film of its own."""
    codes, known = pd.factorize(ids)
    unknown = codes < 0
    codes[unknown] = len(known) + np.arange(unknown.sum())
    return codes


def fit_films(
    frame: pd.DataFrame, declared: Declared, weights: Any = None, delimiter: str | None = None
) -> tuple[Films, Fitted]:
    """Split the rows that have a target, learn scales and vocabularies from the training rows, and encode all.

    Args:
        frame: of the table that `open_table` returned.
        weights: (n_rows,) of the frame's rows in the loss; nothing is learnt from rows of weight 0.
        delimiter: between the cells of the text file that the frame was read from.
    """
    refuse_target_as_feature(declared)
    _refuse_missing(frame, declared, declared.features)
    if declared.film and is_nested(frame[declared.film]):
        raise InputError(f"data.film: column '{declared.film}' must hold one value a cell, got lists")
    formats, notices = find_formats(frame, declared.needs(), declared.formats, delimiter)
    actual = read_target(declared.target, frame, formats)
    kept = np.flatnonzero(~np.isnan(actual))
    frame_kept = frame.iloc[kept]
    rows = declared.split.split(frame_kept, formats)
    leak = _leak(frame_kept, rows, declared)
    scaled_weights = _scaled_weights(weights, len(frame), kept, rows)
    train = rows.train if scaled_weights is None else rows.train[scaled_weights[rows.train] > 0]
    scale = TargetScale.fit(declared.target, actual[kept][train])
    far = np.abs(scale.forward(actual)) > FARTHEST
    if far.any():
        row = int(far.argmax())
        remedy = f"correct or empty {' or '.join(map(repr, declared.target.columns))} there"
        raise too_far(f"the target '{declared.target.name}'", row + 1, f"{actual[row]:g}", remedy)
    encoder = FilmEncoder(declared.features, formats=formats)
    encoded = encoder.fit_encode(frame_kept, train)
    fingerprint = _fingerprint(actual, encoded)
    fitted = Fitted(encoder, scale, declared.split.declaration(), rows.sides(), fingerprint, leak)
    films = _films(frame, kept, encoded, rows, actual, declared, scaled_weights)
    return replace(films, notices=tuple(notices)), fitted


def same_films(frame: pd.DataFrame, declared: Declared, fitted: Fitted, weights: Any = None) -> Films:
    """Encode the table of an earlier `fit_films` again, with its split; another table is refused."""
    _refuse_missing(frame, declared, fitted.encoder.features)
    actual = read_target(declared.target, frame, fitted.encoder.formats)
    kept = np.flatnonzero(~np.isnan(actual))
    encoded = fitted.encoder.encode(frame.iloc[kept])
    if _fingerprint(actual, encoded) != fitted.fingerprint:
        raise InputError(
            "data.table is not the one that this run was trained with, so its held-out rows are not known; "
            "restore the table, or score new films with `predict`"
        )
    rows = Rows.from_sides(fitted.sides)
    return _films(frame, kept, encoded, rows, actual, declared, _scaled_weights(weights, len(frame), kept, rows))


def new_films(frame: pd.DataFrame, declared: Declared, fitted: Fitted) -> Films:
    """Encode films that the model was not trained with; their target, id and title may be missing."""
    actual = _targets_if_any(frame, declared.target, fitted.encoder.formats)
    return _films(frame, np.arange(len(frame)), fitted.encoder.encode(frame), None, actual, declared, None)


def same_or_new_films(frame: pd.DataFrame, declared: Declared, fitted: Fitted) -> Films:
    """Encode the table of an earlier `fit_films` with its split, and any other table as new films."""
    if int((~np.isnan(_targets_if_any(frame, declared.target, fitted.encoder.formats))).sum()) == len(fitted.sides):
        with suppress(InputError):
            return same_films(frame, declared, fitted)
    return new_films(frame, declared, fitted)


def refuse_target_as_feature(declared: Declared) -> None:
    """Refuse a feature that reads the target's column, unless leaks are allowed."""
    columns = [feature.column for feature in declared.features if feature.column in declared.target.columns]
    if columns and not declared.allow_leak:
        raise InputError(
            f"data.features must not have the target's own column '{columns[0]}': the model would read the answer; "
            "leave it out, or set data.allow_leak to true if that is wanted"
        )


def _refuse_missing(frame: pd.DataFrame, declared: Declared, features: Sequence[Feature[Any]]) -> None:
    ids = [column for column in (declared.film, declared.title) if column is not None]
    columns = [*declared.target.columns, *ids, *(name for feature in features for name in feature.columns)]
    refuse_missing_columns(columns, frame.columns)


def _targets_if_any(frame: pd.DataFrame, target: TargetColumn, formats: Formats) -> np.ndarray:
    if not missing_columns(target.columns, frame.columns):
        with suppress(InputError):  # cells of new films may be "to be announced"
            return target.values(frame, formats)
    return np.full(len(frame), np.nan)


def _fingerprint(actual: np.ndarray, encoded: EncodedFilms) -> str:
    digest = sha256()
    for part in (actual, encoded.dense, encoded.labels.indptr, encoded.labels.indices, encoded.labels.data):
        digest.update(np.ascontiguousarray(part).data)
    return digest.hexdigest()


def _leak(frame: pd.DataFrame, rows: Rows, declared: Declared) -> bool:
    n_shared = shared_values(frame, rows, declared.film) if declared.film else 0
    if n_shared and not declared.allow_leak:
        raise InputError(
            f"data.split: {type(declared.split).__name__} puts rows of the same film on several sides ({n_shared:,} "
            f"values of '{declared.film}'), so the model is tested on films that it has seen; use GroupSplit with "
            f"`by: {declared.film}`, or set data.allow_leak to true if that is wanted"
        )
    return n_shared > 0


def read_weights(weights: Any, n_rows: int) -> np.ndarray:
    """Return weights of a table's rows in the loss, (n_rows,) float64; refuse what is not n_rows numbers from 0."""
    try:
        values = np.asarray(weights, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(f"weights must be numbers, got {type(weights).__name__}: {error}") from None
    if values.shape != (n_rows,):
        raise InputError(f"weights must be a number for each of the {n_rows:,} rows, got shape {values.shape}")
    bad = ~np.isfinite(values) | (values < 0)
    if bad.any():
        row = int(bad.argmax())
        message = f"weights must be finite and 0 or more, row {row + 1} has {values[row]:g}; correct it"
        raise InputError(message, row + 1)
    return values


def _scaled_weights(weights: Any, n_rows: int, kept: np.ndarray, rows: Rows) -> np.ndarray | None:
    """Return the weights of the rows `kept`, with mean 1 over the training rows; None where all are the same."""
    if weights is None:
        return None
    values = read_weights(weights, n_rows)[kept]
    for side, indices in (("train", rows.train), ("val", rows.val)):
        if not values[indices].any():
            raise InputError(f"weights must be above 0 in a {side} row or more, got 0 in all; give other weights")
    return values / values[rows.train].mean() if np.ptp(values) > 0 else None


def _films(
    frame: pd.DataFrame,
    kept: np.ndarray,
    encoded: EncodedFilms,
    rows: Rows | None,
    actual: np.ndarray,
    declared: Declared,
    weights: np.ndarray | None,
) -> Films:
    columns = {"film": declared.film, "title": declared.title}
    ids = {name: frame[column].iloc[kept].to_numpy() for name, column in columns.items() if column in frame}
    return Films(encoded, rows, kept + 1, pd.DataFrame(ids), actual[kept], len(frame) - len(kept), weights)
