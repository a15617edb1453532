"""The options of commands that train nothing: parsed without the classes that a config names."""

import argparse
import re
from collections.abc import Iterable
from pathlib import Path
from typing import NoReturn

from greenlight_films.commands.parser.by_column import together, value_of
from greenlight_films.datamodules.errors import InputError, nearest
from greenlight_films.datamodules.tables.formats import DECLARED, Formats, declared_formats
from greenlight_films.datamodules.tables.layout import OPTIONS, Layout


class PlainParser(argparse.ArgumentParser):
    """Parses a command's options; a mistake is one message, in the words of the command line."""

    def __init__(self, command: str, options: Iterable[str]) -> None:
        super().__init__(add_help=False, allow_abbrev=False)
        self.command, self.options = command, list(options)

    def error(self, message: str) -> NoReturn:
        if message.startswith("unrecognized arguments: "):
            option = (message.removeprefix("unrecognized arguments: ").split("=")[0].split() or [""])[0]
            known = [name.split()[0] for name in self.options]
            if option.startswith("-"):
                raise InputError(f"no option '{option}'{nearest(option, known)}")
            raise InputError(f"`{self.command}` can't use '{option}'; it takes {', '.join(known)}")
        raise InputError(f"`{self.command}`: {message}")


def add_look_options(parser: argparse.ArgumentParser) -> None:
    """Add what `look` and `study --table` take: how the table is written, and what is wanted of it."""
    parser.add_argument("--target")
    parser.add_argument("--leave_out", nargs="+", action="extend", default=[])
    parser.add_argument("--before_release", nargs="?", const="true", default="false", choices=("true", "false"))
    # Messages name the options as `study` has them, with `data.` before them.
    for name in OPTIONS:
        parser.add_argument(f"--{name}", f"--data.{name}", dest=name)
    for name in DECLARED:
        parser.add_argument(f"--{name}", f"--data.{name}", dest=name, action="append")


def layout_of(options: argparse.Namespace) -> Layout:
    """Return the layout that the options declare; a ValueError is an InputError."""
    given = {name: getattr(options, name) for name in OPTIONS}
    for name, kind in (("skip", int), ("header", bool)):
        if given[name] is not None:
            value = value_of(given[name])
            if type(value) is not kind:
                wanted = "a number of lines" if kind is int else "true or false"
                raise InputError(f"--{name} must be {wanted}, got {given[name]}")
            given[name] = value
    return Layout(**given)


def formats_of(options: argparse.Namespace) -> Formats:
    """Return how cells are written, as the options declare it: a value for all columns, or {column: value}."""
    given = {name: texts for name in DECLARED if (texts := getattr(options, name))}
    values = {name: together(f"--{name}", texts) for name, texts in given.items()}
    for name, value in values.items():
        each = list(value.values()) if isinstance(value, dict) else [value]
        kinds = {"missing": (list, str, int, float), "decimal": (str,), "day_first": (bool,)}[name]
        is_cut = isinstance(value, str) and value.startswith(("[", "{"))  # a list without its end is a text
        if is_cut or not all(type(item) in kinds for item in each):
            example = {"missing": '\'{budget: ["0", "-"]}\'', "decimal": "'{gross: \",\"}'", "day_first": "true"}[name]
            raise InputError(f"--{name} must be such as {example}, got {' and '.join(given[name])}")
    return declared_formats(**values)


def study_name(table: str) -> str:
    """Return the name of a study of a table: that of its file, in letters, digits and underscores."""
    stem = Path(table).name.split(".")[0]
    return re.sub(r"\W+", "_", stem).strip("_").lower() or "films"
