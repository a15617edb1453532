"""The films of a table as it was read: the rows that meet a condition, in a shape with a row a film."""

from dataclasses import dataclass

import pandas as pd

from greenlight_films.datamodules.conditions import Condition
from greenlight_films.datamodules.shapes import Shape
from greenlight_films.datamodules.tables.find_formats import find_formats
from greenlight_films.datamodules.tables.formats import Formats
from greenlight_films.datamodules.tables.read_table import Table


@dataclass(frozen=True)
class FilmTable:
    """Films, a row each.

    Attributes:
        frame: its index counts the rows of the table that was read, from 0; those of the films, where they were shaped.
        formats: those that were known, with those of the columns that the condition and the shape read.
        notices: sentences on rows that were left out or put together.
    """

    frame: pd.DataFrame
    formats: Formats
    notices: tuple[str, ...] = ()


def film_table(
    table: Table, where: Condition | None, shape: Shape | None, known: Formats, delimiter: str | None = None
) -> FilmTable:
    """Return the films of a table.

    Args:
        where: the condition that rows must meet.
        shape: makes a row a film of them.
        known: how cells are written, as declared or found before.
        delimiter: between the cells of a text file.
    """
    frame, formats, notices = table.frame, known, list(table.notices)
    if where:
        where.refuse_missing_columns(frame.columns)
        formats, assumed = find_formats(frame, where.needs(), formats, delimiter)
        frame, left_out = where.rows_of(frame, formats)
        notices += [*assumed, *left_out]
    if shape:
        formats, assumed = find_formats(frame, shape.needs(frame), formats, delimiter)
        notices += [*assumed, *shape.notices(frame, formats)]
        frame = shape.films(frame, formats)
    return FilmTable(frame, formats, tuple(notices))
