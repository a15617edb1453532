"""`ServedRun`: a run's network and films in memory, ready to answer."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import accumulate
from typing import Any

import numpy as np
import pandas as pd

from greenlight_films.datamodules import EncodedFilms, FeatureSpace, Films, Fitted
from greenlight_films.datamodules.errors import InputError
from greenlight_films.datamodules.feature_space import Block
from greenlight_films.datamodules.film_ids import shared_codes
from greenlight_films.datamodules.films import same_films
from greenlight_films.importance.reference import LinearModel
from greenlight_films.serving.cell_encoder import CellEncoder
from greenlight_films.serving.cells import Cells, Film
from greenlight_films.serving.explainer import Explainer
from greenlight_films.serving.numbers import FilmNumber, numbers_of
from greenlight_films.studies.background_file import BACKGROUND, kept_films
from greenlight_films.studies.checkpoints import Checkpoint
from greenlight_films.studies.conformal import Intervals
from greenlight_films.studies.interval_files import read_intervals
from greenlight_films.studies.results import Results
from greenlight_films.studies.run_folder import RunFolder
from greenlight_films.studies.saved_mlp import SavedMLP
from greenlight_films.studies.settings.film_cli import read_settings


@dataclass(frozen=True)
class KnownFilms:
    """The films of the run's table that have a target.

    Attributes:
        frame: (n_rows, ...) their cells as read.
    """

    films: Films
    frame: pd.DataFrame

    @cached_property
    def is_learnt(self) -> np.ndarray:
        """Return which films the model has learnt from, (n_rows,) bool."""
        learnt = np.zeros(self.films.n_rows, dtype=bool)
        learnt[self.films.learnt] = True
        return learnt

    def n_films(self, rows: np.ndarray | None = None) -> int:
        """Return of how many films some rows are, by default all."""
        codes = self.films.film_codes()
        return len(np.unique(codes if rows is None else codes[rows]))

    @cached_property
    def label_films(self) -> np.ndarray:
        """Return the number of films learnt from of each label column, (n_labels,) int64; not of their rows."""
        codes = shared_codes(self.films.film_codes())
        if codes is None:
            return self.films.label_films()
        labels, n_labels = self.films.encoded.labels[self.films.learnt], self.films.encoded.labels.shape[1]
        once = np.unique(np.repeat(codes[self.films.learnt], np.diff(labels.indptr)) * n_labels + labels.indices)
        return np.bincount(once % n_labels, minlength=n_labels)

    @cached_property
    def positions(self) -> dict[int, int]:
        """Return the position of each row of the table, by its number from 1."""
        return {int(number): position for position, number in enumerate(self.films.number)}

    def learnt_as(self, position: int, dense: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
        """Return the labels of a film, (n,), and what each is in it beyond what it is in others, (n, n_inputs).

        It is known of other films alone in this one. None where the model hasn't learnt from it.

        Args:
            dense: (n_dense,) float32, its numbers after edits.
        """
        crossed = self.films.crossed
        if crossed is None or crossed.by_label is None:
            return None
        row = int(np.searchsorted(crossed.train, position))
        if row == len(crossed.train) or crossed.train[row] != position:
            return None
        return crossed.beyond_others(row, self.films.encoded.dense[position], dense)

    def film(self, position: int) -> Film:
        """Return a film as its cells."""
        return Film(_plain(self.frame.iloc[position].to_dict()), position)

    def title(self, position: int) -> str:
        ids = self.films.ids
        name = next((ids[column].iloc[position] for column in ("title", "film") if column in ids), None)
        return f"row {self.films.number[position]}" if name is None or pd.isna(name) else str(name)


@dataclass(frozen=True)
class ServedRun:
    """What questions about a run are answered from.

    Attributes:
        intervals: None where `no_intervals` says why.
        background: training films that contributions are measured from; None where the run has none.
        known: None where `no_films` says why.
    """

    results: Results
    network: SavedMLP
    fitted: Fitted
    cells: Cells
    intervals: Intervals | None
    no_intervals: str
    background: EncodedFilms | None
    known: KnownFilms | None
    no_films: str

    @classmethod
    def open(cls, run: RunFolder) -> "ServedRun":
        """Load a run's best network, and its films where its table is still there.

        Raises:
            InputError: the run has no network, or a file of it was changed.
        """
        settings = read_settings(["--config", str(run.config)])
        data, model = settings.data, settings.model
        checkpoint = Checkpoint.read(run.checkpoint("best"))
        checkpoint.restore_data(data, model)
        checkpoint.restore_weights(model)
        assert model.network is not None
        known, no_films = None, ""
        try:
            frame = data.read()
            films = same_films(frame, data.declared, data.fitted, by_label=True)
            known = KnownFilms(films, frame.loc[films.number - 1])
        except (InputError, OSError) as problem:
            no_films = f"The run's films can't be read, so none can be searched: {problem}"
        fitted, encoder = data.fitted, data.fitted.encoder
        intervals, no_intervals = read_intervals(run, model.network)
        others = [*data.columns, *(name for name in (data.declared.title,) if name), *data.declared.target.columns]
        return cls(
            results=Results(run),
            network=SavedMLP(model.network, fitted.scale),
            fitted=fitted,
            cells=Cells(encoder.features, encoder.formats, others),
            intervals=intervals,
            no_intervals=no_intervals,
            background=kept_films(run, BACKGROUND, fitted.fingerprint),
            known=known,
            no_films=no_films,
        )

    @property
    def space(self) -> FeatureSpace:
        return self.fitted.encoder.space

    @cached_property
    def cell_encoder(self) -> CellEncoder:
        """Return what encodes films by their cells."""
        return CellEncoder(self.fitted.encoder)

    @cached_property
    def label_blocks(self) -> dict[str, list[tuple[int, Block]]]:
        """Return the label blocks of each column of names, each with its first label column."""
        starts = accumulate((len(block.values) for block in self.space.labels), initial=0)
        blocks = dict[str, list[tuple[int, Block]]]()
        for feature, group in zip(self.fitted.encoder.features, self.space.groups, strict=True):
            own = [(next(starts), block) for block in group if block.kind == "label"]
            if self.cells.labelled.get(feature.column) is feature:
                blocks[feature.column] = own
        return blocks

    @cached_property
    def folded(self) -> LinearModel:
        """Return the network with one vector a label."""
        return self.network.network.folded()

    @cached_property
    def explainer(self) -> Explainer | None:
        """Return what splits predictions up into contributions; None where the run has no films to measure from."""
        return None if self.background is None else Explainer(self.network.network, self.fitted, self.background)

    @cached_property
    def label_films(self) -> np.ndarray | None:
        """Return the number of films learnt from of each label column, (n_labels,); None where films aren't known."""
        return None if self.known is None else self.known.label_films

    @cached_property
    def numbers(self) -> list[FilmNumber]:
        """Return the numbers that films have in columns of numbers and dates."""
        return list(numbers_of(self.fitted.encoder))

    @cached_property
    def ranges(self) -> np.ndarray | None:
        """Return the least and greatest value of each dense column in films learnt from, (2, n_dense)."""
        if self.known is None:
            return None
        values = self.known.films.encoded.unscaled[self.known.films.learnt]
        return np.stack([values.min(axis=0), values.max(axis=0)])

    def encode(self, films: Sequence[Film]) -> EncodedFilms:
        """Encode films, those that the model has learnt from with what is known of them without their own target."""
        encoded, known = self.cell_encoder.encode([film.cells for film in films]), self.known
        if known is None or known.films.crossed is None or all(film.row is None for film in films):
            return encoded
        inputs = known.films.crossed.labels.of_rows(encoded)
        for index, film in enumerate(films):
            if film.row is not None and (own := known.learnt_as(film.row, encoded.dense[index])) is not None:
                labels, beyond = own
                cell = slice(*encoded.labels.indptr[index : index + 2])
                _, here, there = np.intersect1d(encoded.labels.indices[cell], labels, return_indices=True)
                inputs[index] += encoded.labels.data[cell][here] @ beyond[there]
        return replace(encoded, inputs=inputs)


def _plain(cells: dict[Any, Any]) -> dict[str, Any]:
    """Return cells as JSON has them, without the missing ones."""
    plain: dict[str, Any] = {}
    for column, cell in cells.items():
        if isinstance(cell, np.ndarray | list | tuple):
            plain[str(column)] = [item.item() if isinstance(item, np.generic) else item for item in cell]
        elif isinstance(cell, pd.Timestamp):
            plain[str(column)] = cell.isoformat()
        elif not pd.isna(cell):
            plain[str(column)] = cell.item() if isinstance(cell, np.generic) else cell
    return plain
