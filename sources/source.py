"""The collections' common form: a function from raw files to a table, and the questions that studies ask of it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pandas as pd

from greenlight_films.datamodules.features import Feature, Labels
from greenlight_films.datamodules.targets import ProfitRatio, Target, TargetColumn
from greenlight_films.sources.preparation import Preparation

Features = tuple[Feature[Any], ...]


@dataclass(frozen=True)
class Question:
    """A question to a prepared table, which becomes the config of a study; the main question's `name` is empty."""

    name: str
    text: str
    target: TargetColumn
    features: Features


@dataclass(frozen=True)
class Source:
    """A collection of films; `prepare` makes its table, with the columns `film` of ids and `title`."""

    name: str
    film: str
    title: str
    prepare: Callable[[Preparation], pd.DataFrame]
    questions: tuple[Question, ...]


def rating_question(rating: str, column: str, features: Features) -> Question:
    """Return the question for a rating of up to 10 points; `rating` is its name in prose."""
    return Question("", f"What makes a film well rated? {rating}", Target(column, unit="points of 10"), features)


def profit_question(revenue: str, features: Features) -> Question:
    """Return the question for the profit ratio, from the columns `budget` and `revenue`."""
    text = f"What carries a film's profit? Profit ratio, ({revenue} - budget) / budget"
    return Question("profit", text, ProfitRatio("budget", revenue, "log1p"), features)


def people(roles: dict[str, str]) -> tuple[Labels, ...]:
    """Return features of columns with lists of names, each with its role."""
    return tuple(Labels(column, role=role) for column, role in roles.items())
