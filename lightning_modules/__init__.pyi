from .additive_mlp import AdditiveLayer, AdditiveMLP
from .callbacks.importance_study import ImportanceStudy
from .callbacks.permutation_importance import PermutationImportance
from .callbacks.tensorboard import TensorBoard
from .mlp_regressor import MLPRegressor
from .predictions import Predictions

__all__ = [
    "AdditiveLayer",
    "AdditiveMLP",
    "ImportanceStudy",
    "MLPRegressor",
    "PermutationImportance",
    "Predictions",
    "TensorBoard",
]
