"""Presets: what a config or a `FilmRegressor` leaves unsaid of the network, of its training and of the features."""

import os
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import zip_longest
from pathlib import Path
from typing import Any, Literal, NamedTuple

import yaml

from greenlight_films.datamodules.column_words import words_of
from greenlight_films.datamodules.errors import InputError, nearest
from greenlight_films.datamodules.features import (
    Category,
    Date,
    Feature,
    LabelInput,
    Labels,
    Number,
    Profile,
    RidgeByColumn,
    Size,
    Text,
    TrackRecord,
    completed,
)
from greenlight_films.datamodules.features.number import Encoding
from greenlight_films.datamodules.leakage import is_year
from greenlight_films.datamodules.look.names import role_of

Preset = Literal["seed", "fast", "recipe", "best"]
Labelled = Labels | Category
USUAL: Preset = "recipe"

RECIPE: dict[str, Any] = {
    "model.hidden": [128, 64],
    "model.heads": 4,
    "model.activation": "silu",
    "model.dropout": 0.3,
    "model.label_dropout": 0.2,
    "model.optimiser": "auto",
    "model.learning_rate": 1e-3,
    "model.schedule": "cosine",
    "model.first_weight_decay": 0.01,
    "model.tail_weight_decay": 0.01,
    "model.members": 1,
    "data.batch_size": None,
    "early_stopping.patience": 10,
    "trainer.max_epochs": 30,
    "refit": True,
}
SETTINGS: dict[str, dict[str, Any]] = {
    "seed": {"data.batch_size": 256, "early_stopping.patience": 3, "trainer.max_epochs": 100},
    "fast": {
        **RECIPE,
        "model.learning_rate": 2e-3,
        "trainer.max_epochs": 15,
        "refit": False,
        "permutation_importance.pairs": False,
        "permutation_importance.contributions.films": 100,
    },
    "recipe": RECIPE,
    "best": {**RECIPE, "model.members": 3},
}
"""By preset, the settings that a config leaves out, where they aren't the defaults of the classes."""

SEEDS = ("model.seed", "data.seed", "permutation_importance.seed")
"""Those that `seed_everything` sets; which films are tested is the split's own."""

EARLY = ("preset", "seed_everything")
"""Keys that set defaults of others, so that they are looked up before the parser reads."""

GROUPS = ("trainer", "model", "data", "early_stopping", "permutation_importance", "tensorboard", "compare")
"""The keys of a config that have keys of their own."""

DIRECTORS, CAST = {"director"}, {"actor", "lead actor", "employee", "people", "person"}
TRAITS = ({"genre"}, {"country"})  # of a film, that profiles are made of beside its year


class Stated(NamedTuple):
    """Keys and values of a config, or of an option."""

    is_option: bool
    keys: dict[str, Any]


def stated_early(args: Sequence[str] | dict[str, Any]) -> list[Stated]:
    """Return in their order what options state of `EARLY`, and the keys of each config, or of mappings."""
    if isinstance(args, dict):
        return [Stated(False, args)]
    stated = list[Stated]()
    for word, following in zip_longest(args, args[1:], fillvalue=""):
        name, equals, value = word.partition("=")
        value = value if equals else following
        if name.startswith("--") and name.removeprefix("--") in EARLY:
            stated.append(Stated(True, {name.removeprefix("--"): value}))
        elif name in ("--config", "-c"):
            stated.append(Stated(False, _keys_of(value)))
        elif word.startswith("-c") and not equals:
            stated.append(Stated(False, _keys_of(word.removeprefix("-c"))))
    return stated


def preset_of(stated: Sequence[Stated]) -> Preset:
    """Return the preset of the option `--preset`, else that of the last config with any.

    A config that states every group is what a run or `--print_config` wrote; before there were presets, as `seed`.

    Raises:
        InputError: there is no such preset.
    """
    option, config = None, USUAL
    for is_option, keys in stated:
        if is_option:
            option = keys.get("preset", option)
        else:
            config = keys.get("preset", "seed" if set(GROUPS) <= keys.keys() else config)
    return _known("preset", config) if option is None else _known("--preset", option)


def seeds_of(stated: Sequence[Stated]) -> dict[str, int]:
    """Return the seeds that follow `seed_everything` where they aren't stated; none where that is no seed."""
    seed: Any = None
    for _, keys in stated:
        seed = keys.get("seed_everything", seed)
    with suppress(yaml.YAMLError):
        seed = yaml.safe_load(seed) if isinstance(seed, str) else seed
    return dict.fromkeys(SEEDS, seed) if type(seed) is int and 0 <= seed < 2**32 else {}


def with_preset(preset: Preset, features: Sequence[Feature[Any]], time: str | None) -> list[Feature[Any]]:
    """Return features as a preset has them: what a declaration leaves open, and after them what it adds to labels.

    Features that came out of it come out as they are.

    Args:
        time: the column that a TimeSplit splits by; None under another split.
    """
    if preset == "seed":
        return list(features)
    others = [each for each in features if isinstance(each, TrackRecord) and each.of is not None]
    known = {(type(each), each.column) for each in features if each not in others}
    # Measured: without labels waves score better, beside labels bins do.
    labelled = any(isinstance(each, Labels | Category | Text) for each in features)
    encoding: Encoding = "piecewise" if labelled else "periodic"
    numbers = [_number(each, encoding) if isinstance(each, Number | Date) else each for each in features]
    return completed([*numbers, *(each for each in _inputs(features, time) if (type(each), each.column) not in known)])


def _number(number: Number | Date, encoding: Encoding) -> Number | Date:
    """Return a number or date with an encoding and a scale, where it states none."""
    number = replace(number, encoding=encoding) if number.encoding is None else number
    # In bins, which are of quantiles, a scale changes next to nothing; years to come lie outside all quantiles.
    if isinstance(number, Number) and number.scale is None and number.encoding != "piecewise":
        return number if is_year(number.column) else replace(number, scale="by_skewness")
    return number


def _inputs(features: Sequence[Feature[Any]], time: str | None) -> Iterator[LabelInput]:
    """Yield what a preset adds to each column of labels, once."""
    labelled = {feature.column: feature for feature in features if isinstance(feature, Labels | Category)}
    for column, feature in labelled.items():
        yield RidgeByColumn(column, role=feature.role)
        if isinstance(feature, Labels):
            yield Size(column, role=feature.role)
        yield TrackRecord(column, before=time, role=feature.role)
    yield from (RidgeByColumn(each.column, role=each.role) for each in features if isinstance(each, Text))
    years = [each.column for each in features if isinstance(each, Number | Date) and is_year(each.column)]
    traits = [*years[:1], *(each.column for names in TRAITS for each in labelled.values() if _is_of(each, names))]
    for names in (DIRECTORS, CAST) if time is None and traits else ():
        if people := _first_of(labelled.values(), names):
            yield Profile(people.column, traits, role=people.role)


def _first_of(features: Collection[Labelled], roles: set[str]) -> Labelled | None:
    """Return the first feature with one of some roles, or else the first whose column is called so."""
    by_role = [feature for feature in features if feature.role and _role(feature.role) in roles]
    return next(iter([*by_role, *(feature for feature in features if _is_of(feature, roles))]), None)


def _is_of(feature: Labelled, roles: set[str]) -> bool:
    return bool({_role(feature.named_role), _role(feature.column)} & roles)


def _role(name: str) -> str:
    return role_of(name) or " ".join(words_of(name))


def _keys_of(config: str) -> dict[str, Any]:
    """Return the keys of a file, or of a text in place of its path; none where the parser will refuse it."""
    try:
        keys = yaml.safe_load(Path(config).read_text(encoding="utf-8") if os.path.isfile(config) else config)
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        return {}
    return keys if isinstance(keys, dict) else {}


def _known(name: str, preset: Any) -> Preset:
    if preset not in tuple(SETTINGS):  # it may be a list
        value = "null" if preset is None else repr(preset)
        raise InputError(f"{name} must be among {', '.join(SETTINGS)}, got {value}{nearest(str(preset), SETTINGS)}")
    known: Preset = preset
    return known
