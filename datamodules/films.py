"""The road from a table to encoded films with their targets and sides, as pure functions on frames and arrays."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from hashlib import sha256
from math import isfinite
from typing import Any, get_args

import numpy as np
import pandas as pd

from greenlight_films.datamodules.encoder import FARTHEST, EncodedFilms, FilmEncoder
from greenlight_films.datamodules.errors import InputError, missing_columns, refuse_missing_columns
from greenlight_films.datamodules.feature_space import FeatureSpace
from greenlight_films.datamodules.features import Feature
from greenlight_films.datamodules.splits import SIDES, Rows, Split, shared_values
from greenlight_films.datamodules.targets import TargetColumn, TargetScale, Transform, read_target


@dataclass(frozen=True)
class Declared:
    """What a config says of a table.

    Attributes:
        film: the column with a film's id, where films have several rows or ids are wanted in results.
        title: the column with its title, for results.
        allow_leak: let a split put rows of one film on two sides; scores are then no measure of new films.
    """

    features: Sequence[Feature[Any]]
    target: TargetColumn
    split: Split
    film: str | None = None
    title: str | None = None
    allow_leak: bool = False


@dataclass(frozen=True)
class Fitted:
    """What was learnt from the training rows, and which rows those were: all that a run needs to go on later.

    Attributes:
        split: the rule that told the sides, as plain data.
        sides: (n_rows,) uint8, the side of each row that has a target, codes of `SIDES`.
        fingerprint: of the table's targets and encoded features; tells whether a table is the same one.
        leak: whether a film stands on two sides.
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
        }

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> "Fitted":
        """Restore what `to_state` returned.

        Raises:
            TypeError: it is of other types.
        """
        encoder = FilmEncoder.from_space(FeatureSpace.from_json(state["feature_space"]))
        fitted = cls(encoder, TargetScale(**state["target_scale"]), **state["split"])
        numbers = (fitted.scale.shift, fitted.scale.mean, fitted.scale.std)
        # They are first used when all else is done, where nothing tells of the file any more.
        if not (
            fitted.scale.transform in get_args(Transform)
            and all(isinstance(value, int | float) and isfinite(value) for value in numbers)
            and fitted.scale.std > 0
            and isinstance(fitted.fingerprint, str)
            and isinstance(fitted.leak, bool)
            and fitted.sides.dtype == np.uint8
            and fitted.sides.ndim == 1
        ):
            raise TypeError("the target's scale, or the split, is not what a run wrote")
        return fitted


@dataclass(frozen=True)
class Films:
    """Encoded films, row by row.

    Attributes:
        rows: the train, val and test rows; None for films that the model was not trained with.
        number: (n_rows,) the row's number in the table, from 1.
        labels: id and title of each row where given, columns `film` and `title`.
        actual: (n_rows,) float64, the target in the original unit; NaN where not known.
        left_out: rows of the table without a target.
    """

    encoded: EncodedFilms
    rows: Rows | None
    number: np.ndarray
    labels: pd.DataFrame
    actual: np.ndarray
    left_out: int

    @property
    def n_rows(self) -> int:
        return len(self.number)

    @property
    def ids(self) -> pd.DataFrame:
        return self.labels

    def film_codes(self) -> np.ndarray:
        """Return what film each row belongs to, (n_rows,) int64 from 0; a row without an id is a film of its own."""
        if "film" not in self.labels:
            return np.arange(self.n_rows)
        return film_codes(self.labels["film"])

    def side_names(self) -> np.ndarray:
        """Return (n_rows,) train, val or test; `new` for films that the model was not trained with."""
        if self.rows is None:
            return np.full(self.n_rows, "new")
        return np.array(SIDES)[self.rows.sides()]

    def unseen(self) -> dict[str, int]:
        """Count, by column, the labels of test rows (or of new films) that training did not keep."""
        rows = slice(None) if self.rows is None else self.rows.test
        return {column: int(counts[rows].sum()) for column, counts in self.encoded.unseen.items()}


def film_codes(ids: pd.Series) -> np.ndarray:
    """Return what film each row belongs to, (n_rows,) int64 from 0; a row without an id is a film of its own."""
    codes, known = pd.factorize(ids)
    unknown = codes < 0
    codes[unknown] = len(known) + np.arange(unknown.sum())
    return codes


def fit_films(frame: pd.DataFrame, declared: Declared) -> tuple[Films, Fitted]:
    """Split the rows that have a target, learn scales and vocabularies from the training rows, and encode all.

    Raises:
        InputError: with all problems of the table that can be told at once.
    """
    refuse_target_as_feature(declared)
    _refuse_missing(frame, [*declared.target.columns, declared.film, declared.title], declared.features)
    actual, kept = _targets(frame, declared.target)
    frame_kept = frame.iloc[kept]
    rows = declared.split.split(frame_kept)
    leak = _leak(frame_kept, rows, declared)
    scale = TargetScale.fit(declared.target, actual[kept][rows.train])
    _refuse_far(declared.target, scale, actual)
    encoder = FilmEncoder(declared.features)
    encoded = encoder.fit_encode(frame_kept, rows.train)
    fingerprint = _fingerprint(actual, encoded)
    fitted = Fitted(encoder, scale, declared.split.declaration(), rows.sides(), fingerprint, leak)
    return _films(frame, kept, encoded, rows, actual, declared), fitted


def same_films(frame: pd.DataFrame, declared: Declared, fitted: Fitted) -> Films:
    """Encode the table of an earlier `fit_films` again, with its split.

    Raises:
        InputError: the table is another one, by its targets or by what the features read of it.
    """
    _refuse_missing(frame, [*declared.target.columns, declared.film, declared.title], fitted.encoder.features)
    actual, kept = _targets(frame, declared.target)
    encoded = fitted.encoder.encode(frame.iloc[kept])
    if _fingerprint(actual, encoded) != fitted.fingerprint:
        raise InputError(
            "data.table is not the one that this run was trained with, so its held-out rows can't be told; "
            "restore the table, or score new films with `predict`"
        )
    return _films(frame, kept, encoded, Rows.from_sides(fitted.sides), actual, declared)


def new_films(frame: pd.DataFrame, declared: Declared, fitted: Fitted) -> Films:
    """Encode films that the model was not trained with; their target, id and title may be missing."""
    _refuse_missing(frame, [], fitted.encoder.features)
    actual = _targets_if_any(frame, declared.target)
    return _films(frame, np.arange(len(frame)), fitted.encoder.encode(frame), None, actual, declared)


def same_or_new_films(frame: pd.DataFrame, declared: Declared, fitted: Fitted) -> Films:
    """Encode the table of an earlier `fit_films` with its split, and any other one as new films."""
    if int((~np.isnan(_targets_if_any(frame, declared.target))).sum()) == len(fitted.sides):
        with suppress(InputError):
            return same_films(frame, declared, fitted)
    return new_films(frame, declared, fitted)


def refuse_target_as_feature(declared: Declared) -> None:
    """Refuse a model that would read the answer.

    Raises:
        InputError: with the column.
    """
    told = [feature.column for feature in declared.features if feature.column in declared.target.columns]
    if told and not declared.allow_leak:
        raise InputError(
            f"data.features must not have the target's own column '{told[0]}': the model would read the answer; "
            "leave it out, or set data.allow_leak to true if that is wanted"
        )


def _targets_if_any(frame: pd.DataFrame, target: TargetColumn) -> np.ndarray:
    try:
        if not missing_columns(target.columns, frame.columns):
            return target.values(frame)
    except InputError:
        pass  # new films may say "to be announced"
    return np.full(len(frame), np.nan)


def _refuse_missing(frame: pd.DataFrame, columns: list[str | None], features: Sequence[Feature[Any]]) -> None:
    wanted = [column for column in columns if column is not None]
    refuse_missing_columns([*wanted, *(feature.column for feature in features)], frame.columns)


def _targets(frame: pd.DataFrame, target: TargetColumn) -> tuple[np.ndarray, np.ndarray]:
    actual = read_target(target, frame)
    return actual, np.flatnonzero(~np.isnan(actual))


def _refuse_far(target: TargetColumn, scale: TargetScale, actual: np.ndarray) -> None:
    far = np.abs(scale.forward(actual)) > FARTHEST
    if far.any():
        row = int(far.argmax())
        raise InputError(
            f"the target '{target.name}', row {row + 1} has {actual[row]:g}: more than {FARTHEST:g} standard "
            "deviations from the mean of the training rows; correct or empty "
            f"{' or '.join(map(repr, target.columns))} there",
            row + 1,
        )


def _fingerprint(actual: np.ndarray, encoded: EncodedFilms) -> str:
    digest = sha256()
    for part in (actual, encoded.dense, encoded.labels.indptr, encoded.labels.indices, encoded.labels.data):
        digest.update(np.ascontiguousarray(part).data)
    return digest.hexdigest()


def _leak(frame: pd.DataFrame, rows: Rows, declared: Declared) -> bool:
    torn = shared_values(frame, rows, declared.film) if declared.film else 0
    if torn and not declared.allow_leak:
        raise InputError(
            f"data.split: {type(declared.split).__name__} puts rows of the same film on several sides ({torn:,} values "
            f"of '{declared.film}'), so the model is tested on films that it has seen; use GroupSplit with "
            f"`by: {declared.film}`, or set data.allow_leak to true if that is wanted"
        )
    return torn > 0


def _films(
    frame: pd.DataFrame,
    kept: np.ndarray,
    encoded: EncodedFilms,
    rows: Rows | None,
    actual: np.ndarray,
    declared: Declared,
) -> Films:
    named = {"film": declared.film, "title": declared.title}
    labels = {name: frame[column].iloc[kept].to_numpy() for name, column in named.items() if column in frame}
    return Films(encoded, rows, kept + 1, pd.DataFrame(labels), actual[kept], len(frame) - len(kept))
