"""The command line: runs the module of a command, and turns exceptions into a message and an exit code."""

import gc
import os
import re
import signal
import sys
from contextlib import nullcontext, suppress
from importlib import import_module
from types import ModuleType

from rich.console import Console

from greenlight_films.commands.parser.errors import first_process_has_reported, message_of
from greenlight_films.commands.parser.help import COMMANDS, WITH_FEW_OPTIONS, show_command, show_overview
from greenlight_films.datamodules.errors import InputError, nearest
from greenlight_films.lightning_modules.callbacks.signals import STOP, is_first_of_its_node
from greenlight_films.reports.terminal import terminal

UNREAD = 141  # exit code where what is printed is read no further, as by `head`: 128 and SIGPIPE, as of other commands


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit code: 0 done, 2 for what the user can mend, 130 Ctrl-C, 143 SIGTERM.

    Where what it prints is read no further, it ends with 141.
    """
    try:
        try:
            return _code_of(sys.argv[1:] if arguments is None else arguments)
        finally:
            if sys.stdout:  # else closed from the start
                sys.stdout.flush()
    except (BrokenPipeError, SystemExit) as problem:
        # A console makes exit code 1 of it, without a word.
        if isinstance(problem, SystemExit) and not isinstance(problem.__context__, BrokenPipeError):
            raise
        with suppress(OSError, ValueError):  # so that what is still unwritten is no error at the end
            number = sys.stdout.fileno()
            os.dup2(os.open(os.devnull, os.O_WRONLY), number)
        return UNREAD


def _code_of(words: list[str]) -> int:
    console = terminal(stderr=True)
    with STOP:
        try:
            _run(words, terminal())
        except BrokenPipeError:
            raise
        except (InputError, OSError, MemoryError, RuntimeError) as problem:
            message = message_of(problem, _command(words))
            if message is None:
                raise
            if not first_process_has_reported():
                message = re.sub(r"(\S{200})\S{800,}", r"\1...", message)  # a name may be as long as a file
                console.print("[bold red]error:[/bold red]", end=" ")
                console.print(message, markup=False, highlight=False, soft_wrap=True)
            return 2
        except KeyboardInterrupt as stop:
            if is_first_of_its_node():
                text = "; ".join(["stopped", *map(str, stop.args)])
                console.print(text, markup=False, highlight=False, soft_wrap=True)
            return 128 + (STOP.number or signal.SIGINT)
    return 0


def _command(words: list[str]) -> str:
    """Return the command whose options a message names; `study --table` has those of `look`."""
    of_table = words[:1] != ["refresh"] and any(word.partition("=")[0] == "--table" for word in words)
    return "look" if of_table else words[0] if words else ""


def _run(words: list[str], console: Console) -> None:
    # A command's module imports torch: help and misspelt commands answer without it.
    if foreign := [word for word in words if not word.isascii() and re.search("[\ud800-\udfff]", word)]:
        raise InputError(f"a word must be UTF-8 text, got {foreign[0]!a}; rename what it stands for")
    command = words[0] if words else "--help"
    if command in ("-h", "--help", "help"):
        show_overview(console)
    elif command == "--version":
        from greenlight_films.version import version

        console.print(f"greenlight {version()}", highlight=False)
    elif command not in COMMANDS:
        raise InputError(f"no command '{command}'{nearest(command, COMMANDS) or '.'} There are: {', '.join(COMMANDS)}")
    elif "-h" in words or "--help" in words or (words[1:] == ["--help-all"] and command in WITH_FEW_OPTIONS):
        show_command(command, console)
    else:
        _module(command, console).run(words[1:], console)


def _module(command: str, console: Console) -> ModuleType:
    """Import a command, which imports torch: that takes seconds."""
    name = f"greenlight_films.commands.{command}"
    if name in sys.modules:
        return sys.modules[name]
    if "OMP_WAIT_POLICY" not in os.environ:
        # Threads that wait for each other at a step give up the core soon: where two other programs wanted both cores,
        # training took half as long again without; where none does, this costs nothing.
        os.environ.setdefault("GOMP_SPINCOUNT", "1000")
    # A search for garbage among all that is imported finds none, during it, later, and when the process ends.
    gc.disable()
    try:
        with console.status("Starting") if is_first_of_its_node() else nullcontext():
            return import_module(name)
    finally:
        gc.freeze()
        gc.enable()
