"""Rows a second of `fit` against a hand-written torch loop on the same batches, and against a per-row DataLoader.

    python -m greenlight_films.benchmarks.train

Model, optimiser and films are those of configs/ratings.yaml. All three train the same number of epochs, validation and
checkpoints left out; the data is read and encoded before.
"""

import json
from operator import truediv
from statistics import median
from time import perf_counter
from typing import Any

import torch
from torch.nn import functional as F
from torch.utils.data import DataLoader, Dataset

from greenlight_films.benchmarks.encode import WIKIDATA
from greenlight_films.benchmarks.generated import bare_trainer
from greenlight_films.commands.parser.quiet import quieten
from greenlight_films.datamodules import Batch, Feature, FilmDataModule, FilmRows, Labels, Number, Target
from greenlight_films.lightning_modules import AdditiveMLP, MLPRegressor

MODEL: dict[str, Any] = {"dropout": 0.2, "label_dropout": 0.2}


class PerRow(Dataset[Batch]):
    """The same films singly, as a DataLoader takes them by default."""

    def __init__(self, rows: FilmRows) -> None:
        self.rows = rows

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: int) -> Batch:
        return self.rows[[index]]


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
    """Train with Lightning and our modules; return rows a second."""
    model = MLPRegressor(**MODEL)
    bare_trainer(epochs).fit(model, datamodule=films)
    assert model.seconds is not None
    return epochs * len(films.train_dataloader().dataset) / model.seconds  # type: ignore[arg-type]


def measure(rounds: int = 9, epochs: int = 3) -> dict[str, float]:
    """Time the three in turn and return the medians over the rounds."""
    lists = (Labels(name, weight="sqrt", min_films=2) for name in WIKIDATA.labels)
    features: list[Feature[Any]] = [*map(Number, WIKIDATA.numbers), *lists]
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
        **{f"{name}_rows_per_second": round(median(of_rounds)) for name, of_rounds in rates.items()},
        # Pairs that ran one after the other, since the machine's speed drifts.
        "ratio_to_loop": round(median(map(truediv, rates["ours"], rates["loop"])), 3),
        "ratio_to_default_loader": round(median(map(truediv, rates["ours"], rates["default_loader"])), 3),
    }


if __name__ == "__main__":
    quieten()
    print(json.dumps(measure()))
