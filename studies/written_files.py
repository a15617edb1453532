"""What those files of a run hold that a command reads again, and which command writes them anew."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from greenlight_films.datamodules import InputError
from greenlight_films.datamodules.program import command

COUNTS = {...: int}
SCORES = {...: float | None, "rmse": float | None, "r2": float | None}
NAMES: dict[str, Any] = {
    "metrics.json": {
        **{"study": str, "target": str, "unit": str, "films": int, "left_out": int, "leak": bool},
        **{"rows": {"train": int, "val": int, "test": int}, "features": {"dense": int, "labels": int}},
        **{"known_after_release?": [str], "unseen_labels": COUNTS, "models": {...: SCORES}},
        "fits?": {...: {"seconds?": float | None, "train?": {...: float | None}}},
    },
    "importance.json": {
        **{"estimator": str, "n_repeats": int | None, "loss": str, "unit": str, "films": int, "split": str},
        **{"features": int, "not_estimable": int, "warning?": str},
    },
    "artifacts/metadata.json": {"format": int, "fingerprint": str, "models": {...: {"kind": str}}},
    "config.yaml": {
        "data": {"table": object, "features": [{"init_args": {"column": str}}], "target": {}, "split?": object},
        "model": {},
    },
}
"""Keys with what stands there; `...` is every other key, and one that ends in `?` may be missing."""

ROW = "rows, each once"
_IMPORTANCES = dict.fromkeys(("importance", "se_shuffle", "se_sample"), float) | {"n_films": int}
TABLES: dict[str, dict[Any, Any]] = {
    "predictions.csv": {"row": ROW, "split": object, "actual": float, "predicted": float},
    "baselines/predictions.csv": {"row": ROW, "actual": float, "film?": object, "title?": object, ...: float},
    "Permu_importance_df.csv": {
        **{**_IMPORTANCES, "direction?": float, "q": float},
        **dict.fromkeys(("feature", "value", "role", "level"), object),
    },
    "aggregated_importance.csv": {**_IMPORTANCES, "level": object, "name": object},
    "contributions.parquet": {"row": int, "feature": object, "contribution": float},
}
"""Columns that are read, likewise."""

WRITERS = {"metrics.json": "test", "artifacts": "test", "predictions.csv": "predict", "baselines": "baselines"}
"""The command that writes a file anew, or those of a folder; the others are of `importance`."""

KINDS: dict[Any, str] = {str: "a text", int: "a whole number", bool: "true or false"}
NESTED: dict[type, str] = {dict: "names with what belongs to each", list: "a list"}


def refuse_other_content(run: Path, name: str, content: Any) -> None:
    """Refuse what no command wrote.

    Raises:
        InputError: with the file, what is wrong in it, and the command that writes it anew.
    """
    is_table = isinstance(content, pd.DataFrame)
    problems = _of_table(content, TABLES.get(name, {})) if is_table else _of_names(content, NAMES.get(name, {}), "")
    for problem in problems:
        raise unreadable(run, name, problem)


def unreadable(run: Path, name: str, problem: object) -> InputError:
    """Return what to say of a file that is not what a command wrote."""
    said = (str(problem).splitlines() or [type(problem).__name__])[0][:300]
    writer = WRITERS.get(Path(name).parts[0], "importance")
    again = f"remove it, and `{command(f'{writer} --run {run}')}` writes it anew"
    return InputError(f"{run / name} can't be read: {said}; {'bring back a copy' if name == 'config.yaml' else again}")


def _of_names(found: Any, wanted: Any, key: str) -> Iterator[str]:
    if isinstance(wanted, dict) and isinstance(found, dict):
        shapes = _known(wanted)
        yield from (f"'{key}{name}' is missing" for name in shapes if name in wanted and name not in found)
        for name, value in found.items():
            yield from _of_names(value, shapes.get(name, wanted.get(..., object)), f"{key}{name}.")
    elif isinstance(wanted, list) and isinstance(found, list):
        for one in found:
            yield from _of_names(one, wanted[0], key)
    elif isinstance(wanted, dict | list) or not _is(found, wanted):
        kind = NESTED.get(type(wanted), "") or KINDS.get(wanted, "a number")
        yield f"{repr(key[:-1]) if key else 'it'} must be {kind}, got {str(found)[:80]}"


def _of_table(table: pd.DataFrame, wanted: dict[Any, Any]) -> Iterator[str]:
    shapes = _known(wanted)
    yield from (f"no column '{name}'" for name in shapes if name in wanted and name not in table)
    for name, column in table.items() if len(table) else ():
        kind = shapes.get(str(name), wanted.get(..., object))
        if kind in (int, ROW) and not pd.api.types.is_integer_dtype(column):
            yield f"column '{name}' must hold whole numbers alone"
        elif kind is float and not pd.api.types.is_numeric_dtype(column):
            yield f"column '{name}' must hold numbers alone"
        elif kind == ROW and not column.is_unique:
            yield f"column '{name}' must hold each number once"


def _known(wanted: dict[Any, Any]) -> dict[str, Any]:
    return {name.removesuffix("?"): shape for name, shape in wanted.items() if name is not ...}


def _is(found: Any, kind: Any) -> bool:
    if type(found) is bool:  # which Python takes for an int
        return kind in (bool, object)
    if isinstance(found, int | float) and kind is not object:  # nor NaN, nor infinite; 1 is a float too
        return abs(found) < 2**63 and (isinstance(found, kind) or isinstance(0.5, kind))
    return isinstance(found, kind)
