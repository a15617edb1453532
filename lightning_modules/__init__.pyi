from .additive_mlp import AdditiveLayer, AdditiveMLP
from .film_cli import FilmCLI
from .film_trainer import FilmTrainer
from .held_out import Predictions
from .importance_study import ImportanceStudy
from .mlp_regressor import MLPRegressor
from .permutation_importance import PermutationImportance
from .saved_mlp import SavedMLP
from .search_space import Search
from .tensorboard import TensorBoard
from .trial_store import TrialResult, TrialStore
from .tuning import SearchCLI, TrialWatch

__all__ = [
    "AdditiveLayer",
    "AdditiveMLP",
    "FilmCLI",
    "FilmTrainer",
    "ImportanceStudy",
    "MLPRegressor",
    "PermutationImportance",
    "Predictions",
    "SavedMLP",
    "Search",
    "SearchCLI",
    "TensorBoard",
    "TrialResult",
    "TrialStore",
    "TrialWatch",
]
