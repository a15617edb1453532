"""The trials of a search, kept by Optuna: which are finished, which are missing, what the next one tries."""

import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from math import inf
from pathlib import Path
from threading import Event, Thread
from typing import Any, Literal

import optuna
from optuna.exceptions import OptunaError, UpdateFinishedTrialError
from optuna.storages.journal import JournalFileBackend, JournalFileSymlinkLock
from optuna.trial import FrozenTrial, TrialState
from sqlalchemy.exc import SQLAlchemyError

from greenlight_films.datamodules import InputError
from greenlight_films.datamodules.number_format import significant
from greenlight_films.studies.settings.class_paths import with_current_names
from greenlight_films.studies.tune.search_space import Axis, Point, Search, grid, trial_seed

State = Literal["complete", "pruned", "failed"]
BEAT, PATIENCE = 30.0, 120.0  # seconds from one sign of life of a trial to the next, and until it counts as dead

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


def storage_at(location: str) -> optuna.storages.BaseStorage:
    """Open a journal file or the database of a URL, or make it."""
    if "://" not in location:
        if os.path.exists(location):
            _end_last_line(location)
        return optuna.storages.JournalStorage(JournalFileBackend(location))
    options: dict[str, Any] = {"pool_pre_ping": True}
    if location.startswith("sqlite"):
        options["connect_args"] = {"timeout": 60}  # seconds that a process waits for another one's writing
    try:
        return optuna.storages.RDBStorage(location, options)
    except SQLAlchemyError:  # of two processes that make its tables at once, the slower one sees them the second time
        time.sleep(0.5)
        return optuna.storages.RDBStorage(location, options)


def _end_last_line(path: str) -> None:
    """Cut a line that a power cut has left without its end, or the next one would be part of it."""
    lock = JournalFileSymlinkLock(path)
    lock.acquire()
    try:
        content = Path(path).read_bytes()
        if content and not content.startswith(b'{"op_code"'):
            raise ValueError("it is another file")
        if not content.endswith(b"\n"):
            os.truncate(path, content.rfind(b"\n") + 1)
    finally:
        lock.release()


def _is_finished(trial: FrozenTrial) -> bool:
    """Tell whether a trial came to something: an interrupted one has failed without a problem."""
    if trial.state == TrialState.FAIL:
        return bool(trial.user_attrs.get("found", {}).get("problem"))
    return trial.state.is_finished()


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # of another user
        pass
    return True


class TrialStore:
    """The trials of a search, of which several processes and machines may train some each.

    Args:
        location: the path of a journal file, or the URL of a database.
        name: of the search, where several stand in one storage.
        mode: `min` where the lowest score is the best, or `max`.
        config: what the trials depend on; another one is refused later.
        worker: the name of this process among those that one command has started.
    """

    def __init__(
        self,
        location: str,
        name: str,
        search: Search,
        axes: list[Axis],
        mode: str,
        config: dict[str, Any],
        worker: str = "",
    ) -> None:
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        self.search, self.axes, self.mode = search, axes, mode
        self.owner = {"host": socket.gethostname(), "pid": os.getpid(), "worker": worker}
        self.points = grid(axes) if search.method == "grid" else []
        try:
            self.storage = storage_at(location)
            self.study = optuna.create_study(
                storage=self.storage,
                study_name=name,
                direction="minimize" if mode == "min" else "maximize",
                pruner=optuna.pruners.MedianPruner(n_startup_trials=5, n_warmup_steps=5),
                load_if_exists=True,
            )
            self.study.get_trials(deepcopy=False)
        except (SQLAlchemyError, OptunaError, ImportError, ValueError, LookupError) as problem:
            shown = location.rpartition("@")[2]  # without a password
            raise InputError(f"{shown} can't be read as the record of a search: {problem.args[0]}") from None
        known = with_current_names(self.study.user_attrs.get("config"))
        if known is None:
            self.study.set_user_attr("config", config)
        elif changed := _differences(known, config):
            self.close()
            raise InputError("\n".join([*changed, "--resume takes the search as it began: leave it so, or begin anew"]))

    def close(self) -> None:
        self.storage.remove_session()
        if isinstance(self.storage, optuna.storages.RDBStorage):
            self.storage.engine.dispose()

    def claim(self) -> optuna.Trial | None:
        """Begin the first trial that nobody has begun; None where there is none left.

        What it tries is given by its number, the seed and the trials finished or begun before.
        """
        while numbers := self.unclaimed():
            trial = self._begin(numbers[0])
            if numbers[0] not in self._claimed(before=trial.number):
                return trial
            self.release(trial)  # another process was quicker
        return None

    def _begin(self, number: int) -> optuna.Trial:
        """Create a trial that is this process' from its first moment."""
        point = {axis.name: axis.encode(self.points[number][axis.name]) for axis in self.axes} if self.points else {}
        attributes = {"place": number, **self.owner, "alive": time.time()}
        template = optuna.trial.create_trial(
            state=TrialState.RUNNING, user_attrs=attributes, system_attrs={"fixed_params": point}
        )
        self.study.sampler = optuna.samplers.TPESampler(seed=trial_seed(self.search.seed, number))
        study_id = self.storage.get_study_id_from_name(self.study.study_name)
        trial_id = self.storage.create_new_trial(study_id, template)
        self.study.get_trials(deepcopy=False)  # a database's cache must know the trial
        trial = optuna.Trial(self.study, trial_id)
        for axis in self.axes:
            axis.suggest(trial)
        return trial

    def _claimed(self, before: float = inf) -> set[int]:
        """Return the numbers that trials have which are finished or being trained."""
        return {
            self.number(trial)
            for trial in self.study.get_trials(deepcopy=False)
            if trial.number < before and (_is_finished(trial) or trial.state == TrialState.RUNNING)
        }

    def unclaimed(self) -> list[int]:
        """Return the numbers of trials that nobody trains or has trained."""
        claimed = self._claimed()
        return [number for number in range(self.n_trials) if number not in claimed]

    @contextmanager
    def kept_alive(self, trial: optuna.Trial) -> Iterator[None]:
        """Let other processes know that a trial is being trained, or that it no longer is, where it didn't end."""
        ended = Event()

        def beat() -> None:
            while not ended.wait(BEAT):
                with suppress(OptunaError):  # others gave the trial up, or a database is away for a while
                    trial.set_user_attr("alive", time.time())
            self.storage.remove_session()

        thread = Thread(target=beat, daemon=True)
        thread.start()
        try:
            yield
        except BaseException:
            self.release(trial)
            raise
        finally:
            ended.set()
            thread.join()

    def release(self, trial: optuna.Trial | FrozenTrial) -> None:
        """Let a trial that has not ended be begun again."""
        self.study.tell(trial.number, state=TrialState.FAIL, skip_if_finished=True)

    def fail(self, trial: FrozenTrial, problem: str) -> None:
        """Let a trial whose process was killed be finished, as a failed one."""
        if set(trial.params) >= {axis.name for axis in self.axes}:
            self.tell(trial, TrialResult(self.number(trial), "failed", self.point(trial), problem=problem))
        else:  # nobody knows yet what it was to try
            self.release(trial)

    def dead(self) -> list[FrozenTrial]:
        """Return the trials whose process has ended without a word."""
        return [trial for trial in self.running() if not self._is_alive(trial.user_attrs)]

    def _is_alive(self, attributes: dict[str, Any]) -> bool:
        if time.time() - attributes.get("alive", 0.0) > PATIENCE:
            return False
        return attributes["host"] != self.owner["host"] or _is_running(attributes["pid"])

    def running(self) -> list[FrozenTrial]:
        return self.study.get_trials(deepcopy=False, states=[TrialState.RUNNING])

    def is_of_this_machine(self, trial: FrozenTrial) -> bool:
        return bool(trial.user_attrs.get("host") == self.owner["host"])

    @staticmethod
    def number(trial: optuna.Trial | FrozenTrial) -> int:
        """Return a trial's number among those to train; Optuna also counts those that were interrupted."""
        return int(trial.user_attrs.get("place", -1))

    def point(self, trial: optuna.Trial | FrozenTrial) -> Point:
        return {axis.name: axis.decode(trial.params[axis.name]) for axis in self.axes}

    def tell(self, trial: optuna.Trial | FrozenTrial, result: TrialResult) -> None:
        """Keep what came of a trial, unless others gave it up."""
        outcome = {"score": result.score, "beside": result.beside, "epochs": result.epochs, "seconds": result.seconds}
        study_id = self.storage.get_study_id_from_name(self.study.study_name)
        trial_id = self.storage.get_trial_id_from_study_id_trial_number(study_id, trial.number)
        with suppress(UpdateFinishedTrialError):
            self.storage.set_trial_user_attr(trial_id, "found", {**outcome, "problem": result.problem})
            score = result.score if result.state == "complete" else None
            self.study.tell(trial.number, score, STATES[result.state], skip_if_finished=True)

    def results(self) -> list[TrialResult]:
        """Return the finished trials: complete ones before others, the best first."""
        states = {state: name for name, state in STATES.items()}
        results = [
            TrialResult(self.number(trial), states[trial.state], self.point(trial), **trial.user_attrs["found"])
            for trial in self.study.get_trials(deepcopy=False)
            if _is_finished(trial)
        ]
        sign = 1 if self.mode == "min" else -1
        order = list(STATES)
        return sorted(results, key=lambda trial: (order.index(trial.state), sign * (trial.score or 0.0), trial.number))

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
