"""`study`: the whole road from Python, with a config as path, name, mappings or settings."""

from pathlib import Path
from typing import Any

import yaml
from rich.console import Console

from greenlight_films.quietly import quietly
from greenlight_films.reports.report import write_report
from greenlight_films.reports.run_summary import print_summary
from greenlight_films.results import Results
from greenlight_films.studies.settings.config_file import check_config, named_config
from greenlight_films.studies.settings.film_cli import read_settings
from greenlight_films.studies.settings.settings import Settings
from greenlight_films.studies.study import study as run_study


def study(
    films: Any, config: str | Path | dict[str, Any] | Settings, *, out: str | Path = "runs", verbose: bool = True
) -> Results:
    """Train a network, score it, measure what its predictions rest on, fit other models, as `greenlight study` does.

    Args:
        films: a data frame, or a table's file; None for the one that the config names.
        config: a file, the name of a config that Greenlight brings (`ratings`), its keys as a dict, or `Settings`.
        out: the folder that runs are kept in.
        verbose: show progress, and at the end the scores and importances.

    Returns:
        The results in `<out>/<name>/version_<n>/`.

    Raises:
        InputError: the films or the config can't be used.
    """
    settings = config if isinstance(config, Settings) else _settings(films, config, out, verbose)
    if films is not None and not isinstance(films, str | Path):
        settings.data.frame = films
    console = Console(quiet=not verbose)
    with quietly():
        results = run_study(settings, None, console)
        assert results is not None
        if verbose:
            print_summary(results, console)
        if settings.report:
            write_report(results.run, console)
    return Results(results.run.path)


def _settings(films: Any, config: str | Path | dict[str, Any], out: str | Path, verbose: bool) -> Settings:
    if isinstance(config, dict):
        keys = dict(config)
    else:
        path = Path(named_config(str(config)))
        check_config(path, "config")
        keys = yaml.safe_load(path.read_text(encoding="utf-8"))
    if films is not None:
        keys["data"] = {**keys.get("data", {}), "table": str(films) if isinstance(films, str | Path) else "frame"}
    keys["runs"] = str(out)
    if not verbose:
        keys["trainer"] = {**keys.get("trainer", {}), "enable_progress_bar": False}
    return read_settings(keys)
