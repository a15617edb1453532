from .additive_mlp import AdditiveLayer, AdditiveMLP
from .callbacks.permutation_importance import PermutationImportance
from .callbacks.tensorboard import TensorBoard
from .mlp_regressor import MLPRegressor
from .predictions import Predictions

__all__ = [
    "AdditiveLayer",
    "AdditiveMLP",
    "MLPRegressor",
    "PermutationImportance",
    "Predictions",
    "TensorBoard",
]
