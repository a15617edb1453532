"""Where in a file the table stands, and how it is written."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from greenlight_films.datamodules.errors import InputError

Result = TypeVar("Result")

KINDS_OF_OPTIONS = {
    "query": ("sqlite",),
    "sheet": ("workbook",),
    "delimiter": ("text",),
    "quote": ("text",),
    "encoding": ("text", "json"),
    "skip": ("text", "workbook"),
    "header": ("text", "workbook"),
}
"""The kinds of files that an option is for; `member` is for a zip that holds any of them."""

OPTIONS = (*KINDS_OF_OPTIONS, "member")


class UnfitLayout(InputError):
    """Options of a layout that a table of its kind can't have."""


@dataclass(frozen=True)
class Layout:
    """Where in a file the table stands, and how it is written. What is None is found out from the file.

    Attributes:
        query: for SQLite, a table's name or a SELECT.
        sheet: of a workbook.
        member: of a zip.
        delimiter: between the cells of a text file.
        quote: around the cells of a text file that hold a delimiter; empty: none.
        encoding: of a text file.
        skip: lines above the header.
        header: whether there is one; without, columns are named by their position, `1`, `2`, ...
        compression: gzip, bzip2, xz or zip; only found out, as are those below.
        units_row: whether a line of units stands below the header.
        footer: lines below the last film, such as totals.
        records: the keys that lead to the films in a JSON file, with points between them.
    """

    query: str | None = None
    sheet: str | None = None
    member: str | None = None
    delimiter: str | None = None
    quote: str | None = None
    encoding: str | None = None
    skip: int | None = None
    header: bool | None = None
    compression: str | None = None
    units_row: bool = False
    footer: int = 0
    records: str | None = None

    def __post_init__(self) -> None:
        if self.skip is not None and self.skip < 0:
            raise InputError(f"--data.skip must be a number of lines, 0 or more, got {self.skip}")

    def given(self) -> list[str]:
        """Return the options that are declared."""
        return [name for name in OPTIONS if getattr(self, name) is not None]

    def refuse_unfit(self, file: str, kind: str, is_zip: bool) -> None:
        """Refuse options that a file of this kind can't have, all at once."""
        unfit = {}
        for option in self.given():
            kinds = KINDS_OF_OPTIONS.get(option, ())
            if kind not in kinds and not (option == "member" and is_zip):
                unfit[option] = f"a file of kind {' or '.join(kinds)}" if kinds else "a zip"
        _refuse(unfit, f"{file} of kind {kind}")

    def refuse_any(self, wanted: str, table: str) -> None:
        """Refuse all options, for a table that is no file."""
        _refuse(dict.fromkeys(self.given(), wanted), table)


def _refuse(unfit: Mapping[str, str], table: str) -> None:
    if unfit:
        problems = (f"--data.{name} is for {wanted}, got {table}; leave it out" for name, wanted in unfit.items())
        raise UnfitLayout("\n".join(problems))


def in_its_layout(of_run: Layout, read: Callable[[Layout], Result]) -> Result:
    """Return what `read` gives of a new table: in the layout of a run's table, else in what its own file tells.

    A table of another kind, such as Parquet instead of CSV, has nothing of that layout.

    Raises:
        InputError: neither can be read; it says what is wrong with both.
    """
    try:
        return read(of_run)
    except UnfitLayout:
        return read(Layout())
    except InputError as problem:
        if of_run == Layout():
            raise
        try:
            return read(Layout())
        except InputError as other:
            both = f"{problem}\nnor can it be read otherwise than the run's table is written: {other}"
            raise (problem if str(problem) == str(other) else InputError(both)) from None
