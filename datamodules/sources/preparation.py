"""What all collections share: rows are read with their lines, and account is kept of all that is lost."""

import codecs
import csv
import io
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from datamodules.errors import InputError
from datamodules.sources.raw_files import RawFile, open_bytes, read_start

SHOWN = 200
"""Characters of a row or cell in the account of what was rejected."""

MOST = 20
"""Kinds of one thing that are told one by one."""

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

    def note_each(self, text: str, counts: dict[str, int]) -> None:
        """Keep account of several kinds, the most frequent first: `text` has {} for their names."""
        kinds = sorted(counts, key=lambda kind: -counts[kind])
        for kind in kinds[:MOST]:
            self.note(text.format(kind), counts[kind])
        self.note(text.format("other kinds"), sum(counts[kind] for kind in kinds[MOST:]))

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

        Raises:
            InputError: the file can't be read to its end.
        """
        return next(self.blocks(file, wanted, sys.maxsize))

    def blocks(self, file: RawFile, wanted: Sequence[str], size: int) -> Iterator[pd.DataFrame]:
        """Read columns of a large delimited file as `rows` does, so many records at a time; one block at least."""
        path, name = self.files[file], self.name_of(file)
        self.say(f"Reading {path.name}")
        try:
            encoding = next(encoding for encoding in ENCODINGS if _is_text(path, encoding))
        except (OSError, EOFError) as problem:
            raise InputError(f"{path} can't be read to its end: {problem}") from None
        if encoding != ENCODINGS[0]:
            self.notes.append(f"{path.name} is no UTF-8 text and was read as {encoding}")
        if lacking := [column for column in wanted if column not in read_start(path).columns]:
            self.notes.append(f"Not in {path.name}: {', '.join(lacking)}")
        for rows, ragged in _read_blocks(path, encoding, wanted, size):
            self.read[name] = self.read.get(name, 0) + len(rows) + len(ragged)
            self.reject_ragged(file, ragged)
            yield rows
            self.say(f"Reading {path.name}, {self.read[name]:,} rows")

    def reject_ragged(self, file: RawFile, ragged: list[tuple[int, int, str]]) -> None:
        """Reject rows that have other than the header's number of cells, each as its line, its cells and its text."""
        for width in sorted({width for _, width, _ in ragged}):
            some = [(line, text) for line, n, text in ragged if n == width]
            reason = f"has {width} cells where the header has {_width(self.files[file])}: shifted or cut off"
            self.reject(file, [line for line, _ in some], reason, [text for _, text in some])

    def unique(self, file: RawFile, rows: pd.DataFrame, column: str) -> pd.DataFrame:
        """Return the rows whose `column` no row before has; the others are rejected."""
        return self.without(file, rows, rows[column].duplicated(), f"{column} stands in an earlier row")

    def present(self, file: RawFile, rows: pd.DataFrame, column: str, problem: str = "is missing") -> pd.DataFrame:
        """Return the rows that have a value in `column`; the others are rejected."""
        return self.without(file, rows, rows[column].isna(), f"{column} {problem}")

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


def _read_blocks(
    path: Path, encoding: str, wanted: Sequence[str], size: int
) -> Iterator[tuple[pd.DataFrame, list[tuple[int, int, str]]]]:
    """Yield the rows that are whole, and (line, cells, text) of the others, `size` records at a time; once at least."""
    csv.field_size_limit(sys.maxsize)
    delimiter = read_start(path).delimiter
    with io.TextIOWrapper(open_bytes(path), encoding=encoding, newline="") as stream:
        reader = csv.reader(stream, delimiter=delimiter)
        header = [name.strip() for name in next(reader)]
        places = {name: header.index(name) for name in wanted if name in header}
        more = True
        while more:
            lines: list[int] = []
            ragged: list[tuple[int, int, str]] = []
            cells: dict[str, list[str]] = {name: [] for name in places}
            line = reader.line_num + 1
            more = False
            for row in reader:
                if len(row) == len(header):
                    lines.append(line)
                    for name, place in places.items():
                        cells[name].append(row[place])
                elif row:  # empty lines are no rows
                    ragged.append((line, len(row), delimiter.join(row)))
                line = reader.line_num + 1
                if more := len(lines) + len(ragged) >= size:
                    break
            yield _frame(lines, cells, wanted), ragged


def _frame(lines: list[int], cells: dict[str, list[str]], wanted: Sequence[str]) -> pd.DataFrame:
    index = pd.Index(lines, name="line", dtype="int64")
    empty = pd.Series(pd.NA, index=index, dtype="str")
    columns = {name: pd.Series(cells[name], index=index, dtype="str") if name in cells else empty for name in wanted}
    rows = pd.DataFrame(columns, index=index)
    return rows.mask(rows == "")


def _is_text(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        with open_bytes(path) as stream:
            while piece := stream.read(2**20):
                decoder.decode(piece)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _width(path: Path) -> int:
    return len(read_start(path).columns)


def refuse_nothing(films: pd.DataFrame, source: str) -> None:
    """Refuse a preparation of which no film is left."""
    if films.empty:
        raise InputError(f"`prepare {source}` found no film: every row was rejected or left out; see the reasons above")
