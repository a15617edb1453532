"""Parquet tables of a file or many, on this machine or in a store such as S3, read a block of rows at a time."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.fs as pafs
import pyarrow.parquet as papq

from greenlight_films.datamodules.errors import InputError
from greenlight_films.datamodules.tables.layout import Layout

SUFFIXES = (".parquet", ".pq")
BLOCK_ROWS = 2**17
"""Rows of a block, at most: of 15 names each, their text takes some 20 MB."""
FOOTERS_AT_ONCE = 16
WILDCARDS = "*?["
MISSING_PART = ("", "__HIVE_DEFAULT_PARTITION__")  # where the column of a folder has no value
UNREADABLE = (pa.ArrowException, OSError, UnicodeError, ValueError, OverflowError)


@dataclass(frozen=True)
class ParquetFiles:
    """The files of a table, in the order of their names.

    Attributes:
        name: as it was given: a file, a folder, a pattern such as `films/*.parquet`, or a URI of one of these.
        folder: below which folders such as `decade=1990` are columns, too.
    """

    name: str
    files: tuple[pafs.FileInfo, ...]
    system: pafs.FileSystem
    folder: str
    layout = Layout()
    notices = ()

    @classmethod
    def find(cls, table: str) -> "ParquetFiles | None":
        """Return the files of a table; None where it names no Parquet files.

        Raises:
            InputError: a URI can't be reached, or names no Parquet file.
        """
        is_uri, is_pattern = "://" in table, bool(set(table) & set(WILDCARDS))
        if not (is_uri or is_pattern or table.lower().endswith(SUFFIXES) or Path(table).is_dir()):
            return None
        with _refused(table):
            local = (pafs.LocalFileSystem(), Path(table).absolute().as_posix())
            system, path = pafs.FileSystem.from_uri(table) if is_uri else local
            folder, unordered = _files_at(system, path.rstrip("/"))
            files = tuple(sorted(unordered, key=lambda file: file.path))
        if is_uri and not files:
            raise InputError(f"--data.table {table} must name Parquet files ({', '.join(SUFFIXES)}), got none there")
        return cls(table, files, system, folder) if files else None

    @property
    def identity(self) -> list[Any]:
        """Return name, size in bytes, and a digest of all files' names, sizes and times of their last changes."""
        parts = [[file.path, file.size, file.mtime_ns] for file in self.files]
        return [self.name, sum(file.size for file in self.files), sha256(repr(parts).encode()).hexdigest()]

    @cached_property
    def footers(self) -> list[tuple[int, pa.Schema]]:
        """Return the number of rows and the schema of each file."""

        def of(file: pafs.FileInfo) -> tuple[int, pa.Schema]:
            with _refused(file.path):
                opened = papq.ParquetFile(file.path, filesystem=self.system)
                return opened.metadata.num_rows, opened.schema_arrow.remove_metadata()

        with ThreadPoolExecutor(FOOTERS_AT_ONCE) as pool:
            return list(pool.map(of, self.files))

    @property
    def n_rows(self) -> int:
        return sum(n_rows for n_rows, _ in self.footers)

    @cached_property
    def parts(self) -> pa.Table:
        """Return the columns that stand in folders' names, `decade=1990`, with a row a file; numbers where all are."""
        folders = [_inner(file, self.folder)[:-1] for file in self.files]
        of_files = [dict(part.split("=", 1) for part in parts if part.find("=") > 0) for parts in folders]
        names = dict.fromkeys(name for parts in of_files for name in parts)
        cells = [[_value(parts.get(name, "")) for parts in of_files] for name in names]
        own = [set(schema.names) for _, schema in self.footers] if names else []
        columns = {
            unquote(name): _whole_numbers(pa.array(texts, pa.string()))
            for name, texts in zip(names, cells, strict=True)
            if not all(unquote(name) in each for each in own)
        }
        return pa.table(columns)

    @cached_property
    def schema(self) -> pa.Schema:
        """Return the columns of all files; a number's type is one that holds those of every file."""
        try:
            schemas = [*(schema for _, schema in self.footers), self.parts.schema]
            return pa.unify_schemas(schemas, promote_options="permissive")
        except pa.ArrowException as error:
            raise InputError(
                f"--data.table {self.name} must have columns of the same kind in all {len(self.files):,} files: {error}"
            ) from None

    @property
    def names(self) -> list[str]:
        """Return the names of the columns."""
        return list(self.schema.names)

    def read(self) -> pa.Table:
        """Return all columns whole."""
        return pa.concat_tables([self.schema.empty_table(), *self.blocks(self.names)])

    def blocks(self, columns: Sequence[str]) -> Iterator[pa.Table]:
        """Yield columns a block of rows at a time, in the order of the files."""
        for index, (file, (n_rows, own)) in enumerate(zip(self.files, self.footers, strict=True)):
            present = [name for name in columns if name in own.names]
            with _refused(file.path):
                opened = papq.ParquetFile(file.path, filesystem=self.system)
                rows_alone = [pa.record_batch([pa.nulls(n_rows)], names=[""])]
                batches = opened.iter_batches(BLOCK_ROWS, columns=present) if present else rows_alone
                for batch in batches:
                    batch.validate(full=True)  # cells may be declared as text and be none
                    yield self._with_all(pa.Table.from_batches([batch]), index, columns)

    def _with_all(self, block: pa.Table, file: int, columns: Sequence[str]) -> pa.Table:
        """Return columns of a block of a file, by its index; those that it lacks are its folders', or empty."""

        def cells(name: str, kind: pa.DataType) -> pa.Array | pa.ChunkedArray:
            if name in block.column_names:
                return block[name].cast(kind)
            value = self.parts[name][file] if name in self.parts.column_names else pa.scalar(None, kind)
            return pa.repeat(value, len(block)).cast(kind)

        return pa.table([cells(name, self.schema.field(name).type) for name in columns], names=list(columns))


def _files_at(system: pafs.FileSystem, path: str) -> tuple[str, list[pafs.FileInfo]]:
    """Return the Parquet files at a path: itself, those of a folder and its folders, or those that match a pattern.

    Before them stands the folder that is searched.
    """
    (at,) = system.get_file_info([path])
    if at.type == pafs.FileType.File:
        return str(PurePosixPath(path).parent), [at] if at.path.lower().endswith(SUFFIXES) else []
    is_pattern = at.type == pafs.FileType.NotFound and any(mark in path for mark in WILDCARDS)
    parts = PurePosixPath(path).parts
    depth = next((index for index, part in enumerate(parts) if set(part) & set(WILDCARDS)), len(parts))
    folder = str(PurePosixPath(*parts[:depth])) if is_pattern else path
    files = []
    for file in system.get_file_info(pafs.FileSelector(folder, allow_not_found=True, recursive=True)):
        is_table = file.type == pafs.FileType.File and file.path.lower().endswith(SUFFIXES)
        is_hidden = any(part[0] in "._" for part in _inner(file, folder))  # what programs write beside tables
        if is_table and not is_hidden and (not is_pattern or PurePosixPath(file.path).match(path)):
            files.append(file)
    return folder, files


def _inner(file: pafs.FileInfo, folder: str) -> tuple[str, ...]:
    """Return the parts of a file's path below a folder."""
    return PurePosixPath(file.path).parts[len(PurePosixPath(folder).parts) :]


def _value(text: str) -> str | None:
    return None if text in MISSING_PART else unquote(text)


def _whole_numbers(texts: pa.Array) -> pa.Array:
    """Return texts that are all whole numbers as such, others as they are."""
    try:
        return texts.cast(pa.int64())
    except pa.ArrowInvalid:
        return texts


@contextmanager
def _refused(path: str) -> Iterator[None]:
    """Make what Arrow raises over files an InputError."""
    try:
        yield
    except UNREADABLE as error:
        if isinstance(error, InputError):
            raise
        reason = (str(error).splitlines() or ["it can't be read"])[0]
        raise InputError(f"--data.table {path} can't be read as Parquet: {reason}; write or fetch it again") from None
