"""Read a Parquet file into an Arrow table; refuse small files that unpack to fill the memory."""

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as papq

from greenlight_films.datamodules.errors import InputError

SWOLLEN, SWOLLEN_RATIO = 2**30, 1_000
"""A table must not take more than so many bytes of memory, and more than so many times its file's size."""

TEXTS = (pa.string(), pa.binary(), pa.large_string(), pa.large_binary())


def read_parquet(path: Path) -> pa.Table:
    """Read a file whole; what is no Parquet file, or too large in memory, is refused."""
    remedy = "write it without compression and dictionaries"
    try:
        file = papq.ParquetFile(path)
        refuse_size(path, _declared_size(file), remedy)
        # A repeated text stands in the file once: it stays so until the length of all of them is known.
        texts = [file.schema.column(index).path for index in range(len(file.schema))]
        packed = papq.read_table(path, read_dictionary=texts)
        packed.validate(full=True)  # cells may be declared as text and be none
        refuse_size(path, sum(_unpacked_size(chunk) for column in packed.columns for chunk in column.chunks), remedy)
        return packed.cast(file.schema_arrow)
    except (InputError, MemoryError):
        raise
    except (pa.ArrowException, OSError, UnicodeError, ValueError, OverflowError) as error:
        reason = (str(error).splitlines() or ["it can't be read"])[0]
        raise InputError(f"{path} is not a Parquet file: {reason}; write or fetch it again") from None


def refuse_size(path: Path, size: float, remedy: str) -> None:
    """Refuse a table that takes `size` bytes of memory, far more than its file."""
    if size > max(SWOLLEN, SWOLLEN_RATIO * path.stat().st_size):
        raise InputError(
            f"{path} takes {size / 2**30:,.1f} GiB of memory, more than {SWOLLEN_RATIO} times its size, which few "
            f"tables do; if it is one, {remedy}"
        )


def _declared_size(file: papq.ParquetFile) -> int:
    """Return the bytes that the file's metadata declares."""
    kinds = [file.schema.column(index) for index in range(len(file.schema))]
    widths = {"BOOLEAN": 1, "INT32": 4, "FLOAT": 4, "INT96": 12}  # bytes of a value; others take 8 or more
    width = sum(max(widths.get(kind.physical_type, 8), kind.length or 0) for kind in kinds)
    # Of a row group alone: pyarrow ends the process over a column's that is broken.
    groups = [file.metadata.row_group(index) for index in range(file.metadata.num_row_groups)]
    return sum(max(width * group.num_rows, group.total_byte_size) for group in groups)


def _unpacked_size(array: pa.Array) -> int:
    """Return the bytes of an array once its repeated texts are written out."""
    kind = array.type
    if pa.types.is_dictionary(kind) and kind.value_type in TEXTS:
        lengths = pc.binary_length(array.dictionary).cast(pa.int64()).take(array.indices)
        return pc.sum(lengths).as_py() or 0
    if pa.types.is_map(kind):
        return _unpacked_size(array.keys) + _unpacked_size(array.items)
    if pa.types.is_nested(kind):
        inner = array.flatten()
        return sum(map(_unpacked_size, inner if isinstance(inner, list) else [inner]))
    return array.nbytes
