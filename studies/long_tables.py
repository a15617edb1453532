"""Tables of any length as files: a CSV, and where that holds the first lines alone, the whole table in Parquet."""

from collections.abc import Collection, Iterator
from functools import partial
from itertools import chain
from pathlib import Path
from typing import IO

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import parquet

from greenlight_films.datamodules.tables.label_cells import is_nested
from greenlight_films.datamodules.whole_files import Content
from greenlight_films.studies.folder import Folder, as_json

LINES = 100_000  # of a CSV, and of a block


def in_blocks(table: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """Return a table in blocks of `LINES` lines; an empty one in a single block."""
    return (table.iloc[start : start + LINES] for start in range(0, max(len(table), 1), LINES))


def table_files(
    name: str, blocks: Iterator[pd.DataFrame], more: pd.DataFrame | None = None, packed: Collection[str] = ()
) -> dict[str, Content]:
    """Return the files of a table: `<name>.csv`, and where there is more than one block, `<name>.parquet` with all.

    A table is whole in exactly one of them, so that no two files can disagree. In Parquet, texts are as they are; in a
    CSV none is a formula.

    Args:
        blocks: of `LINES` lines each, but for the last; never held together.
        more: lines that the CSV shall have beside those of the first block.
        packed: columns of few digits, float32 in Parquet.
    """
    first = next(blocks)
    lines = first if more is None or more.empty else pd.concat([first, more])
    files: dict[str, Content] = {f"{name}.csv": Folder.csv(lines).encode("utf-8")}
    second = next(blocks, None)
    if second is not None:
        files[f"{name}.parquet"] = partial(_write_parquet, chain([first, second], blocks), packed)
    return files


def whole_file(path: Path) -> Path:
    """Return the file that has a table whole: the Parquet beside a CSV where there is one."""
    beside = path.with_suffix(".parquet")
    return beside if path.suffix == ".csv" and beside.is_file() else path


def _write_parquet(blocks: Iterator[pd.DataFrame], packed: Collection[str], stream: IO[bytes]) -> None:
    first = _plain(next(blocks), packed)
    schema = pa.Schema.from_pandas(first, preserve_index=False)
    with parquet.ParquetWriter(stream, schema, compression="zstd") as writer:
        for block in chain([first], (_plain(block, packed) for block in blocks)):
            writer.write_table(pa.Table.from_pandas(block, schema, preserve_index=False))


def _plain(block: pd.DataFrame, packed: Collection[str]) -> pd.DataFrame:
    """Return a block as Parquet takes it, and pandas reads it: cells of several kinds are texts, as in a CSV."""
    objects = [name for name in block if block[name].dtype == object]
    mixed = {name: as_json(block[name]) if is_nested(block[name]) else block[name].astype("str") for name in objects}
    # pandas doesn't know the name that it writes for the type of Arrow's lists.
    lists = [name for name in block if name not in mixed and is_nested(block[name])]
    mixed |= {name: block[name].astype(object) for name in lists}
    return block.assign(**mixed, **{name: block[name].astype(np.float32) for name in packed if name in block})
