"""What a config declares of a table: features, target, split, and how its cells are written."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from greenlight_films.datamodules.features import Feature
from greenlight_films.datamodules.splits import Split
from greenlight_films.datamodules.tables.find_formats import Need
from greenlight_films.datamodules.tables.formats import Formats
from greenlight_films.datamodules.targets import TargetColumn


@dataclass(frozen=True)
class Declared:
    """What a config declares of a table.

    Attributes:
        film: the column with a film's id.
        title: the column with a film's title.
        formats: what the config says of how cells are written.
        allow_leak: columns of features that may tell the target.
        allow_split_films: let a split put rows of a film on two sides; scores are then no measure of new films.
        notices: what is to be told of the declarations themselves.
    """

    features: Sequence[Feature[Any]]
    target: TargetColumn
    split: Split
    film: str | None = None
    title: str | None = None
    formats: Formats = Formats()
    allow_leak: Sequence[str] = ()
    allow_split_films: bool = False
    notices: tuple[str, ...] = ()

    def needs(self) -> dict[str, set[Need]]:
        """Return what the columns are read as, whose cells may be written in several ways."""
        needs = dict[str, set[Need]]()
        for feature in self.features:
            for name in feature.columns:
                needs.setdefault(name, set()).add(feature.need)
        for name in self.target.columns:
            needs.setdefault(name, set()).add("number")
        return needs
