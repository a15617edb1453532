"""Classical models on the rows and scores of the MLP."""

from baselines.baseline import Baseline, Predictor
from baselines.boosting import Boosting
from baselines.comparison import Comparison, Fit, fit
from baselines.kmeans import KMeans
from baselines.knn import KNN
from baselines.mean import Mean
from baselines.ols import OLS
from baselines.pca import PCA
from baselines.ridge import Ridge
from baselines.sample import Sample
from baselines.sklearn_mlp import SklearnMLP
from baselines.tree import Tree

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
