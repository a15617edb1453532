"""Rows a second of `fit` against a hand-written torch loop on the same batches, and against a per-row DataLoader.

    python -m benchmarks.train

Model, optimiser and films are those of configs/ratings.yaml. All three train the same number of epochs, validation and
checkpoints left out; the data is read and encoded before.
"""

import json
from operator import truediv
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import torch
from lightning.pytorch.callbacks import Callback
from torch.nn import functional as F
from torch.utils.data import DataLoader, Dataset

from greenlight_films.commands.parser.quiet import quieten
from greenlight_films.datamodules import Batch, Feature, FilmDataModule, FilmRows, Labels, Number, Target
from greenlight_films.lightning_modules import AdditiveMLP, MLPRegressor
from greenlight_films.studies.film_trainer import FilmTrainer

MODEL: dict[str, Any] = {"dropout": 0.2, "label_dropout": 0.2}


class PerRow(Dataset[Batch]):
    """The same films, one at a time: what a DataLoader does by default."""

    def __init__(self, rows: FilmRows) -> None:
        self.rows = rows

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, place: int) -> Batch:
        return self.rows[[place]]


class EpochClock(Callback):
    """Seconds from the start of the first epoch to the end of the last one."""

    def on_train_start(self, *_: object) -> None:
        self.start = perf_counter()

    def on_train_end(self, *_: object) -> None:
        self.seconds = perf_counter() - self.start


def join(batches: list[Batch]) -> Batch:
    """Collate single films."""
    counts = torch.cat([torch.diff(batch.offsets) for batch in batches])
    offsets = torch.cat([torch.zeros(1, dtype=torch.int32), counts.cumsum(0).to(torch.int32)])
    parts = {name: torch.cat([getattr(batch, name) for batch in batches]) for name in Batch._fields}
    return Batch(**{**parts, "offsets": offsets})


def by_hand(films: FilmDataModule, loader: DataLoader[Batch], epochs: int) -> float:
    """Train with a plain loop; return rows a second."""
    space = films.fitted.encoder.space
    network = AdditiveMLP(space.n_dense, space.n_labels, seed=42, **MODEL)
    optimiser = torch.optim.Adam(network.parameters(), lr=1e-3, fused=True)
    start = perf_counter()
    for _ in range(epochs):
        for batch in loader:
            optimiser.zero_grad()
            F.mse_loss(network(batch.dense, batch.labels, batch.offsets, batch.weights), batch.target).backward()  # type: ignore[no-untyped-call]
            optimiser.step()
    return epochs * len(loader.dataset) / (perf_counter() - start)  # type: ignore[arg-type]


def by_fit(films: FilmDataModule, epochs: int) -> float:
    """Train with `fit`; return rows a second of its epochs."""
    clock = EpochClock()
    with TemporaryDirectory() as folder:
        trainer = FilmTrainer(
            max_epochs=epochs,
            accelerator="cpu",
            limit_val_batches=0,
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
            default_root_dir=Path(folder),
            callbacks=[clock],
        )
        trainer.fit(MLPRegressor(**MODEL), datamodule=films)
    return epochs * len(films.train_dataloader().dataset) / clock.seconds  # type: ignore[arg-type]


def measure(rounds: int = 9, epochs: int = 3) -> dict[str, float]:
    """Time the three in turn and return the medians over the rounds."""
    labels = ["Genre", "Director", "Writer", "Cast", "Language", "Country", "Production"]
    lists = (Labels(name, weight="sqrt", min_films=2) for name in labels)
    features: list[Feature[Any]] = [Number("Year"), Number("Runtime"), *lists]
    films = FilmDataModule("wikidata-films", features=features, target=Target("Rating"))
    films.setup("fit")
    whole = films.train_dataloader()
    per_row = DataLoader(PerRow(whole.dataset), batch_size=256, shuffle=True, collate_fn=join)  # type: ignore[arg-type]
    rates: dict[str, list[float]] = {"loop": [], "ours": [], "default_loader": []}
    for _ in range(rounds):
        rates["loop"].append(by_hand(films, whole, epochs))
        rates["ours"].append(by_fit(films, epochs))
        rates["default_loader"].append(by_hand(films, per_row, 1))
    return {
        **{f"{name}_rows_per_second": round(median(found)) for name, found in rates.items()},
        # Pairs that ran one after the other, since the machine's speed drifts.
        "ratio_to_loop": round(median(map(truediv, rates["ours"], rates["loop"])), 3),
        "ratio_to_default_loader": round(median(map(truediv, rates["ours"], rates["default_loader"])), 3),
    }


if __name__ == "__main__":
    quieten()
    print(json.dumps(measure()))
