"""The films of a table as it was read: the rows that meet a condition, in a shape with a row a film."""

import pandas as pd

from greenlight_films.datamodules.conditions import Condition
from greenlight_films.datamodules.errors import refuse_missing_columns
from greenlight_films.datamodules.shapes import Shape
from greenlight_films.datamodules.tables.find_formats import find_formats
from greenlight_films.datamodules.tables.formats import Formats
from greenlight_films.datamodules.tables.read_table import Table


def film_table(
    table: Table, where: Condition | None, shape: Shape | None, known: Formats
) -> tuple[pd.DataFrame, Formats, tuple[str, ...]]:
    """Return the films of a table, a row each, the formats of its columns, and sentences on what became of its rows.

    The frame's index counts the rows of the table that was read, from 0; the films, where they were shaped. The formats
    are those that were known, with those of the columns that the condition and the shape read.

    Args:
        where: the condition that rows must meet.
        shape: makes a row a film of them.
        known: how cells are written, as declared or found before.
    """
    frame, formats, notices, delimiter = table.frame, known, list(table.notices), table.layout.delimiter
    if where:
        refuse_missing_columns(where.needs(), frame.columns, "data.where")
        formats, assumed = find_formats(frame, where.needs(), formats, delimiter)
        frame, left_out = where.rows_of(frame, formats)
        notices += [*assumed, *left_out]
    if shape:
        formats, assumed = find_formats(frame, shape.needs(frame), formats, delimiter)
        notices += [*assumed, *shape.notices(frame, formats)]
        frame = shape.films(frame, formats)
    return frame, formats, tuple(notices)
