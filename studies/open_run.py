"""A command's run folder while the command works: made or opened, locked, and removed if nothing came of it."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import yaml
from rich.console import Console

from greenlight_films.datamodules import FilmDataModule, InputError
from greenlight_films.datamodules.program import command
from greenlight_films.datamodules.whole_files import cannot_write, sweep
from greenlight_films.studies.checkpoints import Checkpoint
from greenlight_films.studies.load import load, refuse_parts_of_rows
from greenlight_films.studies.metrics import data_in_a_line, data_warnings, describe_data
from greenlight_films.studies.processes import is_rank_zero, say
from greenlight_films.studies.results import refuse_broken_files
from greenlight_films.studies.run_folder import RunFolder
from greenlight_films.studies.settings.film_parser import dump_yaml
from greenlight_films.studies.settings.settings import Settings
from greenlight_films.studies.train import Trained, load_trained

SHOWN = 10  # notices on how the table was read
SETTLED = {"model": (), "early_stopping": (), "data": ("batch_size", "seed")}
"""By group of a config, the keys that change nothing once a network is trained; () for all."""


@contextmanager
def open_run(
    settings: Settings,
    data: FilmDataModule,
    run: RunFolder | None,
    console: Console,
    *,
    trains: str = "",
    resume: Checkpoint | None = None,
    adds: bool = False,
) -> Iterator[RunFolder]:
    """Give a command its folder: a new one, with the config and what is known of the data, or the run given.

    Args:
        data: after `setup`.
        trains: the command that trains in the folder and can be resumed, if it does; no other process may then.
        resume: of the run, to go on from; where nothing is left to train, settings of the training stay as they were.
        adds: whether scores or models are added to those of the run, whose files must then be readable.
    """
    if not is_rank_zero(settings.training.num_nodes):
        run = RunFolder(Path("runs/films/version_0"))  # other processes write nothing, and take rank zero's
        with _explaining(run, ""):
            yield run
        return
    if run and adds:
        refuse_broken_files(run)
    is_new = run is None
    run = run or RunFolder.create(settings.runs, settings.name)
    with _explaining(run, f"{trains} --resume {run.path}" if trains else ""), ExitStack() as stack:
        try:
            if trains:
                stack.enter_context(run.locked())
                sweep(run.path)
            if is_new:
                run.write_text("config.yaml", settings.config)
            elif trains:
                stack.enter_context(_other_options(run, settings, resume, console))
            # New films that a checkpoint file predicts have no sides to tell of.
            if (is_new or (trains and not run.has("last"))) and data.films.rows is not None:
                run.begin_anew()
                _describe(run, settings, data, console, with_network=bool(trains) or settings.checkpoint is not None)
            yield run
        except BaseException:
            if is_new:
                run.discard()
            raise


def _describe(
    run: RunFolder, settings: Settings, data: FilmDataModule, console: Console, *, with_network: bool
) -> None:
    metrics = describe_data(run.study, data)
    run.write_json("metrics.json", metrics)
    model = settings.model.hparams
    line = data_in_a_line(metrics, model["hidden"] if with_network else [], model["members"], model["heads"])
    say(console, line)
    if data.entry:
        say(console, f"• Encoded films are kept in {data.entry}.")
    for notice in metrics["notices"][:SHOWN]:
        say(console, f"• {notice}")
    if len(metrics["notices"]) > SHOWN:
        say(console, f"• and {len(metrics['notices']) - SHOWN:,} more, in {run.path}/metrics.json")
    for warning in data_warnings(metrics):
        console.print(warning, style="bold red", markup=False, soft_wrap=True)


@contextmanager
def _other_options(run: RunFolder, settings: Settings, resume: Checkpoint | None, console: Console) -> Iterator[None]:
    """Keep the options that a run is resumed with in its config, but not those that are refused or come too late."""
    before = run.config.read_text(encoding="utf-8")
    known, given = yaml.safe_load(before) or {}, yaml.safe_load(settings.config)
    is_refitted = run.has("first_fit") and run.has("best")
    is_trained = resume is not None and bool(resume.why_finished(settings.training))
    is_trained = is_trained and (is_refitted or not settings.refit)
    stays = ("name", "runs", *(("preset", "seed_everything", "trainer") if is_trained else ()))  # the folder's own
    kept = {**given, **{key: known[key] for key in stays if key in known}}
    late = [
        (group, key)
        for group, keys in (SETTLED if is_trained else {}).items()
        for key in keys or given[group]
        if key in known.get(group, {}) and known[group][key] != given[group][key]
    ]
    for group, key in late:
        kept[group] = {**kept[group], key: known[group][key]}
    if late:
        names = " and ".join(f"{group}.{key}" for group, key in late)
        say(console, f"• The run is trained: {names} can't change it any more.")
    if kept != known:
        run.write_text(run.config.name, dump_yaml(kept))
    try:
        yield
    except InputError:
        run.write_text(run.config.name, before)
        raise


@contextmanager
def _explaining(run: RunFolder, resume: str) -> Iterator[None]:
    """Say in the words of its user what ends a command, and the command that resumes it, if there is one."""
    try:
        yield
    except KeyboardInterrupt:
        if resume and run.config.is_file():
            raise KeyboardInterrupt(f"go on with: {command(resume)}") from None
        raise
    except RuntimeError as problem:
        # torch has no type of its own for what gloo meets.
        of_torch = any(kind.__name__ == "DistError" for kind in type(problem).__mro__)
        if not of_torch and "/gloo/transport/" not in str(problem):
            raise
        then = f"; see its message, then go on with: {command(resume)}" if resume else ""
        raise InputError(f"another process of this command has ended or can't be reached{then}") from None
    except OSError as problem:
        # A logger's problem doesn't say where; what comes of closing files after a first problem says less than that.
        if problem.filename or isinstance(problem.__context__, InputError):
            raise
        raise cannot_write(run.path, problem) from None


@contextmanager
def trained_run(
    settings: Settings,
    run: RunFolder | None,
    checkpoint: Checkpoint,
    console: Console,
    *,
    stage: str = "test",
    adds: bool = False,
) -> Iterator[tuple[RunFolder, FilmDataModule, Trained]]:
    """Give a command its folder, the data as the network was trained with them, and the network at work.

    Args:
        run: of the network; None where a checkpoint file is given in its place, and a new folder is made.
        stage, adds: see `load` and `open_run`.
    """
    refuse_parts_of_rows(settings)
    data = load(settings, checkpoint, stage, console)
    with open_run(settings, data, run, console, adds=adds) as folder:
        training, callbacks = settings.training, [settings.tensorboard]
        if stage == "predict":  # which has no curves
            training, callbacks = training.with_trainer(logger=False), []
        yield folder, data, load_trained(settings.model, training, folder.path, checkpoint, callbacks)
