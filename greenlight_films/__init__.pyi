from .datamodules.errors import InputError
from .datamodules.features import (
    Bins,
    Category,
    Date,
    Labels,
    Number,
    Popularity,
    Profile,
    RidgeByColumn,
    Size,
    Text,
    TrackRecord,
)
from .datamodules.mean_of_rows import MeanOfRows
from .datamodules.shapes import OneRowPerFilm
from .datamodules.splits import GroupSplit, KFold, RandomSplit, TimeSplit
from .datamodules.tables.read_table import read_table
from .datamodules.targets import ProfitRatio, Target
from .explanation import Explanation
from .from_config import study
from .importance.api import permutation_importance
from .importance.result import ImportanceResult
from .regressor import FilmRegressor
from .results import Results
from .spread import Spread
from .table_look import look

__all__ = [
    "Bins",
    "Category",
    "Date",
    "Explanation",
    "FilmRegressor",
    "GroupSplit",
    "ImportanceResult",
    "InputError",
    "KFold",
    "Labels",
    "MeanOfRows",
    "Number",
    "OneRowPerFilm",
    "Popularity",
    "Profile",
    "ProfitRatio",
    "RandomSplit",
    "Results",
    "RidgeByColumn",
    "Size",
    "Spread",
    "Target",
    "Text",
    "TimeSplit",
    "TrackRecord",
    "look",
    "permutation_importance",
    "read_table",
    "study",
]
