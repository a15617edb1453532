"""The features of a long ranking for a page that holds the leading ones alone: scripts beside it, for its search.

A page that was opened as a file can't read files, but it may load scripts. Each calls `greenlightSlice(name, text)`:
the names of `NAMES` features in the order of their ranks, a line each, with a tab and their role; or the numbers of
`ROWS` of them.
"""

from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from greenlight_films.datamodules.number_format import to_digits
from greenlight_films.reports.explorer import DIGITS, feature_numbers
from greenlight_films.reports.figures.style import script_json
from greenlight_films.studies.folder import Folder

PAGE = "report.html"
MOST = 20_000  # features that a page holds whole
LEADING = 200  # of a role
ROLES = 10
NAMES, ROWS = 50_000, 4_000  # features of a file


def leading(features: pd.DataFrame) -> pd.DataFrame:
    """Return the features that a page holds, of those in the order of their ranks: all, or the first of each role."""
    if len(features) <= MOST:
        return features
    roles = features["role"].drop_duplicates().head(ROLES)
    first = features.groupby("role", sort=False).cumcount() < LEADING
    return features[first & features["role"].isin(roles)]


def slices_of(page: Path) -> Path:
    """Return the folder beside a page that its slices are in."""
    return page.with_name(f"{page.stem}_features")


def describe_slices(features: pd.DataFrame, page: Path) -> dict[str, Any] | None:
    """Return what the page's script must know to find a slice; None where the page holds all features."""
    if len(features) <= MOST:
        return None
    return {"folder": slices_of(page).name, "features": len(features), "names": NAMES, "rows": ROWS}


def write_slices(features: pd.DataFrame, page: Path) -> None:
    """Write the slices of features in the order of their ranks beside a page; none where it holds all."""
    folder = slices_of(page)
    for path in (*folder.glob("names_*.js"), *folder.glob("rows_*.js")):
        path.unlink()
    if len(features) <= MOST:
        return
    lines, numbers = _names(features), _numbers(features)
    for start in range(0, len(features), NAMES):
        _write(folder, f"names_{start // NAMES}", "\n".join(lines.slice(start, NAMES).to_pylist()))
    for start in range(0, len(features), ROWS):
        packed = BytesIO()
        csv.write_csv(numbers.slice(start, ROWS), packed, csv.WriteOptions(include_header=False))
        _write(folder, f"rows_{start // ROWS}", packed.getvalue().decode().rstrip("\n"))


def _names(features: pd.DataFrame) -> pa.ChunkedArray:
    texts = [pa.array(features[name].astype("str"), pa.large_string()) for name in ("feature", "role")]
    plain = [pc.replace_substring_regex(text, "[\t\r\n]", " ") for text in texts]
    return pa.chunked_array(pc.binary_join_element_wise(*plain, pa.scalar("\t", pa.large_string())))


def _numbers(features: pd.DataFrame) -> pa.Table:
    """Return films and what `feature_numbers` has, with few digits, null for what isn't finite."""
    columns = [to_digits(column, DIGITS) for column in feature_numbers(features)]
    known = [pa.array(column, mask=~np.isfinite(column)) for column in columns]
    return pa.table([pa.array(features["n_films"].to_numpy(np.int64)), *known], [str(n) for n in range(6)])


def _write(folder: Path, name: str, text: str) -> None:
    Folder(folder.parent).write_text(f"{folder.name}/{name}.js", f'greenlightSlice("{name}",{script_json(text)})\n')
