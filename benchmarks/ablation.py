"""What each part of the recipe is worth: it is taken out, and the study is trained anew over seeds.

    python -m greenlight_films.benchmarks.ablation [--study ratings] [--seeds 5] [--parts records model.heads=8 ...]

A part may be an option with another value. Prints one line of JSON a part: R² of validation and of test films (of
log1p, where the target is learnt so), mean and standard deviation over seeds of split, weights and draws, and the mean
differences from the whole recipe with their standard errors over seeds.
"""

import json
from argparse import ArgumentParser
from collections.abc import Callable
from copy import copy
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from greenlight_films.benchmarks.coverage import seeded_settings
from greenlight_films.commands.parser.quiet import quieten
from greenlight_films.datamodules import FilmDataModule
from greenlight_films.datamodules.crossed.label_inputs import Crossed
from greenlight_films.datamodules.features import (
    Category,
    Feature,
    Labels,
    Number,
    Profile,
    RidgeByColumn,
    Size,
    TrackRecord,
    completed,
)
from greenlight_films.studies.evaluate import evaluate
from greenlight_films.studies.settings.config_file import named_config
from greenlight_films.studies.train import train

Changed = Callable[[Feature[Any]], Feature[Any] | None]


def without(*kinds: type[Feature[Any]]) -> Changed:
    """Return what leaves out features of some kinds."""
    return lambda feature: None if isinstance(feature, kinds) else feature


def with_rows_from(min_films: int) -> Changed:
    """Return what gives a row of weights to labels in so many training films."""
    return lambda each: replace(each, min_films=min_films) if isinstance(each, Labels | Category) else each


def scaled_numbers(feature: Feature[Any]) -> Feature[Any]:
    """Return a number without bins; other features as they are."""
    return replace(feature, encoding="scaled") if isinstance(feature, Number) else feature


def by_year(*roles: str) -> Changed:
    """Return what makes records of some roles go by how near the years of films are."""
    return lambda each: replace(each, near=["Year"]) if isinstance(each, TrackRecord) and each.role in roles else each


def first_drawing(crossed: Crossed) -> Crossed:
    """Return inputs whose folds stay the same in all epochs."""
    return replace(crossed, drawn=crossed.drawn[:1])


def without_squares(crossed: Crossed) -> Crossed:
    """Return inputs without the squares of records, of a study without near records."""
    assert not crossed.labels.near
    kept = [index for index, name in enumerate(crossed.labels.names) if name not in ("record above", "record below")]
    names, columns = ([values[index] for index in kept] for values in (crossed.labels.names, crossed.labels.columns))
    labels = replace(crossed.labels, values=crossed.labels.values[:, kept], centre=crossed.labels.centre[kept])
    return replace(crossed, labels=replace(labels, names=names, columns=columns), drawn=crossed.drawn[..., kept])


FEATURES: dict[str, Changed] = {
    "records": without(TrackRecord),
    "ridge by column": without(RidgeByColumn),
    "sizes": without(Size),
    "profiles": without(Profile),
    "all inputs of labels": without(TrackRecord, RidgeByColumn, Size, Profile),
    "rows from 10 films, not 20": with_rows_from(10),
    "rows from 60 films, not 20": with_rows_from(60),
    "piecewise numbers": scaled_numbers,
    "near records of directors (added)": by_year("director"),
    "near records of people (added)": by_year("director", "writer", "actor"),
}
INPUTS: dict[str, Callable[[Crossed], Crossed]] = {
    "redrawn folds": first_drawing,
    "squares of records": without_squares,
}
OPTIONS: dict[str, list[str]] = {
    "four heads": ["--model.heads", "1"],
    "SiLU": ["--model.activation", "relu"],
    "dropout of names": ["--model.label_dropout", "0"],
    "best (three networks)": ["--preset", "best"],
    "fast": ["--preset", "fast"],
    "seed (the plain network)": ["--preset", "seed"],
}
WHOLE = "nothing"
PARTS = (WHOLE, *FEATURES, *INPUTS, *OPTIONS)


def scores(study: str, part: str, seed: int, options: list[str]) -> tuple[float, float]:
    """Return R² of validation and test films of a study without a part of the recipe."""
    words = ["--config", named_config(study), *options, *([f"--{part}"] if "=" in part else OPTIONS.get(part, []))]
    settings = seeded_settings(words, seed)
    settings = replace(settings, training=settings.training.with_trainer(enable_progress_bar=False, logger=False))
    data = changed(settings.data, part)
    with TemporaryDirectory() as folder:
        (Path(folder) / "checkpoints").mkdir()
        trained = train(data, settings.model, settings.training, Path(folder))
        learnt = f"r2_{data.fitted.scale.transform}"
        sides = (evaluate(trained, data, side) for side in ("val", "test"))
        val, test = (side.get(learnt, side["r2"]) for side in sides)
    return val, test


def changed(data: FilmDataModule, part: str) -> FilmDataModule:
    """Return the data, set up, without a part of the recipe."""
    change = FEATURES.get(part)
    if change:
        features = [other for each in data.declared.features if (other := change(each)) is not None]
        data = copy(data)
        data.declared = replace(data.declared, features=completed(features))
    data.setup("fit")
    if part in INPUTS and data.films.crossed:
        crossed = INPUTS[part](data.films.crossed)
        encoded = replace(data.films.encoded, inputs=crossed.of_rows(data.films.encoded))
        data.films = replace(data.films, crossed=crossed, encoded=encoded)
    return data


def main() -> None:
    """Print a line for each part."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--study", default="ratings", metavar="CONFIG")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--parts", nargs="+", default=PARTS, metavar="PART", help=", ".join(PARTS))
    own, options = parser.parse_known_args()
    if unknown := [part for part in own.parts if part not in PARTS and "=" not in part]:
        parser.error(f"--parts: {unknown[0]} must be an option=value, or of: {', '.join(PARTS)}")
    quieten()
    whole: np.ndarray | None = None
    for part in own.parts:
        measured = np.array([scores(own.study, part, 42 + seed, options) for seed in range(own.seeds)])
        line = {"study": own.study, "without": part, "seeds": own.seeds, "options": options}
        for side, values in zip(("val", "test"), measured.T, strict=True):
            line[f"{side}_r2"], line[f"{side}_sd"] = round(values.mean(), 4), round(values.std(ddof=1), 4)
        whole = measured if part == WHOLE else whole
        if whole is not None and part != WHOLE:
            for side, differences in zip(("val", "test"), (measured - whole).T, strict=True):
                line[f"{side}_difference"] = round(differences.mean(), 4)
                line[f"{side}_difference_se"] = round(differences.std(ddof=1) / np.sqrt(own.seeds), 4)
        print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
