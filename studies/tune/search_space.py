"""The space of a search: keys of a config, alone or tied together, and the values that they take."""

import itertools
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from greenlight_films.datamodules import InputError
from greenlight_films.datamodules.errors import nearest
from greenlight_films.datamodules.program import as_typed

if TYPE_CHECKING:
    from optuna import Trial

SEARCHED = ("model", "data", "trainer", "early_stopping")  # what training depends on
FIXED = {  # keys that must be the same in all trials, with the reason
    **dict.fromkeys(("data.table", "data.query"), "trials must be scored on the same films"),
    "data.split": "trials must be scored on the same films, and the test films stay apart from all of them",
    **dict.fromkeys(
        ("data.target.class_path", *(f"data.target.init_args.{name}" for name in ("column", "budget", "revenue"))),
        "trials must predict the same target",
    ),
    **dict.fromkeys(("trainer.limit_val_batches", "trainer.fast_dev_run"), "trials must be scored on the same films"),
    "early_stopping.monitor": "trials must be compared by the same score",
    "early_stopping.mode": "trials must be compared by the same score",
}

OF_LOSS = ("model.loss", "data.target")  # keys that change what val/loss measures
EXAMPLE = """\
search:
  space: {model.hidden: [[16], [32, 16]], model.dropout: [0.0, 0.3]}"""

Point = dict[str, Any]  # the value of each axis, by the axis' name


@dataclass
class Search:
    """What `tune` tries.

    Args:
        method: grid runs all combinations; tpe lets those that did well lead to the next.
        trials: how many, with tpe.
        prune: stop a trial whose validation score is worse than the median of the trials before it, epoch by epoch;
            with folds every trial is trained to its end.
        seed: of tpe's draws; trials are trained with the config's own seeds.
        folds: with 2 or more, train each trial so many times, by turns without one part of the films that are not
            tested, and compare the means of the scores; for tables whose few validation films tell little.
        space: values of keys such as model.hidden, or {low, high, log} with tpe; a comma ties keys to one value.
    """

    method: Literal["grid", "tpe"] = "grid"
    trials: int = 20
    prune: bool = True
    seed: int = 42
    folds: int = 1
    space: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Axis:
    """Keys that take one value together: one of several, or from a range.

    Args:
        bounds: the lowest and the highest value, both included; whole numbers where both are.
    """

    keys: tuple[str, ...]
    values: tuple[Any, ...] = ()
    bounds: tuple[float, float] | None = None
    log: bool = False

    @property
    def name(self) -> str:
        return ", ".join(self.keys)

    def words(self, value: Any) -> list[str]:
        """Return the options that set the keys.

        >>> Axis(("model.hidden",), ([16], [32, 16])).words([32, 16])
        ['--model.hidden=[32, 16]']
        """
        return [f"--{key}={as_typed(value)}" for key in self.keys]

    def suggest(self, trial: "Trial") -> None:
        """Let a trial of Optuna draw a value; lists and the like stand in it as JSON."""
        if self.bounds is None:
            trial.suggest_categorical(self.name, [json.dumps(value) for value in self.values])
            return
        low, high = self.bounds
        if isinstance(low, int) and isinstance(high, int):
            trial.suggest_int(self.name, low, high, log=self.log)
        else:
            trial.suggest_float(self.name, low, high, log=self.log)

    def encode(self, value: Any) -> Any:
        """Return what Optuna keeps in place of a value."""
        return json.dumps(value) if self.bounds is None else value

    def decode(self, stored: Any) -> Any:
        return json.loads(stored) if self.bounds is None else stored


def axes_of(search: Search, options: Iterable[str], monitor: str) -> list[Axis]:
    """Return the axes of a search over the keys that a config takes, or refuse it with all that is wrong with it."""
    if not search.space:
        raise InputError(f"`tune` needs search.space, the values to try; the config has none. For example:\n{EXAMPLE}")
    numbers = (("trials", search.trials, 1), ("folds", search.folds, 1), ("seed", search.seed, 0))
    problems = [
        f"search.{name} must be {least} or more, got {value}" for name, value, least in numbers if value < least
    ]
    axes, known = [], list(options)
    for name, values in search.space.items():
        keys = tuple(key.strip() for key in name.split(","))
        problems += [problem for key in keys if (problem := _problem_of_key(key, known, monitor))]
        problem = _problem_of_range(values, search.method) if isinstance(values, dict) else _problem_of_values(values)
        if problem:
            problems.append(f"search.space, {name}: {problem}")
        elif isinstance(values, dict):
            axes.append(Axis(keys, bounds=(values["low"], values["high"]), log=values.get("log", False)))
        else:
            axes.append(Axis(keys, tuple(values)))
    every = [key for axis in axes for key in axis.keys]
    problems += [f"search.space names '{key}' twice: once is enough" for key in _repeated(every)]
    if problems:
        raise InputError("\n".join(problems))
    return axes


def _problem_of_key(key: str, options: list[str], monitor: str) -> str | None:
    searched = [option for option in options if option.split(".")[0] in SEARCHED and option not in SEARCHED[:-1]]
    if key not in searched and not any(key.startswith(f"{option}.") for option in searched):
        return f"search.space: no key '{key}' that training depends on{nearest(key, searched)}"
    for fixed, why in FIXED.items():
        if _is_in(key, fixed) or _is_in(fixed, key):
            return f"search.space must leave {fixed} as it is, got {key}: {why}"
    if monitor == "val/loss" and any(_is_in(key, part) for part in OF_LOSS):
        return f"search.space: with {key}, val/loss is another measure in each trial: early_stopping.monitor val/rmse"
    return None


def _is_in(key: str, part: str) -> bool:
    return key == part or key.startswith(f"{part}.")


def _problem_of_values(values: Any) -> str | None:
    if not isinstance(values, list) or not values:
        return f"must be one or more values such as [0.1, 0.2], got {as_typed(values)}"
    twice = _repeated([json.dumps(value) for value in values])
    return f"each value once, got {twice[0]} twice" if twice else None


def _problem_of_range(given: dict[str, Any], method: str) -> str | None:
    if method == "grid":
        return f"a grid needs a list of values, got {as_typed(given)}; search.method tpe takes a range"
    names = ("low", "high", "log")
    if unknown := [name for name in given if name not in names]:
        return f"a range has low, high and log, got '{unknown[0]}'{nearest(unknown[0], names)}"
    if (
        not all(type(given.get(name)) in (int, float) for name in names[:2])
        or type(given.get("log", False)) is not bool
    ):
        return f"a range is two numbers, such as {{low: 0.001, high: 0.1, log: true}}, got {as_typed(given)}"
    if not given["low"] < given["high"]:
        return f"low must be below high, got {given['low']} and {given['high']}"
    if given.get("log") and given["low"] <= 0:
        return f"low must be above 0 with log, got {given['low']}"
    return None


def _repeated(names: list[str]) -> list[str]:
    return [name for name in dict.fromkeys(names) if names.count(name) > 1]


def grid(axes: list[Axis]) -> list[Point]:
    """Return all combinations, the last axis' value changing first."""
    names = [axis.name for axis in axes]
    return [dict(zip(names, values, strict=True)) for values in itertools.product(*(axis.values for axis in axes))]


def trial_seed(seed: int, number: int) -> int:
    """Return the seed of a trial's own draws, so that a search that was interrupted goes on as if it had not been."""
    return int(np.random.SeedSequence((seed, number)).generate_state(1)[0])
