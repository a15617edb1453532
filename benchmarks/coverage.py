"""How often test films lie in their prediction intervals, over splits, beside one width for all films.

python -m greenlight_films.benchmarks.coverage configs/ratings.yaml [--seeds 5] [options of `fit`]
"""

import json
from argparse import ArgumentParser
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd

from greenlight_films.commands.parser.quiet import quieten
from greenlight_films.studies.conformal import (
    PredictionIntervals,
    conformal_quantiles,
    film_mass,
    fit_intervals,
)
from greenlight_films.studies.coverage import coverage
from greenlight_films.studies.evaluate import predict
from greenlight_films.studies.load import load
from greenlight_films.studies.settings.film_cli import read_settings
from greenlight_films.studies.settings.settings import Settings
from greenlight_films.studies.train import train

LEVELS = (80, 90, 95)


def seeded_settings(words: list[str], seed: int) -> Settings:
    """Return settings with a seed of weights, of batches and folds and, where it is drawn, of the split."""
    has_seed = hasattr(read_settings(words).data.declared.split, "seed")
    seeded = ["--model.seed", "--data.seed", *(["--data.split.seed"] if has_seed else [])]
    return read_settings([*words, *(word for option in seeded for word in (option, str(seed)))])


def of_split(words: list[str], seed: int) -> pd.DataFrame:
    """Train a network on one split and return the coverage of both kinds of intervals, one line a group and level."""
    settings = seeded_settings(words, seed)
    data = load(settings)
    with TemporaryDirectory() as folder:
        trained = train(data, settings.model, settings.training, Path(folder))
        predicted, spread = predict(trained, data), trained.model.spread
    films, fitted, rows = data.films, data.fitted, data.films.rows
    assert rows is not None
    assert spread is not None
    intervals = fit_intervals(films, fitted, predicted, spread)
    assert intervals is not None
    scaled = fitted.scale.forward(predicted)
    errors = np.abs(fitted.scale.forward(films.actual) - scaled)[rows.val]
    mass = film_mass(films.film_codes()[rows.val])
    halves = conformal_quantiles(errors, mass, np.array(LEVELS) / 100)
    by_difficulty, one_width = dict[int, PredictionIntervals](), dict[int, PredictionIntervals]()
    for level, half in zip(LEVELS, halves, strict=True):
        by_difficulty[level] = intervals.around(predicted, spread, films.encoded, fitted, level / 100)
        ends = (fitted.scale.inverse(scaled + sign * half) for sign in (-1, 1))
        one_width[level] = PredictionIntervals(predicted, *ends)
    kinds = {"by_difficulty": by_difficulty, "one_width": one_width}
    tables = [coverage(films, fitted, predicted, of).assign(kind=kind, seed=seed) for kind, of in kinds.items()]
    return pd.concat(tables)


def measure(config: str, seeds: int, options: list[str]) -> dict[str, Any]:
    """Return coverage by kind and level: of every split, and its means by groups of films from low to high."""
    words = ["--config", config, "--trainer.logger", "false", "--trainer.enable_progress_bar", "false", *options]
    table = pd.concat([of_split(words, seed) for seed in range(seeds)])
    table["part"] = table.groupby(["kind", "seed", "level", "by"]).cumcount()
    result: dict[str, Any] = {"config": config, "options": options, "seeds": seeds}
    for (kind, level), of_level in table.groupby(["kind", "level"]):
        groups = of_level[of_level["by"] != "all"]
        named = groups["group"].where(groups["group"] != "", groups["part"].astype(str))
        means = groups.assign(named=named).groupby(["by", "named"], sort=False)["covered"].mean().round(3)
        result.setdefault(kind, {})[str(level)] = {
            "all": of_level.loc[of_level["by"] == "all", "covered"].round(4).tolist(),
            "width": float(f"{of_level.loc[of_level['by'] == 'all', 'width'].mean():.4g}"),
            **{by: means[by].to_dict() for by in means.index.unique(0)},
        }
    return result


if __name__ == "__main__":
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("config")
    parser.add_argument("--seeds", type=int, default=5, choices=range(1, 101), metavar="1..100")
    own, options = parser.parse_known_args()
    quieten()
    print(json.dumps(measure(own.config, own.seeds, options)))
