"""From a table to encoded films with their targets and sides: pure functions on frames, with rows counted from 0."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from greenlight_films.datamodules.columns_in_blocks import ColumnsInBlocks
from greenlight_films.datamodules.crossed.crossed_inputs import crossed_inputs
from greenlight_films.datamodules.crossed.label_inputs import Crossed, Learnt
from greenlight_films.datamodules.declared import Declared, data_notices
from greenlight_films.datamodules.encoder import EncodedFilms, FilmEncoder
from greenlight_films.datamodules.errors import InputError
from greenlight_films.datamodules.faults import all_faults, refuse_impossible, refuse_missing
from greenlight_films.datamodules.features import Number
from greenlight_films.datamodules.film_ids import columns_in, film_codes, film_ids, shared_codes
from greenlight_films.datamodules.fingerprint import OF_VALUES, digest, fingerprint, fingerprint_of_encoded
from greenlight_films.datamodules.fitted import Fitted
from greenlight_films.datamodules.leak_check import check_leaks, film_on_two_sides
from greenlight_films.datamodules.splits import SIDES, Rows, TimeSplit
from greenlight_films.datamodules.tables.find_formats import find_formats
from greenlight_films.datamodules.tables.formats import Formats
from greenlight_films.datamodules.tables.label_cells import read_labels
from greenlight_films.datamodules.targets import TargetScale, read_target, refuse_far_targets
from greenlight_films.datamodules.weights import row_weights, scaled_weights
from greenlight_films.datamodules.years import years_of


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
        weights: (n_rows,) float64, of each row in the loss and in scores, as given; None where all weigh the same.
        years: (n_rows,) float64, NaN where missing; None for new films, and where no column is known to hold them.
        crossed: label inputs such as track records; None for new films, and where no feature declares any.
        refitted: whether models learn from the validation rows too.
    """

    encoded: EncodedFilms
    rows: Rows | None
    number: np.ndarray
    ids: pd.DataFrame
    actual: np.ndarray
    left_out: int
    weights: np.ndarray | None = None
    notices: tuple[str, ...] = ()
    years: np.ndarray | None = None
    crossed: Crossed | None = None
    refitted: bool = False

    @property
    def n_rows(self) -> int:
        return len(self.number)

    def film_codes(self) -> np.ndarray:
        """Return the film of each row as a code, (n_rows,) int64 from 0; a row without an id is a film of its own."""
        return film_codes(self.ids["film"]) if "film" in self.ids else np.arange(self.n_rows)

    @property
    def learnt(self) -> np.ndarray:
        """Return the indices of the rows that models learn from."""
        assert self.rows is not None
        return np.union1d(self.rows.train, self.rows.val) if self.refitted else self.rows.train

    def weighted(self, rows: np.ndarray | None = None) -> np.ndarray:
        """Return those of some rows, by default of those that models learn from, that weigh more than 0."""
        rows = self.learnt if rows is None else rows
        return rows if self.weights is None else rows[self.weights[rows] > 0]

    def loss_weights(self) -> np.ndarray | None:
        """Return the weights with mean 1 over the rows learnt from; None where all rows weigh the same."""
        return None if self.weights is None or self.rows is None else scaled_weights(self.weights, self.learnt)

    def label_films(self) -> np.ndarray:
        """Return the number of rows learnt from of each label column, (n_labels,) int64."""
        labels = self.encoded.labels
        return np.bincount(labels[self.learnt].indices, minlength=labels.shape[1])

    def side_names(self) -> np.ndarray:
        """Return (n_rows,) train, val or test; `new` for films that the model was not trained with."""
        return np.full(self.n_rows, "new") if self.rows is None else np.array(SIDES)[self.rows.sides()]

    def unseen(self) -> dict[str, int]:
        """Count, by column, the labels of test rows (or of new films) that have no column."""
        rows = slice(None) if self.rows is None else self.rows.test
        return {column: int(counts[rows].sum()) for column, counts in self.encoded.unseen.items()}


def fit_films(
    frame: pd.DataFrame,
    declared: Declared,
    weights: Any = None,
    delimiter: str | None = None,
    blocks: ColumnsInBlocks | None = None,
) -> tuple[Films, Fitted]:
    """Split the rows that have a target, learn scales and vocabularies from the training rows, and encode all.

    Args:
        frame: of the table that `open_table` returned.
        weights: (n_rows,) of the frame's rows; nothing is learnt from rows of weight 0.
        delimiter: between the cells of the text file that the frame was read from.
        blocks: columns of the frame that are still to be read.

    Raises:
        InputError: the table can't be used so; it names all that is wrong.
    """
    try:
        refuse_impossible(frame, declared)
        return _fit_films(frame, declared, weights, delimiter, blocks)
    except InputError as first:
        if blocks:
            raise
        raise all_faults(frame, declared, delimiter, first) from None


def _fit_films(
    frame: pd.DataFrame, declared: Declared, weights: Any, delimiter: str | None, blocks: ColumnsInBlocks | None
) -> tuple[Films, Fitted]:
    ids = film_ids(frame, declared.film) if declared.film else None
    formats, notices = find_formats(frame, declared.needs(), declared.formats, delimiter)
    if blocks:
        formats, assumed = blocks.formats(formats, frame.index)
        notices += assumed
    actual = read_target(declared.target, frame, formats)
    kept = np.flatnonzero(~np.isnan(actual))
    frame_kept = frame.iloc[kept]
    rows = declared.split.split(frame_kept, formats)
    leak = ids is not None and film_on_two_sides(frame_kept, ids.iloc[kept], rows, declared)
    weights_kept = row_weights(frame_kept, declared, formats, weights, len(frame), kept, rows)
    train = rows.train if weights_kept is None else rows.train[weights_kept[rows.train] > 0]
    scale = TargetScale.fit(declared.target, actual[kept][train])
    refuse_far_targets(declared.target, scale, actual, frame.index)
    encoder = FilmEncoder(declared.features, formats=formats)
    codes = None if ids is None else shared_codes(film_codes(ids.iloc[kept]))
    encoded = encoder.fit_encode(frame_kept, train, codes, digests=True, blocks=blocks)
    leaks = check_leaks(frame, declared, formats, actual, kept[train])
    print_of_values = _fingerprint(frame_kept, actual, encoded, declared, formats)
    fitted = Fitted(encoder, scale, declared.split.declaration(), rows.sides(), print_of_values, leak)
    notices = [*notices, *encoder.notices, *leaks, *data_notices(declared, actual)]
    films = films_of(frame, kept, encoded, rows, actual, declared, formats, weights_kept, notices)
    return with_inputs(films, frame, declared, fitted)


def refit_films(
    frame: pd.DataFrame,
    declared: Declared,
    films: Films,
    fitted: Fitted,
    blocks: ColumnsInBlocks | None = None,
    *,
    inputs: bool = True,
) -> tuple[Films, Fitted]:
    """Learn scales, vocabularies and inputs of labels anew, from training and validation rows, and encode all.

    The sides of rows stay as they are, and the penalty that the validation rows chose.

    Args:
        frame: that `films` and `fitted` were made of.
        inputs: whether label inputs are made.
    """
    formats, again = fitted.encoder.formats, replace(films, refitted=True)
    actual = read_target(declared.target, frame, formats)
    frame_kept = frame[~np.isnan(actual)]
    encoder = FilmEncoder(declared.features, formats=formats)
    encoded = encoder.fit_encode(frame_kept, again.weighted(), shared_codes(films.film_codes()), blocks=blocks)
    scale = TargetScale.fit(declared.target, films.actual[again.weighted()])
    refitted = replace(fitted, encoder=encoder, scale=scale, refitted=True, kernels={})
    again = replace(again, encoded=encoded, crossed=None)
    return with_inputs(again, frame, declared, refitted) if inputs else (again, refitted)


def same_films(
    frame: pd.DataFrame,
    declared: Declared,
    fitted: Fitted,
    weights: Any = None,
    *,
    by_label: bool = False,
    blocks: ColumnsInBlocks | None = None,
) -> Films:
    """Encode the table of an earlier `fit_films` again, with its split; another table is refused.

    With `by_label` training rows' inputs are known by label too.
    """
    films, fingerprint = encoded_again(frame, declared, fitted, weights, blocks)
    if fingerprint != fitted.fingerprint:
        raise InputError(
            "data.table is not the one that this run was trained with, so its held-out rows are not known; "
            "restore the table, or score new films with `predict`"
        )
    return with_inputs(films, frame, declared, fitted, by_label=by_label)[0]


def encoded_again(
    frame: pd.DataFrame,
    declared: Declared,
    fitted: Fitted,
    weights: Any = None,
    blocks: ColumnsInBlocks | None = None,
) -> tuple[Films, str]:
    """Return a table's films as encoded earlier, without inputs of labels, and the table's fingerprint."""
    formats = fitted.encoder.formats
    refuse_missing(frame, declared, fitted.encoder.features)
    actual = read_target(declared.target, frame, formats)
    kept = np.flatnonzero(~np.isnan(actual))
    frame_kept = frame.iloc[kept]
    is_of_values = fitted.fingerprint.startswith(OF_VALUES)
    encoded = fitted.encoder.encode(frame_kept, digests=is_of_values, blocks=blocks)
    same = (
        _fingerprint(frame_kept, actual, encoded, declared, formats)
        if is_of_values
        else fingerprint_of_encoded(actual, encoded.dense, encoded.labels)
    )
    rows = Rows.from_sides(fitted.sides)
    weights_kept = row_weights(frame_kept, declared, formats, weights, len(frame), kept, rows)
    films = films_of(
        frame, kept, encoded, rows, actual, declared, formats, weights_kept, data_notices(declared, actual)
    )
    return replace(films, refitted=fitted.refitted), same


def with_inputs(
    films: Films, frame: pd.DataFrame, declared: Declared, fitted: Fitted, *, by_label: bool = False
) -> tuple[Films, Fitted]:
    """Add the label inputs, made from the rows that are learnt from, and the ridge penalty chosen for them.

    Args:
        frame: of these films, and of rows without a target.
        by_label: as of `same_films`.
    """
    assert films.rows is not None
    encoder, years = fitted.encoder, films.years
    scales = None if fitted.refreshed is None else fitted.refreshed.scales
    if years is None and isinstance(declared.split, TimeSplit):
        years = np.full(films.n_rows, np.nan)
    of_films = frame.loc[films.number - 1, declared.records_of()]
    learnt = Learnt(
        films.encoded,
        target=fitted.scale.forward(films.actual),
        train=films.weighted(),
        val=films.weighted(films.rows.val),
        film=films.film_codes(),
        year=years if isinstance(declared.split, TimeSplit) else None,
        seed=declared.seed,
        penalty=fitted.penalty,
        kernels=fitted.kernels,
        scales=scales,
        others={name: Number(name).read(of_films, encoder.formats) for name in declared.records_of()},
        by_label=by_label or (scales is not None and scales.limits is not None),
    )
    crossed = crossed_inputs(encoder.features, encoder.space, learnt)
    if crossed is None:
        return films, fitted
    encoded = replace(films.encoded, inputs=crossed.of_rows(films.encoded))
    fitted = replace(fitted, penalty=crossed.penalty, kernels=crossed.kernels)
    return replace(films, encoded=encoded, crossed=crossed), fitted


def _fingerprint(
    frame: pd.DataFrame, actual: np.ndarray, encoded: EncodedFilms, declared: Declared, formats: Formats
) -> str:
    """Return the fingerprint of a table, from the rows of `frame`, which have a target, and the targets of all."""
    names = [*columns_in(declared.film), *columns_in(declared.title), *columns_in(getattr(declared.split, "by", None))]
    texts = (digest(read_labels(frame[name], formats.of(name))) for name in names)
    numbers = (digest(Number(name).read(frame, formats)) for name in declared.records_of())
    return fingerprint([digest(actual), *encoded.digests, *texts, *numbers])


def films_of(
    frame: pd.DataFrame,
    kept: np.ndarray,
    encoded: EncodedFilms,
    rows: Rows | None,
    actual: np.ndarray,
    declared: Declared,
    formats: Formats,
    weights: np.ndarray | None,
    notices: Sequence[str],
) -> Films:
    """Return encoded films with what the frame says of the rows `kept`, by position, beside their features."""
    ids = {}
    if declared.film and set(columns_in(declared.film)) <= set(frame.columns):
        ids["film"] = film_ids(frame, declared.film).iloc[kept].to_numpy()
    if declared.title in frame:
        ids["title"] = frame[declared.title].iloc[kept].to_numpy()
    number = frame.index.to_numpy()[kept] + 1
    table, left_out = pd.DataFrame(ids, index=range(len(kept))), len(frame) - len(kept)
    years = None if rows is None else years_of(frame.iloc[kept], declared, formats)
    return Films(encoded, rows, number, table, actual[kept], left_out, weights, tuple(notices), years)
