"""From options and configs to `Settings`: Lightning's command line parser, which builds and runs nothing else here."""

import warnings
from copy import deepcopy
from pathlib import Path
from typing import Any

import yaml
from jsonargparse import Namespace
from lightning.pytorch.cli import LightningArgumentParser, LightningCLI

from greenlight_films.baselines import Comparison
from greenlight_films.datamodules import FilmDataModule, InputError
from greenlight_films.datamodules.features import Feature, declared
from greenlight_films.lightning_modules.callbacks.early_stopping import Patience
from greenlight_films.lightning_modules.callbacks.permutation_importance import PermutationImportance
from greenlight_films.lightning_modules.callbacks.tensorboard import TensorBoard
from greenlight_films.lightning_modules.mlp_regressor import MLPRegressor
from greenlight_films.studies.settings.class_paths import CLASS_LIMIT, refuse_functions
from greenlight_films.studies.settings.film_parser import (
    MODE,
    FilmArgumentParser,
    config_errors,
    dump_yaml,
    refuse_null,
    refuse_unknown_empty,
)
from greenlight_films.studies.settings.messages import NAMES
from greenlight_films.studies.settings.presets import (
    GROUPS,
    SETTINGS,
    Preset,
    preset_of,
    seeds_of,
    stated_early,
    with_preset,
)
from greenlight_films.studies.settings.settings import Settings
from greenlight_films.studies.training import Training

# The keys of `config.yaml` in a run's folder.
KEPT = ("name", "preset", "runs", "seed_everything", *GROUPS, "report", "refit")


class FilmCLI(LightningCLI):
    """Parses options and configs, and builds the objects that they name.

    Args:
        args: options as words, or a config as nested mappings.
        group: a further group of a config and the class of its settings, as `search` has for `tune`.
    """

    def __init__(self, args: list[str] | dict[str, Any], group: tuple[str, type] | None = None) -> None:
        self.group = group
        CLASS_LIMIT.enforce()
        with config_errors():
            self.stated = stated_early(args)
            self.preset, self.seeds = preset_of(self.stated), seeds_of(self.stated)
            super().__init__(
                MLPRegressor,
                FilmDataModule,
                parser_class=FilmArgumentParser,
                parser_kwargs={"parser_mode": MODE, "allow_abbrev": False},  # `--run` is not `--runs` cut short
                save_config_callback=None,
                seed_everything_default=42,
                auto_configure_optimizers=False,
                load_from_checkpoint_support=False,
                args=args,
                run=False,
            )

    def add_arguments_to_parser(self, parser: LightningArgumentParser) -> None:
        """Add what a config has beside Lightning's own groups."""
        parser.add_argument("--name", type=str, default="films", help="The study's name: runs/<name>/version_<n>.")
        parser.add_argument(
            "--preset", type=Preset, default=self.preset, help="What a config leaves unsaid: see docs/models.md."
        )
        parser.add_argument("--runs", type=str, default="runs", help="The folder that runs are kept in.")
        parser.add_argument("--report", type=bool, default=True, help="Whether a study ends with report.html.")
        refit = "Whether models learn anew from training and validation films, once these chose epoch and settings."
        parser.add_argument("--refit", type=bool, default=False, help=refit)
        parser.add_argument("--ckpt_path", type=str | None, default=None, help="A checkpoint, in place of a run.")
        parser.add_class_arguments(Comparison, "compare")
        parser.add_lightning_class_args(Patience, "early_stopping")
        parser.add_lightning_class_args(PermutationImportance, "permutation_importance")
        parser.add_lightning_class_args(TensorBoard, "tensorboard")
        if self.group:
            parser.add_class_arguments(self.group[1], self.group[0])
        parser.set_defaults(
            {
                "early_stopping.monitor": "val/loss",
                "trainer.enable_model_summary": False,  # the run says in one line what it trains
                **SETTINGS[self.preset],
                **self.seeds,
            }
        )

    def parse_arguments(self, parser: LightningArgumentParser, args: Any) -> None:
        """Parse, and refuse what the parser takes and nothing works with."""
        with warnings.catch_warnings(action="ignore"):  # of words that are not those of this process
            super().parse_arguments(parser, args)
        refuse_null(self.config, parser)
        for stated in self.stated:
            refuse_unknown_empty(stated.keys, parser)
        refuse_functions(self.config)
        for key in GROUPS:
            if not isinstance(self.config[key], Namespace):
                raise InputError(f"{key} must be {NAMES}, got {str(self.config[key])[:80]}")
        seed = self.config["seed_everything"]
        if not isinstance(seed, bool | None) and not 0 <= seed < 2**32:
            raise InputError(f"seed_everything must be from 0 to {2**32 - 1}, got {seed}")
        checkpoint = self.config["ckpt_path"]
        if checkpoint and not Path(checkpoint).is_file():
            raise InputError(f"--ckpt_path must be a checkpoint file, got {checkpoint}; `--run` takes a run's folder")
        self.config["preset"] = self.preset  # a config behind the option has another
        self._complete_features()

    def _complete_features(self) -> None:
        """Write into the config what its preset has of features."""
        split, entries = self.config["data.split"], self.config["data.features"]
        time = split.init_args.by if getattr(split, "class_path", "").endswith(".TimeSplit") else None
        ours = [entry for entry in entries if entry.class_path.startswith("greenlight_films.")]
        features = with_preset(self.preset, [feature_of(entry) for entry in ours], time)
        for entry, feature in zip(ours, features, strict=False):
            entry.init_args.update(entry_of(feature).init_args)
        entries += [entry_of(feature) for feature in features[len(ours) :]]

    def instantiate_classes(self) -> None:
        """Build all that a config names but the trainer, which `train` builds."""
        self.config_init = self.parser.instantiate_classes(self.config)

    @property
    def settings(self) -> Settings:
        parts, checkpoint, config = self.config_init, self.config["ckpt_path"], self.yaml(KEPT)
        parts["tensorboard"].config = config
        return Settings(
            name=parts["name"],
            runs=parts["runs"],
            data=parts["data"],
            model=parts["model"],
            training=Training(dict(parts["trainer"]), parts["early_stopping"]),
            importance=parts["permutation_importance"],
            tensorboard=parts["tensorboard"],
            comparison=parts["compare"],
            report=parts["report"],
            refit=parts["refit"],
            checkpoint=Path(checkpoint) if checkpoint else None,
            config=config,
        )

    def yaml(self, keys: tuple[str, ...]) -> str:
        """Return some keys of the config, with all that they hold."""
        text = self.parser.dump(self.config, skip_none=False, skip_validation=True, format=MODE)  # it was just parsed
        config = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # in C several times as fast
        return dump_yaml({key: config[key] for key in keys})


def feature_of(entry: Namespace) -> Feature[Any]:
    """Return the feature that an entry of a config declares."""
    return declared(entry.class_path.rpartition(".")[2], **vars(entry.init_args))


def entry_of(feature: Feature[Any]) -> Namespace:
    """Return the entry of a config that declares a feature."""
    arguments = feature.declaration()
    return Namespace(class_path=f"greenlight_films.{arguments.pop('feature')}", init_args=Namespace(**arguments))  # type: ignore[no-untyped-call]


def read_settings(args: list[str] | dict[str, Any]) -> Settings:
    """Return the settings that options (`--config`, FILE, `--model.hidden`, [8]) or a config's mappings name.

    The mappings stay as they are: what a preset adds to features would else be written into them.
    """
    return FilmCLI(deepcopy(args)).settings
