"""Classical and boosted models, fitted to the same rows as the network and scored alike."""

from greenlight_films.baselines.baseline import Baseline, Predictor
from greenlight_films.baselines.cat_boost import CatBoost
from greenlight_films.baselines.comparison import Comparison, Fit, fit
from greenlight_films.baselines.estimators import Boosting, SklearnMLP, Tree
from greenlight_films.baselines.kmeans import KMeans
from greenlight_films.baselines.knn import KNN
from greenlight_films.baselines.light_gbm import LightGBM
from greenlight_films.baselines.mean import Mean
from greenlight_films.baselines.ols import OLS
from greenlight_films.baselines.pca import PCA
from greenlight_films.baselines.ridge import Ridge
from greenlight_films.baselines.sample import Sample

__all__ = [
    "KNN",
    "OLS",
    "PCA",
    "Baseline",
    "Boosting",
    "CatBoost",
    "Comparison",
    "Fit",
    "KMeans",
    "LightGBM",
    "Mean",
    "Predictor",
    "Ridge",
    "Sample",
    "SklearnMLP",
    "Tree",
    "fit",
]
