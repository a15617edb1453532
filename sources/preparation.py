"""One run of `prepare`: its raw files and options, and the account of every row and cell that is left out."""

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from greenlight_films.sources.raw_files import RawFile
from greenlight_films.sources.raw_text import BrokenRow, encoding_of, read_header, read_records

MOST = 20  # kinds of a thing that get a note each
SHOWN = 200  # characters of a row or cell in the table of what was rejected
ACCOUNT = ("file", "line", "dropped", "reason", "text")


@dataclass
class Preparation:
    """The files and options of a run, and the account of what became of every row.

    Attributes:
        say: is called with a sentence on the progress.
        read: how many rows or objects each file has, by its name.
        notes: a sentence for each kind of thing that was changed or not used.
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
        """Record what is left out for the same reason, by lines from 1: a `row`, or a `cell` whose value is lost."""
        if len(lines):
            starts = [str(text)[:SHOWN] for text in texts]
            columns = {"file": self.name_of(file), "line": lines, "dropped": dropped, "reason": reason, "text": starts}
            self._rejected.append(pd.DataFrame(columns))

    def reject_broken(self, file: RawFile, broken: list[BrokenRow]) -> None:
        """Record rows that have a wrong number of cells, or a quote that isn't closed."""
        for reason in dict.fromkeys(row.reason for row in broken):
            rows = [row for row in broken if row.reason == reason]
            self.reject(file, [row.line for row in rows], reason, [row.text for row in rows])

    def reject_cells(self, file: RawFile, cells: pd.Series, bad: np.ndarray, requirement: str) -> None:
        """Record the cells whose value is taken as missing, by a mask."""
        reason = f"{cells.name} {requirement}: taken as missing"
        self.reject(file, cells.index[bad].to_numpy(), reason, cells[bad].tolist(), dropped="cell")

    @property
    def rejected(self) -> pd.DataFrame:
        """Return a row for each lost row or cell, with the columns `ACCOUNT`."""
        empty = pd.DataFrame(columns=list(ACCOUNT))
        return pd.concat(self._rejected, ignore_index=True) if self._rejected else empty

    def name_of(self, file: RawFile) -> str:
        """Return a file's name in this run, without `.gz`."""
        return self.files[file].name.removesuffix(".gz") if file in self.files else file.name

    def note(self, text: str, count: int) -> None:
        """Add a note with a count, if that isn't 0: `budgets of 0, taken as missing: 12`."""
        if count:
            self.notes.append(f"{text}: {count:,}")

    def note_each(self, text: str, counts: dict[str, int]) -> None:
        """Add a note for each kind, the most frequent first; `text` has {} in place of the kind."""
        kinds = sorted(counts, key=lambda kind: -counts[kind])
        for kind in kinds[:MOST]:
            self.note(text.format(kind), counts[kind])
        self.note(text.format("other kinds"), sum(counts[kind] for kind in kinds[MOST:]))

    def note_bad_bytes(self, file: RawFile, count: int) -> None:
        """Add a note on bytes that are no UTF-8 in a file of UTF-8."""
        name = self.files[file].name
        self.note(f"unreadable bytes in {name}, which is no UTF-8 text throughout, read as \ufffd", count)

    def other_films(self, file: RawFile) -> str:
        """Return the note on rows about films that are not in the table."""
        return f"rows of {self.name_of(file)} about films that are not in the table, not used"

    def rows(self, file: RawFile, wanted: Sequence[str]) -> pd.DataFrame:
        """Read columns of a delimited file as text; records with a wrong number of cells are rejected.

        The index is the line that each record begins at; empty cells, and columns that the file lacks, are missing.
        """
        return next(self.blocks(file, wanted, sys.maxsize))

    def blocks(self, file: RawFile, wanted: Sequence[str], size: int) -> Iterator[pd.DataFrame]:
        """Read a delimited file like `rows`, at most `size` records at a time; the last block may be empty."""
        path, name = self.files[file], self.name_of(file)
        self.say(f"Reading {path.name}")
        header = read_header(path)
        encoding, n_bad = encoding_of(path)
        if encoding != "utf-8-sig":
            self.notes.append(f"{path.name} is no UTF-8 text and was read as {encoding}")
        self.note_bad_bytes(file, n_bad)
        if lacking := [column for column in wanted if column not in header.columns]:
            self.notes.append(f"Not in {path.name}: {', '.join(lacking)}")
        self.read[name] = 0
        for lines, cells, broken in read_records(path, header, encoding, wanted, size):
            self.read[name] += len(lines) + len(broken)
            self.reject_broken(file, broken)
            rows = pd.DataFrame(cells, index=pd.Index(lines, name="line", dtype="int64"), columns=wanted, dtype="str")
            yield rows.mask(rows == "")
            self.say(f"Reading {path.name}, {self.read[name]:,} rows")

    def without(self, file: RawFile, rows: pd.DataFrame, bad: pd.Series, reason: str) -> pd.DataFrame:
        """Return the rows that are not `bad`, and reject the others."""
        drop = bad.to_numpy(bool)
        lost = rows[drop]
        texts = lost.astype("str").fillna("").agg(",".join, axis=1) if len(lost) else []
        self.reject(file, lost.index.to_numpy(), reason, texts)
        return rows[~drop]

    def unique(self, file: RawFile, rows: pd.DataFrame, column: str) -> pd.DataFrame:
        """Return the first row with each value of `column`, and reject the others."""
        return self.without(file, rows, rows[column].duplicated(), repeated(column))

    def titled(self, file: RawFile, rows: pd.DataFrame, column: str, other: str | None = None) -> pd.DataFrame:
        """Return the rows with a title, from `other` where `column` is blank. `None` and `NA` are titles, too."""
        titles, *others = (rows[name].str.strip().replace("", None) for name in (column, other) if name)
        for candidates in others:
            titles = titles.fillna(candidates)
        return self.without(file, rows.assign(**{column: titles}), titles.isna(), "title is missing")

    def in_table(self, file: RawFile, rows: pd.DataFrame, column: str, films: pd.Series) -> pd.DataFrame:
        """Return the rows whose `column` is the id of a film of the table; the others are counted in a note."""
        known = rows[column].isin(films).to_numpy()
        self.note(self.other_films(file), int((~known).sum()))
        return rows[known]

    def enough_votes(self, films: pd.DataFrame, column: str) -> pd.DataFrame:
        """Return the films with at least `min_votes`; a missing count is 0."""
        few = (films[column].fillna(0) < self.min_votes).to_numpy()
        self.note(f"films with fewer than {self.min_votes:,} votes, left out", int(few.sum()))
        return films[~few]


def repeated(column: str) -> str:
    """Return the reason to reject a row whose id an earlier row has."""
    return f"{column} stands in an earlier row"
