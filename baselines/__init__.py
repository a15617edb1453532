"""Classical models on the rows and scores of the MLP."""

from baselines.boosting import Boosting
from baselines.comparison import PREDICTORS, Fit, compare
from baselines.knn import KNN
from baselines.mean import Mean
from baselines.predictor import Predictor
from baselines.ridge import Ridge

__all__ = ["KNN", "PREDICTORS", "Boosting", "Fit", "Mean", "Predictor", "Ridge", "compare"]
