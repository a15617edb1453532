"""What a table's columns become for the model: one small typed class a kind of column."""

from typing import Any

from greenlight_films.datamodules.features.bins import Bins, Popularity
from greenlight_films.datamodules.features.category import Category
from greenlight_films.datamodules.features.date import Date
from greenlight_films.datamodules.features.feature import Dense, Feature, Sparse
from greenlight_films.datamodules.features.label_input import LabelInput, completed
from greenlight_films.datamodules.features.labels import Labels
from greenlight_films.datamodules.features.number import Number
from greenlight_films.datamodules.features.profile import Profile
from greenlight_films.datamodules.features.ridge_by_column import RidgeByColumn
from greenlight_films.datamodules.features.size import Size
from greenlight_films.datamodules.features.text import Text
from greenlight_films.datamodules.features.track_record import TrackRecord

__all__ = [
    "Bins",
    "Category",
    "Date",
    "Dense",
    "Feature",
    "LabelInput",
    "Labels",
    "Number",
    "Popularity",
    "Profile",
    "RidgeByColumn",
    "Size",
    "Sparse",
    "Text",
    "TrackRecord",
    "completed",
    "declared",
    "feature_kinds",
]


def declared(feature: str, **arguments: Any) -> Feature[Any]:
    """Make the feature that `Feature.declaration` described."""
    return {kind.__name__: kind for kind in feature_kinds()}[feature](**arguments)


def feature_kinds() -> list[type[Feature[Any]]]:
    """Return the classes that a config may declare."""
    kinds: list[type[Feature[Any]]] = [*Feature.__subclasses__(), *LabelInput.__subclasses__()]
    return [kind for kind in kinds if kind is not LabelInput]
