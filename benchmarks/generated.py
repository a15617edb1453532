"""Generated films, encoded and split, and training on any device: what the GPU checks and measures work on."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import lightning.pytorch as pl
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as papq
import torch

from greenlight_films.datamodules import Batch, Category, Feature, FilmDataModule, Labels, Number, RandomSplit, Target
from greenlight_films.importance import HeldOut
from greenlight_films.lightning_modules import AdditiveMLP, MLPRegressor
from greenlight_films.lightning_modules.optimisers.choice import OptimiserName

CPU = torch.device("cpu")
EPOCHS = 2
STREAMED = 100_000  # films that are written at once
NAMES_A_FILM = 15  # of those


@dataclass(frozen=True)
class Size:
    """How large the generated tables are, films a step of training, and numbers of labels of its steps."""

    films: int
    people: int
    batches: tuple[int, ...] = (256, 8192)
    repeats: int = 3
    labels: tuple[int, ...] = (25_000, 1_000_000, 10_000_000)


FULL, SMALL = Size(100_000, 30_000), Size(600, 200, batches=(64,), repeats=1, labels=(500,))


@dataclass(frozen=True)
class Case:
    """A device, generated films, their encoding and split, and a network trained on them."""

    device: torch.device
    size: Size
    frame: pd.DataFrame
    data: FilmDataModule

    @classmethod
    def make(cls, device: torch.device, size: Size) -> "Case":
        frame = generate(size.films, size.people)
        cast = Labels("cast", role="actor", weight="sqrt", min_films=2)
        features: list[Feature[Any]] = [Number("year"), Number("runtime"), Labels("genre"), cast, Category("company")]
        data = FilmDataModule(frame=frame, features=features, target=Target("rating"), split=RandomSplit(seed=3))
        data.setup("fit")
        return cls(device, size, frame, data)

    @cached_property
    def network(self) -> AdditiveMLP:
        """Return a network trained on the CPU, in eval mode."""
        network = train(self, CPU).network
        assert network is not None
        return network.eval()

    def batch(self, device: torch.device) -> Batch:
        """Return the first films of the training rows."""
        return on(next(iter(self.data.train_dataloader())), device)

    def held_out(self, device: torch.device, n_rows: int | None = None) -> HeldOut:
        """Return films as importance takes them: the first n_rows of all."""
        films = self.data.films.encoded.take(np.arange(n_rows or self.size.films))
        return HeldOut(
            torch.from_numpy(films.dense),
            torch.from_numpy(films.labels.indices),
            torch.from_numpy(films.labels.indptr),
            torch.from_numpy(films.labels.data),
            torch.from_numpy(self.data.films.actual[: films.n_rows]),
            torch.arange(films.n_rows),
        ).to(device)


def generate(n_films: int, n_people: int) -> pd.DataFrame:
    """Return films whose rating rests on their cast, genres and year; most people act in few of them."""
    random = np.random.default_rng(0)
    people = np.array([f"Person {number}" for number in range(n_people)], dtype=object)
    genres = np.array(["Comedy", "Crime", "Drama", "Horror", "War"], dtype=object)
    cast = random.zipf(1.3, (n_films, 8)) % n_people
    genre = random.integers(0, len(genres), (n_films, 2))
    year = random.integers(1930, 2026, n_films)
    skill = random.normal(size=n_people)
    rating = skill[cast].mean(axis=1) + 0.2 * genre[:, 0] + (year - 1978) / 100 + random.normal(0, 0.3, n_films)
    return pd.DataFrame(
        {
            "year": year.astype(float),
            "runtime": np.where(random.random(n_films) < 0.1, np.nan, random.normal(105, 20, n_films).round()),
            "genre": [", ".join(names) for names in genres[genre]],
            "cast": [", ".join(names) for names in people[cast]],
            "company": [f"Company {number}" for number in random.integers(0, 50, n_films)],
            "rating": rating,
        }
    )


def zipf(random: np.random.Generator, n_draws: int, n_names: int) -> np.ndarray:
    """Return draws of names, (n_draws,) int64 from 0, the frequency of name k being about 1 / (k + 1).

    The continuous law is cut into steps of 1: name k has the share from k + 1 to k + 2.
    """
    ranks = (n_names + 1) ** random.random(n_draws)
    return np.minimum(ranks.astype(np.int64), n_names) - 1


def stream_films(path: Path, n_films: int, n_names: int) -> None:
    """Write a Parquet file of films sorted by year, whose names follow Zipf's law, never more than a part in memory.

    The rating rests on the mean of the names' skills and on the year.
    """
    skill = np.random.default_rng(0).normal(size=n_names).astype(np.float32)
    writer = None
    for start in range(0, n_films, STREAMED):
        rows = np.arange(start, min(start + STREAMED, n_films))
        random = np.random.default_rng([0, start])
        drawn = zipf(random, len(rows) * NAMES_A_FILM, n_names)
        year = 1930 + np.floor(96 * rows / n_films)
        mean = skill[drawn].reshape(len(rows), NAMES_A_FILM).mean(axis=1, dtype=np.float64)
        rating = 6 + mean + (year - 1978) / 50 + random.normal(0, 0.2, len(rows))
        offsets = pa.array(np.arange(len(rows) + 1, dtype=np.int32) * NAMES_A_FILM)
        names = pc.binary_join_element_wise("P", pa.array(drawn).cast(pa.string()), "")
        columns = {"year": year, "runtime": random.normal(105, 20, len(rows)).round(), "rating": rating}
        part = pa.table({**columns, "names": pa.ListArray.from_arrays(offsets, names)})
        writer = writer or papq.ParquetWriter(path, part.schema)
        writer.write_table(part)
    assert writer is not None
    writer.close()


def on(batch: Batch, device: torch.device) -> Batch:
    """Return the batch on a device."""
    return Batch(*(part.to(device) for part in batch))


def train(
    case: Case, device: torch.device, batch_size: int = 1024, optimiser: OptimiserName = "auto", **options: Any
) -> MLPRegressor:
    """Train for two epochs without dropout, and return the model on the CPU."""
    model = MLPRegressor(seed=7, optimiser=optimiser)
    case.data.batch_size = min(batch_size, case.size.films // 4)
    bare_trainer(EPOCHS, device, **options).fit(model, datamodule=case.data)
    return model.cpu()


def bare_trainer(epochs: int, device: torch.device = CPU, **options: Any) -> pl.Trainer:
    """Return a trainer that trains on one device and does nothing else."""
    without = ("logger", "enable_checkpointing", "enable_progress_bar", "enable_model_summary")
    accelerator = "gpu" if device.type == "cuda" else "cpu"
    settings: dict[str, Any] = {"limit_val_batches": 0, **dict.fromkeys(without, False), **options}
    return pl.Trainer(accelerator=accelerator, devices=1, max_epochs=epochs, **settings)
