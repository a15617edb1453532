"""How the cells of the columns that a config names are written, found out once from the whole table."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Literal

import pandas as pd

from greenlight_films.datamodules.errors import all_or_faults
from greenlight_films.datamodules.tables.date_columns import find_date_formats
from greenlight_films.datamodules.tables.formats import Format, Formats
from greenlight_films.datamodules.tables.missing_cells import find_missing_texts
from greenlight_films.datamodules.tables.number_cells import find_number_formats

Need = Literal["number", "date", "text"]
"""What a column is read as, where its format must be found out."""


def find_formats(
    frame: pd.DataFrame, needs: Mapping[str, set[Need]], declared: Formats, delimiter: str | None = None
) -> tuple[Formats, list[str]]:
    """Return the formats of columns, and sentences on what was assumed.

    Args:
        needs: what each column is read as.
        declared: what the config says of them.
        delimiter: between the cells of a text file.

    Raises:
        InputError: the cells of a column can be read in two ways, or contradict each other; it names all such columns.
    """

    def needing(need: Need) -> list[str]:
        return [name for name, its in needs.items() if need in its and name in frame]

    results = all_or_faults(
        [
            partial(find_number_formats, frame, needing("number"), declared, delimiter),
            partial(find_date_formats, frame, needing("date"), declared),
            partial(find_missing_texts, frame, needing("text"), declared),
        ]
    )
    formats = dict[str, Format]()
    for by_column, _ in results:
        for name, format in by_column.items():
            formats[name] = replace(formats[name], **format.given()) if name in formats else format
    return declared.updated(formats), [notice for _, notices in results for notice in notices]
