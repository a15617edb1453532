"""A published benchmark of films with many-valued columns: mean squared errors of our network on its five folds.

    python -m benchmarks.published [--data FOLDER] [--folds 0 1 2 3 4] [--near true|false|both] [--members 1]
        [--peers lightgbm catboost gpboost] [--out FILE]

Sigrist 2023, "A Comparison of Machine Learning Methods for Data with High-Cardinality Categorical Variables" (arXiv
2307.02071), predicts the scores of 88,360 films of 38,190 directors. FOLDER holds its imdb.csv.gz and folds.json.gz.
Prints one line of JSON: `mse` is the mean over the folds of `mse_by_fold`; `mse_near` is that of the network whose
directors' records weigh films by how near they are in date, votes, duration and type; a `constant` predicts the
training mean.
"""

import gzip
import json
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import lightning.pytorch as pl
import numpy as np
import pandas as pd

from greenlight_films.benchmarks.published_inputs import NUMBERS, PublishedFilms, words_of
from greenlight_films.benchmarks.published_peers import PEERS, refuse_missing
from greenlight_films.datamodules import InputError
from greenlight_films.lightning_modules.callbacks.signals import STOP
from greenlight_films.lightning_modules.mlp_regressor import MLPRegressor
from greenlight_films.quietly import quietly
from greenlight_films.studies.train import build_trainer, running
from greenlight_films.studies.training import Training

FOLDER = Path(__file__).resolve().parents[2] / "shared" / "data" / "imdb_benchmark"
TABLE, FOLDS = "imdb.csv.gz", "folds.json.gz"
SOURCE = (
    "they are those of Sigrist 2023 (arXiv 2307.02071), from the repository "
    "fabsig/Compare_ML_HighCardinality_Categorical_Variables, under CC BY-SA 4.0; give the folder with --data"
)
EPOCHS, N_FOLDS = 16, 5

Show = Callable[[str], None]


@dataclass(frozen=True)
class Benchmark:
    """The table, and the training rows of each fold, ascending from 0; its other rows are test rows."""

    frame: pd.DataFrame
    folds: list[np.ndarray]

    @classmethod
    def read(cls, folder: Path) -> "Benchmark":
        """Read both files of a folder.

        Raises:
            InputError: a file isn't there, or is another than that of the benchmark.
        """
        try:
            frame = pd.read_csv(folder / TABLE)
            folds = [np.unique(rows) - 1 for rows in json.loads(gzip.decompress((folder / FOLDS).read_bytes()))]
        except FileNotFoundError as problem:
            name = Path(problem.filename).name
            raise InputError(
                f"--data must be a folder with {TABLE} and {FOLDS}, no {name} in {folder}: {SOURCE}"
            ) from None
        except (ValueError, TypeError, OSError) as problem:
            raise InputError(f"--data: {folder} can't be read, {problem}: {SOURCE}") from None
        lacking = [name for name in ("score", "director_id", "type_id", *NUMBERS) if name not in frame]
        if lacking or not words_of(frame):
            raise InputError(f"--data: {TABLE} must have a column {(lacking or ['w_...'])[0]}, got another table")
        n_fit = sum(0 < len(rows) < len(frame) and rows[0] >= 0 and rows[-1] < len(frame) for rows in folds)
        if not n_fit == len(folds) == N_FOLDS:
            needed = f"{N_FOLDS} lists of training rows, from 1 to {len(frame):,}"
            raise InputError(f"--data: {FOLDS} must hold {needed}, got {len(folds)}, {n_fit} of them of this table")
        return cls(frame, folds)

    def test_rows(self, fold: int) -> np.ndarray:
        return np.setdiff1d(np.arange(len(self.frame)), self.folds[fold])


class EpochLines(pl.Callback):
    """Shows each epoch as it ends."""

    def __init__(self, show: Show, title: str) -> None:
        self.show, self.title = show, title

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self.show(f"{self.title}: epoch {trainer.current_epoch + 1} of {trainer.max_epochs}")


def network(members: int, seed: int) -> MLPRegressor:
    """Return the network, untrained."""
    return MLPRegressor(
        dropout=0.2,
        optimiser="adamw",
        learning_rate=2e-3,
        schedule="cosine",
        first_weight_decay=0.01,
        tail_weight_decay=0.01,
        seed=seed,
        members=members,
        heads=4,
        activation="silu",
        label_decay=5,
    )


def error_of(data: PublishedFilms, model: MLPRegressor, epochs: int, lines: EpochLines) -> float:
    """Train on all training rows, and return the mean squared error of the test rows."""
    settings = {"max_epochs": epochs, "logger": False, "accelerator": "cpu", "check_val_every_n_epoch": epochs + 1}
    quiet = dict.fromkeys(("enable_progress_bar", "enable_model_summary", "enable_checkpointing"), False)
    with quietly(), TemporaryDirectory() as folder:
        training = Training({**settings, **quiet, "num_sanity_val_steps": 0})
        trainer = build_trainer(training, Path(folder), [lines])
        with running(trainer):
            trainer.fit(model, datamodule=data)
            trainer.test(model, datamodule=data, verbose=False)
    return float(model.scores["test"]["mse"])


@dataclass(frozen=True)
class Plan:
    """What is measured: the command's options."""

    folds: Sequence[int]
    near: str = "both"
    members: int = 1
    peers: Sequence[str] = ()
    seed: int = 0
    epochs: int = EPOCHS


def errors_of(benchmark: Benchmark, fold: int, plan: Plan, show: Show) -> dict[str, float]:
    """Return the mean squared errors of a fold's test rows, by the keys of the line of JSON."""
    score = benchmark.frame["score"].to_numpy(np.float64)
    train, test = benchmark.folds[fold], benchmark.test_rows(fold)
    errors = {"constant": float(((score[test] - score[train].mean()) ** 2).mean())}
    for near in (False, True):
        if plan.near in ("both", str(near).lower()):
            title, key = (f"fold {fold}, near", "mse_near") if near else (f"fold {fold}", "mse")
            show(f"{title}: inputs")
            data, model = PublishedFilms(benchmark.frame, train, near, plan.seed), network(plan.members, plan.seed)
            errors[key] = error_of(data, model, plan.epochs, EpochLines(show, title))
            show(f"{title}: {errors[key]:.4f}")
    for peer in plan.peers:
        show(f"fold {fold}: {peer}")
        predicted = PEERS[peer](benchmark.frame, train, test, plan.seed)
        errors[peer] = float(((score[test] - predicted) ** 2).mean())
        show(f"fold {fold}: {peer} {errors[peer]:.4f}")
    return errors


def measure(benchmark: Benchmark, plan: Plan, show: Show = lambda line: None) -> dict[str, Any]:
    """Return the figures that the command prints."""
    start = perf_counter()
    by_fold = pd.DataFrame([errors_of(benchmark, fold, plan, show) for fold in plan.folds])
    return {
        "folds": list(plan.folds),
        **by_fold.mean().round(4).to_dict(),
        **{f"{name}_by_fold": errors.round(4).tolist() for name, errors in by_fold.items()},
        "members": plan.members,
        "seed": plan.seed,
        "seconds": round(perf_counter() - start),
        "versions": {name: version(name) for name in ("torch", "lightning", "numpy", "scipy", *plan.peers)},
        "date": datetime.now(UTC).date().isoformat(),
    }


def _options() -> Namespace:
    parser = ArgumentParser(prog="python -m benchmarks.published", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--data", type=Path, default=FOLDER, metavar="FOLDER", help=f"with {TABLE} and {FOLDS}")
    parser.add_argument("--folds", type=int, nargs="+", default=list(range(N_FOLDS)), choices=range(N_FOLDS))
    parser.add_argument("--near", choices=("true", "false", "both"), default="both")
    parser.add_argument("--members", type=int, default=1, help="networks whose mean is predicted")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--peers", nargs="+", choices=list(PEERS), default=[])
    parser.add_argument("--out", type=Path, metavar="FILE", help="also write the line of JSON there")
    return parser.parse_args()


def main() -> int:
    """Run the command; return its exit code."""
    options, start = _options(), perf_counter()

    def show(line: str) -> None:
        print(f"{perf_counter() - start:5.0f} s  {line}", file=sys.stderr, flush=True)

    show("reading the table")
    try:
        refuse_missing(options.peers)
        benchmark = Benchmark.read(options.data)
        plan = Plan(options.folds, options.near, options.members, options.peers, options.seed, EPOCHS)
        figures = measure(benchmark, plan, show)
    except InputError as problem:
        print(f"error: {problem}", file=sys.stderr)
        return 2
    line = json.dumps(figures)
    print(line)
    if options.out:
        options.out.write_text(line + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    with STOP:
        sys.exit(main())
