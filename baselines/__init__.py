"""Classical models on the rows and scores of the MLP."""

from greenlight_films.baselines.baseline import Baseline, Predictor
from greenlight_films.baselines.boosting import Boosting
from greenlight_films.baselines.comparison import Comparison, Fit, fit
from greenlight_films.baselines.kmeans import KMeans
from greenlight_films.baselines.knn import KNN
from greenlight_films.baselines.mean import Mean
from greenlight_films.baselines.ols import OLS
from greenlight_films.baselines.pca import PCA
from greenlight_films.baselines.ridge import Ridge
from greenlight_films.baselines.sample import Sample
from greenlight_films.baselines.sklearn_mlp import SklearnMLP
from greenlight_films.baselines.tree import Tree

__all__ = [
    "KNN",
    "OLS",
    "PCA",
    "Baseline",
    "Boosting",
    "Comparison",
    "Fit",
    "KMeans",
    "Mean",
    "Predictor",
    "Ridge",
    "Sample",
    "SklearnMLP",
    "Tree",
    "fit",
]
