"""How often a study of a target without meaning finds a name, and which names it finds on the true one.

    python -m benchmarks.permuted_target CONFIG [--runs 10] [options of `study`]

The target is dealt out at random among all films, those that are trained on and those held out, and the study is run
on it: trained as its config says, and every name tested on the held-out films. No name means anything then, so at most
one run in ten may have a name with q below 0.05. Prints one JSON line: `runs_with_names` of so many `runs`,
`names_permuted` by run, and `names`, those of the true target with q below 0.05.
"""

import json
from argparse import ArgumentParser
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import numpy as np
import pandas as pd

from greenlight_films.datamodules.tables.formats import Formats
from greenlight_films.datamodules.targets import TargetColumn
from greenlight_films.quietly import quietly
from greenlight_films.studies.evaluate import evaluate, measure_importance
from greenlight_films.studies.load import load
from greenlight_films.studies.settings.film_cli import read_settings
from greenlight_films.studies.train import train


@dataclass(frozen=True)
class Permuted(TargetColumn):
    """A target whose known values are dealt out at random among the rows that have one: for tables of a row a film."""

    target: TargetColumn
    transform: Any
    shift: float
    unit: str
    seed: int

    @classmethod
    def of(cls, target: TargetColumn, seed: int) -> "Permuted":
        """Return a target in another order."""
        return cls(target, target.transform, target.shift, target.unit, seed)

    @property
    def name(self) -> str:
        return self.target.name

    @property
    def columns(self) -> list[str]:
        return self.target.columns

    def values(self, frame: pd.DataFrame, formats: Formats = Formats()) -> np.ndarray:
        values = self.target.values(frame, formats).copy()
        known = np.isfinite(values)
        values[known] = np.random.default_rng(self.seed).permutation(values[known])
        return values


def names(config: str, options: list[str], seed: int | None = None) -> list[str]:
    """Return the names with q below 0.05; with a seed, of a target in another order."""
    settings = read_settings(["--config", config, "--trainer.enable_progress_bar", "false", *options])
    if seed is not None:
        declared = settings.data.declared
        settings.data.declared = replace(declared, target=Permuted.of(declared.target, seed))
    training = replace(settings.training, trainer={**settings.training.trainer, "logger": False})
    with quietly(), TemporaryDirectory() as folder:
        data = load(settings)
        trained = train(data, settings.model, training, Path(folder))
        evaluate(trained, data)
        frame = measure_importance(trained, settings.importance).to_frame()
    return frame.loc[(frame["level"] == "value") & (frame["q"] < 0.05), "feature"].tolist()


def measure(config: str, runs: int = 10, options: list[str] | None = None) -> dict[str, Any]:
    """Run the study on the true target once, and on permuted ones."""
    start, options = perf_counter(), options or []
    of_truth = names(config, options)
    permuted = [names(config, options, seed) for seed in range(runs)]
    return {
        "config": config,
        "options": options,
        "runs": runs,
        "runs_with_names": sum(map(bool, permuted)),
        "names_permuted": permuted,
        "names": of_truth,
        "seconds": round(perf_counter() - start, 1),
    }


if __name__ == "__main__":
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("config")
    parser.add_argument("--runs", type=int, default=10, help="with permuted targets")
    own, options = parser.parse_known_args()
    print(json.dumps(measure(own.config, own.runs, options)))
