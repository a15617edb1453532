from .batches import Batch, FilmRows, SharedBatchSampler, film_loader
from .declared import Declared
from .encoder import EncodedFilms, FilmEncoder
from .errors import InputError
from .feature_sets import FeatureSet
from .feature_space import Block, FeatureSpace
from .features import (
    Bins,
    Category,
    Date,
    Feature,
    LabelInput,
    Labels,
    Number,
    Popularity,
    Profile,
    RidgeByColumn,
    Size,
    Text,
    TrackRecord,
)
from .film_data_module import FilmDataModule
from .films import Films, fit_films, same_films
from .fitted import Fitted
from .mean_of_rows import MeanOfRows
from .new_films import new_films, same_or_new_films
from .scores import Scores, regression_scores
from .shapes import OneRowPerFilm, Shape
from .splits import GroupSplit, KFold, RandomSplit, Rows, Split, TimeSplit
from .tables.read_table import read_table
from .targets import ProfitRatio, Target, TargetColumn, TargetScale

__all__ = [
    "Batch", "Bins", "Block", "Category", "Date", "Declared", "EncodedFilms", "Feature", "FeatureSet", "FeatureSpace",
    "FilmDataModule", "FilmEncoder", "FilmRows", "Films", "Fitted", "GroupSplit", "InputError", "KFold", "LabelInput",
    "Labels", "MeanOfRows", "Number", "OneRowPerFilm", "Popularity", "Profile", "ProfitRatio", "RandomSplit",
    "RidgeByColumn", "Rows", "Scores", "Shape", "SharedBatchSampler", "Size", "Split", "Target", "TargetColumn",
    "TargetScale", "Text", "TimeSplit", "TrackRecord", "film_loader", "fit_films", "new_films", "read_table",
    "regression_scores", "same_films", "same_or_new_films",
]  # fmt: skip
