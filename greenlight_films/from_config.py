"""`study`: the whole road from Python, with a config as path, name, mappings or settings."""

from copy import copy
from dataclasses import replace
from pathlib import Path
from typing import Any, overload

import numpy as np
import yaml
from rich.console import Console

from greenlight_films.datamodules import Feature, Shape, Split, TargetColumn
from greenlight_films.datamodules.arguments import refuse_other_types
from greenlight_films.datamodules.errors import InputError
from greenlight_films.datamodules.look.look import Look
from greenlight_films.datamodules.tables.layout import OPTIONS, Layout
from greenlight_films.quietly import quietly
from greenlight_films.reports.report import write_report
from greenlight_films.reports.run_summary import print_summary
from greenlight_films.reports.spread_table import print_spread
from greenlight_films.results import Results
from greenlight_films.spread import Spread
from greenlight_films.studies.seeds.plan import Request
from greenlight_films.studies.seeds.seeds import refuse_failed, study_by
from greenlight_films.studies.settings.config_file import check_config, config_names, named_config, nearest_config
from greenlight_films.studies.settings.film_cli import read_settings
from greenlight_films.studies.settings.settings import Settings
from greenlight_films.studies.study import study as run_study

Config = str | Path | dict[str, Any] | Look | Settings


@overload
def study(films: Any, config: Config, *, out: str | Path | None = None, verbose: bool = True) -> Results: ...


@overload
def study(
    films: Any,
    config: Config,
    *,
    seeds: int | None = None,
    folds: int | None = None,
    workers: int | None = None,
    out: str | Path | None = None,
    verbose: bool = True,
) -> Spread: ...


def study(
    films: Any,
    config: Config,
    *,
    seeds: int | None = None,
    folds: int | None = None,
    workers: int | None = None,
    out: str | Path | None = None,
    verbose: bool = True,
) -> Results | Spread:
    """Train a network, score it, measure what its predictions rest on, fit other models, as `greenlight study` does.

    Global random states are as before afterwards.

    Args:
        films: a pandas or polars DataFrame, an Arrow table, or a table's file; None for the one that the config names.
        config: a file, the name of a config that Greenlight brings (`ratings`), its keys as a dict, which may have
            `Number("year")` and the like in it, what `look` returned, or `Settings`.
        seeds: make the study with so many seeds of split, weights and draws, in processes of their own.
        folds: or on so many parts of the films, each of which is tested once.
        workers: how many of these are made at a time, by default one a core.
        out: the folder that runs are kept in; by default the config's, which is `runs` where it names none.
        verbose: show progress, and at the end the scores and importances.

    Returns:
        The results, which stand in `<out>/<name>/version_<n>/`; of seeds or folds means and deviations over them.

    Raises:
        InputError: the films or the config can't be used.
    """
    refuse_other_types(study, locals())
    console, request = Console(quiet=not verbose), Request.of(seeds, folds, workers)
    with quietly():
        settings = _settings(films, config, out, verbose)
        if request != Request():
            return _study_by(settings, request, console)
        results = run_study(settings, None, console)
        assert results is not None
        if verbose:
            print_summary(results, console)
        write_report(results.run, console, with_page=settings.report)
    return Results(results.run.path)


def _study_by(settings: Settings, request: Request, console: Console) -> Spread:
    spread = study_by(settings, request, None, console)
    print_spread(spread, console)
    if settings.report:
        write_report(spread.run, console)
    refuse_failed(spread)
    return Spread(spread.run.path)


def _settings(films: Any, config: Config, out: str | Path | None, verbose: bool) -> Settings:
    if isinstance(config, Settings):
        return _of_films(config, films, out)
    if isinstance(config, Look):
        keys = yaml.safe_load(config.to_yaml())
    else:
        keys = as_in_a_file(config) if isinstance(config, dict) else _keys_of(config)
    is_frame = films is not None and not isinstance(films, str | Path)
    if films is not None:
        data = keys.get("data", {})
        of_another = OPTIONS if is_frame and data.get("table") else ()
        data = {name: value for name, value in data.items() if name not in of_another}
        keys["data"] = {**data, "table": "frame" if is_frame else str(films)}
    if out is not None:
        keys["runs"] = str(out)
    if not verbose:
        keys["trainer"] = {**keys.get("trainer", {}), "enable_progress_bar": False}
    settings = read_settings(keys)
    if is_frame:
        settings.data.frame = films
    return settings


def as_in_a_file(value: Any) -> Any:
    """Return keys of a config as a file has them: numbers of numpy as Python's, `Number("year")` as its class_path."""
    if isinstance(value, dict):
        return {key: as_in_a_file(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [as_in_a_file(part) for part in value]
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    if isinstance(value, Feature | Split | TargetColumn | Shape):
        return {"class_path": type(value).__name__, "init_args": as_in_a_file(vars(value))}
    return value


def _of_films(settings: Settings, films: Any, out: str | Path | None) -> Settings:
    """Return settings of other films and another folder; those given stay as they are."""
    data = copy(settings.data)
    if isinstance(films, str | Path):
        data.table, data.frame = str(films), None
    elif films is not None:
        data.frame, data.layout = films, data.layout if data.table == "frame" else Layout()
    return replace(settings, data=data, runs=settings.runs if out is None else str(out))


def _keys_of(config: str | Path) -> dict[str, Any]:
    path = Path(named_config(str(config)))
    if not path.is_file():
        raise InputError(
            f"config must be a file, a dict, or a name among {', '.join(config_names())}, "
            f"got {str(config)!r}{nearest_config(path)}"
        )
    check_config(path, "config")
    keys: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    return keys
