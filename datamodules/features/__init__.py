"""What a table's columns become for the model: one small typed class a kind of column."""

from typing import Any

from greenlight_films.datamodules.features.bins import Bins, Popularity
from greenlight_films.datamodules.features.category import Category
from greenlight_films.datamodules.features.date import Date
from greenlight_films.datamodules.features.feature import Dense, Feature, Sparse
from greenlight_films.datamodules.features.labels import Labels
from greenlight_films.datamodules.features.number import Number

__all__ = ["Bins", "Category", "Date", "Dense", "Feature", "Labels", "Number", "Popularity", "Sparse", "declared"]


def declared(feature: str, **arguments: Any) -> Feature[Any]:
    """Make the feature that `Feature.declaration` described."""
    return {kind.__name__: kind for kind in Feature.__subclasses__()}[feature](**arguments)
