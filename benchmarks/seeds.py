"""Test scores of studies over seeds of split, weights and draws: mean and standard deviation by study and model.

    python -m greenlight_films.benchmarks.seeds [--studies ratings six_numbers ...] [--seeds 5] [options of `study`]

A study is one of `STUDIES`, by default all of them with the preset `best`, or a config. Prints a table and one line of
JSON; the README's figures come from it. Under a split by time, which has no seed, weights, batches and folds vary.
"""

import json
from argparse import ArgumentParser
from os.path import isfile
from resource import RUSAGE_CHILDREN, getrusage
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import pandas as pd
from rich.console import Console
from rich.table import Table

from greenlight_films.lightning_modules.callbacks.signals import STOP
from greenlight_films.studies.seeds.plan import Request
from greenlight_films.studies.seeds.seeds import refuse_failed, study_by
from greenlight_films.studies.settings.config_file import named_config
from greenlight_films.studies.settings.film_cli import read_settings

BEST = ("--preset", "best")
TO_COME = (*BEST, "--data.split", "TimeSplit", "--data.split.by", "Year")
"""Test films are the latest, of 2010 to 2014, and validation films those before."""
NUMBERS = ("budget", "revenue", "vote_count", "user_rating_count", "keyword_count", "runtime")
SCALED = [
    {"class_path": "Number", "init_args": {"column": name, "log1p": name != "runtime", "scale": "by_skewness"}}
    for name in NUMBERS
]
SIX_NUMBERS = (*BEST, "--data.features", json.dumps(SCALED), "--model.members", "3", "--trainer.max_epochs", "40")
"""The config's own are the seed study's: quantiles of all numbers, five networks and 150 epochs."""
STUDIES: dict[str, tuple[str, ...]] = {
    "ratings": ("ratings", *BEST),
    "box_office": ("box_office", *BEST),
    "six_numbers": ("vote_average_numeric", *SIX_NUMBERS),
    "ratings_to_come": ("ratings", *TO_COME),
    "box_office_to_come": ("box_office", *TO_COME),
}
"""By name, a config and options; those of the command line win."""


def words_of(study: str, options: list[str]) -> list[str]:
    """Return the options of a study that is one of `STUDIES`, or of a config's file or name."""
    config, *own = STUDIES.get(study, (study,))
    return ["--config", named_config(config), *own, *options]


def measure(study: str, seeds: int, options: list[str], console: Console) -> dict[str, Any]:
    """Return scores by model, films and seconds of a study."""
    with TemporaryDirectory() as runs:
        settings = read_settings([*words_of(study, options), "--runs", runs])
        start = perf_counter()
        spread = study_by(settings, Request("seeds", seeds), None, console)
        refuse_failed(spread)
        models = {model: _scores(lines) for model, lines in spread.summary.groupby("model", sort=False)}
        seconds = round(perf_counter() - start, 1)
        return {"films": spread.first.metrics["films"], "seconds": seconds, "models": models}


def _scores(lines: pd.DataFrame) -> dict[str, dict[str, float]]:
    rounded = zip(lines["score"], lines["mean"].map("{:.6g}".format), lines["sd"].map("{:.3g}".format), strict=True)
    return {score: {"mean": float(mean), "sd": float(sd)} for score, mean, sd in rounded}


def score_table(results: dict[str, dict[str, Any]]) -> Table:
    """Return a table with a row for each model of each study: RMSE and R² on the scale that is learnt."""
    table = Table("study", "films", "model", "RMSE", "R²")
    for study, result in results.items():
        for model, scores in result["models"].items():
            end = "_log1p" if "r2_log1p" in scores else ""
            cells = ("{mean:.3f} ± {sd:.3f}".format_map(scores[f"{name}{end}"]) for name in ("rmse", "r2"))
            table.add_row(study, f"{result['films']:,}", model, *cells)
    return table


if __name__ == "__main__":
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--studies", nargs="+", default=list(STUDIES), metavar="STUDY")
    parser.add_argument("--seeds", type=int, default=5)
    own, options = parser.parse_known_args()
    tables = {study: read_settings(words_of(study, options)).data.table for study in own.studies}
    if absent := [f"{study} needs {table}" for study, table in tables.items() if "." in table and not isfile(table)]:
        parser.error(f"--studies: {'; '.join(absent)}, which is not there; get it or name the other studies")
    with STOP:
        console = Console(stderr=True)
        results = {study: measure(study, own.seeds, options, console) for study in own.studies}
        console.print(score_table(results))
    peak = getrusage(RUSAGE_CHILDREN).ru_maxrss / 2**20
    print(json.dumps({"seeds": own.seeds, "options": options, "peak_gib_a_run": round(peak, 2), "studies": results}))
