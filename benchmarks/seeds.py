"""Test scores of studies over seeds of split, weights and draws: mean and standard deviation by study and model.

    python -m greenlight_films.benchmarks.seeds [--studies ratings box_office] [--seeds 5] [options of `study`]

Prints one line of JSON. The README's table comes from it.
"""

import json
from argparse import ArgumentParser
from resource import RUSAGE_CHILDREN, getrusage
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import pandas as pd
from rich.console import Console

from greenlight_films.lightning_modules.callbacks.signals import STOP
from greenlight_films.studies.seeds.plan import Request
from greenlight_films.studies.seeds.seeds import refuse_failed, study_by
from greenlight_films.studies.settings.config_file import named_config
from greenlight_films.studies.settings.film_cli import read_settings

STUDIES = ("ratings", "box_office")


def measure(study: str, seeds: int, options: list[str], console: Console) -> dict[str, Any]:
    """Return scores by model, films and seconds of a study: a config's file or name."""
    with TemporaryDirectory() as runs:
        settings = read_settings(["--config", named_config(study), *options, "--runs", runs])
        start = perf_counter()
        spread = study_by(settings, Request("seeds", seeds), None, console)
        refuse_failed(spread)
        models = {model: _scores(lines) for model, lines in spread.summary.groupby("model", sort=False)}
        seconds = round(perf_counter() - start, 1)
        return {"films": spread.first.metrics["films"], "seconds": seconds, "models": models}


def _scores(lines: pd.DataFrame) -> dict[str, dict[str, float]]:
    rounded = zip(lines["score"], lines["mean"].map("{:.6g}".format), lines["sd"].map("{:.3g}".format), strict=True)
    return {score: {"mean": float(mean), "sd": float(sd)} for score, mean, sd in rounded}


if __name__ == "__main__":
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--studies", nargs="+", default=STUDIES, metavar="CONFIG")
    parser.add_argument("--seeds", type=int, default=5)
    own, options = parser.parse_known_args()
    with STOP:
        console = Console(stderr=True)
        results = {study: measure(study, own.seeds, options, console) for study in own.studies}
    peak = getrusage(RUSAGE_CHILDREN).ru_maxrss / 2**20
    print(json.dumps({"seeds": own.seeds, "options": options, "peak_gib_a_run": round(peak, 2), "studies": results}))
