"""What a search is to do, read from options and configs."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import yaml

from greenlight_films.datamodules import InputError
from greenlight_films.studies.run_folder import RunFolder
from greenlight_films.studies.settings.film_cli import KEPT, FilmCLI, read_settings
from greenlight_films.studies.settings.film_parser import option_names
from greenlight_films.studies.settings.settings import Settings
from greenlight_films.studies.tune.search_space import Axis, Point, Search, axes_of
from greenlight_films.studies.tune.trial_store import TrialStore

OLD, JOURNAL = "tune.db", "tune.journal"  # an SQLite file as searches before had, and Optuna's journal


@dataclass(frozen=True)
class Plan:
    """A search before it runs: of a study's settings, with the config of both as YAML and the keys that it takes.

    Args:
        storage: where the trials stand, the URL of a database or a journal file; None for a journal in the folder.
    """

    search: Search
    settings: Settings
    config: str
    options: list[str]
    storage: str | None = None

    @classmethod
    def read(cls, words: list[str], storage: str | None = None) -> "Plan":
        """Return the plan that options (`--config`, FILE, `--search.trials`, 7) name."""
        cli = FilmCLI(words, ("search", Search))
        config = cli.yaml((*KEPT, "search"))
        return cls(cli.config_init["search"], cli.settings, config, option_names(cli.parser), storage)

    @property
    def monitor(self) -> str:
        return self.settings.training.early_stopping.monitor

    @property
    def mode(self) -> str:
        return self.settings.training.early_stopping.mode

    @cached_property
    def axes(self) -> list[Axis]:
        """The axes of the search; a search that can't be run is refused."""
        if not self.monitor.startswith("val/"):
            raise InputError(f"early_stopping.monitor must be a score of validation films, got {self.monitor}")
        if self.settings.checkpoint:
            raise InputError("`tune` trains each trial from the start: leave --ckpt_path out")
        training = self.settings.training
        if not training.has_one_device:
            raise InputError(f"trainer.devices must be 1 or auto for `tune`, got {training.trainer['devices']}")
        return axes_of(self.search, self.options, self.monitor)

    def fixed(self) -> dict[str, Any]:
        """Return what a resumed search must have in common with its beginning: all but its place and length."""
        config = yaml.safe_load(self.config)
        del config["search"]["trials"]
        return {key: value for key, value in config.items() if key not in ("name", "runs", "compare")}

    def words(self, point: Point) -> list[str]:
        """Return the options of the study that a trial trains."""
        words = [word for axis in self.axes for word in axis.words(point[axis.name])]
        return ["--config", self.settings.config, *words]

    def config_of(self, point: Point) -> str:
        return read_settings(self.words(point)).config

    def open_store(self, folder: RunFolder, worker: str = "") -> TrialStore:
        """Open the trials of the search; see `TrialStore`."""
        old = folder.path / OLD
        here = f"sqlite:///{old}" if old.is_file() else str(folder.path / JOURNAL)
        name = f"{self.settings.name}-tune" if self.storage else "tune"
        location = self.storage or here
        return TrialStore(location, name, self.search, self.axes, self.mode, self.fixed(), worker)
