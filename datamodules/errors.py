"""The one exception for what a user gave and Greenlight cannot use."""

from collections.abc import Iterable
from difflib import get_close_matches


class InputError(ValueError):
    """A table, config, option or run folder that cannot be used.

    The message says what is required, what was found and what to do; the command line prints it alone and exits
    with code 2.

    Attributes:
        row: of the table, from 1, where one is at fault.
    """

    def __init__(self, message: str, row: int | None = None) -> None:
        super().__init__(message)
        self.row = row


def nearest(name: str, known: Iterable[str]) -> str:
    """Say which of ``known`` the misspelt ``name`` may stand for; empty when nothing is near.

    >>> nearest("Rateing", ["Rating", "Runtime"])
    ", did you mean 'Rating'?"
    """
    spelt = {str(candidate).casefold(): str(candidate) for candidate in known}
    close = get_close_matches(name.casefold(), list(spelt), n=1, cutoff=0.7)
    return f", did you mean '{spelt[close[0]]}'?" if close else ""


def listed(names: Iterable[object]) -> str:
    """Return names with commas between them, no more and no longer than one reads.

    >>> listed(["year", "y" * 200])[:12]
    'year, yyyyyy'
    """
    every = [str(name) for name in names]
    short = [name if len(name) <= 80 else f"{name[:77]}..." for name in every[:50]]
    return ", ".join([*short, f"and {len(every) - 50:,} more"] if len(every) > 50 else short)


def missing_columns(wanted: Iterable[str], frame_columns: Iterable[str]) -> list[str]:
    """Return one problem a column of ``wanted`` that the table lacks, with the nearest name there is."""
    known = [str(column) for column in frame_columns]
    return [f"no column '{name}'{nearest(name, known)}" for name in dict.fromkeys(wanted) if name not in known]


def refuse_missing_columns(wanted: Iterable[str], frame_columns: Iterable[str]) -> None:
    """Raise one InputError that names all columns of `wanted` that the table lacks, and those that it has."""
    known = [str(column) for column in frame_columns]
    problems = missing_columns(wanted, known)
    if problems:
        raise InputError("\n".join([*problems, f"the table has: {listed(known)}"]))
