"""Sentences on rows and features that a run's CSV files and its page leave out, and where the rest is."""

from pathlib import Path

from pyarrow import parquet

from greenlight_films.datamodules.program import command
from greenlight_films.reports.feature_slices import LEADING, MOST, PAGE, slices_of
from greenlight_films.studies.importance_files import FEATURES, TABLE
from greenlight_films.studies.long_tables import LINES
from greenlight_films.studies.results import Results


def left_out(results: Results, page: Path = Path(PAGE)) -> list[str]:
    """Return a sentence for each file that lacks something, and how to get it; none of a run of usual size."""
    again = command(f"importance --run {results.path} --features '[\"NAME\"]'")
    listed = f"`{again}` lists features of your choice in the CSV, too"
    sentences = [
        f"{name}.csv has the first {LINES:,} of {n_lines:,} {what}, {name}.parquet all of them{more}."
        for name, what, more in ((FEATURES, "features", f"; {listed}"), (TABLE, "rows", ""))
        if (n_lines := _n_lines(results.run.path / f"{name}.parquet"))
    ]
    if (n_features := len(results.estimable)) > MOST:
        sentences.append(
            f"{page.name} shows the {LEADING} leading values of each role; its search reads all {n_features:,} from "
            f"the folder {slices_of(page).name}, which must lie beside it."
        )
    return sentences


def _n_lines(path: Path) -> int:
    return int(parquet.read_metadata(path).num_rows) if path.is_file() else 0
