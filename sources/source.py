"""What a collection is to `prepare`: a function from its raw files to a table, and the questions to ask of that table."""

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from greenlight_films.datamodules.features import Feature
from greenlight_films.datamodules.targets import TargetColumn
from greenlight_films.sources.preparation import Preparation


@dataclass(frozen=True)
class Question:
    """A question to a prepared table, which becomes the config of a study.

    Attributes:
        name: added to the table's name in the config's file name; empty for the main question.
        text: what is predicted of which films, as a sentence.
        features: columns without a value, and those that the target is computed from, are left out of the config.
    """

    name: str
    text: str
    target: TargetColumn
    features: tuple[Feature, ...]  # type: ignore[type-arg]


@dataclass(frozen=True)
class Source:
    """A collection of films.

    Attributes:
        name: its word on the command line.
        film: the column of the prepared table with a film's id.
        title: the column with its title.
        prepare: returns the table, a row per film, and records every lost row in the `Preparation`.
        questions: the main one first.
    """

    name: str
    film: str
    title: str
    prepare: Callable[[Preparation], pd.DataFrame]
    questions: tuple[Question, ...]
