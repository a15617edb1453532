"""The exception for a user's mistake, and the parts of its message: nearest spellings, lists, missing columns."""

import re
from collections.abc import Callable, Iterable, Sequence
from difflib import get_close_matches
from typing import TypeVar

import yaml

Result = TypeVar("Result")

FARTHEST = 1e15  # standard deviations; sums and squares of such numbers are still finite in 32 bits


class InputError(ValueError):
    """A table, config, option or run folder that cannot be used; `row` of the table, from 1, where that is at fault.

    The message says the requirement, the value and the remedy; the command line prints it alone and exits with code 2.
    """

    def __init__(self, message: str, row: int | None = None) -> None:
        super().__init__(message)
        self.row = row


def too_far(subject: str, row: int, value: object, remedy: str) -> InputError:
    """Return the error for a column or target with a value so far from the others."""
    problem = f"more than {FARTHEST:g} standard deviations from the mean of the training rows"
    return InputError(f"{subject}, row {row} has {value}: {problem}; {remedy}", row)


def all_or_faults(steps: Iterable[Callable[[], Result]]) -> list[Result]:
    """Take every step, and return what they return; the InputErrors of all that fail become one error."""
    results, faults = [], []
    for step in steps:
        try:
            results.append(step())
        except InputError as fault:
            faults.append(fault)
    if len(faults) == 1:
        raise faults[0]
    if faults:
        messages = dict.fromkeys(str(fault) for fault in faults)
        raise InputError("\n".join(messages), next((fault.row for fault in faults if fault.row), None))
    return results


def nearest(name: str, known: Iterable[str]) -> str:
    """Return a question with the name in `known` that the misspelt `name` may stand for; empty when none is near.

    >>> nearest("Rateing", ["Rating", "Runtime"])
    ", did you mean 'Rating'?"
    """
    spelt = {str(candidate).casefold(): str(candidate) for candidate in known}
    close = get_close_matches(name.casefold(), list(spelt), n=1, cutoff=0.7)
    if not close:
        return ""
    meant = spelt[close[0]]
    if meant != name and meant.split() == name.split():
        return f""", did you mean "{repr(meant)[1:-1]}", with other blanks?"""
    return f", did you mean '{meant}'?"


def declaration(key: str, column: object, value: bool | str | Sequence[str]) -> str:
    """Return a setting by column as a config takes it, with quotes where YAML needs them.

    >>> declaration("missing", "gross", ["", "n/a"]), declaration("decimal", "% of total", ",")
    ("data.missing: {gross: ['', 'n/a']}", "data.decimal: {'% of total': ','}")
    """
    name = yaml.safe_dump({str(column): 0}, default_flow_style=True, allow_unicode=True, width=10**9)[1:-5]
    if isinstance(value, bool):
        shown = str(value).lower()
    else:
        shown = _quoted(value) if isinstance(value, str) else f"[{', '.join(map(_quoted, value))}]"
    return f"data.{key}: {{{name}: {shown}}}"


def in_options(text: str, prefix: str = "") -> str:
    r"""Return a text whose settings by column are written as options, by default of `look` and `study --table`.

    Args:
        prefix: of the options: `data.` for commands on a run.

    >>> in_options("declare data.missing: {gross: ['n/a']} or correct it")
    'declare --missing "{gross: [\'n/a\']}" or correct it'
    """

    def as_option(match: re.Match[str]) -> str:
        escaped = re.sub(r'([`"]|\$(?=[\w{(]))', r"\\\1", match[2])
        return f'--{prefix}{match[1]} "{escaped}"'

    typed = re.sub(r"\bdata\.(missing|decimal|day_first): (\{[^{}]*\})", as_option, text)
    return typed if prefix else typed.replace("--data.table ", "")


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def listed(names: Iterable[object]) -> str:
    """Return names with commas between them: 50 at most, long ones cut.

    >>> listed(["year", "y" * 200])[:12]
    'year, yyyyyy'
    """
    every = [str(name) for name in names]
    short = [name if len(name) <= 80 else f"{name[:77]}..." for name in every[:50]]
    return ", ".join([*short, f"and {len(every) - 50:,} more"] if len(every) > 50 else short)


def missing_columns(wanted: Iterable[str], frame_columns: Iterable[str]) -> list[str]:
    """Return a problem for each column of `wanted` that the table lacks, with the nearest name there is."""
    known = [str(column) for column in frame_columns]
    return [f"no column '{name}'{nearest(name, known)}" for name in dict.fromkeys(wanted) if name not in known]


def refuse_missing_columns(wanted: Iterable[str], frame_columns: Iterable[str], option: str = "") -> None:
    """Raise an InputError that names all columns of `wanted` that the table lacks, and those that it has.

    Args:
        option: that wants them, such as `data.where`; the message is then a single line.
    """
    known = [str(column) for column in frame_columns]
    problems = missing_columns(wanted, known)
    if problems:
        lines = [*problems, f"the table has: {listed(known)}"]
        raise InputError(f"{option}: {'; '.join(lines)}" if option else "\n".join(lines))
