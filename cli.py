"""Greenlight's command line: `python cli.py study --config configs/ratings.yaml`."""

import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from datamodules.errors import InputError, nearest
from lightning_modules.prefixes import PREFIXES
from reports.help import COMMANDS, OWN_OPTIONS, show_command, show_overview
from reports.terminal import terminal

if TYPE_CHECKING:
    from reports.run_folder import RunFolder

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


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit code: 0 done, 2 for what the user can mend, 130 for Ctrl-C."""
    words = sys.argv[1:] if arguments is None else arguments
    console = terminal(stderr=True)
    try:
        return _dispatch(words)
    except InputError as problem:
        message = str(problem)
        if words[0] in PREFIXES:  # whose options need none
            own = "|".join(name.removeprefix("--") for name in OWN_OPTIONS[words[0]])
            message = re.sub(rf"\b{re.escape(PREFIXES[words[0]])}(?={own}\b)", "--", message)
        console.print("[bold red]error:[/bold red]", end=" ")
        console.print(message, markup=False, highlight=False, soft_wrap=True)
        return 2
    except OSError as problem:  # a full disk, a folder that may not be written
        console.print(f"error: {problem}", markup=False, highlight=False, soft_wrap=True)
        return 2
    except KeyboardInterrupt:
        if os.environ.get("LOCAL_RANK", "0") == "0":  # once, however many processes there are
            console.print("stopped")
        return 130


def _dispatch(words: list[str]) -> int:
    # Nothing here imports torch, so that help and mistakes answer at once.
    command = words[0] if words else "--help"
    if command in ("-h", "--help", "help"):
        show_overview(terminal())
    elif command not in COMMANDS:
        raise InputError(f"no command '{command}'{nearest(command, COMMANDS) or '.'} There are: {', '.join(COMMANDS)}")
    elif "-h" in words or "--help" in words or (words[1:] == ["--help-all"] and command in ("prepare", "report")):
        show_command(command, terminal())
    elif command == "prepare":  # is not Lightning's, nor is report
        from reports.prepare import prepare

        prepare(words[1:], terminal())
    elif command == "report":
        from reports.report import report

        report(words[1:], terminal())
    else:
        _run(words)
    return 0


def _run(words: list[str]) -> None:
    from reports.run_folder import RunFolder

    _refuse_binary(words)
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
    if run and not (words[0] == "baselines" and not run.has_checkpoint):  # which needs none
        checkpoint = run.checkpoint("best" if option == "--run" else "last")
    if run:
        words = [words[0], "--config", str(run.config), *words[1:]]
    train(["--help" if word == "--help-all" else word for word in words], run, checkpoint)


def _refuse_binary(words: list[str]) -> None:
    """Refuse a config that is not text: the parser would say which byte, and not of which file."""
    for word, following in zip(words, [*words[1:], ""], strict=True):
        name, _, value = word.partition("=")
        path = Path(value or following)
        if name in ("--config", "-c") and path.is_file():
            try:
                path.read_text(encoding="utf-8")
            except UnicodeDecodeError as error:
                line = error.object[: error.start].count(b"\n") + 1
                raise InputError(f"--config {path}, line {line}: not utf-8 text; save it as UTF-8") from None


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
    from reports.quiet import quieten
    from reports.tuner import tune

    quieten()
    tune(["--help" if word == "--help-all" else word for word in words], given, terminal())


def scrutinise(words: list[str], given: str | None) -> None:
    """Score a study's models under other splits than its own."""
    from reports.audit import audit
    from reports.quiet import quieten
    from reports.run_folder import RunFolder

    quieten()
    config = ["--config", str(RunFolder.open(given, "--run").config)] if given else []
    audit([*config, *("--help" if word == "--help-all" else word for word in words)], terminal())


def train(words: list[str], run: "RunFolder | None", checkpoint: Path | None) -> None:
    """Run a command of Lightning's trainer, and write what came of it into the run's folder."""
    from lightning_modules.film_cli import FilmCLI, is_rank_zero
    from reports.quiet import quieten
    from reports.report import write_report
    from reports.run_folder import RunFolder
    from reports.run_record import RunRecord

    quieten()
    record = RunRecord(run, terminal())

    def open_run(cli: FilmCLI) -> Path:
        run = record.run or RunFolder.create(cli.option("runs"), cli.option("name"))
        model = cli.option("model")
        hidden = [] if cli.subcommand == "baselines" else model["hidden"]
        return record.open(run, cli.config_yaml(), cli.datamodule, hidden, model["members"])

    try:
        cli = FilmCLI(words, open_run, checkpoint)
    except BaseException:
        record.discard()
        raise
    if is_rank_zero():
        importance = cli.permutation_importance.study
        record.close(str(cli.subcommand), cli.model, cli.datamodule, importance, cli.comparison)
        if cli.subcommand == "study" and cli.option("report"):
            write_report(cli.folder, terminal())
    if cli.permutation_importance.study and not cli.permutation_importance.study.is_whole:
        raise KeyboardInterrupt  # it was, but what was finished is written


if __name__ == "__main__":
    sys.exit(main())
