"""The parser: LightningCLI over Greenlight's trainer, model and data."""

import sys
from collections.abc import Callable
from pathlib import Path
from traceback import walk_tb
from typing import Any

import lightning.pytorch as pl
import yaml
from jsonargparse import Namespace
from lightning.fabric.utilities.exceptions import MisconfigurationException
from lightning.pytorch.callbacks import ModelCheckpoint, RichProgressBar, StochasticWeightAveraging
from lightning.pytorch.cli import LightningArgumentParser, LightningCLI
from lightning.pytorch.loggers import TensorBoardLogger

from greenlight_films.baselines import Comparison, Sample
from greenlight_films.datamodules import InputError
from greenlight_films.datamodules.errors import nearest
from greenlight_films.datamodules.feature_sets import feature_sets
from greenlight_films.datamodules.film_data_module import FilmDataModule
from greenlight_films.lightning_modules.callbacks.checkpoints import LastCheckpoint, Patience, RunCheckpoint
from greenlight_films.lightning_modules.callbacks.permutation_importance import PermutationImportance
from greenlight_films.lightning_modules.callbacks.tensorboard import TensorBoard
from greenlight_films.lightning_modules.mlp_regressor import MLPRegressor
from greenlight_films.studies.checkpoints import (
    CheckedConnector,
    WholeCheckpointIO,
    read_checkpoint,
    refuse_damaged,
    taken_over,
)
from greenlight_films.studies.film_trainer import FilmTrainer
from greenlight_films.studies.processes import end_others, is_rank_zero_of, make_one_run
from greenlight_films.studies.settings.class_paths import refuse_functions
from greenlight_films.studies.settings.film_parser import FilmArgumentParser, refuse_null, told
from greenlight_films.studies.settings.messages import NAMES
from greenlight_films.studies.settings.prefixes import PREFIXES

COMMON = (
    "name",
    "runs",
    "seed_everything",
    "trainer",
    "model",
    "data",
    "early_stopping",
    "permutation_importance",
    "tensorboard",
    "compare",
    "report",
)
"""The keys of a config that every command takes: what `config.yaml` in a run's folder holds."""

GROUPS = ("trainer", "model", "data", "early_stopping", "permutation_importance", "tensorboard", "compare")
"""Those with keys of their own."""


COMPARES = ("study", "baselines")
"""The commands that fit classical models to the same films."""


def _refuse_parts(trainer: Any) -> None:
    """Scores and predictions of a part of the rows would stand where those of all rows do."""
    for option in ("fast_dev_run", "limit_test_batches", "limit_predict_batches"):
        if trainer[option] not in (None, False, 0, 1.0):
            raise InputError(f"trainer.{option} is for `fit` alone, got {trainer[option]}: scores are of all rows")


def _is_lightnings(problem: Exception) -> bool:
    """Tell whether Lightning itself raised it, as it does for settings and callbacks that can't be used together.

    What torch has a type of its own for, such as a lost process or a GPU's memory, is not its.
    """
    *_, (frame, _) = walk_tb(problem.__traceback__)
    return type(problem).__module__ == "builtins" and frame.f_globals["__name__"].split(".")[0] == "lightning"


def _listed(given: Any) -> list[Any]:
    return given if isinstance(given, list) else [given] if given else []


class FilmCLI(LightningCLI):
    """Parses one subcommand, builds its parts, and runs it.

    Args:
        args: the subcommand and its options, without `--run`.
        open_run: makes or opens the run's folder; called once, on rank zero, when config and data are known to be good.
        checkpoint: the one to use, or to go on from in `fit` and `study`.
        resumed: the folder of the run that goes on.

    Attributes:
        finished: why there was nothing left to train; empty where there was.

    Raises:
        InputError: what was given can't be used.
        KeyboardInterrupt: it was stopped.
    """

    def __init__(
        self,
        args: list[str],
        open_run: Callable[["FilmCLI"], Path],
        checkpoint: Path | None = None,
        resumed: Path | None = None,
    ) -> None:
        self.open_run = open_run
        self.checkpoint = checkpoint
        self.resumed = resumed
        self.finished = ""
        self.folder = Path("runs/films/version_0")  # other ranks write nothing, and take rank zero's
        command = next((word for word in args if word in self.subcommands()), None)
        if command:
            # Only its parser is built: each takes half a second.
            self.subcommands = lambda: {command: FilmCLI.subcommands()[command]}  # type: ignore[method-assign]
        try:
            super().__init__(
                MLPRegressor,
                FilmDataModule,
                trainer_class=FilmTrainer,
                parser_class=FilmArgumentParser,
                save_config_callback=None,
                seed_everything_default=42,
                auto_configure_optimizers=False,
                args=args,
            )
        except MisconfigurationException as problem:
            raise InputError(str(problem)) from None
        except (ValueError, TypeError, RuntimeError, ArithmeticError) as problem:
            if not _is_lightnings(problem):
                raise
            raise InputError(f"trainer: {' '.join(str(problem).split())[:500]}") from problem
        except SystemExit as end:
            if isinstance(end.__context__, KeyboardInterrupt):  # Lightning makes exit code 1 of it
                raise KeyboardInterrupt from None
            raise
        finally:
            if sys.exc_info()[0] is not None:
                end_others(getattr(self, "trainer", None))

    @staticmethod
    def subcommands() -> dict[str, set[str]]:
        """Return Lightning's own subcommands and the project's, with what the command line doesn't give them."""
        ours = {"model", "datamodule"}
        return {**LightningCLI.subcommands(), "study": ours, "importance": ours, "baselines": ours}

    def init_parser(self, **kwargs: Any) -> LightningArgumentParser:
        """Make a parser that takes no option cut short: `--run` is not `--runs`."""
        return super().init_parser(**{**kwargs, "allow_abbrev": False})

    def add_arguments_to_parser(self, parser: LightningArgumentParser) -> None:
        """Add the run's name, where runs are kept, and when training stops."""
        parser.add_argument("--name", type=str, default="films", help="The study's name: runs/<name>/version_<n>.")
        parser.add_argument("--runs", type=str, default="runs", help="The folder that runs are kept in.")
        parser.add_argument("--report", type=bool, default=True, help="Whether a study ends with report.html.")
        parser.add_class_arguments(Comparison, "compare")
        parser.add_lightning_class_args(Patience, "early_stopping")
        parser.add_lightning_class_args(PermutationImportance, "permutation_importance")
        parser.add_lightning_class_args(TensorBoard, "tensorboard")
        parser.set_defaults(
            {
                "early_stopping.monitor": "val/loss",
                "early_stopping.patience": 3,
                "trainer.max_epochs": 100,
                "trainer.enable_model_summary": False,  # the run says in one line what it trains
            }
        )

    def parse_arguments(self, parser: LightningArgumentParser, args: Any) -> None:
        """Parse, with the subcommand's options at hand for messages."""
        chosen = self._subcommand_parsers.values()
        options = [action.dest for parser in chosen for action in parser._actions]
        prefix = next((PREFIXES[name] for name in self._subcommand_parsers if name in PREFIXES), None)
        if prefix:
            options += [option.removeprefix(prefix) for option in options if option.startswith(prefix)]
        FilmArgumentParser.options = tuple(options)
        with told():
            super().parse_arguments(parser, args)
        config = self.config[self.config["subcommand"]]
        refuse_null(config, self._subcommand_parsers[self.config["subcommand"]])
        refuse_functions(config)
        for key in GROUPS:  # for which the parser takes any value
            if not isinstance(config[key], Namespace):
                raise InputError(f"{key} must be {NAMES}, got {str(config[key])[:80]}")
        seed = config["seed_everything"]
        if not isinstance(seed, bool | None) and not 0 <= seed < 2**32:
            raise InputError(f"seed_everything must be from 0 to {2**32 - 1}, got {seed}")

    def _parse_ckpt_path(self) -> None:
        # Lightning would let the checkpoint's hyperparameters override the config and the options, without a word.
        pass

    def before_instantiate_classes(self) -> None:
        """Resolve the checkpoint: a path that exists, never a word that a new process can't follow."""
        given = self._get(self.config, "ckpt_path")
        if given and not Path(given).is_file():
            raise InputError(f"--ckpt_path must be a checkpoint file, got {given}; `--run` takes a run's folder")
        if self.checkpoint is None and given:
            self.checkpoint = Path(given)

    def instantiate_trainer(self, **kwargs: Any) -> pl.Trainer:
        """Read the data, open the run's folder, and build the trainer with it for logs and checkpoints."""
        checkpoint = read_checkpoint(self.checkpoint) if self.checkpoint else None
        if self.resumed and (beside := self.resumed / "checkpoints" / "best.ckpt").is_file():
            self._check_best(beside)
        trains = self.subcommand in ("fit", "study")
        if checkpoint and not trains:
            with taken_over(self.checkpoint):
                self._take_over(checkpoint)  # before `setup`, so that the table is encoded as it was in training
        trainer = self._get(self.config_init, "trainer")
        if self.subcommand != "fit":
            _refuse_parts(trainer)
        if trains:
            self._check_training(trainer)
        self.datamodule.setup(str(self.subcommand))
        if trains:
            space = self.datamodule.fitted.encoder.space
            self.model.build(space.n_dense, space.n_labels)
        if self.subcommand in COMPARES:
            training = Sample.of(self.datamodule.films, self.datamodule.fitted, "train")
            self.comparison.possible(training)  # refuses what can't be fitted before anything is trained
        self.permutation_importance = self._get(self.config_init, "permutation_importance")
        self.permutation_importance.enabled = self.subcommand in ("study", "importance")
        if self.permutation_importance.enabled:
            space = self.datamodule.fitted.encoder.space
            feature_sets(space, self.permutation_importance.groups)  # refuses groups of nothing
        if checkpoint and trains:
            with taken_over(self.checkpoint):
                self._take_over(checkpoint)  # after it, to see that training goes on from the same data
                self._check_epochs(trainer["max_epochs"], checkpoint)
        if is_rank_zero_of(trainer["num_nodes"]):
            self._get(self.config_init, "tensorboard").config = self.config_yaml()
            self.folder = self.open_run(self)
        folder = self.folder / "checkpoints"
        # Two of them: `save_last` would follow the best one, and a resumed run would go back to it.
        stop = self.option("early_stopping")
        best = RunCheckpoint(folder, "best", monitor=stop["monitor"], mode=stop["mode"], enable_version_counter=False)
        last = LastCheckpoint(folder, "last", save_on_train_epoch_end=True, enable_version_counter=False)
        for one in _listed(trainer["callbacks"]):
            if isinstance(one, ModelCheckpoint) and one.dirpath and "://" not in str(one.dirpath):
                Path(one.dirpath).mkdir(parents=True, exist_ok=True)
        # The best one first: it is what a study scores, whatever others a config adds.
        trainer["callbacks"] = [best, *_listed(trainer["callbacks"]), last]
        trainer["plugins"] = [*_listed(trainer["plugins"]), WholeCheckpointIO()]
        # Lightning would begin a job of SLURM with any `hpc_ckpt_1.ckpt` of the working folder.
        trainer["default_root_dir"] = trainer["default_root_dir"] or str(self.folder)
        if trainer["enable_progress_bar"] is not False:
            trainer["callbacks"].append(RichProgressBar(leave=False))
        if trainer["logger"] in (None, True):
            study = self.folder.parent
            kwargs["logger"] = TensorBoardLogger(study.parent, study.name, self.folder.name, default_hp_metric=False)
        try:
            built = super().instantiate_trainer(**kwargs)
        except (ValueError, TypeError, RuntimeError) as problem:  # the last of SLURM's settings
            raise InputError(f"trainer: {problem}") from problem
        make_one_run(built)
        built._checkpoint_connector = CheckedConnector(built)
        return built

    def _check_training(self, trainer: Any) -> None:
        if any(isinstance(one, StochasticWeightAveraging) for one in _listed(trainer["callbacks"])):
            raise InputError(
                "trainer.callbacks: StochasticWeightAveraging averages behind the last checkpoint, which would go "
                "without; give lightning.pytorch.callbacks.EMAWeightAveraging"
            )
        if trainer["overfit_batches"]:
            raise InputError(
                f"trainer.overfit_batches must be 0, got {trainer['overfit_batches']}: Lightning would train on single "
                "rows in place of batches; give trainer.limit_train_batches"
            )
        names = ("loss", "rmse", "mse", "mae", "r2", "r2_log1p", "spearman")
        scores = ["train/loss", *(f"val/{name}" for name in names)]
        monitor = self.option("early_stopping")["monitor"]
        if monitor not in scores:
            wish = nearest(monitor, scores) or "."
            raise InputError(f"early_stopping.monitor: no score '{monitor}'{wish} There are: {', '.join(scores)}")
        if trainer["limit_val_batches"] == 0:
            raise InputError("trainer.limit_val_batches must be above 0, got 0: the best epoch is told by val/loss")

    def _check_best(self, best: Path) -> None:
        if self.checkpoint:
            refuse_damaged(best)
        elif epoch := read_checkpoint(best)["epoch"]:  # after the first epoch a kill may leave it alone
            last = best.with_name("last.ckpt")
            raise InputError(
                f"{last} is gone, and {best.name} is of epoch {epoch + 1}: bring back a copy of {last.name}, or remove "
                f"{best.name} too, and `--resume` trains from the start"
            )

    def _check_epochs(self, wanted: int | None, checkpoint: dict[str, Any]) -> None:
        """Refuse to train no epoch in a new folder; where a run was resumed until it is finished, it is."""
        # Of the epoch, a checkpoint has the number also in the middle of it.
        trained = checkpoint["loops"]["fit_loop"]["epoch_progress"]["current"]["processed"]
        if wanted is not None and 0 <= wanted <= trained:
            self.finished = f"{trained} epochs are trained: --trainer.max_epochs must be more to go on, got {wanted}"
        elif state := checkpoint["callbacks"].get(self._patience.state_key):
            before = Patience(self._patience.monitor, mode=self._patience.mode, patience=self._patience.patience)
            before.load_state_dict(state)
            if before.has_ended:
                why = before.stopping_reason.name.lower().replace("_", " ")
                self.finished = f"training has ended early ({why}): a longer --early_stopping.patience goes on"
        if self.finished and self.subcommand == "fit" and not self.resumed:
            raise InputError(f"{self.checkpoint}: {self.finished}")

    @property
    def _patience(self) -> Patience:
        patience: Patience = self._get(self.config_init, "early_stopping")
        return patience

    def _take_over(self, checkpoint: dict[str, Any]) -> None:
        trained, here = {"members": 1, **checkpoint["hyper_parameters"]}, self.model.hparams  # older ones had one
        others = [
            f"{self.checkpoint} has model.{name} {trained[name]}, the config says {here[name]}: use the same"
            for name in ("hidden", "members")
            if trained[name] != here[name]
        ]
        if others:
            raise InputError("\n".join(others))
        self.datamodule.load_state_dict(checkpoint["FilmDataModule"])

    @property
    def comparison(self) -> Comparison:
        """Return which classical models are fitted to the same films."""
        return self._get(self.config_init, "compare")

    def option(self, key: str) -> Any:
        """Return what the config or the command line says of `key`."""
        return self._get(self.config, key)

    def config_yaml(self, keys: tuple[str, ...] = COMMON) -> str:
        """Return what every command needs to know of this run, without the options of one command."""
        dumped = self.parser.dump(self.config, skip_none=False, format="yaml")
        config = yaml.safe_load(dumped)[self.subcommand]
        return yaml.safe_dump({key: config[key] for key in keys}, sort_keys=False, allow_unicode=True)

    def _prepare_subcommand_kwargs(self, subcommand: str) -> dict[str, Any]:
        kwargs = super()._prepare_subcommand_kwargs(subcommand)
        if self.checkpoint is not None:
            kwargs["ckpt_path"] = str(self.checkpoint)
        if subcommand not in ("study", "importance", "baselines"):
            kwargs["weights_only"] = True
        if subcommand in ("validate", "test"):
            kwargs["verbose"] = False  # the record prints the scores
        return kwargs
