"""The message for rows of a text table that have other than the header's number of cells."""

from collections.abc import Sequence
from typing import NoReturn

from greenlight_films.datamodules.errors import InputError

SHOWN = 20  # rows that the message names


def refuse_ragged(name: str, width: int, ragged: Sequence[tuple[int, int, Sequence[str]]]) -> NoReturn:
    """Raise an InputError that names rows of a wrong width, and what helps there.

    Args:
        name: of the file.
        width: cells of the header.
        ragged: the line of each row, its number, both from 1, and its cells.
    """
    shown = ", ".join(f"line {line} (row {number}) has {len(cells)}" for line, number, cells in ragged[:SHOWN])
    more = f", ... ({len(ragged):,} rows)" if len(ragged) > SHOWN else f" ({len(ragged)} rows)" if ragged[1:] else ""
    remedy = _remedy([cells for *_, cells in ragged], width)
    raise InputError(
        f"{name}: every row must have the header's {width} cells, {shown}{more}; {remedy}, or give --data.delimiter or "
        "--data.quote",
        ragged[0][1],
    )


def _remedy(ragged: Sequence[Sequence[str]], width: int) -> str:
    longer = [any(map(str.strip, cells[width:])) for cells in ragged if len(cells) > width]
    remedies = {
        "put cells that hold a delimiter in quotes": any(longer),
        "remove the delimiter at the end of rows whose last cell is empty": not all(longer),
        "complete rows that are cut off": len(longer) < len(ragged),
    }
    return ", ".join(remedy for remedy, fits in remedies.items() if fits)
