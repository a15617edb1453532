"""The trials of a search, kept by Optuna: which are finished, which are missing, what the next one tries."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import optuna
from optuna.trial import FrozenTrial, TrialState
from sqlalchemy.exc import SQLAlchemyError

from greenlight_films.datamodules import InputError
from greenlight_films.datamodules.number_format import significant
from greenlight_films.studies.settings.class_paths import with_current_names
from greenlight_films.studies.tune.search_space import Axis, Point, Search, grid, trial_seed

State = Literal["complete", "pruned", "failed"]

STATES: dict[State, TrialState] = {
    "complete": TrialState.COMPLETE,
    "pruned": TrialState.PRUNED,
    "failed": TrialState.FAIL,
}


@dataclass(frozen=True)
class TrialResult:
    """What came of a trial.

    Args:
        number: from 0; a trial that was interrupted is run again under its own.
        score: the best of its epochs, if any has a finite one; `beside` has other scores of that epoch.
        problem: why it failed.
    """

    number: int
    state: State
    point: Point
    score: float | None = None
    beside: dict[str, float] = field(default_factory=dict)
    epochs: int = 0
    seconds: float = 0.0
    problem: str = ""

    @property
    def score_with_error(self) -> str:
        """Return the score, with its standard error where it is a mean over folds."""
        error = self.beside.get("score_se")
        return significant(self.score, 5) + (f" ± {error:.2g}" if error is not None else "")


class TrialStore:
    """The trials in an SQLite file, one process at a time.

    Args:
        mode: `min` where the lowest score is the best, or `max`.
        config: what the trials depend on; another one is refused later.
    """

    def __init__(self, path: Path, search: Search, axes: list[Axis], mode: str, config: dict[str, Any]) -> None:
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self.search, self.axes, self.mode = search, axes, mode
        self.points = grid(axes) if search.method == "grid" else []
        try:
            self.storage = optuna.storages.RDBStorage(f"sqlite:///{path}")
            self.study = optuna.create_study(
                storage=self.storage,
                study_name="tune",
                direction="minimize" if mode == "min" else "maximize",
                pruner=optuna.pruners.MedianPruner(n_startup_trials=5, n_warmup_steps=5),
                load_if_exists=True,
            )
            self.study.get_trials(deepcopy=False)
        except (SQLAlchemyError, ValueError) as problem:  # no database, or one with other things in its cells
            raise InputError(f"{path} is not the record of a search: {problem.args[0]}") from None
        known = with_current_names(self.study.user_attrs.get("config"))
        if known is None:
            self.study.set_user_attr("config", config)
        elif changed := _differences(known, config):
            self.close()
            raise InputError("\n".join([*changed, "--resume takes the search as it began: leave it so, or begin anew"]))
        while self.study.get_trials(deepcopy=False, states=[TrialState.WAITING]):  # those that were interrupted
            self.study.ask()
        for trial in self.study.get_trials(deepcopy=False, states=[TrialState.RUNNING]):
            self.study.tell(trial.number, state=TrialState.FAIL)

    def close(self) -> None:
        self.storage.remove_session()
        self.storage.engine.dispose()

    def ask(self, number: int) -> optuna.Trial:
        """Begin a trial; what it tries is given by its number, the seed and the trials finished before."""
        if self.search.method == "grid":
            self.study.enqueue_trial({axis.name: axis.encode(self.points[number][axis.name]) for axis in self.axes})
        self.study.sampler = optuna.samplers.TPESampler(seed=trial_seed(self.search.seed, number))
        trial = self.study.ask({axis.name: axis.distribution() for axis in self.axes})
        trial.set_user_attr("place", number)
        return trial

    def point(self, trial: optuna.Trial | FrozenTrial) -> Point:
        return {axis.name: axis.decode(trial.params[axis.name]) for axis in self.axes}

    def tell(self, trial: optuna.Trial, result: TrialResult) -> None:
        outcome = {"score": result.score, "beside": result.beside, "epochs": result.epochs, "seconds": result.seconds}
        trial.set_user_attr("found", {**outcome, "problem": result.problem})
        self.study.tell(trial, result.score if result.state == "complete" else None, STATES[result.state])

    def results(self) -> list[TrialResult]:
        """Return the finished trials: complete ones before others, the best first."""
        states = {state: name for name, state in STATES.items()}
        trials = [trial for trial in self.study.get_trials(deepcopy=False) if trial.state in states]
        results = [
            TrialResult(trial.user_attrs["place"], states[trial.state], self.point(trial), **trial.user_attrs["found"])
            for trial in trials
            if "found" in trial.user_attrs  # which a trial that was interrupted has not
        ]
        sign = 1 if self.mode == "min" else -1
        order = list(STATES)
        return sorted(results, key=lambda trial: (order.index(trial.state), sign * (trial.score or 0.0), trial.number))

    def missing(self) -> list[int]:
        """Return the numbers of the trials that are not finished."""
        finished = {result.number for result in self.results()}
        return [number for number in range(self.n_trials) if number not in finished]

    @property
    def n_trials(self) -> int:
        return len(self.points) or self.search.trials


def _differences(known: dict[str, Any], given: dict[str, Any], within: str = "") -> list[str]:
    """Return one problem a key that has another value than it had."""
    problems = []
    for key in dict.fromkeys([*known, *given]):
        old, new = known.get(key), given.get(key)
        if isinstance(old, dict) and isinstance(new, dict) and within != "search.":
            problems += _differences(old, new, f"{within}{key}.")
        elif old != new:
            problems.append(f"{within}{key} was {old}, got {new}")
    return problems
