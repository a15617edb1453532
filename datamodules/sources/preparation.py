"""What all collections share: rows are read with their lines, and account is kept of all that is lost."""

import csv
import io
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from datamodules.errors import InputError
from datamodules.sources.raw_files import RawFile, open_bytes, read_start

SHOWN = 200
"""Characters of a row or cell in the account of what was rejected."""

ENCODINGS = ("utf-8-sig", "cp1252", "latin-1")
"""In the order they are tried; the last takes every byte."""


@dataclass
class Preparation:
    """One preparation: its files, its options, and what became of every row.

    Attributes:
        files: where each file of the source is.
        zero_is_missing: a budget, revenue or runtime of 0 is not known.
        min_votes: films with fewer votes are left out.
        say: is told what is at work.
        read: how many rows or objects each file has, by its name.
        notes: what was changed or is not used, a sentence each.
    """

    files: dict[RawFile, Path]
    zero_is_missing: bool = True
    min_votes: int = 0
    say: Callable[[str], None] = lambda _: None
    read: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    _rejected: list[pd.DataFrame] = field(default_factory=list)

    def reject(
        self, file: RawFile, lines: Sequence[int] | np.ndarray, reason: str, texts: Iterable[str], dropped: str = "row"
    ) -> None:
        """Keep account of rows (or cells) that are left out.

        Args:
            lines: of the file, from 1; one a row.
            reason: the same for all of them.
            texts: what stands there, one a row.
            dropped: what is lost: `row`, or `cell` where only its value is.
        """
        if len(lines):
            starts = [str(text)[:SHOWN] for text in texts]
            columns = {"file": self.name_of(file), "line": lines, "dropped": dropped, "reason": reason, "text": starts}
            self._rejected.append(pd.DataFrame(columns))

    def name_of(self, file: RawFile) -> str:
        """Return what a file is called here, without `.gz`."""
        return self.files[file].name.removesuffix(".gz") if file in self.files else file.name

    def note(self, text: str, count: int) -> None:
        """Keep account of what was changed or is not used, where it happened: `budgets of 0, taken as missing: 12`."""
        if count:
            self.notes.append(f"{text}: {count:,}")

    @property
    def rejected(self) -> pd.DataFrame:
        """Return one line a lost row or cell: file, line, dropped, reason, text."""
        empty = pd.DataFrame(columns=["file", "line", "dropped", "reason", "text"])
        return pd.concat(self._rejected, ignore_index=True) if self._rejected else empty

    def counts(self) -> dict[tuple[str, str, str], int]:
        """Return how often each reason was met: by file, what was lost (row or cell), and reason."""
        table = self.rejected
        return dict(Counter(zip(table["file"], table["dropped"], table["reason"], strict=True)))

    def rows(self, file: RawFile, wanted: Sequence[str]) -> pd.DataFrame:
        """Read columns of a delimited file as text.

        Args:
            wanted: the columns; those that the file lacks are missing in every row.

        Returns:
            One row a record, by the line that it begins at; what is empty is missing. Records that have other than the
            header's number of cells are rejected.
        """
        path = self.files[file]
        self.say(f"Reading {path.name}")
        for encoding in ENCODINGS:
            with suppress(UnicodeDecodeError):
                rows, ragged = _read(path, encoding, wanted)
                break
        if encoding != ENCODINGS[0]:
            self.notes.append(f"{path.name} is no UTF-8 text and was read as {encoding}")
        self.read[self.name_of(file)] = len(rows) + len(ragged)
        if lacking := [name for name in wanted if name not in read_start(path).columns]:
            self.notes.append(f"Not in {path.name}: {', '.join(lacking)}")
        for width in sorted({width for _, width, _ in ragged}):
            some = [(line, text) for line, n, text in ragged if n == width]
            reason = f"has {width} cells where the header has {_width(path)}: shifted or cut off"
            self.reject(file, [line for line, _ in some], reason, [text for _, text in some])
        return rows

    def unique(self, file: RawFile, rows: pd.DataFrame, column: str) -> pd.DataFrame:
        """Return the rows whose `column` no row before has; the others are rejected."""
        again = rows[column].duplicated().to_numpy()
        self._drop(file, rows, again, f"{column} stands in an earlier row")
        return rows[~again]

    def present(self, file: RawFile, rows: pd.DataFrame, column: str, problem: str = "is missing") -> pd.DataFrame:
        """Return the rows that have a value in `column`; the others are rejected."""
        gaps = rows[column].isna().to_numpy()
        self._drop(file, rows, gaps, f"{column} {problem}")
        return rows[~gaps]

    def bad_cells(self, file: RawFile, cells: pd.Series, bad: np.ndarray, requirement: str) -> None:
        """Keep account of cells whose value is taken as missing: those where `bad`."""
        found = cells[bad]
        reason = f"{cells.name} {requirement}: taken as missing"
        self.reject(file, found.index.to_numpy(), reason, found.tolist(), dropped="cell")

    def enough_votes(self, films: pd.DataFrame, column: str) -> pd.DataFrame:
        """Return the films with at least `min_votes`; where that is above 0, a film without a count has too few."""
        few = (films[column].fillna(0) < self.min_votes).to_numpy()
        self.note(f"films with fewer than {self.min_votes:,} votes, left out", int(few.sum()))
        return films[~few]

    def _drop(self, file: RawFile, rows: pd.DataFrame, gone: np.ndarray, reason: str) -> None:
        lost = rows[gone]
        texts = lost.astype("str").fillna("").agg(",".join, axis=1) if len(lost) else []
        self.reject(file, lost.index.to_numpy(), reason, texts)


def _read(path: Path, encoding: str, wanted: Sequence[str]) -> tuple[pd.DataFrame, list[tuple[int, int, str]]]:
    """Return the rows that are whole, and (line, cells, text) of the others."""
    csv.field_size_limit(sys.maxsize)
    delimiter = read_start(path).delimiter
    lines: list[int] = []
    ragged: list[tuple[int, int, str]] = []
    with io.TextIOWrapper(open_bytes(path), encoding=encoding, newline="") as stream:
        reader = csv.reader(stream, delimiter=delimiter)
        header = [name.strip() for name in next(reader)]
        places = {name: header.index(name) for name in wanted if name in header}
        cells: dict[str, list[str]] = {name: [] for name in places}
        line = reader.line_num + 1
        for row in reader:
            if len(row) == len(header):
                lines.append(line)
                for name, place in places.items():
                    cells[name].append(row[place])
            elif row:  # empty lines are no rows
                ragged.append((line, len(row), delimiter.join(row)))
            line = reader.line_num + 1
    index = pd.Index(lines, name="line", dtype="int64")
    empty = pd.Series(pd.NA, index=index, dtype="str")
    columns = {name: pd.Series(cells[name], index=index, dtype="str") if name in cells else empty for name in wanted}
    rows = pd.DataFrame(columns, index=index)
    return rows.mask(rows == ""), ragged


def _width(path: Path) -> int:
    return len(read_start(path).columns)


def refuse_nothing(films: pd.DataFrame, source: str) -> None:
    """Refuse a preparation of which no film is left."""
    if films.empty:
        raise InputError(f"`prepare {source}` found no film: every row was rejected or left out; see the reasons above")
