"""A config for a prepared table, which `study` takes as it is."""

import shlex
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from greenlight_films.datamodules.errors import InputError
from greenlight_films.datamodules.targets import ProfitRatio
from greenlight_films.sources.source import Source, Study

MODEL = {"hidden": [128, 64], "dropout": 0.5, "label_dropout": 0.2, "learning_rate": 3.0e-4}

MANY, FEW = 3000, 10
"""Films from which on batches are large, and below which a study has nothing to learn from."""


MADE = "made by `prepare`"
"""Stands in the first line of each config that may be written over."""


def shell_word(path: Path | str) -> str:
    """Return a path as a command line takes it, in one line."""
    text = str(path)
    if text.isprintable():
        return shlex.quote(text)
    return "$'" + text.encode("unicode_escape").decode().replace("'", "\\'") + "'"


def study_config(source: Source, study: Study, films: pd.DataFrame, table: str, file: str) -> str:
    """Return a study's config as YAML, with what it asks in its header.

    Args:
        films: the prepared table.
        table: where the table is.
        file: where the config will be.

    Raises:
        InputError: the table is too small for it.
    """
    actual = study.target.values(films)
    n_films = int((~pd.isna(actual)).sum())
    features = [
        feature
        for feature in study.features
        # What the target is computed from would tell the answer; `study` refuses it.
        if feature.column not in study.target.columns and films[feature.column][~pd.isna(actual)].notna().any()
    ]
    if n_films < FEW or not features:
        raise InputError(f"a study needs {FEW} films whose {study.target.name} is known, got {n_films}")
    config = {
        "name": Path(file).stem,
        "seed_everything": 42,
        "data": {
            "table": table,
            "film": source.film,
            "title": source.title,
            "target": _declared(study.target),
            "features": [_declared(feature) for feature in features],
            "split": {"class_path": "RandomSplit", "init_args": {"val": 0.1, "test": 0.2, "seed": 42}},
            "batch_size": 256 if n_films >= MANY else 64,
        },
        "model": {**MODEL, **({"loss": "huber"} if isinstance(study.target, ProfitRatio) else {})},
        "early_stopping": {"patience": 5},
        "trainer": {"max_epochs": 60},
        "permutation_importance": {"loss": "r2"},
    }
    header = (
        f"# {study.question} of {n_films:,} films ({source.name}, {MADE}).\n#\n"
        f"#   python cli.py study --config {shell_word(file)}\n\n"
    )
    return header + yaml.dump(config, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=1000)


def _declared(part: Any) -> dict[str, Any]:
    """Return a target or feature as a config has it, without what is so anyway."""
    arguments = {}
    for one in fields(part):
        value = getattr(part, one.name)
        if one.default is MISSING or value != one.default:
            arguments[one.name] = value
    return {"class_path": type(part).__name__, "init_args": arguments}


class _Dumper(yaml.SafeDumper):
    """Writes targets, features and splits in a line each."""

    def represent_mapping(self, tag: str, mapping: Any, flow_style: bool | None = None) -> Any:
        return super().represent_mapping(tag, mapping, flow_style or "class_path" in mapping)
