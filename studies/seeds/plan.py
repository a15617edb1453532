"""Which runs of a study are made, one a seed or one a fold, and the config of each."""

from dataclasses import dataclass
from typing import Any, Literal

import yaml
from lightning.fabric.plugins.environments.torchelastic import TorchElasticEnvironment

from greenlight_films.datamodules import GroupSplit, InputError, KFold, RandomSplit, Split, TimeSplit
from greenlight_films.studies.run_folder import RECORD, RunFolder
from greenlight_films.studies.settings.film_cli import read_settings
from greenlight_films.studies.settings.film_parser import dump_yaml
from greenlight_films.studies.settings.settings import Settings

Kind = Literal["seeds", "folds"]
MOST = 100  # runs


@dataclass(frozen=True)
class Request:
    """What is asked for: how many runs, by seed or fold, and how many at a time; None where it isn't said."""

    kind: Kind | None = None
    number: int = 0
    workers: int | None = None

    @classmethod
    def of(cls, seeds: int | None, folds: int | None, workers: int | None) -> "Request":
        """Return the request of `--seeds`, `--folds` and `--workers`, or of arguments of these names."""
        if seeds is not None and folds is not None:
            raise InputError("--seeds splits the films anew each time, --folds into parts: give one of them")
        if seeds is not None:
            return cls("seeds", seeds, workers)
        return cls("folds", folds, workers) if folds is not None else cls(workers=workers)


@dataclass(frozen=True)
class Plan:
    """The runs of a study.

    Attributes:
        kind: `seeds`, each of the split, of weights, batches and shuffles; or `folds`, of which each is tested once.
        values: the seeds, or the numbers of the folds from 0.
    """

    kind: Kind
    values: tuple[int, ...]

    @property
    def noun(self) -> str:
        return self.kind.removesuffix("s")

    def folder(self, run: RunFolder, value: int) -> RunFolder:
        return RunFolder(run.path / self.kind / str(value))

    def config(self, settings: Settings, value: int) -> str:
        """Return the config of a run as YAML: that of the study with another seed or split, on one device."""
        config = yaml.safe_load(settings.config)
        if config["trainer"]["devices"] == "auto":
            config["trainer"]["devices"] = 1
        if self.kind == "folds":
            config["data"]["split"] = _fold(settings.data.declared.split, len(self.values), value)
            return dump_yaml(config)
        config["seed_everything"] = value
        for group in ("data", "model", "permutation_importance"):
            config[group]["seed"] = value
        split = config["data"]["split"].get("init_args") or {}
        if "seed" in split:
            split["seed"] = value
        return dump_yaml(config)


def _fold(split: Any, folds: int, fold: int) -> dict[str, Any]:
    """Return a split that tests a fold; rows that the study's own split keeps together stay together."""
    val = split.val if isinstance(split, KFold) else split.val / (1 - 1 / folds)  # the same share of all rows
    init_args = {"folds": folds, "fold": fold, "val": val, "seed": split.seed, "by": getattr(split, "by", None)}
    return {"class_path": "greenlight_films.KFold", "init_args": init_args}


def plan_of(settings: Settings, request: Request) -> Plan:
    """Return the plan of a study's runs.

    Raises:
        InputError: they can't be so many, or not of this study.
    """
    kind, number, split = request.kind, request.number, settings.data.declared.split
    if kind is None:
        raise InputError("--workers says how many runs of --seeds or --folds are made at a time: give one of these")
    if not 2 <= number <= MOST:
        raise InputError(f"--{kind} must be from 2 to {MOST}, got {number}; a single run is `study` without it")
    if kind == "folds":
        _refuse_unfoldable(split, number)
        return Plan("folds", tuple(range(number)))
    whole = yaml.safe_load(settings.config)["seed_everything"]
    first = getattr(split, "seed", whole if type(whole) is int else 42)
    return Plan("seeds", tuple(range(first, first + number)))


def _refuse_unfoldable(split: Split, folds: int) -> None:
    if isinstance(split, TimeSplit):
        raise InputError(
            "--folds draws films at random, which data.split TimeSplit must not: it would learn from films to come; "
            f"--seeds {folds} keeps the split, and draws weights and batches anew"
        )
    if not isinstance(split, RandomSplit | GroupSplit | KFold):
        raise InputError(
            f"--folds needs data.split RandomSplit, GroupSplit or KFold, got {type(split).__name__}; give --seeds"
        )


def refuse_several_processes(settings: Settings) -> None:
    """Refuse settings of which a run would be more than one process, or would not begin at the start."""
    if settings.checkpoint:
        raise InputError("--seeds and --folds train each run from the start: leave --ckpt_path out")
    if TorchElasticEnvironment.detect():
        raise InputError("--seeds and --folds start processes of their own: leave torchrun out")
    if not settings.training.has_one_device:
        devices = settings.training.trainer["devices"]
        raise InputError(f"trainer.devices must be 1 or auto with --seeds and --folds, got {devices}")


def plan_to_resume(run: RunFolder, settings: Settings, request: Request) -> Plan:
    """Return the plan that a folder holds; `--seeds` may ask for more of them than it began with.

    Raises:
        InputError: the folder or the settings are not those that the runs began with.
    """
    if not run.holds_runs:
        raise InputError(f"--resume {run.path} is a single run: leave --{request.kind or 'workers'} out")
    record = run.read_json(RECORD)
    plan, more = Plan(record["kind"], tuple(record["values"])), request.number
    known = len(plan.values)
    if more and (request.kind != plan.kind or (more != known if plan.kind == "folds" else more < known)):
        raise InputError(
            f"--resume takes runs as they began, {known} {plan.kind}, got --{request.kind} {more}; leave it out"
        )
    began = read_settings(["--config", str(run.config)]).config  # with what it lacks, where it is an older one
    before, given = yaml.safe_load(began), yaml.safe_load(settings.config)
    if changed := [key for key in given if key not in ("name", "runs", "report") and given[key] != before[key]]:
        raise InputError(
            f"--resume takes runs as they began, got other settings of {', '.join(changed)}; leave them, or begin anew"
        )
    return plan_of(settings, request) if more > known else plan
