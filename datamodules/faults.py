"""All that is wrong with a table and what a config declares of it, in one message."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from greenlight_films.datamodules.declared import Declared, refuse_unfit_inputs
from greenlight_films.datamodules.errors import InputError, all_or_faults, refuse_missing_columns
from greenlight_films.datamodules.features import Feature, Number
from greenlight_films.datamodules.film_ids import columns_in, film_ids
from greenlight_films.datamodules.leak_check import refuse_target_as_feature
from greenlight_films.datamodules.tables.find_formats import find_formats
from greenlight_films.datamodules.tables.formats import Formats
from greenlight_films.datamodules.targets import read_target

TEXT = 0.1  # share of cells that begin with a number, below which a column is no column of numbers
NUMBER = r"\W*(?:[A-Za-z]{1,3}\W*)?\d"  # how they begin: 12, -3, $4, USD 5


def refuse_impossible(frame: pd.DataFrame, declared: Declared) -> None:
    """Refuse declarations that no cell needs to be read for: columns that are not there, features given twice, ...

    Raises:
        InputError: it names all that is wrong so far.
    """
    all_or_faults(_declarations(frame, declared))


def all_faults(frame: pd.DataFrame, declared: Declared, delimiter: str | None, first: InputError) -> InputError:
    """Return an error with everything that is wrong, of which a fit met `first`."""
    declarations, cells = _declarations(frame, declared), _readings(frame, declared, delimiter)
    try:
        all_or_faults([*declarations, *cells])
    except InputError as faults:
        known = str(faults).splitlines()
        rest = [line for line in str(first).splitlines() if not any(fault.startswith(line) for fault in known)]
        return InputError("\n".join([*rest, *known])) if rest else faults
    return first


def refuse_missing(frame: pd.DataFrame, declared: Declared, features: Sequence[Feature[Any]]) -> None:
    """Refuse a table that lacks columns of the target, of films' ids and titles, of features or of their records."""
    ids = [name for each in (declared.film, declared.title, declared.weight) for name in columns_in(each)]
    columns = [
        *declared.target.columns,
        *declared.records_of(),
        *ids,
        *(name for feature in features for name in feature.columns),
    ]
    refuse_missing_columns(columns, frame.columns)


def _declarations(frame: pd.DataFrame, declared: Declared) -> list[Callable[[], None]]:
    return [
        declared.split.check,
        partial(refuse_target_as_feature, declared),
        partial(refuse_unfit_inputs, declared),
        partial(_refuse_twice, declared.features),
        partial(refuse_missing, frame, declared, declared.features),
        partial(_refuse_lists_of_films, frame, declared.film),
    ]


def _refuse_lists_of_films(frame: pd.DataFrame, film: str | list[str] | None) -> None:
    if film and set(columns_in(film)) <= set(frame.columns):
        film_ids(frame, film)


def _refuse_twice(features: Sequence[Feature[Any]]) -> None:
    """Refuse a feature that is there already; labels of a column may differ in role and positions."""
    known = set[Any]()
    twice = dict[str, None]()
    for feature in features:
        options = () if isinstance(feature, Number) else tuple(map(str, feature.declaration().values()))
        key = (type(feature), *feature.columns, options)
        if key in known:
            twice[f"{type(feature).__name__} of '{feature.column}'"] = None
        known.add(key)
    if twice:
        raise InputError(f"data.features must have each feature once, got twice: {', '.join(twice)}; leave one out")


def _readings(frame: pd.DataFrame, declared: Declared, delimiter: str | None) -> Iterator[Callable[[], object]]:
    """Yield what reads the columns that are there: formats, target, features, and the split's column."""
    try:
        formats, _ = find_formats(frame, declared.needs(), declared.formats, delimiter)
    except InputError as faults:
        yield partial(_raise, faults)
        formats = None
    of_records = [Number(name) for name in declared.records_of()]
    declarations = [*declared.features, *of_records]
    features = [feature for feature in declarations if set(feature.columns) <= set(frame.columns)]
    if formats is None:  # without them only labels can be read
        texts = [feature for feature in features if feature.need == "text"]
        yield from (partial(read_feature, feature, frame, declared.formats) for feature in texts)
        return
    rated = frame
    if set(declared.target.columns) <= set(frame.columns):
        yield partial(read_target, declared.target, frame, formats)
        with suppress(InputError):
            rated = frame[~np.isnan(declared.target.values(frame, formats))]
    yield from (partial(read_feature, feature, rated, formats) for feature in features)
    yield partial(declared.split.split, rated, formats)


def _raise(fault: InputError) -> None:
    raise fault


def read_feature(feature: Feature[Any], frame: pd.DataFrame, formats: Formats) -> Any:
    """Read a feature's cells; where texts were declared as numbers, the error proposes another feature."""
    try:
        return feature.prepared(feature.read(frame, formats))[0]
    except InputError as fault:
        if feature.need != "number":
            raise
        cells = frame[feature.column].dropna().drop_duplicates().astype("str")
        if len(cells) and cells.str.match(NUMBER).mean() < TEXT:
            remedy = f"its cells are text: declare '{feature.column}' as Labels or Category in place of "
            raise InputError(f"{fault}; {remedy}{type(feature).__name__}", fault.row) from None
        raise
