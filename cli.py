"""Greenlight's command line: `python cli.py study --config configs/ratings.yaml`."""

import os
import re
import signal
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from greenlight_films.commands.parser.help import COMMANDS, OWN_OPTIONS, show_command, show_overview
from greenlight_films.datamodules.errors import InputError, nearest
from greenlight_films.datamodules.whole_files import cannot_write, sweep, with_remedy
from greenlight_films.lightning_modules.callbacks.stop import STOP, is_first_of_its_node
from greenlight_films.reports.terminal import terminal
from greenlight_films.studies.settings.prefixes import PREFIXES

if TYPE_CHECKING:
    from rich.console import Console

    from greenlight_films.studies.run_folder import RunFolder
    from greenlight_films.studies.run_record import RunRecord
    from greenlight_films.studies.settings.film_cli import FilmCLI

TAKES_A_RUN = {
    "fit": "--resume",
    "study": "--resume",
    "tune": "--resume",
    "validate": "--run",
    "test": "--run",
    "predict": "--run",
    "importance": "--run",
    "baselines": "--run",
    "audit": "--run",
}
"""The option by which a command takes a run's folder."""

PATIENCE = 10
"""Seconds that a process waits for the first one to tell of a mistake, before it does."""


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit code: 0 done, 2 for what the user can mend, 130 Ctrl-C, 143 SIGTERM."""
    words = sys.argv[1:] if arguments is None else arguments
    with STOP:
        return _answer(words, terminal(stderr=True))


def _answer(words: list[str], console: "Console") -> int:
    try:
        return _dispatch(words)
    except (InputError, OSError, MemoryError, RuntimeError) as problem:
        mistake = _mistake(problem, words)
        if mistake is None:
            raise
        if not _is_told_by_the_first():
            mistake = re.sub(r"(\S{200})\S{800,}", r"\1...", mistake)  # a name may be as long as a file
            console.print("[bold red]error:[/bold red]", end=" ")
            console.print(mistake, markup=False, highlight=False, soft_wrap=True)
        return 2
    except KeyboardInterrupt as stop:
        if is_first_of_its_node():
            said = "; ".join(["stopped", *map(str, stop.args)])
            console.print(said, markup=False, highlight=False, soft_wrap=True)
        return 128 + (STOP.told or signal.SIGINT)


def _mistake(problem: Exception, words: list[str]) -> str | None:
    """Return what to say of what the user can mend; None of what is ours to."""
    if isinstance(problem, InputError):
        own = "|".join(name.removeprefix("--") for name in OWN_OPTIONS.get(words[0], {}))
        prefix = PREFIXES.get(words[0])  # options of these need none
        return re.sub(rf"\b{re.escape(prefix)}(?={own}\b)", "--", str(problem)) if prefix else str(problem)
    if isinstance(problem, OSError):  # a full disk, a folder that may not be written
        # What comes of closing other files behind the first problem says less than that.
        return str(problem.__context__) if isinstance(problem.__context__, InputError) else with_remedy(problem)
    # torch has a type of its own for a GPU's memory alone.
    words_of_memory = "allocate memory|out of memory"
    if isinstance(problem, MemoryError) or re.search(words_of_memory, str(problem)):
        said = re.sub(r"^\[.*?\] (err == 0\. )?", "", (str(problem).splitlines() or ["no more is left"])[0])
        remedy = "more min_films of a feature, a smaller --data.batch_size and --compare.models [] need less"
        return f"out of memory: {said}; {remedy}"
    return None


def _is_of_a_lost_process(problem: RuntimeError) -> bool:
    # torch has no type of its own for what gloo meets.
    return "/gloo/transport/" in str(problem) or any(kind.__name__ == "DistError" for kind in type(problem).__mro__)


def _is_told_by_the_first() -> bool:
    """Wait until the node's first process has told what it met too; False where it goes on, for then it hasn't."""
    if is_first_of_its_node():
        return False
    parent, until = os.getppid(), time.monotonic() + PATIENCE
    # torchrun ends the others when one fails: were this one quicker, nothing would be said.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    while os.getppid() == parent and time.monotonic() < until:
        time.sleep(0.05)
    return os.getppid() != parent


def _dispatch(words: list[str]) -> int:
    # Nothing here imports torch, so that help and mistakes answer at once.
    if foreign := [word for word in words if not word.isascii() and re.search("[\ud800-\udfff]", word)]:
        raise InputError(f"a word must be UTF-8 text, got {foreign[0]!a}; rename what it stands for")
    command = words[0] if words else "--help"
    if command in ("-h", "--help", "help"):
        show_overview(terminal())
    elif command not in COMMANDS:
        raise InputError(f"no command '{command}'{nearest(command, COMMANDS) or '.'} There are: {', '.join(COMMANDS)}")
    elif "-h" in words or "--help" in words or (words[1:] == ["--help-all"] and command in ("prepare", "report")):
        show_command(command, terminal())
    elif command == "prepare":  # is not Lightning's, nor is report
        from greenlight_films.commands.prepare import prepare

        prepare(words[1:], terminal())
    elif command == "report":
        from greenlight_films.commands.report import report

        report(words[1:], terminal())
    else:
        _run(words)
    return 0


def _run(words: list[str]) -> None:
    # Not an option of the parser's: a config must not be able to allow itself.
    others = [word for word in words if word != "--allow_any_class"]
    if any(word.startswith("--allow_any_class=") for word in words):
        raise InputError("--allow_any_class takes no value: give it alone, or not at all")
    if others == words:
        _run_limited(words)
        return
    from greenlight_films.studies.settings.class_paths import any_class

    with any_class():
        _run_limited(others)


def _run_limited(words: list[str]) -> None:
    from greenlight_films.studies.run_folder import RunFolder
    from greenlight_films.studies.settings.config_file import refuse_malformed, refuse_malformed_value

    for word, following in zip(words, [*words[1:], ""], strict=True):
        name, _, value = word.partition("=")
        text = value or following
        # Unlike Path's own, no matter how long a config in place of its path is.
        if name in ("--config", "-c") and os.path.isfile(text):
            refuse_malformed(Path(text), name)
        elif name.startswith("-"):
            refuse_malformed_value(text, name)
    option = TAKES_A_RUN[words[0]]
    other = "--run" if option == "--resume" else "--resume"
    if any(word.partition("=")[0] == other for word in words):
        raise InputError(f"`{words[0]}` takes a run's folder with {option}, not with {other}")
    words, given = _take(option, words)
    if given and any(word.startswith("--ckpt_path") for word in words):
        raise InputError(f"{option} brings its own checkpoint: give {option}, or --config and --ckpt_path")
    if words[0] == "tune":
        search(words[1:], given)
        return
    prefix, own = PREFIXES.get(words[0], ""), OWN_OPTIONS.get(words[0], {})
    words = [f"--{prefix}{word[2:]}" if re.split(r"[=.]", word)[0] in own else word for word in words]
    if words[0] == "audit":
        scrutinise(words[1:], given)
        return
    asks = {"--help-all", "--print_config"} & set(words) or (words[0] == "baselines" and "--config" in words)
    if option == "--run" and not given and not asks and not any(word.startswith("--ckpt_path") for word in words):
        other = ", or --config configs/<study>.yaml" if words[0] == "baselines" else ""
        needed = "films" if other else "a trained model"
        raise InputError(f"`{words[0]}` needs {needed}: give --run runs/<study>/version_<n>{other}")
    run = RunFolder.open(given, option) if given else None
    checkpoint = None
    if run and option == "--resume":  # one that was killed before its first checkpoint begins at the start
        checkpoint = None if run.is_unbegun else run.checkpoint("last")
    elif run and not (words[0] == "baselines" and not run.has_checkpoint):  # which needs none
        checkpoint = run.checkpoint("best")
    if run:
        words = [words[0], "--config", str(run.config), *words[1:]]
    train(["--help" if word == "--help-all" else word for word in words], run, checkpoint)


def _take(option: str, words: list[str]) -> tuple[list[str], str | None]:
    """Take an option and its value out of the words."""
    for place, word in enumerate(words):
        name, equals, value = word.partition("=")
        if name == option:
            behind = place + (1 if equals else 2)
            value = value or "".join(words[place + 1 : behind])
            if not value:
                raise InputError(f"{option} needs the folder of a run, such as runs/ratings/version_0")
            return words[:place] + words[behind:], value
    return words, None


def search(words: list[str], given: str | None) -> None:
    """Run the trials of a search, or those missing of the one whose folder is given."""
    from greenlight_films.commands.parser.quiet import quieten
    from greenlight_films.studies.tune.tune import tune

    quieten()
    tune(["--help" if word == "--help-all" else word for word in words], given, terminal())


def scrutinise(words: list[str], given: str | None) -> None:
    """Score a study's models under other splits than its own."""
    from greenlight_films.commands.parser.quiet import quieten
    from greenlight_films.studies.audit import audit
    from greenlight_films.studies.run_folder import RunFolder

    quieten()
    config = ["--config", str(RunFolder.open(given, "--run").config)] if given else []
    audit([*config, *("--help" if word == "--help-all" else word for word in words)], terminal())


def train(words: list[str], run: "RunFolder | None", checkpoint: Path | None) -> None:
    """Run a command of Lightning's trainer, and write what came of it into the run's folder."""
    from greenlight_films.commands.parser.quiet import quieten
    from greenlight_films.studies.run_folder import RunFolder
    from greenlight_films.studies.run_record import RunRecord
    from greenlight_films.studies.settings.film_cli import FilmCLI

    quieten()
    record = RunRecord(run, terminal())
    record.refuse_broken(words[0])
    trains = words[0] in ("fit", "study")

    def open_run(cli: FilmCLI) -> Path:
        run = record.run or RunFolder.create(cli.option("runs"), cli.option("name"))
        if trains:
            held.enter_context(run.locked())
            sweep(run.path)
        model = cli.option("model")
        hidden = [] if cli.subcommand == "baselines" else model["hidden"]
        return record.open(run, cli.config_yaml(), cli.datamodule, hidden, model["members"], trains)

    def resume() -> str:
        return f"python cli.py {words[0]} --resume {record.run.path if record.run else ''}"

    with ExitStack() as held:
        try:
            try:
                cli = FilmCLI(words, open_run, checkpoint, resumed=run.path if run and trains else None)
            except BaseException:
                record.discard()
                raise
            _write(cli, record)
        except KeyboardInterrupt:
            if trains and record.run and record.run.config.is_file():
                raise KeyboardInterrupt(f"go on with: {resume()}") from None
            raise
        except RuntimeError as problem:
            if not _is_of_a_lost_process(problem):
                raise
            then = f"; see what it said, then go on with: {resume()}" if trains and record.run else ""
            raise InputError(f"another process of this command has ended or can't be reached{then}") from None
        except OSError as problem:  # of a logger, which doesn't say where
            if record.run and not problem.filename and not isinstance(problem.__context__, InputError):
                raise cannot_write(record.run.path, problem) from None
            raise


def _write(cli: "FilmCLI", record: "RunRecord") -> None:
    from greenlight_films.commands.report import write_report
    from greenlight_films.studies.processes import is_rank_zero

    importance = cli.permutation_importance.result
    is_stopped = STOP.told is not None or (importance is not None and not importance.is_whole)
    if is_rank_zero():
        if cli.finished:
            terminal().print(cli.finished, markup=False, highlight=False, soft_wrap=True)
        comparison = None if is_stopped else cli.comparison
        record.close(str(cli.subcommand), cli.model, cli.datamodule, importance, comparison)
    if is_stopped:
        raise KeyboardInterrupt  # it was, but what was finished is written
    if is_rank_zero() and cli.subcommand == "study" and cli.option("report"):
        write_report(cli.folder, terminal())


if __name__ == "__main__":
    sys.exit(main())
