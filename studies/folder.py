"""Files that are whole or not there, in a folder."""

import json
from collections.abc import Mapping
from csv import QUOTE_MINIMAL, QUOTE_NONNUMERIC
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from greenlight_films.datamodules import InputError
from greenlight_films.datamodules.tables.label_cells import is_nested
from greenlight_films.datamodules.whole_files import Content, cannot_write, write_whole

DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # a spreadsheet's formulas begin so
NEGATIVE = r"-\d+(\.\d+)?([eE][+-]?\d+)?"  # a number, and no formula


def as_json(cells: pd.Series) -> pd.Series:
    """Return cells that hold lists or objects as JSON; missing ones stay so."""
    texts = [_json(cell) if given else None for cell, given in zip(cells, cells.notna(), strict=True)]
    return pd.Series(texts, cells.index, dtype="str")


def _json(cell: Any) -> str:
    plain = cell.tolist() if isinstance(cell, np.ndarray) else cell
    return json.dumps(plain, ensure_ascii=False, default=lambda part: getattr(part, "tolist", lambda: str(part))())


@dataclass(frozen=True)
class Folder:
    """A folder to write into."""

    path: Path

    def write_json(self, name: str, content: dict[str, Any]) -> None:
        self.write_text(name, self.json(content))

    @staticmethod
    def json(content: dict[str, Any]) -> str:
        return json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n"

    def write_csv(self, name: str, table: pd.DataFrame) -> None:
        self.write_text(name, self.csv(table))

    @staticmethod
    def csv(table: pd.DataFrame) -> str:
        """Return a table as text in which no cell or heading is a formula: such a one gets an apostrophe.

        A negative number is none. Cells that hold lists or objects are written as JSON.
        """
        safe = table.copy(deep=False)
        for name in [name for name in safe if is_nested(safe[name])]:
            safe[name] = as_json(safe[name])
        for column in safe.columns[[not pd.api.types.is_numeric_dtype(kind) for kind in safe.dtypes]]:
            cells = safe[column].astype("str")
            risky = cells.str.startswith(DANGEROUS).fillna(False)
            if risky.any() and (risky := risky & ~cells.str.fullmatch(NEGATIVE).fillna(False)).any():
                safe[column] = safe[column].astype(object).mask(risky, "'" + cells)
        safe.columns = [f"'{name}" if str(name).startswith(DANGEROUS) else name for name in safe.columns]
        texts = safe.select_dtypes(exclude=["number", "bool"])
        returns = any(texts[column].astype("str").str.contains("\r", regex=False).any() for column in texts)
        # Python's writer doesn't quote a carriage return that ends no line.
        quoting = QUOTE_NONNUMERIC if returns else QUOTE_MINIMAL
        return safe.to_csv(index=False, lineterminator="\n", quoting=quoting)

    def read_csv(self, name: str, columns: list[str] | None = None) -> pd.DataFrame:
        """Read a table that `write_csv` wrote, or some columns of it, its texts as they were.

        Raises:
            ValueError: it was changed since.
        """
        chosen = columns and [name for given in columns for name in (given, f"'{given}")]
        usecols = None if chosen is None else lambda heading: heading in chosen
        table = pd.read_csv(self.path / name, usecols=usecols, low_memory=False)
        if not isinstance(table.index, pd.RangeIndex):  # pandas makes one of what stands beyond the header
            raise ValueError("rows must have as many cells as the header")
        signs = tuple(f"'{sign}" for sign in DANGEROUS)
        table.columns = [heading[1:] if heading.startswith(signs) else heading for heading in table.columns]
        for column in table.select_dtypes("str"):
            guarded = table[column].str.startswith(signs).fillna(False).astype(bool)
            if guarded.any():
                table[column] = table[column].mask(guarded, table[column].str.slice(1))
        return table

    def write_text(self, name: str, text: str) -> None:
        self.write_bytes(name, text.encode("utf-8"))

    def write_bytes(self, name: str, content: bytes) -> None:
        self.write_all({name: content})

    def write_all(self, contents: Mapping[str, Content]) -> None:
        """Write files, or none where there is no room for one; see `write_whole`."""
        if not self.path.is_dir():
            raise InputError(f"the folder {self.path} is gone: leave it in place while a command writes into it")
        paths = {self.path / name: content for name, content in contents.items()}
        for path in paths:
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
            except OSError as problem:
                raise cannot_write(path, problem) from None
        write_whole(paths)
