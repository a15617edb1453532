"""From the arguments of a `FilmRegressor`, a frame and y: the frame with its target, the features to encode, and
how the network is trained.
"""

import operator
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from rich.console import Console

from greenlight_films.datamodules import (
    Category,
    Feature,
    FilmDataModule,
    GroupSplit,
    Labels,
    Number,
    RandomSplit,
    Target,
    TargetColumn,
    TimeSplit,
)
from greenlight_films.datamodules.encoder import EncodedFilms, FilmEncoder
from greenlight_films.datamodules.errors import InputError, listed, refuse_missing_columns
from greenlight_films.datamodules.film_ids import columns_in, film_codes, film_ids
from greenlight_films.datamodules.look.look import look
from greenlight_films.datamodules.tables.formats import DECLARED, Formats, declared_formats
from greenlight_films.datamodules.tables.label_cells import is_nested
from greenlight_films.datamodules.tables.number_cells import parse_numbers
from greenlight_films.datamodules.tables.read_table import InputNotice
from greenlight_films.datamodules.targets import read_target
from greenlight_films.datamodules.units_of_new_films import number_notices
from greenlight_films.lightning_modules.callbacks.early_stopping import Patience
from greenlight_films.lightning_modules.mlp_regressor import MLPRegressor
from greenlight_films.reports.look_summary import in_short
from greenlight_films.studies.settings.presets import SETTINGS, with_preset
from greenlight_films.studies.training import Training

MOST_NUMBERS = 0.5  # share of a column's cells that are numbers, from which on the others are mistakes

NETWORK = (
    *("hidden", "heads", "activation", "dropout", "label_dropout", "loss", "optimiser", "learning_rate", "schedule"),
    *("first_weight_decay", "tail_weight_decay", "label_decay", "seed", "members"),
)
"""Settings that are the network's own."""


WHOLE = ("batch_size", "max_epochs", "patience", "seed")
"""Settings that are whole numbers; a grid of numpy gives numbers of numpy, which Lightning refuses."""


def settings_of(arguments: dict[str, Any]) -> dict[str, Any]:
    """Return a regressor's arguments, those that its preset has in place of None; numpy's numbers as Python's."""
    usual = {key.rpartition(".")[2]: value for key, value in SETTINGS[arguments["preset"]].items()}
    settings: dict[str, Any] = {name: usual.get(name) if value is None else value for name, value in arguments.items()}
    whole = {name: operator.index(settings[name]) for name in WHOLE if settings[name] is not None}
    return {**settings, **whole, "verbose": bool(settings["verbose"])}


def with_target(
    frame: pd.DataFrame, target: str | int | TargetColumn | None, y: Any
) -> tuple[pd.DataFrame, TargetColumn]:
    """Return a frame with its target, and where that is: a column of the frame, or the one that y becomes.

    Args:
        y: (n_rows,) numbers; its column has the target's name, else that of the Series, else `target`.

    Raises:
        InputError: there is no target, or y doesn't fit the frame.
    """
    if y is None:
        if target is None:
            raise InputError("FilmRegressor needs a target, got none: give target='rating', or y")
        column = target if isinstance(target, TargetColumn) else Target(str(target))
        refuse_missing_columns(column.columns, frame.columns)
        return frame, column
    name = getattr(y, "name", None) or "target" if target is None else target
    column = name if isinstance(name, TargetColumn) else Target(str(name))
    if len(column.columns) > 1:
        raise InputError(f"y can't be given where the target is made of {' and '.join(column.columns)}; leave y out")
    values = np.asarray(y)
    if values.shape != (len(frame),):
        raise InputError(f"y must have one number a row, ({len(frame)},), got {values.shape}; give the rows of X")
    return frame.assign(**{column.columns[0]: values}), column


def data_of(
    settings: dict[str, Any], frame: pd.DataFrame, target: TargetColumn, y: Any, weights: Any
) -> FilmDataModule:
    """Return a regressor's films, not encoded yet; without features, with those that a look at the frame proposes.

    Raises:
        InputError: there are no features, a name is no column, or a look can't tell what a column holds.
    """
    data = {name: settings[name] for name in ("film", "batch_size", "allow_split_films", *DECLARED)}
    sizes: dict[str, Any] = {"val": 0.1, "test": 0, "seed": int(settings["seed"])}
    features, split = settings["features"], settings["split"]
    if features is None:
        seen = look(frame, target.answers[0], formats=declared_formats(*(settings[name] for name in DECLARED)))
        seen.refuse_faults()
        if seen.rows.shape:
            shape = ", ".join(f"{name}={value!r}" for name, value in seen.rows.shape.arguments.items())
            raise InputError(
                f"FilmRegressor needs a row a film, got {seen.rows.n_rows:,} rows of {seen.rows.n_counted:,} films: "
                f"give gl.{seen.rows.shape.name}({shape}).shape(frame), or name features to take each row as a film"
            )
        for line in in_short(seen) if settings["verbose"] else []:
            Console().print(line, highlight=False, markup=False)
        features, data["missing"], data["where"] = seen.to_features(), seen.missing(), seen.rows.where or None
        if seen.rows.is_grouped:
            data["film"] = data["film"] or list(seen.rows.film)
            split = split or GroupSplit(data["film"], **sizes)
    allowed, time = settings["allow_leak"] or [], split.by if isinstance(split, TimeSplit) else None
    known = [each for each in features_of(frame, features) if y is None or each.column not in target.columns]
    return FilmDataModule(
        frame=frame,
        weights=weights,
        features=with_preset(settings["preset"], known, time),
        target=target,
        split=split or RandomSplit(**sizes),
        allow_leak=allowed if isinstance(allowed, bool) else list(allowed),  # models saved earlier have true
        seed=settings["seed"],
        **data,
    )


def features_of(frame: pd.DataFrame, features: Sequence[str | Feature[Any]]) -> list[Feature[Any]]:
    """Return features; a bare name is a Number if its column holds numbers, else a Category.

    Raises:
        InputError: there are none, or a name is no column.
    """
    if not len(features):
        raise InputError(
            f"FilmRegressor needs features such as features=['year'], got {features}; leave them out to have them "
            f"chosen; the frame has: {listed(frame.columns)}"
        )
    # A frame's columns may have numbers as names; `open_table` made them text.
    named = [feature if isinstance(feature, Feature) else str(feature) for feature in features]
    refuse_missing_columns([feature for feature in named if isinstance(feature, str)], frame.columns)
    return [_by_kind(frame, feature) if isinstance(feature, str) else feature for feature in named]


def _by_kind(frame: pd.DataFrame, column: str) -> Feature[Any]:
    if is_nested(frame[column]):
        return Labels(column)
    numbers = parse_numbers(frame[column])
    is_number = numbers.share_read > MOST_NUMBERS and not numbers.leading_zeros
    return Number(column) if is_number else Category(column)


def codes_with_warnings(frame: pd.DataFrame, film: str | list[str] | None) -> np.ndarray:
    """Return the code of each row's film, (n_rows,) int64; each row is one where `film` names no columns.

    So it is where the frame lacks these columns, which an `InputNotice` says.
    """
    names = [] if film is None else columns_in(film)
    missing = [name for name in names if name not in frame.columns]
    if missing:
        notice = (
            f"the rows have no column {listed(missing)}, by which the model tells films: each counts as a film of its "
            "own, and errors are too small where they aren't"
        )
        warnings.warn(notice, InputNotice, stacklevel=3)
    return np.arange(len(frame)) if missing or not names else film_codes(film_ids(frame, names))


def encode_with_warnings(encoder: FilmEncoder, frame: pd.DataFrame) -> EncodedFilms:
    """Encode films as a model was fitted; an `InputNotice` says what of their labels and numbers is new to it."""
    encoded = encoder.encode(frame)
    for notice in (*encoder.notices_on_unknown(encoded), *number_notices(frame, encoded, encoder)):
        warnings.warn(notice, InputNotice, stacklevel=4)
    return encoded


def known_targets(frame: pd.DataFrame, target: TargetColumn, formats: Formats) -> tuple[np.ndarray, np.ndarray]:
    """Return the targets of the rows that have one, in its unit, and the positions of these rows.

    Raises:
        InputError: no row has a target, or a value is too large or too low for the target's log1p.
    """
    actual = read_target(target, frame, formats, least=1)
    rows = np.flatnonzero(~np.isnan(actual))
    return actual[rows], rows


def network_of(settings: dict[str, Any]) -> MLPRegressor:
    """Return the network that a regressor's settings declare, not trained; what is None is as usual.

    Raises:
        InputError: a setting is out of range.
    """
    given = {name: settings[name] for name in NETWORK if settings[name] is not None}
    # A grid of numpy gives numbers of numpy, which a checkpoint can't hold.
    return MLPRegressor(**{name: np.asarray(value).tolist() for name, value in given.items()})


def training_of(max_epochs: int, patience: int, trainer: dict[str, Any] | None, verbose: bool) -> Training:
    """Return how a network is trained: without curves on disk, and with further arguments of Lightning's Trainer."""
    arguments = {"max_epochs": max_epochs, "enable_progress_bar": verbose, **(trainer or {})}
    quiet = {"logger": False, "enable_model_summary": False}
    return Training({**quiet, **arguments}, Patience("val/loss", patience=patience))
