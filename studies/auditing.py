"""What an audit trains: a study's own network, on films that are split in another way."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import lightning.pytorch as pl
from lightning.pytorch.cli import LightningArgumentParser

from greenlight_films.datamodules import InputError, Scores
from greenlight_films.datamodules.film_data_module import FilmDataModule
from greenlight_films.studies.settings.film_cli import FilmCLI
from greenlight_films.studies.tune.tuning import TrialCLI, TrialWatch

AuditedModel = Literal["tree", "ridge", "boosting", "knn", "mlp"]


@dataclass
class Audit:
    """How far a study's scores lean on what the model should not have seen.

    Args:
        models: tree, which learns films by heart; ridge, boosting and knn; mlp, the study's own network.
        repeats: how many random splits, each with a seed of its own; there is one split by time.
        year: the column to split by time; by default one that is named so, if there is any.
        people: the columns of people; by default those whose role or name says so.
    """

    models: list[AuditedModel] | None = None
    repeats: int = 5
    year: str | None = None
    people: list[str] | None = None

    def check(self) -> None:
        """Refuse what can't be run.

        Raises:
            InputError: with the option.
        """
        if self.repeats < 1:
            raise InputError(f"audit.repeats must be 1 or more, got {self.repeats}")
        if self.models == []:
            raise InputError("audit.models must name a model, got []; leave it out for tree and ridge")


class AuditCLI(FilmCLI):
    """Parses the config of an audit, which is that of a `fit` and the group `audit`, and builds its data.

    Args:
        args: the options, without the word `audit`.
    """

    def __init__(self, args: list[str]) -> None:
        super().__init__(["fit", *args], open_run=lambda _: Path())

    def add_arguments_to_parser(self, parser: LightningArgumentParser) -> None:
        """Add the audit to what a config has."""
        super().add_arguments_to_parser(parser)
        parser.add_class_arguments(Audit, "audit")

    def instantiate_classes(self) -> None:
        """Build the parts, and no trainer."""
        self.config_init = self.parser.instantiate_classes(self.config)
        self.datamodule = self._get(self.config_init, "data")

    def _run_subcommand(self, subcommand: str) -> None:
        pass

    @property
    def audit(self) -> Audit:
        """Return what to audit.

        Raises:
            InputError: it can't be run.
        """
        audit = Audit(**self.option("audit").as_dict())
        audit.check()
        return audit


class AuditTrial(TrialCLI):
    """Trains a study's network on films that are encoded already, and scores its best epoch.

    Args:
        config: of the study, as YAML.
        folder: for its checkpoints and curves.

    Attributes:
        scores: of the test rows, in the target's unit.
    """

    def __init__(self, config: str, films: FilmDataModule, folder: Path) -> None:
        self.films = films
        super().__init__(["--config", config], lambda _: folder, TrialWatch("val/loss", "min", {}))

    def instantiate_trainer(self, **kwargs: Any) -> pl.Trainer:
        """Build the trainer for the films that were given."""
        self.datamodule = self.films
        return super().instantiate_trainer(**kwargs)

    def _run_subcommand(self, subcommand: str) -> None:
        self.trainer.fit(self.model, datamodule=self.films)
        best = self.trainer.checkpoint_callback.best_model_path  # type: ignore[union-attr]
        self.trainer.test(self.model, datamodule=self.films, ckpt_path=best, verbose=False, weights_only=True)
        self.scores: Scores = self.model.scores["test"]
