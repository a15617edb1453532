"""`RidgeByColumn`: the linear effects of labels, rare ones too, from one ridge regression on all columns together."""

from dataclasses import dataclass

from greenlight_films.datamodules.features.label_input import LabelInput


@dataclass(frozen=True)
class RidgeByColumn(LabelInput):
    """The sum over a cell of its labels' coefficients in a ridge regression.

    It is fitted on all columns that are so declared and on all numbers, its penalty chosen by the validation films. A
    training film's sum comes from a fit without its fold, or, under a TimeSplit, from fits on earlier years.
    """

    column: str
    role: str | None = None
