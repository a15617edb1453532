"""The importances of a run, as files and as the tables at its end."""

from io import BytesIO
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import parquet
from rich.console import Console
from rich.table import Table
from rich.text import Text

from greenlight_films.datamodules import FilmDataModule, Films
from greenlight_films.importance import FEW_FILMS, ImportanceResult
from greenlight_films.importance.contributions import Contributions
from greenlight_films.importance.result import margins
from greenlight_films.reports.score_table import LOUD
from greenlight_films.studies.run_folder import RunFolder

CONTRIBUTIONS = "contributions.parquet"
SHOWN, DIGITS = 10, 6


def write_importance(run: RunFolder, study: ImportanceResult, films: FilmDataModule) -> None:
    """Write every file of importances into a run's folder, or none: they are of one measurement."""
    from greenlight_films.lightning_modules.callbacks.importance_figures import (
        values_chart,  # matplotlib takes half a second
    )

    tables = {
        "Permu_importance_df.csv": _rounded(study.features),
        "aggregated_importance.csv": _rounded(study.aggregated),
        "employee_with_importance.csv": with_importance(films.read(), films, study),
    }
    contents = {name: run.csv(_warned(table, study)).encode("utf-8") for name, table in tables.items()}
    roles = study.aggregated[study.aggregated["level"] == "role"].sort_values("sum", ascending=False)
    lines = [f"{role}: {total:.9g}" for role, total in zip(roles["name"], roles["sum"], strict=True)]
    contents["Aggregated_importanceNN.txt"] = ("\n".join([*study.warnings, *lines]) + "\n").encode("utf-8")
    contents["importance.json"] = run.json(describe_importance(study)).encode("utf-8")
    picture = BytesIO()
    values_chart(study).savefig(picture, dpi=150, format="png")
    contents["importance.png"] = picture.getvalue()
    if study.contributions is not None:
        contents[CONTRIBUTIONS] = _packed(study.contributions, study)
    run.write_all(contents)
    if study.contributions is None:
        (run.path / CONTRIBUTIONS).unlink(missing_ok=True)  # of an earlier model


def _packed(found: Contributions, study: ImportanceResult) -> bytes:
    """Return one line a row and value, as Parquet."""
    names = pa.array(study.described["feature"], pa.string())
    table = pa.table(
        {
            "row": pa.array(found.row, pa.int32()),
            "feature": names.take(pa.array(found.feature)).dictionary_encode(),
            "contribution": pa.array(found.value.astype(np.float32)),
        }
    )
    said = {"unit": study.summary["unit"], "warning": study.in_short}
    packed = BytesIO()
    parquet.write_table(table.replace_schema_metadata(said), packed, compression="zstd")
    return packed.getvalue()


def _warned(table: pd.DataFrame, study: ImportanceResult) -> pd.DataFrame:
    """Say in every line, since lines are sorted and copied, what takes these importances their meaning."""
    return table.assign(**{_free("warning", table): study.in_short}) if study.warnings else table


def _rounded(table: pd.DataFrame) -> pd.DataFrame:
    """Keep six significant digits: more of an estimate is noise, also to the eye."""
    return table.assign(**{name: _significant(table[name].to_numpy()) for name in table.select_dtypes("float")})


def _significant(values: np.ndarray) -> np.ndarray:
    return np.array([float(f"{value:.{DIGITS}g}") for value in values])


def describe_importance(study: ImportanceResult) -> dict[str, Any]:
    """Return what `importance.json` says: how importances were measured, and of how many features."""
    values, numbers = study.values, study.numbers
    n_features = len(values.mean) + len(numbers.mean)
    estimable = int(values.estimable.sum()) + int(numbers.estimable.sum())
    said = {"warning": " ".join(study.warnings)} if study.warnings else {}
    few = values.estimable & (values.n_films < FEW_FILMS)
    return {
        **said,
        **study.summary,
        "features": n_features,
        "estimable": estimable,
        "not_estimable": n_features - estimable - study.missing_features,
        "fewer_than_5_films": int(few.sum()),
        "missing": study.missing_features,
        "missing_columns": study.missing_sets,
    }


def with_importance(table: pd.DataFrame, data: FilmDataModule, study: ImportanceResult) -> pd.DataFrame:
    """Return the whole table with, for each feature column, the summed importance of the row's own values.

    Values that are not estimable add nothing; a row without a target, which the model never saw, has none.
    """
    films, space = data.films, data.fitted.encoder.space
    by_column = {one.name: one for one in study.sets if one.level == "column"}
    labels, dense = films.encoded.labels, films.encoded.dense
    row = np.repeat(np.arange(films.n_rows), np.diff(labels.indptr))
    of_value = study.values.mean.nan_to_num().numpy()
    of_number = study.numbers.mean.nan_to_num().numpy()
    is_missing = np.array([block.kind == "missing" for block in space.dense], dtype=bool)
    table, total = table.copy(deep=False), np.zeros(films.n_rows)
    for name, one in by_column.items():
        mine = np.zeros(len(of_value))
        mine[one.labels] = of_value[one.labels]
        summed = np.bincount(row, weights=mine[labels.indices], minlength=films.n_rows).astype(np.float64)
        indicators = one.dense[is_missing[one.dense]]
        absent = (dense[:, indicators] > 0).any(1) if len(indicators) else np.zeros(films.n_rows, dtype=bool)
        summed += np.where(absent, of_number[indicators].sum(), of_number[np.setdiff1d(one.dense, indicators)].sum())
        table[_free(f"importance of {name}", table)] = _placed(summed, films, len(table))
        total += summed
    table[_free("importance", table)] = _placed(total, films, len(table))
    return table


def _free(name: str, table: pd.DataFrame) -> str:
    """Return a name that is no column of the table yet."""
    while name in table:
        name += " (Greenlight)"
    return name


def _placed(values: np.ndarray, films: Films, n_rows: int) -> np.ndarray:
    placed = np.full(n_rows, np.nan)
    placed[films.number - 1] = _significant(values)
    return placed


def print_importance(study: ImportanceResult, console: Console) -> None:
    """Print the most important features and the columns, and what must be known of them."""
    known = study.features[study.features["importance"].notna()]
    known_sets = study.aggregated[study.aggregated["importance"].notna()]
    console.print()
    for warning in study.warnings:
        console.print(warning, style=LOUD)
    title = f"What the predictions of {study.films} rest on: {study.measure}"
    console.print(title, style="bold", highlight=False, markup=False, soft_wrap=True)
    _print(f"{min(SHOWN, len(known))} of {len(known):,} features", "feature", known.head(SHOWN), console)
    for level, heading in (("column", "whole columns"), ("group", "groups")):
        _print(heading, "name", known_sets[known_sets["level"] == level], console)
    said = describe_importance(study)
    console.print(
        f"{int((study.values.n_films == 0).sum()):,} values are in none of the {study.films}: not estimable. "
        f"{said['fewer_than_5_films']:,} are in fewer than {FEW_FILMS}: their errors can't be trusted. "
        f"{study.summary['seconds']:.1f} s.",
        highlight=False,
        soft_wrap=True,
    )
    if not study.is_whole:
        missing = f"{study.missing_features:,} features and {study.missing_sets:,} columns, roles or groups"
        console.print(f"Stopped: {missing} are missing.", style=LOUD)


def _print(title: str, name: str, rows: pd.DataFrame, console: Console) -> None:
    if rows.empty:
        return
    table = Table(title=Text(title), title_justify="left")
    table.add_column("")
    for heading in ("importance", "± 95 %", "films"):
        table.add_column(heading, justify="right")
    for one, value, margin, films in zip(rows[name], rows["importance"], margins(rows), rows["n_films"], strict=True):
        table.add_row(Text(one), f"{value:.4g}", f"{margin:.2g}", f"{films:,}")
    console.print(table)
