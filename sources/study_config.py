"""The text of a config, as YAML, with which `study` answers a question to a prepared table."""

import shlex
from dataclasses import fields
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from greenlight_films.datamodules.errors import InputError
from greenlight_films.datamodules.program import command
from greenlight_films.datamodules.targets import ProfitRatio
from greenlight_films.sources.source import Question, Source

FEW = 10  # films below which a study has nothing to learn from
MADE = "made by `prepare`"  # in the first line of each config that `prepare` may write over


def study_command(config: Path) -> str:
    """Return the command that runs a config, as it can be pasted into a shell."""
    return command(f"study --config {shlex.quote(str(config))}")


def study_config(source: Source, question: Question, films: pd.DataFrame, table: Path, config: Path) -> str:
    """Return the text of `config`, with the question in its header; refuse a table of too few films.

    Args:
        films: the prepared table, which will be the file `table`.
    """
    known = ~pd.isna(question.target.values(films))
    n_films = int(known.sum())
    # `study` refuses columns that the target is computed from: they tell the answer.
    features = [
        feature
        for feature in question.features
        if feature.column not in question.target.columns and films[feature.column][known].notna().any()
    ]
    if n_films < FEW or not features:
        raise InputError(f"a study needs {FEW} films whose {question.target.name} is known, got {n_films}")
    settings = {
        "name": config.stem,
        "preset": "recipe",
        "seed_everything": 42,
        "data": {
            "table": str(table.resolve()),
            "film": source.film,
            "title": source.title,
            "target": _declared(question.target),
            "features": [_declared(feature) for feature in features],
            "split": {"class_path": "RandomSplit", "init_args": {"val": 0.1, "test": 0.2, "seed": 42}},
        },
        **({"model": {"loss": "huber"}} if isinstance(question.target, ProfitRatio) else {}),
        "permutation_importance": {"loss": "r2"},
    }
    header = f"# {question.text} of {n_films:,} films ({source.name}, {MADE}).\n#\n#   {study_command(config)}\n\n"
    return header + yaml.dump(settings, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=1000)


def _declared(part: Any) -> dict[str, Any]:
    """Return a target or feature as a config has it, without arguments that have their default."""
    values = {field.name: getattr(part, field.name) for field in fields(part)}
    given = {field.name: values[field.name] for field in fields(part) if values[field.name] != field.default}
    return {"class_path": type(part).__name__, "init_args": given}


class _Dumper(yaml.SafeDumper):
    """Writes targets, features and splits on a single line each."""

    def represent_mapping(self, tag: str, mapping: Any, flow_style: bool | None = None) -> Any:
        return super().represent_mapping(tag, mapping, flow_style or "class_path" in mapping)
