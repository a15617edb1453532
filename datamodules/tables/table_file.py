"""The bytes of a table's file, unpacked from gzip, bzip2, xz or zip; what unpacks to fill the memory is refused."""

import bz2
import gzip
import io
import lzma
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import IO, Any

from greenlight_films.datamodules.errors import InputError, listed, nearest
from greenlight_films.datamodules.tables.layout import Layout

SWOLLEN, SWOLLEN_RATIO = 256 * 2**20, 200
"""A packed file must not unpack to more than so many bytes, and more than so many times its size.

Names are packed 3 to 20 times, dummies several hundred times.
"""

PACKED: dict[bytes, str] = {b"\x1f\x8b": "gzip", b"BZh": "bzip2", b"\xfd7zXZ\0": "xz"}
PACKED_SUFFIXES = {".gz", ".bz2", ".xz", ".zip"}
UNPACK: dict[str, Callable[[Path], Any]] = {"gzip": gzip.open, "bzip2": bz2.open, "xz": lzma.open}
BROKEN = (OSError, EOFError, RuntimeError, NotImplementedError, zipfile.BadZipFile, zlib.error, lzma.LZMAError)
NO_TABLES = ("readme", "license", "licence", "copying", "changelog", "description", "metadata")  # of text, in zips
TABLES = {".csv", ".tsv", ".tab", ".psv", ".parquet", ".pq", ".xlsx", ".xls", ".ods", ".json", ".jsonl", ".ndjson"}


@dataclass(frozen=True)
class TableFile:
    """A file with a table, read from its beginning by each `open`.

    Attributes:
        compression: gzip, bzip2, xz or zip; empty: none.
        member: of a zip.
    """

    path: Path
    compression: str = ""
    member: str = ""

    def __str__(self) -> str:
        return f"{self.path}, {self.member}" if self.member else str(self.path)

    @property
    def suffix(self) -> str:
        """Return the ending of the unpacked file's name, in small letters."""
        name = PurePosixPath(self.member or self.path.name)
        unpacked = PurePosixPath(name.stem) if name.suffix.lower() in PACKED_SUFFIXES and not self.member else name
        return unpacked.suffix.lower()

    def open(self) -> IO[bytes]:
        """Open the unpacked bytes; an InputError where they can't be read, or are too many."""
        if not self.compression:
            return self.path.open("rb")
        return io.BufferedReader(_Unpacked(self), 2**20)

    def read(self) -> bytes:
        """Return all bytes."""
        with self.open() as stream:
            return stream.read()

    def read_head(self, size: int) -> bytes:
        """Return the first bytes."""
        with self.open() as stream:
            return stream.read(size)

    def in_layout(self, layout: Layout) -> Layout:
        """Return a layout with the packing and the member that were found out."""
        return replace(layout, compression=self.compression or None, member=self.member or layout.member)


class _Unpacked(io.RawIOBase):
    def __init__(self, file: TableFile) -> None:
        self.file = file
        self.left = max(SWOLLEN_RATIO * file.path.stat().st_size, SWOLLEN)
        self.archive: zipfile.ZipFile | None = None
        try:
            if file.compression == "zip":
                self.archive = zipfile.ZipFile(file.path)
                self.stream = self.archive.open(file.member)
            else:
                self.stream = UNPACK[file.compression](file.path)
        except BROKEN as error:
            raise unreadable(file.path, error) from None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            content = self.stream.read(len(buffer))
        except BROKEN as error:
            raise unreadable(self.file.path, error) from None
        self.left -= len(content)
        if self.left < 0:
            raise InputError(
                f"{self.file} unpacks to more than {SWOLLEN_RATIO} times its size and {SWOLLEN // 2**20} MiB, which "
                "few tables do; if it is one, unpack it and give that file"
            )
        buffer[: len(content)] = content
        return len(content)

    def close(self) -> None:
        if not self.closed:
            super().close()
            self.stream.close()
            if self.archive:
                self.archive.close()


def unreadable(path: Path, error: Exception) -> InputError:
    """Return the error for a file that is broken or can't be opened."""
    reason = getattr(error, "strerror", None) or error
    return InputError(f"{path} cannot be read: {reason}; make or fetch it again")


def find_table_file(path: Path, member: str | None = None) -> TableFile:
    """Return the file of a table, with the packing that its bytes show and the zip's member that is a table.

    Raises:
        InputError: a zip holds no table or several, or lacks `member`.
    """
    try:
        with path.open("rb") as stream:
            head = stream.read(8)
        compression = next((name for magic, name in PACKED.items() if head.startswith(magic)), "")
        if compression:
            return TableFile(path, compression)
        if path.suffix.lower() in PACKED_SUFFIXES - {".zip"}:
            raise InputError(f"{path} cannot be read: it is not packed; take {path.suffix} from its name")
        if head.startswith(b"PK") and zipfile.is_zipfile(path) and workbook_in(path) == "":
            return TableFile(path, "zip", _member(path, member))
    except BROKEN as error:
        raise unreadable(path, error) from None
    return TableFile(path)


def workbook_in(path: Path | IO[bytes]) -> str:
    """Return the kind of workbook that a zip is, xlsx or ods; empty for other zips."""
    with zipfile.ZipFile(path) as archive:
        names = set(archive.namelist())
    if "[Content_Types].xml" in names:
        return "xlsx"
    return "ods" if {"mimetype", "content.xml"} <= names else ""


def _member(path: Path, wanted: str | None) -> str:
    with zipfile.ZipFile(path) as archive:
        names = [info.filename for info in archive.infolist() if not info.is_dir()]
    if wanted is not None and wanted in names:
        return wanted
    own = [name for name in names if not name.startswith("__MACOSX/") and not PurePosixPath(name).name.startswith(".")]
    if wanted is not None:
        raise InputError(f"--data.member: {path} has no '{wanted}'{nearest(wanted, own)}; it has: {listed(own)}")
    tables = [name for name in own if _kind(name) in TABLES] or [name for name in own if _may_be_text(name)]
    if len(tables) != 1:
        problem = "holds several tables" if tables else "holds no table"
        raise InputError(f"{path} {problem}: {listed(tables or own) or 'nothing'}; give one of them as --data.member")
    return tables[0]


def _kind(name: str) -> str:
    return PurePosixPath(name).suffix.lower()


def _may_be_text(name: str) -> bool:
    stem = PurePosixPath(name).stem.lower()
    return _kind(name) in (".txt", ".dat", ".db", ".sqlite", ".sqlite3", "") and not stem.startswith(NO_TABLES)
