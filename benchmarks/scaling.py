"""Time and memory of training steps by number of labels and batch size, row-wise Adagrad beside dense Adam.

    python -m greenlight_films.benchmarks.scaling [--labels 10000 100000 1000000 10000000] [--batch 256 4096]

One JSON line. Films are generated: 15 labels each, whose frequencies follow Zipf's law, and whose ids are scattered.
Every figure is of a process of its own with one thread, in milliseconds of CPU time a step, which other work on the
machine doesn't lengthen; `peak_gb` is of the row-wise process. Steps are those of a bare loop over prepared batches;
`lightning` has those of `fit`, batches sliced as it goes. `huge_pages` has those with THP_MEM_ALLOC_ENABLE=1. From
five million labels on, dense Adam isn't tried. Importance is measured by `benchmarks.importance`.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from time import perf_counter, process_time
from types import SimpleNamespace
from typing import Any, Literal

import lightning.pytorch as pl
import numpy as np
import torch
from lightning.pytorch.callbacks import Callback
from scipy.sparse import csr_array
from torch.nn import functional as F

from greenlight_films.benchmarks.generated import bare_trainer, on
from greenlight_films.datamodules import FilmRows, SharedBatchSampler
from greenlight_films.datamodules.batches import FilmLoader, film_loader
from greenlight_films.datamodules.encoder import EncodedFilms
from greenlight_films.lightning_modules import AdditiveMLP, MLPRegressor
from greenlight_films.lightning_modules.optimisers.choice import ROWWISE, OptimiserName, build_optimiser

LABELS_A_FILM, NUMBERS, WIDTH = 15, 5, 128
DENSE_UP_TO = 5_000_000
WARM_UP = 3  # steps that make the optimiser's state, and aren't counted
SETTINGS = {"learning_rate": 1e-3, "first_weight_decay": 0.0, "tail_weight_decay": 0.0, "members": 1}


@dataclass(frozen=True)
class Case:
    """What is measured.

    Attributes:
        labels: how many there are.
        batch: films a step.
        optimiser: see `OptimiserName`.
        loop: over batches that are at hand, or Lightning's.
        exponent: of Zipf's law.
        steps: that are counted; None: 20 of long ones, 100 of short ones.
        device: cpu, or cuda, where time is the clock's and memory the device's, for the bare loop.
    """

    labels: int
    batch: int
    optimiser: OptimiserName = "rowwise_adagrad"
    loop: Literal["bare", "lightning"] = "bare"
    exponent: float = 1.0
    steps: int | None = None
    device: str = "cpu"

    @property
    def counted(self) -> int:
        is_slow = self.batch > 1_000 or self.optimiser not in ROWWISE
        return self.steps or (20 if is_slow else 100)

    def films(self) -> FilmRows:
        """Return generated films, as many as the steps take."""
        random = np.random.default_rng(0)
        n_films = (self.counted + WARM_UP) * self.batch
        frequencies = np.cumsum(np.arange(1, self.labels + 1) ** -self.exponent)
        ranks = np.searchsorted(frequencies, random.random(n_films * LABELS_A_FILM) * frequencies[-1])
        columns = random.permutation(self.labels).astype(np.int32)[ranks]
        offsets = np.arange(n_films + 1) * LABELS_A_FILM
        labels = csr_array((np.ones(len(columns), np.float32), columns, offsets), shape=(n_films, self.labels))
        numbers = random.normal(size=(n_films, NUMBERS)).astype(np.float32)
        encoded = EncodedFilms(numbers, numbers, labels, {})
        return FilmRows(encoded, random.normal(size=n_films))

    def measure(self) -> dict[str, float]:
        """Return milliseconds a step, peak memory in GB, and the rows that a step touches on average."""
        films = GeneratedFilms(self.films(), self.batch)
        network = AdditiveMLP(NUMBERS, self.labels, [WIDTH, 64]).to(self.device)
        seconds = (_bare if self.loop == "bare" else _by_lightning)(self, network, films)
        touched = [len(np.unique(batch.labels.numpy())) for batch in films.train_dataloader()]
        return {
            "step_ms": _rounded(1e3 * seconds / self.counted),
            "peak_gb": _rounded(self._peak() / 2**30),
            "rows_touched": round(float(np.mean(touched))),
        }

    def seconds(self) -> float:
        """Return the CPU time of this process; on a GPU the clock's, once it has done all its work."""
        if self.device == "cpu":
            return process_time()
        torch.cuda.synchronize()
        return perf_counter()

    def _peak(self) -> int:
        if self.device == "cpu":
            return 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return torch.cuda.max_memory_allocated()

    def in_a_process(self, huge_pages: bool = False) -> dict[str, float]:
        """Return what `measure` does, of a process of its own."""
        line = [sys.executable, "-m", "greenlight_films.benchmarks.scaling", "--case", json.dumps(asdict(self))]
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "THP_MEM_ALLOC_ENABLE": str(int(huge_pages))}
        folder = Path(__file__).parents[1]
        answer = subprocess.run(line, env=environment, cwd=folder, stdout=subprocess.PIPE, text=True, check=True)
        figures: dict[str, float] = json.loads(answer.stdout)
        return figures


class GeneratedFilms(pl.LightningDataModule):
    """Generated films as `MLPRegressor` trains on them."""

    def __init__(self, rows: FilmRows, batch_size: int) -> None:
        super().__init__()
        self.rows, self.batch_size = rows, batch_size
        self.films = SimpleNamespace(loss_weights=lambda: None)

    def train_dataloader(self) -> FilmLoader:
        return film_loader(self.rows, SharedBatchSampler(len(self.rows), self.batch_size, shuffle=False, seed=0))


def _bare(case: Case, network: AdditiveMLP, films: GeneratedFilms) -> float:
    network.first.row_gradients = case.optimiser in ROWWISE
    optimiser = build_optimiser(network, case.optimiser, SETTINGS, fused=True)
    start = 0.0
    batches = [on(batch, torch.device(case.device)) for batch in films.train_dataloader()]
    for step, batch in enumerate(batches):
        start = case.seconds() if step == WARM_UP else start
        optimiser.zero_grad()
        F.mse_loss(network(batch.dense, batch.labels, batch.offsets, batch.weights), batch.target).backward()  # type: ignore[no-untyped-call]
        optimiser.step()
    return case.seconds() - start


class Stopwatch(Callback):
    """Takes the CPU time from the end of the warm-up to the last step."""

    start = end = 0.0

    def on_train_batch_end(self, trainer: Any, pl_module: Any, outputs: Any, batch: Any, batch_idx: int) -> None:
        if batch_idx == WARM_UP - 1:
            self.start = process_time()
        self.end = process_time()


def _by_lightning(case: Case, network: AdditiveMLP, films: GeneratedFilms) -> float:
    watch, model = Stopwatch(), MLPRegressor([WIDTH, 64], optimiser=case.optimiser)
    model.network = network
    bare_trainer(1, callbacks=[watch]).fit(model, datamodule=films)
    return watch.end - watch.start


def _rounded(value: float) -> float:
    return float(f"{value:.3g}")


def size(case: Case) -> dict[str, Any]:
    """Return the figures of a number of labels and a batch size."""

    def step(optimiser: OptimiserName, huge_pages: bool = False, **changes: Any) -> float | None:
        if optimiser not in ROWWISE and case.labels > DENSE_UP_TO:
            return None
        return replace(case, optimiser=optimiser, **changes).in_a_process(huge_pages)["step_ms"]

    bare = case.in_a_process()
    return {
        "labels": case.labels,
        "films": (case.counted + WARM_UP) * case.batch,
        "batch": case.batch,
        "step_ms": bare["step_ms"],
        "dense_step_ms": step("adam"),
        "peak_gb": bare["peak_gb"],
        "importance_seconds": None,
        "rows_touched": bare["rows_touched"],
        "rowwise_adam_step_ms": step("rowwise_adam"),
        "huge_pages": {"step_ms": step(case.optimiser, True), "dense_step_ms": step("adam", True)},
        "lightning": {
            "step_ms": step(case.optimiser, loop="lightning"),
            "dense_step_ms": step("adam", loop="lightning"),
        },
    }


def main() -> None:
    """Measure and print the JSON line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--labels", type=int, nargs="+", default=[10**4, 10**5, 10**6, 10**7])
    parser.add_argument("--batch", type=int, nargs="+", default=[256, 4096], help="films a step")
    parser.add_argument("--exponent", type=float, default=1.0, help="of Zipf's law")
    parser.add_argument("--steps", type=int, help="that are counted of each; by default 20 long or 100 short ones")
    parser.add_argument("--case", type=json.loads, help="measure this one, as `Case` has it, in this process")
    options = parser.parse_args()
    if options.case:
        torch.set_num_threads(1)
        print(json.dumps(Case(**options.case).measure()))
        return
    cases = [
        Case(labels, batch, exponent=options.exponent, steps=options.steps)
        for labels in options.labels
        for batch in options.batch
    ]
    sizes = []
    for case in cases:
        sizes.append(size(case))
        print(json.dumps(sizes[-1]), file=sys.stderr, flush=True)
    print(json.dumps({"exponent": options.exponent, "labels_a_film": LABELS_A_FILM, "width": WIDTH, "sizes": sizes}))


if __name__ == "__main__":
    from greenlight_films.commands.parser.quiet import quieten  # which `benchmarks.gpu` does without

    quieten()
    main()
