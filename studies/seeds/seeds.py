"""Several runs of a study, by seed or by fold, and what they come to together."""

import os
import pickle
from typing import Any

from rich.console import Console

from greenlight_films.datamodules import InputError
from greenlight_films.datamodules.number_format import fixed, significant
from greenlight_films.datamodules.program import command
from greenlight_films.studies.processes import say
from greenlight_films.studies.results import NETWORK, Results
from greenlight_films.studies.run_folder import RECORD, RunFolder
from greenlight_films.studies.seeds.plan import (
    Plan,
    Request,
    plan_of,
    plan_to_resume,
    refuse_several_processes,
)
from greenlight_films.studies.seeds.results import Spread
from greenlight_films.studies.seeds.workers import run_studies
from greenlight_films.studies.settings.settings import Settings
from greenlight_films.studies.workers import most_workers


def study_by(settings: Settings, request: Request, run: RunFolder | None, console: Console) -> Spread:
    """Make several runs of a study, or those that are missing, and write what they come to.

    Args:
        run: the folder of runs to go on with; None for a new one.

    Returns:
        The folder's tables; its record says which runs failed.

    Raises:
        InputError: the settings can't be used, or no run has come to anything.
        KeyboardInterrupt: a signal came; what is finished is kept.
    """
    refuse_several_processes(settings)
    plan = plan_to_resume(run, settings, request) if run else plan_of(settings, request)
    is_new, run = run is None, run or RunFolder.create(settings.runs, settings.name)
    try:
        with run.locked():
            if is_new:
                run.write_text("config.yaml", settings.config)
            return _study(settings, plan, run, request.workers, console)
    except BaseException:
        if is_new:
            run.discard()
        raise


def _study(settings: Settings, plan: Plan, run: RunFolder, wanted: int | None, console: Console) -> Spread:
    finished: list[int] = run.read_json(RECORD).get("finished", [])
    failed: dict[str, str] = {}
    names = {f"{plan.noun} {value}": value for value in plan.values}
    missing = {name: plan.folder(run, value) for name, value in names.items() if value not in finished}

    def record() -> None:
        same_split = plan.kind == "seeds" and not hasattr(settings.data.declared.split, "seed")
        content: dict[str, Any] = {"kind": plan.kind, "values": list(plan.values), "finished": sorted(finished)}
        run.write_json(RECORD, {**content, "failed": failed, "same_split": same_split})

    def on_end(name: str, problem: str) -> None:
        if problem:
            failed[name] = problem
            say(console, f"{name} failed: {problem}")
            if not (finished or (missing[name].path / "metrics.json").is_file()):
                raise InputError(problem)  # of the config or the table: no other run can do better
        else:
            finished.append(names[name])
            say(console, _in_a_line(name, Results(missing[name])))
        record()

    record()
    for name, folder in missing.items():
        folder.path.mkdir(parents=True, exist_ok=True)
        folder.write_text("config.yaml", plan.config(settings, names[name]))
    data = settings.data
    frame = b"" if data.frame is None else pickle.dumps(data.frame)
    table_bytes = len(frame) or (os.path.getsize(data.table) if os.path.isfile(data.table) else 0)
    workers = min(len(missing), wanted or most_workers(table_bytes))
    before = f", {len(finished)} of them finished before" if finished else ""
    span = f"{plan.values[0]} to {plan.values[-1]}"
    say(console, f"{run.study}: {len(plan.values)} {plan.kind}, {span}{before}; {workers} at a time")
    try:
        run_studies(missing, frame, workers, console, on_end)
    except KeyboardInterrupt:
        if run.has_checkpoint:
            then = command(f"study --resume {run.path}")
            done = f"{len(finished)} of {len(plan.values)} {plan.kind} are finished"
            raise KeyboardInterrupt(f"{done}; go on with: {then}") from None
        raise
    finally:
        if finished:
            Spread(run).write()
    if not finished:
        refuse_failed(Spread(run))
    return Spread(run)


def refuse_failed(spread: Spread) -> None:
    """Raise an InputError that says which runs failed and why, where some did."""
    if failed := spread.record["failed"]:
        lines = [f"{name}: {problem}" for name, problem in failed.items()]
        again = command(f"study --resume {spread.run.path}")
        raise InputError("\n".join([*lines, f"the others are kept; `{again}` runs what failed again"]))


def _in_a_line(name: str, run: Results) -> str:
    scores = run.metrics["models"][NETWORK]
    if "r2_log1p" in scores:
        return f"{name}: RMSE of log1p {significant(scores['rmse_log1p'])}, R² of log1p {fixed(scores['r2_log1p'])}"
    return f"{name}: RMSE {significant(scores['rmse'])}, R² {fixed(scores['r2'])}"
