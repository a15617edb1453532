"""Classical models fitted in a process of their own, while the network learns and is measured."""

import os
import pickle
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from subprocess import Popen
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Self

import torch

from greenlight_films.baselines import Comparison, Fit, Sample, fit
from greenlight_films.datamodules import FilmDataModule
from greenlight_films.studies.processes import is_rank_zero
from greenlight_films.studies.workers import START, Work, end, exit_code_of, start

ROWS = range(5_000, 200_000)
"""Of tables with fewer rows the fits take less time than a process; of larger ones they would double the memory."""


@dataclass(frozen=True)
class Samples:
    """The rows that models are fitted to and scored on; `learnt` is what they are refitted to, if they are."""

    training: Sample
    test: Sample
    learnt: Sample | None

    @classmethod
    def of(cls, data: FilmDataModule) -> "Samples":
        training, test = (Sample.of(data.films, data.fitted, side) for side in ("train", "test"))
        learnt = Sample.of(data.films, data.fitted, "learnt") if data.fitted.refitted else None
        return cls(training, test, learnt)


@dataclass(frozen=True)
class Fits:
    """Fitted models by name, and the reasons against others."""

    of: dict[str, Fit]
    refused: dict[str, str]

    @classmethod
    def made(
        cls,
        samples: Samples,
        comparison: Comparison,
        progress: Callable[[int, int], None] = lambda done, of: None,
        on_model: Callable[[str, int, int], None] = lambda name, done, of: None,
    ) -> "Fits":
        """Fit the models of a comparison.

        Args:
            progress: is called with the steps of a model's choice of settings that are done, and all of them.
            on_model: is called with a model's name before it is fitted, how many were fitted before, and of how many.
        """
        models, refused = comparison.possible(samples.training, progress)
        fits = {}
        for done, model in enumerate(models):
            on_model(model.name, done, len(models))
            fits[model.name] = fit(model, samples.training, samples.test, samples.learnt)
        return cls(fits, refused)


class FitsBeside:
    """Fits that another process makes, if they are worth one; it ends with the context.

    On a single core, or where this process is kept to a thread, they would only be in the network's way.
    """

    def __init__(self, comparison: Comparison) -> None:
        self.comparison = comparison
        self.folder: TemporaryDirectory[str] | None = None
        self.process: Popen[bytes] | None = None

    @property
    def is_running(self) -> bool:
        return self.process is not None

    def begin(self, data: FilmDataModule) -> None:
        """Start the process, once nothing more is fitted to the data."""
        is_worth_it = data.films.n_rows in ROWS and torch.get_num_threads() > 1 and self.comparison.models != []
        if self.is_running or not (is_worth_it and is_rank_zero()):
            return
        self.folder = TemporaryDirectory()
        path = Path(self.folder.name)
        (path / "samples").write_bytes(pickle.dumps((Samples.of(data), self.comparison), pickle.HIGHEST_PROTOCOL))
        # Threads that wait must not keep those of the network from a core.
        environment = {"OMP_WAIT_POLICY": "passive"}
        self.process = start(Work(START.format(__name__), [self.folder.name], path / "log.txt", environment))

    def result(self) -> Fits | None:
        """Wait for the fits; None where they couldn't be made: whoever makes them then meets the reason."""
        assert self.process is not None
        assert self.folder is not None
        if self.process.wait() != 0:
            return None
        fits: Fits = pickle.loads((Path(self.folder.name) / "fits").read_bytes())  # which our process wrote
        return fits

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self.process is not None:
            end([self.process])
        if self.folder is not None:
            self.folder.cleanup()


def work(folder: str) -> int:
    """Make the fits that a folder's samples are for; return the exit code of the process."""

    def body() -> None:
        os.nice(10)  # the network's threads wait for each other at every step: none must wait for a core
        samples, comparison = pickle.loads((Path(folder) / "samples").read_bytes())  # which the parent process wrote
        fits = pickle.dumps(Fits.made(samples, comparison), pickle.HIGHEST_PROTOCOL)
        (Path(folder) / "fits").write_bytes(fits)

    return exit_code_of(body, "")
