"""The LightningDataModule: a thin shell around the road from a table to batches."""

from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from dataclasses import fields, is_dataclass, replace
from typing import Any

import lightning.pytorch as pl
import pandas as pd
import torch
from torch.utils.data import DataLoader

from greenlight_films.datamodules.batches import Batch, FilmRows, SharedBatchSampler, film_loader
from greenlight_films.datamodules.errors import InputError
from greenlight_films.datamodules.features import Feature
from greenlight_films.datamodules.films import (
    Declared,
    Films,
    Fitted,
    fit_films,
    refuse_target_as_feature,
    same_films,
    same_or_new_films,
)
from greenlight_films.datamodules.shapes import Shape
from greenlight_films.datamodules.splits import RandomSplit, Split
from greenlight_films.datamodules.tables.read_table import line_in, read_table
from greenlight_films.datamodules.targets import TargetColumn


class FilmDataModule(pl.LightningDataModule):
    """Films from a table, encoded and split, in batches.

    Args:
        table: a .csv, .tsv (also .gz), Parquet or SQLite file, or the embedded `wikidata-films`.
        features: what the model sees, one entry a column.
        target: what it predicts.
        split: which rows train, validate and test.
        shape: makes a row a film of the table, where it has several; by default rows stay as they are.
        film: the column with a film's id; no split may then put a film on two sides.
        title: the column with its title, for results.
        query: for SQLite, a table's name or a SELECT.
        delimiter: between the cells of a text file; by default the comma, and the tab for .tsv.
        quote: around the cells of a text file that hold a delimiter; by default " for .csv and none for .tsv.
        encoding: of a text file.
        batch_size: films a step, shared out to all devices.
        allow_leak: let a split put rows of one film on two sides.
        seed: of the order of the batches.
        num_workers: processes that slice batches; slicing is quick, so that none is mostly best.
    """

    def __init__(
        self,
        table: str,
        features: list[Feature],  # type: ignore[type-arg] # jsonargparse wants the plain class
        target: TargetColumn,
        split: Split = RandomSplit(),  # noqa: B008 (frozen)
        shape: Shape | None = None,
        film: str | None = None,
        title: str | None = None,
        query: str | None = None,
        delimiter: str | None = None,
        quote: str | None = None,
        encoding: str = "utf-8",
        batch_size: int = 256,
        allow_leak: bool = False,
        seed: int = 42,
        num_workers: int = 0,
    ) -> None:
        super().__init__()
        if batch_size < 1:
            raise InputError(f"data.batch_size must be 1 or more, got {batch_size}")
        if num_workers < 0:
            raise InputError(f"data.num_workers must be 0 or more, got {num_workers}")
        if seed < 0:
            raise InputError(f"data.seed must be 0 or more, got {seed}")
        for part in (*features, target, split, shape):
            _refuse_null(part)
        self.table = table
        self.shape = shape
        self.declared = Declared(features, target, split, film, title, allow_leak)
        self.query, self.delimiter, self.quote, self.encoding = query, delimiter, quote, encoding
        self.batch_size = batch_size
        self.seed = seed
        self.num_workers = num_workers
        self._films: Films | None = None
        self._fitted: Fitted | None = None

    @property
    def films(self) -> Films:
        """Return the encoded films; there after `setup`."""
        assert self._films is not None, "setup() comes first"
        return self._films

    @property
    def fitted(self) -> Fitted:
        """Return what was learnt from the training rows; there after `setup` or `load_state_dict`."""
        assert self._fitted is not None, "setup() or load_state_dict() comes first"
        return self._fitted

    def setup(self, stage: str) -> None:
        """Read and encode the table, once; with a loaded state, as in the run that it comes from."""
        if self._films is not None:
            return
        frame = self.read()
        with self._in_table():
            if self._fitted is None:
                self._films, self._fitted = fit_films(frame, self.declared)
            elif stage == "predict":
                self._films = same_or_new_films(frame, self.declared, self._fitted)
            else:
                self._films = same_films(frame, self.declared, self._fitted)

    def under(self, split: Split, frame: pd.DataFrame) -> "FilmDataModule":
        """Return these films under another split, ready to train; it may put a film on two sides.

        Args:
            frame: what `read` returned.
        """
        refuse_target_as_feature(self.declared)
        other = copy(self)
        other.declared = replace(self.declared, split=split, allow_leak=True)
        with self._in_table():
            other._films, other._fitted = fit_films(frame, other.declared)
        return other

    def read(self) -> pd.DataFrame:
        """Read the table, in its shape."""
        texts = [feature.column for feature in self.declared.features if feature.reads_text]
        texts += self.shape.columns if self.shape else []
        frame = read_table(
            self.table,
            query=self.query,
            delimiter=self.delimiter,
            quote=self.quote,
            encoding=self.encoding,
            texts=texts,
        )
        with self._in_table():
            return self.shape.shape(frame) if self.shape else frame

    @contextmanager
    def _in_table(self) -> Iterator[None]:
        """Name the file, and the line where it has lines, in what is wrong with a table."""
        try:
            yield
        except InputError as problem:
            if str(problem).startswith("data."):  # is wrong with what was asked of it
                raise
            place = self.table
            if problem.row is not None and self.shape is None:  # which makes other rows
                line = line_in(
                    self.table, problem.row, delimiter=self.delimiter, quote=self.quote, encoding=self.encoding
                )
                place += f", line {line}" if line else ""
            raise InputError(f"{place}: {problem}", problem.row) from None

    def state_dict(self) -> dict[str, Any]:
        """Return builtins and tensors, for the checkpoint."""
        state = self.fitted.to_state()
        state["split"]["sides"] = torch.from_numpy(state["split"]["sides"])
        return state

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over what a run had learnt.

        Raises:
            InputError: it belongs to other features than those declared, or to another split or table.
        """
        split = {**state_dict["split"], "sides": state_dict["split"]["sides"].numpy()}
        fitted = Fitted.from_state({**state_dict, "split": split})
        theirs, ours = fitted.encoder.space.features, [feature.declaration() for feature in self.declared.features]
        if theirs != ours:
            raise InputError(
                "the checkpoint has another feature space than data.features: "
                f"{_difference(theirs, ours)}; give the checkpoint's own config, or train anew"
            )
        if fitted.split != self.declared.split.declaration():
            raise InputError(f"the checkpoint was trained with data.split {fitted.split}; give that, or train anew")
        if self._fitted is not None and self._fitted.fingerprint != fitted.fingerprint:
            raise InputError("the checkpoint was trained on another table than data.table; give that, or train anew")
        self._fitted = fitted

    def transfer_batch_to_device(self, batch: Batch, device: torch.device, dataloader_idx: int) -> Batch:
        """Move a batch that isn't there already; Lightning's own way looks into every part of it for others."""
        return batch if batch.row.device == device else Batch(*(part.to(device, non_blocking=True) for part in batch))

    def train_dataloader(self) -> DataLoader[Batch]:
        return self._loader("train", shuffle=True)

    def val_dataloader(self) -> DataLoader[Batch]:
        return self._loader("val")

    def test_dataloader(self) -> DataLoader[Batch]:
        return self._loader("test")

    def predict_dataloader(self) -> DataLoader[Batch]:
        """Return all films: those of every side, or new ones."""
        return self._loader(None)

    def _loader(self, side: str | None, shuffle: bool = False) -> DataLoader[Batch]:
        films = self.films
        places = None if side is None else getattr(films.rows, side)
        rows = FilmRows(films.encoded, self.fitted.scale.forward(films.actual), places)
        rank, n_devices = (self.trainer.global_rank, self.trainer.world_size) if self.trainer else (0, 1)
        on_gpu = self.trainer is not None and self.trainer.strategy.root_device.type == "cuda"
        sampler = SharedBatchSampler(
            len(rows), self.batch_size, shuffle=shuffle, seed=self.seed, rank=rank, n_devices=n_devices
        )
        return film_loader(rows, sampler, num_workers=self.num_workers, pin_memory=on_gpu)


def _difference(theirs: list[dict[str, Any]], ours: list[dict[str, Any]]) -> str:
    lost, added = ([one for one in some if one not in others] for some, others in ((theirs, ours), (ours, theirs)))
    if not lost and not added:
        return "the same features in another order"
    sides = (("checkpoint", lost), ("config", added))
    return "; ".join(f"only the {who} has {', '.join(map(str, some))}" for who, some in sides if some)


def _refuse_null(part: Any) -> None:
    """Refuse what a config left empty: the parser takes null for any value of a class."""
    for field in fields(part) if is_dataclass(part) else ():
        value = getattr(part, field.name)
        if value is None and "None" not in str(field.type):
            raise InputError(f"{field.name} of {type(part).__name__} must have a value, got null")
        _refuse_null(value)
