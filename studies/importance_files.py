"""Writes the files of importances into a run's folder: tables, a picture, and what moved every prediction."""

from collections.abc import Collection
from dataclasses import replace
from io import BytesIO
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import parquet

from greenlight_films.datamodules import FilmDataModule, Films
from greenlight_films.importance import FEW_FILMS, ImportanceResult
from greenlight_films.importance.contributions import Contributions
from greenlight_films.importance.result import ColumnSet
from greenlight_films.studies.background_file import BACKGROUND, EXPLAINED, packed_films
from greenlight_films.studies.metrics import NUMBER
from greenlight_films.studies.run_folder import RunFolder

CONTRIBUTIONS, LABELS = "contributions.parquet", "held_out_labels.parquet"
PARTS = "importance_parts.csv"
RELATED = {name: f"importance_{name}.csv" for name in ("groups", "pairs", "conditional")}
DIGITS = 6  # significant digits of a written importance: more of an estimate is noise


def write_importance(run: RunFolder, result: ImportanceResult, data: FilmDataModule) -> None:
    """Write every file of importances, or none: they are of one measurement."""
    from greenlight_films.lightning_modules.callbacks.importance_figures import values_chart  # matplotlib takes long

    tables = {
        "Permu_importance_df.csv": _rounded(result.features),
        "aggregated_importance.csv": _rounded(result.aggregated),
        "employee_with_importance.csv": with_importance(data.read(), data, result),
    }
    if result.related is not None:
        related = {file: getattr(result.related, name) for name, file in RELATED.items()}
        tables |= {file: _rounded(table) for file, table in related.items() if len(table.columns)}
    if result.by_part is not None and len(result.by_part):
        tables[PARTS] = _rounded(result.by_part)
    if result.warnings:  # into every line, since lines are sorted and copied
        tables = {name: table.assign(**{_free("warning", table): result.in_short}) for name, table in tables.items()}
    contents = {name: run.csv(table).encode("utf-8") for name, table in tables.items()}
    roles = result.aggregated.query("level == 'role'").sort_values("sum_of_values", ascending=False)
    lines = [f"{role}: {total:.9g}" for role, total in zip(roles["name"], roles["sum_of_values"], strict=True)]
    contents["Aggregated_importanceNN.txt"] = ("\n".join([*result.warnings, *lines]) + "\n").encode("utf-8")
    contents["importance.json"] = run.json(describe_importance(result)).encode("utf-8")
    picture = BytesIO()
    values_chart(result).savefig(picture, dpi=150, format="png")
    contents["importance.png"] = picture.getvalue()
    contents[LABELS] = _packed_labels(data, str(result.summary["split"]))
    if result.contributions is not None:
        contents[CONTRIBUTIONS] = _packed(result.contributions, result, data.declared.target.learnt_unit)
        background = np.searchsorted(data.films.number, result.contributions.background)
        contents[BACKGROUND] = packed_films(data.films.encoded.take(background), data.fitted.fingerprint)
        rows = np.searchsorted(data.films.number, np.unique(result.contributions.table["row"]))
        explained = replace(data.films.encoded.take(rows), inputs=None)  # held-out films' are sums over their labels
        contents[EXPLAINED] = packed_films(explained, data.fitted.fingerprint)
    run.write_all(contents)
    for name in (*RELATED.values(), PARTS):
        if name not in contents:
            (run.path / name).unlink(missing_ok=True)  # of an earlier measurement
    if result.contributions is None:
        for name in (CONTRIBUTIONS, BACKGROUND, EXPLAINED):  # of an earlier model
            (run.path / name).unlink(missing_ok=True)


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


def with_importance(table: pd.DataFrame, data: FilmDataModule, result: ImportanceResult) -> pd.DataFrame:
    """Return the whole table with, for each feature column, the summed importance of the row's own values.

    Values that are not estimable add nothing; a row without a target, which the model never saw, has none. Where a
    condition leaves out rows, a column has the numbers of the others in the table, from 1.
    """
    films = data.films
    total, added = np.zeros(films.n_rows), dict[str, np.ndarray]()
    for column in result.sets:
        if column.level == "column":
            summed = _importance_of_rows(column, data, result)
            added[_free(f"importance of {column.name}", [*table, *added])] = _in_table(summed, films, table.index)
            total += summed
    added[_free("importance", [*table, *added])] = _in_table(total, films, table.index)
    if data.where is not None:  # the rows are not all of the table's
        added[NUMBER] = table.index.to_numpy() + 1
    return pd.concat([table, pd.DataFrame(added, index=table.index)], axis=1)


def _importance_of_rows(column: ColumnSet, data: FilmDataModule, result: ImportanceResult) -> np.ndarray:
    """Return the importances of the values that each row has in a column, summed, (n_rows,)."""
    films = data.films
    labels, dense = films.encoded.labels, films.encoded.dense
    of_value = np.zeros(len(result.values.mean))
    of_value[column.labels] = result.values.mean.nan_to_num().numpy()[column.labels]
    of_number = result.numbers.mean.nan_to_num().numpy()
    row = np.repeat(np.arange(films.n_rows), np.diff(labels.indptr))
    summed = np.bincount(row, weights=of_value[labels.indices], minlength=films.n_rows).astype(np.float64)
    is_indicator = np.array([block.kind == "missing" for block in data.fitted.encoder.space.dense], dtype=bool)
    indicators = column.dense[is_indicator[column.dense]]
    is_missing = (dense[:, indicators] > 0).any(1) if len(indicators) else np.zeros(films.n_rows, dtype=bool)
    known = of_number[np.setdiff1d(column.dense, indicators)].sum()
    return summed + np.where(is_missing, of_number[indicators].sum(), known)


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
    return table.assign(**{name: _significant(table[name].to_numpy()) for name in table.select_dtypes("float")})


def _significant(values: np.ndarray) -> np.ndarray:
    return np.array([float(f"{value:.{DIGITS}g}") for value in values])


def _free(name: str, known: Collection[str]) -> str:
    """Return a name that is no column of the table yet."""
    while name in known:
        name += " (Greenlight)"
    return name


def _in_table(values: np.ndarray, films: Films, index: pd.Index) -> np.ndarray:
    return pd.Series(_significant(values), index=films.number - 1).reindex(index).to_numpy()
