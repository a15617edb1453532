"""Films of the published benchmark, with what is known of directors and types from other training films."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from greenlight_films.datamodules import Category, FilmDataModule, Labels, Number, Target
from greenlight_films.datamodules.crossed.crossed_ridge import ridge_beside_records
from greenlight_films.datamodules.crossed.drawings import Drawings
from greenlight_films.datamodules.crossed.input_parts import OF_ONE
from greenlight_films.datamodules.crossed.input_scales import InputScales
from greenlight_films.datamodules.crossed.label_cells import Cells
from greenlight_films.datamodules.crossed.label_inputs import Crossed, LabelInputs
from greenlight_films.datamodules.crossed.near_records import LabelFilms
from greenlight_films.datamodules.crossed.near_tuning import tuned_kernel
from greenlight_films.datamodules.crossed.track_records import track_records
from greenlight_films.datamodules.features.number import bin_shares
from greenlight_films.datamodules.splits import Rows, Split
from greenlight_films.datamodules.tables.formats import Formats

NUMBERS = ["movie_date", "number_of_votes", "time_duration_min"]
SIGMA = 0.3  # of the waves' frequencies
BINS = 24
PENALTY = 5.0
N_FOLDS, N_DRAWINGS = 10, 4
BATCH_SIZE = 256


def words_of(frame: pd.DataFrame) -> list[str]:
    """Return the names of the columns that are 1 where a word is in the film's description."""
    return [str(name) for name in frame.columns if str(name).startswith("w_")]


@dataclass(frozen=True)
class PublishedSplit(Split):
    """The training rows of a fold; all others are test rows, and none validate: the epochs are fixed."""

    train: tuple[int, ...]

    def assign(self, frame: pd.DataFrame, formats: Formats = Formats()) -> np.ndarray:
        sides = np.full(len(frame), 2, dtype=np.uint8)
        sides[list(self.train)] = 0
        return sides

    def split(self, frame: pd.DataFrame, formats: Formats = Formats()) -> Rows:
        return Rows.from_sides(self.assign(frame, formats))


class PublishedFilms(FilmDataModule):
    """The benchmark's films: numbers as waves, types and words as labels, and inputs of each film.

    Inputs are the linear effects of numbers, words and types, and records of the film's director and type. They are
    given for each film: with near records a director has no vector of his own.

    Args:
        frame: the benchmark's table.
        train: indices of the training rows.
        near: whether directors' records weigh films by how near they are.
    """

    def __init__(self, frame: pd.DataFrame, train: np.ndarray, near: bool, seed: int) -> None:
        by_quantile = {f"{name} by quantile": frame[name] for name in NUMBERS}
        words = frame[words_of(frame)].clip(upper=1)  # few are there twice
        films = frame[["score", "type_id", *NUMBERS]].astype({"type_id": str}).assign(**by_quantile)
        waves: dict[str, Any] = {"encoding": "periodic", "sigma": SIGMA}
        super().__init__(
            frame=pd.concat([films, words], axis=1),
            features=[
                *(Number(name, **waves) for name in NUMBERS),
                *(Number(name, scale="quantile", **waves) for name in by_quantile),
                Category("type_id", other=None),
                Labels("words", format="dummies", from_columns=list(words)),
            ],
            target=Target("score"),
            split=PublishedSplit(tuple(train)),
            batch_size=BATCH_SIZE,
            seed=seed,
        )
        self.near = near
        self.director, self.kind = (
            np.unique(frame[name], return_inverse=True)[1].astype(np.int64) for name in ("director_id", "type_id")
        )

    def setup(self, stage: str) -> None:
        """Encode the films, and add their inputs."""
        is_new = self._films is None
        super().setup(stage)
        if not is_new or self.films.rows is None:
            return
        train, test = self.films.rows.train, self.films.rows.test
        crossed, of_test = self.inputs(train, test)
        mean, deviation = crossed.mean(axis=(0, 1)), crossed.std(axis=(0, 1))
        deviation[deviation == 0] = 1
        drawn = ((crossed - mean) / deviation).astype(np.float32)
        inputs = np.empty((self.films.n_rows, len(mean)), np.float32)
        inputs[train], inputs[test] = drawn[0], (of_test - mean) / deviation
        shape = self.fitted.encoder.space.n_labels, len(mean)
        names = [f"input {index + 1}" for index in range(len(mean))]
        of_labels = LabelInputs(np.zeros(shape, np.float32), np.zeros(len(mean), np.float32), names, names)
        encoded = replace(self.films.encoded, inputs=inputs)
        scales = InputScales(names, names, mean, deviation)
        self._films = replace(self.films, encoded=encoded, crossed=Crossed(of_labels, drawn, train, PENALTY, scales))

    def inputs(self, train: np.ndarray, test: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return inputs of training rows without their own target, (n_drawings, n_train, k), and of test rows."""
        film, seed = np.arange(len(train)), self.seed
        target = self.films.actual[train] - self.films.actual[train].mean()
        director, types = self.directors(train), self.types()
        leave_one_out = Drawings.leave_one_out(film)
        by_director = np.unique(self.director[train], return_inverse=True)[1]
        blocks = self.blocks(train)

        def record(residual: np.ndarray) -> np.ndarray:
            if self.near:
                return self.near_records(train, test[:0], residual)[0][:, 0]
            return track_records(director, residual, film, leave_one_out)[1][0, :, 0]

        drawings = Drawings.of_films(by_director, N_FOLDS, 1, seed)
        ridge = ridge_beside_records([block[train] for block in blocks], target, drawings, PENALTY, record)
        residual = ridge.residual(target)
        of_director, (own,) = track_records(director, residual, film, leave_one_out)
        type_folds = Drawings.of_films(film, N_FOLDS, N_DRAWINGS, seed + 1)
        of_type, drawn = track_records(Cells.of(types[train]), target, film, type_folds)
        effects = ridge.of_others([block[test] for block in blocks])
        of_train = [ridge.crossed[0], target - residual, own[:, OF_ONE]]
        of_test = [effects, effects.sum(axis=1) + ridge.intercept, of_director[self.director[test]][:, OF_ONE]]
        if self.near:
            for parts, records in zip((of_train, of_test), self.near_records(train, test, residual), strict=True):
                parts.append(np.stack([records[:, 0], np.sqrt(records[:, 1])], axis=1))
        repeated = np.repeat(np.column_stack(of_train)[None], N_DRAWINGS, axis=0)
        crossed = np.concatenate([repeated, drawn[..., OF_ONE]], axis=2)
        return crossed, np.column_stack([*of_test, types[test] @ of_type[:, OF_ONE]])

    def near_records(self, train: np.ndarray, test: np.ndarray, residual: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return mean and variance of the director's near record of training and test rows, (n, 2) each.

        Films are near by their dates, by votes and duration in quantiles of a normal distribution, and by type.
        """
        encoded, film = self.films.encoded, np.arange(len(train))
        where = np.column_stack([encoded.unscaled[:, 0], encoded.dense[:, len(NUMBERS) + 1 :]])
        films = LabelFilms.of_rows(self.directors(train), residual, film, where[train], self.kind[train])
        kernel = tuned_kernel(films)
        return films.left_out(kernel), films.of_others(kernel, self.directors(test), where[test], self.kind[test])

    def directors(self, rows: np.ndarray) -> Cells:
        return Cells(np.arange(len(rows) + 1), self.director[rows].astype(np.int32), int(self.director.max()) + 1)

    def types(self) -> csr_array:
        """Return the types of all rows, (n_rows, n_types), those of training rows alone."""
        return self.films.encoded.labels[:, : len(self.fitted.encoder.space.labels[0].values)]

    def blocks(self, train: np.ndarray) -> list[csr_array]:
        """Return what the ridge regression is fitted to, of all rows: shares of bins of numbers, words and types."""
        shares = []
        for values in self.films.encoded.unscaled[:, : len(NUMBERS)].T:
            edges = np.unique(np.quantile(values[train], np.linspace(0, 1, BINS + 1)))
            shares.append(bin_shares(values, edges))
        types = self.types()
        words = self.films.encoded.labels[:, types.shape[1] :]
        return [csr_array(np.concatenate(shares, axis=1)), words.astype(np.float64), types.astype(np.float64)]
