"""What all collections share: rows are read with their lines, and account is kept of all that is lost."""

import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from greenlight_films.sources.raw_files import RawFile
from greenlight_films.sources.raw_text import SHOWN, Header, encoding_of, read_header, records

MOST = 20
"""Kinds of one thing that are told one by one."""

ACCOUNT = ("file", "line", "dropped", "reason", "text")
"""The columns of the account of what was rejected."""

Broken = list[tuple[int, int, str]]
"""Rows that are none, each as its line, its number of cells (0 where a quote makes them unsure) and its text."""


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

    def note_each(self, text: str, counts: dict[str, int]) -> None:
        """Keep account of several kinds, the most frequent first: `text` has {} for their names."""
        kinds = sorted(counts, key=lambda kind: -counts[kind])
        for kind in kinds[:MOST]:
            self.note(text.format(kind), counts[kind])
        self.note(text.format("other kinds"), sum(counts[kind] for kind in kinds[MOST:]))

    @property
    def rejected(self) -> pd.DataFrame:
        """Return one line a lost row or cell: file, line, dropped, reason, text."""
        empty = pd.DataFrame(columns=list(ACCOUNT))
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

        Raises:
            InputError: the file can't be read to its end.
        """
        return next(self.blocks(file, wanted, sys.maxsize))

    def blocks(self, file: RawFile, wanted: Sequence[str], size: int) -> Iterator[pd.DataFrame]:
        """Read columns of a large delimited file as `rows` does, so many records at a time; one block at least."""
        path, name = self.files[file], self.name_of(file)
        self.say(f"Reading {path.name}")
        header = read_header(path)
        encoding, n_bad = encoding_of(path)
        if encoding != "utf-8-sig":
            self.notes.append(f"{path.name} is no UTF-8 text and was read as {encoding}")
        self.note_bad_bytes(file, n_bad)
        if lacking := [column for column in wanted if column not in header.columns]:
            self.notes.append(f"Not in {path.name}: {', '.join(lacking)}")
        for rows, broken in _read_blocks(path, header, encoding, wanted, size):
            self.read[name] = self.read.get(name, 0) + len(rows) + len(broken)
            self.reject_broken(file, broken)
            yield rows
            self.say(f"Reading {path.name}, {self.read[name]:,} rows")

    def note_bad_bytes(self, file: RawFile, count: int) -> None:
        """Keep account of bytes that are no UTF-8 in a file that is otherwise."""
        name = self.files[file].name
        self.note(f"unreadable bytes in {name}, which is no UTF-8 text throughout, read as \ufffd", count)

    def reject_broken(self, file: RawFile, broken: Broken) -> None:
        """Reject rows that have other than the header's number of cells, or a quote that isn't closed."""
        for width in sorted({width for _, width, _ in broken}):
            some = [(line, text) for line, n, text in broken if n == width]
            reason = "a quote is opened there and not closed at its cell's end"
            if width:
                n_columns = len(read_header(self.files[file]).columns)
                reason = f"has {width} cells where the header has {n_columns}: shifted or cut off"
            self.reject(file, [line for line, _ in some], reason, [text for _, text in some])

    def note_strangers(self, file: RawFile, count: int) -> None:
        """Keep account of rows about other films than those of the table."""
        self.note(f"rows of {self.name_of(file)} about films that are not in the table, not used", count)

    def unique(self, file: RawFile, rows: pd.DataFrame, column: str) -> pd.DataFrame:
        """Return the rows whose `column` no row before has; the others are rejected."""
        return self.without(file, rows, rows[column].duplicated(), earlier(column))

    def present(self, file: RawFile, rows: pd.DataFrame, column: str, problem: str = "is missing") -> pd.DataFrame:
        """Return the rows that have a value in `column`; the others are rejected."""
        return self.without(file, rows, rows[column].isna(), f"{column} {problem}")

    def titled(self, file: RawFile, rows: pd.DataFrame, column: str, other: str | None = None) -> pd.DataFrame:
        """Return the rows with a title; where it is blank, `other` has it. `None` and `NA` are titles, too."""
        titles = rows[column].str.strip()
        titles = titles.mask(titles == "")
        if other:
            again = rows[other].str.strip()
            titles = titles.fillna(again.mask(again == ""))
        return self.without(file, rows.assign(**{column: titles}), titles.isna(), "title is missing")

    def without(self, file: RawFile, rows: pd.DataFrame, gone: pd.Series, reason: str) -> pd.DataFrame:
        """Return the rows that are not `gone`; those that are, are rejected."""
        drop = gone.to_numpy(bool)
        lost = rows[drop]
        texts = lost.astype("str").fillna("").agg(",".join, axis=1) if len(lost) else []
        self.reject(file, lost.index.to_numpy(), reason, texts)
        return rows[~drop]

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


def earlier(column: str) -> str:
    """Return why a row is rejected whose id is one that an earlier row has."""
    return f"{column} stands in an earlier row"


def _read_blocks(
    path: Path, header: Header, encoding: str, wanted: Sequence[str], size: int
) -> Iterator[tuple[pd.DataFrame, Broken]]:
    """Yield the rows that are whole, and the others, `size` records at a time; once at least."""
    width = len(header.columns)
    places = {name: header.columns.index(name) for name in wanted if name in header.columns}
    source, more = records(path, header, encoding), True
    while more:
        lines: list[int] = []
        broken: Broken = []
        cells: dict[str, list[str]] = {name: [] for name in places}
        more = False
        for line, row, text in source:
            if len(row) == width:
                lines.append(line)
                for name, place in places.items():
                    cells[name].append(row[place])
            elif text.strip():  # empty lines are no rows
                broken.append((line, len(row), header.delimiter.join(row) or text))
            if more := len(lines) + len(broken) >= size:
                break
        yield _frame(lines, cells, wanted), broken


def _frame(lines: list[int], cells: dict[str, list[str]], wanted: Sequence[str]) -> pd.DataFrame:
    index = pd.Index(lines, name="line", dtype="int64")
    empty = pd.Series(pd.NA, index=index, dtype="str")
    columns = {name: pd.Series(cells[name], index=index, dtype="str") if name in cells else empty for name in wanted}
    rows = pd.DataFrame(columns, index=index)
    return rows.mask(rows == "")
