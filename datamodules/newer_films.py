"""Newer films beside those of a finished run: one table of both, and the run's label inputs made anew from it."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pyarrow as pa

from greenlight_films.datamodules.declared import Declared
from greenlight_films.datamodules.encoder import FilmEncoder
from greenlight_films.datamodules.errors import InputError
from greenlight_films.datamodules.faults import refuse_missing
from greenlight_films.datamodules.film_ids import cell_codes, film_ids
from greenlight_films.datamodules.films import Films, encoded_again, with_inputs
from greenlight_films.datamodules.fingerprint import OF_VALUES
from greenlight_films.datamodules.fitted import Fitted
from greenlight_films.datamodules.splits import TimeSplit
from greenlight_films.datamodules.tables.formats import Format, Formats
from greenlight_films.datamodules.tables.label_cells import is_nested
from greenlight_films.datamodules.tables.number_cells import read_numbers
from greenlight_films.datamodules.targets import read_target
from greenlight_films.datamodules.units_of_new_films import unit_notices
from greenlight_films.datamodules.years import years_of

NO_SIDE = 255  # of a row without a target


@dataclass(frozen=True)
class Joined:
    """The films of a run and newer ones, which are learnt from.

    Attributes:
        frame: rows of the run, then newer ones, with the run's columns.
        sides: (n,) uint8, of each row that has a target.
        films: newer ones, which the run didn't have.
        replaced: rows of training films in whose place newer ones stand.
        left_out: newer rows of films that validate or test, which stay as they are.
        without: newer rows without a target.
        until: the latest year of newer rows; None where it isn't known.
    """

    frame: pd.DataFrame
    sides: np.ndarray
    films: int
    replaced: int
    left_out: int
    without: int
    until: int | None


def joined(frame: pd.DataFrame, newer: pd.DataFrame, declared: Declared, fitted: Fitted) -> Joined:
    """Put newer films behind those of a run.

    Of a film that trains, newer rows replace those of the run; films that validate or test stay as they are, as do
    groups that the split keeps together. Films are told apart by `film`, or, where none is declared, rows by all that
    is read of them.

    Args:
        frame: the run's table, with its sides in `fitted`.

    Raises:
        InputError: a column is missing or of another kind, no newer film has a target, or none is left.
    """
    refuse_missing(newer, declared, fitted.encoder.features)
    formats = fitted.encoder.formats
    newer = _alike(newer, frame, declared, formats)
    is_known = ~np.isnan(declared.target.values(newer, formats))
    if not is_known.any():
        raise InputError(f"no row has a target, '{declared.target.name}', to learn from; give films that are out")
    _refuse_written_otherwise(newer, fitted.encoder)
    both, n = _both(frame, newer[is_known], formats), len(frame)
    sides = np.full(len(both), NO_SIDE, np.uint8)
    sides[:n][~np.isnan(read_target(declared.target, frame, formats))] = fitted.sides
    sides[n:] = 0
    is_newer, is_held_out = np.arange(len(both)) >= n, (sides == 1) | (sides == 2)
    film, *groups = _same(both, declared)
    left_out = is_newer & np.any([_shared(same, is_held_out) for same in (film, *groups)], axis=0)
    replaced = ~is_newer & ~is_held_out & _shared(film, is_newer & ~left_out)
    if not (is_newer & ~left_out).any():
        raise InputError("all films are among those that validate or test the run, which stay as they are")
    kept = ~(left_out | replaced)
    years = years_of(both[kept], declared, formats)
    of_newer = np.full(1, np.nan) if years is None else years[is_newer[kept]]
    if isinstance(declared.split, TimeSplit) and np.isnan(of_newer).any():
        raise InputError(
            f"a row has no '{declared.split.by}', by which the run is split; fill it, or leave the row out"
        )
    until = None if np.isnan(of_newer).all() else int(np.nanmax(of_newer))
    is_new = is_newer & kept & ~_shared(film, ~is_newer)
    counts = (_count(film[is_new]), int(replaced.sum()), int(left_out.sum()), int((~is_known).sum()))
    return Joined(both[kept].reset_index(drop=True), sides[kept & (sides != NO_SIDE)], *counts, until)


def _refuse_written_otherwise(newer: pd.DataFrame, encoder: FilmEncoder) -> None:
    """Refuse labels and shares that are written otherwise than in the run's table, beside which they are to stand."""
    unit_notices(newer, encoder)
    for feature, blocks in zip(encoder.features, encoder.space.groups, strict=True):
        encoded = feature.encode(feature.read(newer, encoder.formats), blocks)
        if feature.read_otherwise(newer, encoder.formats, blocks, encoded) is not None:
            cell = newer[feature.column].dropna().iloc[0]
            raise InputError(
                f"column '{feature.column}': cells must be written as in the run's table, got such as "
                f"{str(cell)[:80]!r}; write them so"
            )


def renewed_films(frame: pd.DataFrame, declared: Declared, fitted: Fitted) -> tuple[Films, Fitted]:
    """Encode a table as an earlier one was, and make labels' inputs anew from the rows that are learnt from.

    Labels that it has beyond the earlier one get inputs, but no row of weights.

    Args:
        fitted: of the earlier table, with the sides of this one's rows, and what it is refreshed with.
    """
    known = frame[~np.isnan(read_target(declared.target, frame, fitted.encoder.formats))]
    learnt = np.flatnonzero(fitted.sides <= (1 if fitted.refitted else 0))
    renewed = replace(fitted, encoder=fitted.encoder.extended(known, learnt), fingerprint=OF_VALUES)
    films, fingerprint = encoded_again(frame, declared, renewed)
    return with_inputs(films, frame, declared, replace(renewed, fingerprint=fingerprint))


def _same(frame: pd.DataFrame, declared: Declared) -> list[np.ndarray]:
    """Return codes of rows that are of the same film, (n,), and of groups that are on one side; -1 for none."""
    if declared.film is None:
        read = pd.DataFrame({name: cell_codes(frame[name]) for name in declared.needs() if name in frame})
        films = [pd.factorize(pd.util.hash_pandas_object(read, index=False))[0]]
    else:
        films = [pd.factorize(film_ids(frame, declared.film))[0]]
    by = None if isinstance(declared.split, TimeSplit) else getattr(declared.split, "by", None)
    return films if by is None else [*films, pd.factorize(film_ids(frame, by))[0]]


def _count(film: np.ndarray) -> int:
    """Return the number of films by the codes of rows; a row without a code is a film of its own."""
    return len(np.unique(film[film >= 0])) + int((film < 0).sum())


def _shared(codes: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Return which rows have a code that some rows, (n,) bool, have too."""
    return np.isin(codes, codes[rows & (codes >= 0)])


def _alike(newer: pd.DataFrame, frame: pd.DataFrame, declared: Declared, formats: Formats) -> pd.DataFrame:
    """Return newer films with texts read as numbers where the run's table holds numbers, in which it shows no marks."""
    numbers, known = {}, set(frame.select_dtypes("number")) & set(newer)
    for name, needs in declared.needs().items():
        if needs == {"number"} and name in known and _is_text(newer[name]):
            format = formats.of(name)
            numbers[name] = read_numbers(newer[name], replace(format, decimal=format.decimal or "."))
    return newer.assign(**numbers)


def _both(frame: pd.DataFrame, newer: pd.DataFrame, formats: Formats) -> pd.DataFrame:
    """Return the rows of two tables with the columns of the first; cells of another kind become text in both."""
    columns = {}
    for name in frame.columns:
        first = frame[name]
        second = newer[name] if name in newer else pd.Series(np.nan, newer.index)
        if second.isna().all():
            second = first.iloc[:0].reindex(range(len(newer)))
        elif not first.isna().all() and is_nested(first) != is_nested(second):
            kinds = ["lists" if is_nested(cells) else "single values" for cells in (first, second)]
            raise InputError(f"column '{name}' must hold {kinds[0]} as in the run's table, got {kinds[1]}")
        elif _is_text(first) != _is_text(second):
            first, second = (_in_text(cells, formats.of(name)) for cells in (first, second))
        try:
            columns[name] = pd.concat([first, second], ignore_index=True)
        except (pa.ArrowException, TypeError, ValueError) as problem:
            raise InputError(f"column '{name}' must be as in the run's table: {str(problem)[:200]}") from None
    return pd.DataFrame(columns)


def _is_text(cells: pd.Series) -> bool:
    kinds = pd.api.types
    return not (kinds.is_numeric_dtype(cells.dtype) or kinds.is_datetime64_any_dtype(cells.dtype) or is_nested(cells))


def _in_text(cells: pd.Series, format: Format) -> pd.Series:
    """Return cells as a text file of the column's format has them."""
    if _is_text(cells):
        return cells.astype("str")
    texts = cells.astype("str").where(cells.notna())
    return texts.str.replace(".", ",", regex=False) if format.decimal == "," else texts
