"""Checks of the files of a run that commands read again, and which command writes them anew."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
from pandas.api.types import is_bool_dtype, is_numeric_dtype

from greenlight_films.datamodules import InputError
from greenlight_films.datamodules.program import command

KEYS: dict[str, dict[str, type]] = {
    "metrics.json": {
        **dict.fromkeys(("study", "target", "unit"), str),
        **{"films": int, "left_out": int, "leak": bool},
        **dict.fromkeys(("rows", "features", "unseen_labels", "models"), dict),
    },
    "importance.json": dict.fromkeys(("estimator", "loss", "unit", "split"), str) | {"films": int, "features": int},
    "artifacts/metadata.json": {"format": int, "fingerprint": str, "models": dict},
    "config.yaml": {"data": dict, "model": dict},
}

NUMBERS: dict[str, tuple[str, ...]] = {
    "predictions.csv": ("row", "actual", "predicted"),
    "baselines/predictions.csv": ("row", "actual"),
    "Permu_importance_df.csv": ("importance", "se_shuffle", "se_sample", "n_films", "q"),
    "aggregated_importance.csv": ("importance", "se_shuffle", "se_sample", "n_films"),
    "contributions.parquet": ("row", "contribution"),
    "held_out_labels.parquet": ("row",),
    "importance_groups.csv": ("n_films", "importance", "low_95", "high_95", "sum_of_values"),
    "importance_pairs.csv": ("n_films", "joint", "first_alone", "second_alone", "prediction", "loss"),
    "importance_parts.csv": ("importance", "low_95", "high_95", "n_films"),
    "importance_conditional.csv": ("importance", "conditional", "low_95", "high_95", "explained", "n_films"),
    "coverage.csv": ("low", "high", "level", "films", "covered", "covered_low", "covered_high", "width"),
}
TEXTS = {  # the columns that are read again
    "predictions.csv": ("split",),
    "Permu_importance_df.csv": ("feature", "value", "role", "level"),
    "aggregated_importance.csv": ("name", "level"),
    "held_out_labels.parquet": ("feature",),
    "importance_groups.csv": ("features",),
    "importance_pairs.csv": ("first", "second"),
    "importance_conditional.csv": ("name",),
    "importance_parts.csv": ("name", "part"),
    "coverage.csv": ("by", "group"),
}

# The command that writes a file anew, or those of a folder; the others are of `importance`.
WRITERS = {
    **{"metrics.json": "test", "artifacts": "test", "baselines": "baselines"},
    **dict.fromkeys(("predictions.csv", "intervals.json", "coverage.csv"), "predict"),
}


def refuse_other_content(run: Path, name: str, content: Any) -> None:
    """Refuse a file that no command wrote."""
    problems = _of_table(name, content) if isinstance(content, pd.DataFrame) else _of_keys(name, content)
    for problem in problems:
        raise unreadable(run, name, problem)


def unreadable(run: Path, name: str, problem: object) -> InputError:
    """Return the error about a file that is not what a command wrote."""
    detail = (str(problem).splitlines() or [type(problem).__name__])[0][:300]
    again = command(f"{WRITERS.get(Path(name).parts[0], 'importance')} --run {run}")
    remedy = "bring back a copy" if name == "config.yaml" else f"remove it, and `{again}` writes it anew"
    return InputError(f"{run / name} can't be read: {detail}; {remedy}")


@contextmanager
def reading(run: Path) -> Iterator[None]:
    """Turn whatever a changed file raises in those who read it into one message."""
    try:
        yield
    except InputError:
        raise
    except (ArithmeticError, AttributeError, LookupError, NotImplementedError, TypeError, ValueError) as problem:
        again = command(f"test --run {run}")
        raise InputError(
            f"{run}: a file in it is not what a command wrote: {type(problem).__name__}: {str(problem)[:300]}; bring "
            f"back a copy, or write all anew with `{again}`, `predict`, `importance` and `baselines`"
        ) from problem


def _of_keys(name: str, content: Any) -> Iterator[str]:
    if not isinstance(content, dict):
        yield f"it must be names with what belongs to each, got {str(content)[:80]}"
        return
    for key, kind in KEYS.get(name, {}).items():
        if type(content.get(key)) is not kind:
            yield f"'{key}' must be {kind.__name__}, got {str(content.get(key, 'nothing'))[:80]}"


def _of_table(name: str, table: pd.DataFrame) -> Iterator[str]:
    kind = name if name in NUMBERS else name.replace(".parquet", ".csv")  # of a long table, see `long_tables`
    numbers = NUMBERS.get(kind, ())
    yield from (f"no column '{column}'" for column in (*numbers, *TEXTS.get(kind, ())) if column not in table)
    if len(table):
        kinds = {column: table[column].dtype for column in numbers}
        others = [column for column, kind in kinds.items() if is_bool_dtype(kind) or not is_numeric_dtype(kind)]
        yield from (f"column '{column}' must hold numbers alone" for column in others)
        if name.endswith("predictions.csv") and not table["row"].is_unique:
            yield "column 'row' must hold each number once"
