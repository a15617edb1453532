"""Writes the files of importances into a run's folder: tables, a picture, and contributions to predictions."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from io import BytesIO
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import parquet

from greenlight_films.datamodules import FilmDataModule
from greenlight_films.datamodules.feature_sets import feature_names
from greenlight_films.datamodules.number_format import to_digits
from greenlight_films.datamodules.whole_files import Content
from greenlight_films.importance import FEW_FILMS, ImportanceResult
from greenlight_films.importance.contributions import Contributions
from greenlight_films.importance.result import ColumnSet
from greenlight_films.studies.background_file import BACKGROUND, EXPLAINED, packed_films
from greenlight_films.studies.long_tables import LINES, in_blocks, table_files
from greenlight_films.studies.metrics import NUMBER
from greenlight_films.studies.run_folder import RunFolder

CONTRIBUTIONS, LABELS = "contributions.parquet", "held_out_labels.parquet"
FEATURES, AGGREGATED, TABLE = "Permu_importance_df", "aggregated_importance", "employee_with_importance"
PARTS = "importance_parts"
RELATED = {name: f"importance_{name}" for name in ("groups", "pairs", "conditional")}
PACKED = ("importance", "direction", "std", "se_shuffle", "se_sample", "low_95", "high_95")
DIGITS = 6  # significant digits of a written importance: more of an estimate is noise


def write_importance(
    run: RunFolder, result: ImportanceResult, data: FilmDataModule, listed: Sequence[str] = ()
) -> None:
    """Write every file of importances, or none: they are of one measurement.

    Args:
        listed: features, by name or pattern, that the CSV of features has wherever they rank.
    """
    contents: dict[str, Content] = {}
    for name, table in _tables(result).items():
        more = _listed(table, listed, data) if name == FEATURES else None
        contents |= table_files(name, in_blocks(table), more, packed=PACKED)
    films = data.read_once()
    blocks = (_warned(block, result) for block in with_importance(films, data, result))
    contents |= table_files(TABLE, blocks, packed=_sums(films, result))
    contents |= _descriptions(result)
    contents[LABELS] = _packed_labels(data, str(result.summary["split"]))
    if result.contributions is not None:
        contents |= _explanations(result, result.contributions, data)
    run.write_all(contents)
    tables = (FEATURES, AGGREGATED, TABLE, PARTS, *RELATED.values())
    files = [f"{name}.{ending}" for name in tables for ending in ("csv", "parquet")]
    for name in (*files, CONTRIBUTIONS, BACKGROUND, EXPLAINED):
        if name not in contents:
            (run.path / name).unlink(missing_ok=True)  # of an earlier measurement or model


def _tables(result: ImportanceResult) -> dict[str, pd.DataFrame]:
    """Return the tables of features and sets of them, with the warnings in every line, since lines are sorted."""
    tables = {FEATURES: result.features, AGGREGATED: result.aggregated}
    if result.related is not None:
        related = {file: getattr(result.related, name) for name, file in RELATED.items()}
        tables |= {file: table for file, table in related.items() if len(table.columns)}
    if result.by_part is not None and len(result.by_part):
        tables[PARTS] = result.by_part
    return {name: _warned(_rounded(table), result) for name, table in tables.items()}


def _warned(table: pd.DataFrame, result: ImportanceResult) -> pd.DataFrame:
    return table.assign(**{_free("warning", table): result.in_short}) if result.warnings else table


def _listed(features: pd.DataFrame, listed: Sequence[str], data: FilmDataModule) -> pd.DataFrame:
    """Return the lines of some features, of those that a CSV doesn't have anyway."""
    beyond = features.iloc[LINES:]
    if beyond.empty or not listed:
        return beyond.iloc[:0]
    return beyond[beyond["feature"].isin(feature_names(data.fitted.encoder.space, listed))]


def _descriptions(result: ImportanceResult) -> dict[str, Content]:
    """Return how importances were measured, the sum of each role, and a picture."""
    from greenlight_films.lightning_modules.callbacks.importance_figures import values_chart  # matplotlib takes long

    roles = result.aggregated.query("level == 'role'").sort_values("sum_of_values", ascending=False)
    lines = [f"{role}: {total:.9g}" for role, total in zip(roles["name"], roles["sum_of_values"], strict=True)]
    picture = BytesIO()
    values_chart(result).savefig(picture, dpi=150, format="png")
    return {
        "Aggregated_importanceNN.txt": ("\n".join([*result.warnings, *lines]) + "\n").encode("utf-8"),
        "importance.json": RunFolder.json(describe_importance(result)).encode("utf-8"),
        "importance.png": picture.getvalue(),
    }


def _explanations(result: ImportanceResult, contributions: Contributions, data: FilmDataModule) -> dict[str, Content]:
    """Return the contributions of some films, and the films that they are of and measured from."""
    films, fingerprint = data.films, data.fitted.fingerprint
    background = films.encoded.take(np.searchsorted(films.number, contributions.background))
    rows = np.searchsorted(films.number, np.unique(contributions.table["row"]))
    explained = replace(films.encoded.take(rows), inputs=None)  # held-out films' are sums over their labels
    return {
        CONTRIBUTIONS: _packed(contributions, result, data.declared.target.learnt_unit),
        BACKGROUND: packed_films(background, fingerprint),
        EXPLAINED: packed_films(explained, fingerprint),
    }


def describe_importance(result: ImportanceResult) -> dict[str, Any]:
    """Return what `importance.json` holds: how importances were measured, and of how many features."""
    values, numbers = result.values, result.numbers
    n_features = len(values.mean) + len(numbers.mean)
    estimable = int(values.estimable.sum()) + int(numbers.estimable.sum())
    few = values.estimable & (values.n_films < FEW_FILMS)
    return {
        **({"warning": " ".join(result.warnings)} if result.warnings else {}),
        **result.summary,
        **({"average_prediction": average.average_prediction} if (average := result.contributions) else {}),
        "features": n_features,
        "estimable": estimable,
        "not_estimable": n_features - estimable - result.missing_features,
        "fewer_than_3_films": int(few.sum()),
        "missing": result.missing_features,
        "missing_columns": result.missing_sets,
        **({} if result.related is None else {"related": result.related.notes}),
    }


def with_importance(table: pd.DataFrame, data: FilmDataModule, result: ImportanceResult) -> Iterator[pd.DataFrame]:
    """Return the table with, for each feature column, the summed importance of the row's own values, in blocks.

    Values that are not estimable add nothing; a row without a target, which the model never saw, has none. Where a
    condition leaves out rows, a column has the numbers of the others in the table, from 1.
    """
    columns = [column for column in result.sets if column.level == "column"]
    names = _sums(table, result)
    for block in in_blocks(table):
        rows = np.flatnonzero(np.isin(data.films.number - 1, block.index))
        sums = to_digits(_importance_of_rows(rows, columns, data, result), DIGITS)
        of_rows = pd.DataFrame(sums, index=data.films.number[rows] - 1, columns=names).reindex(block.index)
        if data.where is not None:  # the rows are not all of the table's
            of_rows[NUMBER] = block.index.to_numpy() + 1
        yield pd.concat([block, of_rows], axis=1)


def _sums(table: pd.DataFrame, result: ImportanceResult) -> list[str]:
    """Return the names of the columns that `with_importance` adds for the feature columns and their sum."""
    names = list[str]()
    for name in (*(f"importance of {column.name}" for column in result.sets if column.level == "column"), "importance"):
        names.append(_free(name, [*table, *names]))
    return names


def _importance_of_rows(
    rows: np.ndarray, columns: list[ColumnSet], data: FilmDataModule, result: ImportanceResult
) -> np.ndarray:
    """Return the importances of the values that rows have, summed by column and in all, (n_rows, n_columns + 1)."""
    labels, dense = data.films.encoded.labels[rows], data.films.encoded.dense[rows]
    of_value, of_number = (part.mean.nan_to_num().double().numpy() for part in (result.values, result.numbers))
    column_of = np.zeros(len(of_value), dtype=np.int64)
    for number, column in enumerate(columns):
        column_of[column.labels] = number
    cell = np.repeat(np.arange(len(rows)), np.diff(labels.indptr)) * len(columns) + column_of[labels.indices]
    summed = np.bincount(cell, of_value[labels.indices], len(rows) * len(columns)).astype(np.float64)
    summed = summed.reshape(len(rows), len(columns))
    is_indicator = np.array([block.kind == "missing" for block in data.fitted.encoder.space.dense], dtype=bool)
    for number, column in enumerate(columns):
        indicators = column.dense[is_indicator[column.dense]]
        is_missing = (dense[:, indicators] > 0).any(1)
        known = of_number[np.setdiff1d(column.dense, indicators)].sum()
        summed[:, number] += np.where(is_missing, of_number[indicators].sum(), known)
    return np.column_stack([summed, summed.sum(axis=1)])


def _packed(contributions: Contributions, result: ImportanceResult, unit: str) -> bytes:
    table = contributions.table
    arrays = {
        "row": pa.array(table["row"], pa.int32()),
        **{name: pa.array(table[name], pa.string()).dictionary_encode() for name in ("column", "value")},
        **{name: pa.array(table[name], pa.float64(), from_pandas=True) for name in ("contribution", "alone")},
    }
    metadata = {"unit": unit, "unit of alone": result.summary["unit"], "warning": result.in_short}
    return _parquet(pa.table(arrays).replace_schema_metadata(metadata))


def _packed_labels(data: FilmDataModule, side: str) -> bytes:
    """Return the labels that the held-out rows have: row and feature."""
    films = data.films
    rows = getattr(films.rows, side)
    labels = films.encoded.labels[rows]
    names = pa.array(data.fitted.encoder.space.label_names(), pa.string())
    row = np.repeat(films.number[rows], np.diff(labels.indptr))
    features = names.take(pa.array(labels.indices.astype(np.int64))).dictionary_encode()
    return _parquet(pa.table({"row": pa.array(row, pa.int32()), "feature": features}))


def _parquet(table: pa.Table) -> bytes:
    packed = BytesIO()
    parquet.write_table(table, packed, compression="zstd")
    return packed.getvalue()


def _rounded(table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(**{name: to_digits(table[name].to_numpy(), DIGITS) for name in table.select_dtypes("float")})


def _free(name: str, known: Collection[str]) -> str:
    """Return a name that is no column of the table yet."""
    while name in known:
        name += " (Greenlight)"
    return name
