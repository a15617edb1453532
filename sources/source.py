"""The contract of a collection: its files become a table of films, and studies of it suggest themselves."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import pandas as pd

from greenlight_films.datamodules.features import Feature
from greenlight_films.datamodules.targets import TargetColumn
from greenlight_films.sources.preparation import Preparation


@dataclass(frozen=True)
class Study:
    """A question to a prepared table, as a config asks it.

    Attributes:
        name: behind the table's name; empty for the main one.
        question: as a sentence, with what is predicted of which films.
        target: what is predicted.
        features: what from; those without a value in the table, or that the target is computed from, are left out.
    """

    name: str
    question: str
    target: TargetColumn
    features: tuple[Feature, ...]  # type: ignore[type-arg]


class Source(ABC):
    """A collection.

    Attributes:
        name: its word on the command line.
        film: the column of the prepared table with a film's id.
        title: the column with its title.
        studies: the main one first.
    """

    name: ClassVar[str]
    film: ClassVar[str]
    title: ClassVar[str]
    studies: ClassVar[tuple[Study, ...]]

    @abstractmethod
    def prepare(self, preparation: Preparation) -> pd.DataFrame:
        """Return one row a film; every row that is lost is told to `preparation`."""
