"""The LightningDataModule of a study: reads a table or data frame, splits and encodes its films."""

from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from copy import copy
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from greenlight_films.datamodules.arguments import refuse_other_types
from greenlight_films.datamodules.columns_in_blocks import NOTICE, ColumnsInBlocks
from greenlight_films.datamodules.declared import Declared, for_configs, refuse_other_features
from greenlight_films.datamodules.encoded_store import EncodedStore, Kept
from greenlight_films.datamodules.errors import InputError
from greenlight_films.datamodules.features import Feature, completed
from greenlight_films.datamodules.film_loaders import FilmLoaders
from greenlight_films.datamodules.film_table import film_table
from greenlight_films.datamodules.films import Films, fit_films, refit_films, same_films
from greenlight_films.datamodules.fingerprint import OF_VALUES
from greenlight_films.datamodules.fitted import Fitted
from greenlight_films.datamodules.new_films import same_or_new_films
from greenlight_films.datamodules.newer_films import Joined, joined, renewed_films
from greenlight_films.datamodules.row_notices import row_notices
from greenlight_films.datamodules.shapes import Shape
from greenlight_films.datamodules.splits import RandomSplit, Split
from greenlight_films.datamodules.tables.formats import Cells, declared_formats
from greenlight_films.datamodules.tables.layout import Layout, in_its_layout
from greenlight_films.datamodules.tables.read_table import Table, in_table, open_table
from greenlight_films.datamodules.targets import TargetColumn
from greenlight_films.datamodules.weights import read_weights, refuse_unfit_weights
from greenlight_films.datamodules.where import parse_condition

OLDER_ALLOW_LEAK = "data.allow_leak: true is read as data.allow_split_films: true; allow_leak now names columns."


class FilmDataModule(FilmLoaders):
    """Films from a table, encoded and split; batches of them are those of `FilmLoaders`.

    Args:
        table: a text file (.csv, .tsv, ...), workbook, JSON, Parquet or SQLite file, also packed; a folder, pattern or
            URI of Parquet files; or the embedded `wikidata-films`.
        features: what the model sees, one entry a column.
        target: what it predicts.
        split: which rows train, validate and test.
        shape: makes a row a film of the table, where it has several; by default rows stay as they are.
        film: the column with a film's id, or several that identify it, such as [title, year]; no split may then put a
            film on two sides.
        title: the column with its title, for results.
        query: for SQLite, a table's name or a SELECT.
        sheet: of a workbook, where several hold tables.
        member: of a zip, where several are tables.
        delimiter: between the cells of a text file; by default found out.
        quote: around the cells of a text file that hold a delimiter; by default found out.
        encoding: of a text file; by default found out.
        skip: lines above the header; by default found out.
        header: whether there is a header; by default found out.
        missing: texts that mean that nothing is known, in all columns or by column, such as {budget: ["0", "-"]}.
        decimal: the decimal mark of all columns or by column, where their cells don't tell it.
        day_first: whether 03/04/2011 is 3 April, in all columns or by column, where their cells don't tell it.
        where: a condition that rows must meet, such as "titleType == 'movie' and year >= 1990".
        weight: a column of numbers, 0 or more: how much each row weighs in the loss and in scores.
        batch_size: films a step, shared out to all devices; null: 64, and 256 from 10,000 training films on.
        allow_leak: columns of features that may tell the target, as copies of it do; scores then flatter the model.
        allow_split_films: let a split put rows of one film on two sides.
        seed: of the order of the batches.
        num_workers: processes that slice batches; slicing is quick, so that none is mostly best.
        encoded: the folder that keeps the encoded films, for later commands and other processes; by default those of
            tables from 200,000 films on are kept in `encoded`, beside the runs.
        frame: instead of `table`, from Python: a pandas or polars DataFrame, or an Arrow table.
        weights: (n_rows,) of the frame's rows in the loss and in scores, 0 or more; by default all weigh the same.
    """

    _store = EncodedStore()
    cache: Path | None = None  # the folder that keeps films of large tables, where `encoded` names none
    entry: Path | None = None  # the folder that the films are mapped from
    show_rows: Callable[[int, int], None] | None = None  # is called with rows read in blocks, and their number

    @for_configs
    def __init__(
        self,
        table: str | None = None,
        *,
        features: list[Feature],  # type: ignore[type-arg] # jsonargparse wants the plain class
        target: TargetColumn,
        split: Split = RandomSplit(),  # noqa: B008 (frozen)
        shape: Shape | None = None,
        film: str | list[str] | None = None,
        title: str | None = None,
        query: str | None = None,
        sheet: str | None = None,
        member: str | None = None,
        delimiter: str | None = None,
        quote: str | None = None,
        encoding: str | None = None,
        skip: int | None = None,
        header: bool | None = None,
        missing: Cells | dict[str, Cells] | None = None,
        decimal: str | dict[str, str] | None = None,
        day_first: bool | dict[str, bool] | None = None,
        where: str | None = None,
        weight: str | None = None,
        batch_size: int | None = 256,
        allow_leak: list[str] | bool = [],  # noqa: B006 (never changed)
        allow_split_films: bool = False,
        seed: int = 42,
        num_workers: int = 0,
        encoded: str | None = None,
        frame: Any = None,
        weights: Any = None,
    ) -> None:
        refuse_other_types(FilmDataModule.__init__, locals(), "data.{}")
        super().__init__(batch_size, seed, num_workers)
        if (table is None) == (frame is None):
            raise InputError(f"data.table or a frame must be given, got {'neither' if frame is None else 'both'}")
        if weights is not None:
            refuse_unfit_weights(weight, frame, shape)
        for name, value, least in (("batch_size", batch_size, 1), ("num_workers", num_workers, 0), ("seed", seed, 0)):
            if value is not None and value < least:
                raise InputError(f"data.{name} must be {least} or more, got {value}")
        self.table = "frame" if table is None else table
        self.frame, self.weights, self.shape, self.encoded = frame, weights, shape, encoded
        formats = declared_formats(missing, decimal, day_first)
        allowed = [] if isinstance(allow_leak, bool) else list(allow_leak)
        notices = (OLDER_ALLOW_LEAK,) if allow_leak is True else ()
        splits_films = allow_split_films or allow_leak is True
        others = (film, title, formats, weight, allowed, splits_films, notices, seed)
        self.declared = Declared(completed(features), target, split, *others)
        self.layout = Layout(query, sheet, member, delimiter, quote, encoding, skip, header)
        self.where = None if where is None else parse_condition(where)
        self._table: Table | None = None
        self._blocks: ColumnsInBlocks | None = None  # of the table, where it is read in blocks
        self._notices: tuple[str, ...] = ()
        self.columns: list[str] = []  # of the films, once they were read

    @property
    def notices(self) -> list[str]:
        """Sentences on how the table was read, and what is strange about it, after `setup`."""
        return list(dict.fromkeys(self.films.notices))

    def setup(self, stage: str) -> None:
        """Read and encode the table, once, or map its films from where they are kept; a loaded state says how."""
        if self._films is not None:
            return
        if self.frame is None and self.weights is None:
            folder, keeps_all = (self.cache, False) if self.encoded is None else (Path(self.encoded), True)
            rest = (self.shape, self.where, self.layout)
            self._store = EncodedStore.of(folder, self.table, self.declared, *rest, keeps_all=keeps_all)
        with self._store.alone():
            if kept := self._store.get(self._fitted):
                self._take(kept)
                return
            is_fit = self._fitted is None
            self._encode(stage)
            self._keep(is_fit)

    def _encode(self, stage: str) -> None:
        frame = self.read() if stage == "predict" else self._read_in_blocks()
        with self._in_table():
            weights, blocks, delimiter = self._weights_of(frame), self._blocks, self._opened.layout.delimiter
            if self._fitted is None:
                films, self._fitted = fit_films(frame, self.declared, weights, delimiter, blocks)
                rows = frame.loc[films.number - 1]
                more = [NOTICE] if blocks else row_notices(rows, self.declared, self._fitted.sides)
                films = replace(films, notices=(*films.notices, *more))
            elif stage == "predict":
                films = same_or_new_films(frame, self.declared, self._fitted, weights)
            else:
                films = same_films(frame, self.declared, self._fitted, weights, blocks=blocks)
            self._films = replace(films, notices=(*self._notices, *films.notices))

    def _keep(self, is_fit: bool, first: Fitted | None = None) -> None:
        kept = Kept(self.films, self.fitted, self.columns, self.declared.formats, is_fit)
        if mapped := self._store.put(kept, first):
            self._take(mapped)

    def _take(self, kept: Kept) -> None:
        self._films, self._fitted, self.columns, self.entry = kept.films, kept.fitted, kept.columns, kept.entry
        self.declared = replace(self.declared, formats=kept.formats)
        self._table = self._blocks = None  # their memory is wanted

    def refit(self) -> None:
        """Learn scales, vocabularies and labels' inputs anew, from training and validation rows; sides stay."""
        with self._store.alone():
            if kept := self._store.refitted(first := self.fitted):
                self._take(kept)
                return
            self._films, self._fitted = self.refitted()
            self._keep(True, first)

    def refitted(self, *, inputs: bool = True) -> tuple[Films, Fitted]:
        """Return what `refit` makes of the films, with inputs of labels or without; these films stay as they are."""
        frame = self._read_in_blocks() if self._table is None else self._rows_of(self._table)
        with self._in_table():
            return refit_films(frame, self.declared, self.films, self.fitted, self._blocks, inputs=inputs)

    def renew(self, fitted: Fitted) -> None:
        """Take over what an earlier table's rows told, and make what is known of labels anew; see `renewed_films`."""
        self._fitted = fitted
        frame = self.read()
        with self._in_table():
            self._films, self._fitted = renewed_films(frame, self.declared, fitted)

    def joined(self, table: Any) -> Joined:
        """Return the films of the table, which were set up, with newer ones of another table, a file or a frame."""
        other = copy(self)
        other.table, other.frame = (str(table), None) if isinstance(table, str | Path) else ("frame", table)

        def join(layout: Layout) -> Joined:
            other.layout = layout
            newer = other.read()
            with other._in_table():
                return joined(self.read(), newer, self.declared, self.fitted)

        return in_its_layout(self.layout, join)

    def under(self, split: Split, frame: pd.DataFrame) -> "FilmDataModule":
        """Return the films of `frame`, rows that `read` returned, under a split that may put a film on two sides."""
        other = copy(self)
        other.declared, other._store = self.declared.under(split), EncodedStore()
        with self._in_table():
            other._films, other._fitted = fit_films(frame, other.declared, self._weights_of(frame))
        return other

    def read(self) -> pd.DataFrame:
        """Read the table: the rows that meet the condition, in its shape. Their index counts the table's rows."""
        self._table, self._blocks = open_table(self.table if self.frame is None else self.frame, self.layout), None
        return self._rows_of(self._table)

    def read_once(self) -> pd.DataFrame:
        """Return what `read` does, from memory where the table is still there as a whole."""
        return self.read() if self._table is None or self._blocks else self._rows_of(self._table)

    def _read_in_blocks(self) -> pd.DataFrame:
        """Read the table as `read` does; of a large one columns of labels are still to be read in blocks."""
        is_plain, known = self.frame is None and self.shape is None, (self.where, self.layout, self.show_rows)
        blocks = ColumnsInBlocks.of(self.table, self.declared, *known) if is_plain else None
        if blocks is None:
            return self.read()
        self._blocks, self._table = blocks, blocks.table()
        return self._rows_of(self._table)

    def _rows_of(self, table: Table) -> pd.DataFrame:
        known = self._fitted.encoder.formats if self._fitted else self.declared.formats
        with self._in_table():
            films, formats, self._notices = film_table(table, self.where, self.shape, known)
        self.columns = list(films.columns)
        if self._fitted is None:
            self.declared.formats.refuse_unknown([*table.frame.columns, *self.columns])
        self.declared = replace(self.declared, formats=formats)
        return films

    def _weights_of(self, frame: pd.DataFrame) -> np.ndarray | None:
        """Return the weights of a frame's rows, where they were given from Python."""
        if self.weights is None:
            return None
        weights = read_weights(self.weights, len(self._opened.frame))
        return weights if len(frame) == len(weights) else weights[frame.index]

    @property
    def _opened(self) -> Table:
        assert self._table is not None, "read() comes first"
        return self._table

    def _in_table(self) -> AbstractContextManager[None]:
        has_lines = self.shape is None and self.frame is None  # a shape makes other rows
        return in_table(self.table, (self._table.layout if self._table else self.layout) if has_lines else None)

    def state_dict(self) -> dict[str, Any]:
        """Return builtins and tensors, for the checkpoint."""
        state = self.fitted.to_state()
        state["split"]["sides"] = torch.from_numpy(state["split"]["sides"])
        return state

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over what a run learnt; of other features, another split or another table it is refused."""
        split = {**state_dict["split"], "sides": state_dict["split"]["sides"].numpy()}
        fitted = Fitted.from_state({**state_dict, "split": split})
        refuse_other_features(fitted.encoder.features, self.declared.features)
        if fitted.split != self.declared.split.declaration():
            raise InputError(f"the checkpoint was trained with data.split {fitted.split}; give that, or train anew")
        if self._fitted is not None and not self._is_of_table(fitted):
            raise InputError("the checkpoint was trained on another table than data.table; give that, or train anew")
        formats = fitted.encoder.formats.with_declared(self.declared.formats)
        self._fitted = replace(fitted, encoder=fitted.encoder.reading(formats))

    def _is_of_table(self, fitted: Fitted) -> bool:
        if fitted.fingerprint.startswith(OF_VALUES):
            return self.fitted.fingerprint == fitted.fingerprint
        with suppress(InputError):  # an older run, which knows its table by its encoded films
            same_films(frame := self.read(), self.declared, fitted, self._weights_of(frame))
            return True
        return False
