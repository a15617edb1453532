"""The encoded films of a table, kept in a folder: a table is read and encoded once, however often it is used."""

import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field, is_dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from greenlight_films.datamodules.declared import Declared
from greenlight_films.datamodules.encoded_folder import can_be_written, read_films, write_films, write_json
from greenlight_films.datamodules.films import Films
from greenlight_films.datamodules.fitted import Fitted
from greenlight_films.datamodules.tables.formats import Formats
from greenlight_films.datamodules.tables.parquet_files import ParquetFiles
from greenlight_films.datamodules.whole_files import cannot_write, write_whole
from greenlight_films.version import version

LARGE_TABLE = 200_000
"""Films from which on a table is kept without being asked for, and batches are made of blocks of rows."""

FORMAT = 2
"""Of the folder; raised where older ones can't be read, or features encode otherwise."""

LARGE_FILE = 10_000_000
"""Bytes of a table's file from which on a process waits for another that is encoding it."""

INDEX, FITTED = "index.json", "fitted.json"
UNREADABLE = (OSError, ValueError, LookupError, TypeError, AttributeError)


@dataclass(frozen=True)
class Kept:
    """What is known of a table once it is read and encoded.

    Attributes:
        columns: of the table's films.
        formats: how the table's cells are written, as declared and read.
        is_of_fit: whether it has all notices, of which a finished run that is read again lacks some.
        entry: the folder that the films are mapped from.
    """

    films: Films
    fitted: Fitted
    columns: list[str]
    formats: Formats
    is_of_fit: bool
    entry: Path | None = None


@dataclass(frozen=True)
class EncodedStore:
    """A folder with the encoded films of tables, an entry for each table and what is declared of it.

    Attributes:
        folder: None where nothing is kept.
        key: a digest of what is declared; of the fingerprints of tables the names of entries have a part too.
        table: path, size in bytes and time of the last change in nanoseconds of the table's file; of several files
            a digest of these.
        keeps_all: whether tables of few films are kept too.
    """

    folder: Path | None = None
    key: str = ""
    table: list[Any] = field(default_factory=list)
    keeps_all: bool = False

    @classmethod
    def of(cls, folder: Path | None, table: str, declared: Declared, *rest: Any, keeps_all: bool) -> "EncodedStore":
        """Return the store of a table's file or files; one that keeps nothing where it has none.

        Args:
            rest: all that the films depend on beside the table and what is declared.
        """
        parts = (*declared.features, declared.target, declared.split, *(part for part in rest if part is not None))
        are_own = all(type(part).__module__.startswith("greenlight_films.") for part in parts)
        if folder is None or not are_own or (identity := _identity(table)) is None:  # the code of others may change
            return cls()
        return cls(folder, _key(declared, rest), identity, keeps_all)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Wait for other processes that encode the same; tables of few films are encoded by each.

        What was made for that is removed again where nothing comes of it.
        """
        if self.folder is None or not (self.keeps_all or self.table[1] >= LARGE_FILE):
            yield
            return
        file = self.folder / f".{self.key}.lock"
        new = [path for path in (self.folder, *self.folder.parents) if not path.exists()]
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            lock = os.open(file, os.O_RDWR | os.O_CREAT, 0o666)
        except OSError as problem:
            raise cannot_write(self.folder, problem) from None
        try:
            with suppress(OSError):  # of a file system that has no locks
                fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        except BaseException:
            with suppress(OSError):  # others have put something into the folder
                file.unlink(missing_ok=True)
                for path in new:
                    path.rmdir()
            raise
        finally:
            os.close(lock)

    def get(self, fitted: Fitted | None) -> Kept | None:
        """Return the films of this table, encoded anew or as `fitted`; None where they aren't kept."""
        if fitted is None:
            return self._find("first_fit", None)
        return self._find("fitted", _digest(fitted), fitted)

    def refitted(self, first: Fitted) -> Kept | None:
        """Return the films of this table as they were refitted after a first fit; None where they aren't kept."""
        return self._find("first_fit", _digest(first))

    def _find(self, key: str, value: str | None, fitted: Fitted | None = None) -> Kept | None:
        for entry, index in self._entries():
            if index[key] == value and (fitted or index["is_of_fit"]):
                with suppress(*UNREADABLE):
                    return _read(entry, index, fitted)
        return None

    def put(self, kept: Kept, first: Fitted | None = None) -> Kept | None:
        """Keep films, and return them mapped into memory; None where these aren't kept.

        Args:
            first: what was fitted before a refit.
        """
        if self.folder is None or not can_be_written(kept.films):
            return None
        if not self.keeps_all and kept.films.n_rows < LARGE_TABLE:
            return None
        digest = _digest(kept.fitted)
        name = f"{self.key}-{kept.fitted.fingerprint[-12:]}" + "-refit" * kept.fitted.refitted
        entry = self.folder / name
        known = _index(entry)
        tables = [table for table in known.get("tables", []) if table[0] != self.table[0]]
        index = {
            **{"format": FORMAT, "tables": [*tables, self.table], "fitted": digest, "is_of_fit": kept.is_of_fit},
            **{"first_fit": None if first is None else _digest(first)},
            **{"columns": kept.columns, "formats": kept.formats.to_state()},
        }
        if known.get("fitted") == digest and (known["is_of_fit"] or not kept.is_of_fit):
            with suppress(*UNREADABLE):
                films = read_films(entry)
                pairs: list[tuple[Any, Any]] = [(films.number, kept.films.number), (films.weights, kept.films.weights)]
                if all(np.array_equal(*pair) for pair in pairs):  # of which the fingerprint of values doesn't tell
                    write_whole({entry / INDEX: json.dumps({**known, "tables": index["tables"]}).encode()})
                    return replace(kept, films=films, entry=entry)
        self._write(entry, kept, index)
        return replace(kept, films=read_films(entry), entry=entry)

    def _entries(self) -> Iterator[tuple[Path, dict[str, Any]]]:
        """Yield the entries of this table's file, as it was when they were made."""
        if self.folder is not None and os.access(self.folder, os.R_OK | os.X_OK):
            for entry in sorted(self.folder.glob(f"{self.key}-*")):
                index = _index(entry)
                if self.table in index.get("tables", []):
                    yield entry, index

    def _write(self, entry: Path, kept: Kept, index: dict[str, Any]) -> None:
        aside = entry.with_name(f".{entry.name}.{os.getpid()}")
        try:
            aside.mkdir(parents=True)
            write_films(aside, kept.films)
            state = kept.fitted.to_state()
            del state["split"]["sides"]  # which the films have
            write_json(aside / FITTED, state)
            write_json(aside / INDEX, index)
            shutil.rmtree(entry, ignore_errors=True)  # of other features of before, or broken
            aside.rename(entry)
        except OSError as problem:
            raise cannot_write(entry, problem) from None
        finally:
            shutil.rmtree(aside, ignore_errors=True)


def _read(entry: Path, index: dict[str, Any], fitted: Fitted | None) -> Kept:
    films = read_films(entry)
    if fitted is None:
        assert films.rows is not None
        state = json.loads((entry / FITTED).read_text(encoding="utf-8"))
        state["split"]["sides"] = films.rows.sides()
        fitted = Fitted.from_state(state)
    return Kept(films, fitted, index["columns"], Formats.from_state(index["formats"]), index["is_of_fit"], entry)


def _index(entry: Path) -> dict[str, Any]:
    """Return what an entry is of; empty where it isn't there or can't be used."""
    with suppress(*UNREADABLE):
        index: dict[str, Any] = json.loads((entry / INDEX).read_text(encoding="utf-8"))
        return index if index["format"] == FORMAT else {}
    return {}


def _identity(table: str) -> list[Any] | None:
    """Return what tells a table's file, or its files, from others and from what they were before; None without any."""
    if not Path(table).is_file():
        files = ParquetFiles.find(table)
        return files.identity if files else None
    stat = Path(table).stat()
    return [str(Path(table).resolve()), stat.st_size, stat.st_mtime_ns]


def _key(declared: Declared, rest: Any) -> str:
    plain = {
        **asdict(replace(declared, features=[], notices=(), formats=Formats())),
        "split": declared.split.declaration(),
        "features": [feature.declaration() for feature in declared.features],
        "formats": declared.formats.to_state(),
        "classes": [type(part).__name__ for part in (declared.target, *rest)],
        "rest": [asdict(part) if is_dataclass(part) and not isinstance(part, type) else part for part in rest],
    }
    return sha256(json.dumps([version(), plain], sort_keys=True, default=repr).encode()).hexdigest()[:16]


def _digest(fitted: Fitted) -> str:
    """Return a digest of all that was fitted; another run of the same has the same."""
    state = fitted.to_state()
    sides = state["split"] = dict(state["split"])
    whole = sha256(sides.pop("sides").tobytes())
    whole.update(json.dumps(state, sort_keys=True, default=repr).encode())
    return whole.hexdigest()
