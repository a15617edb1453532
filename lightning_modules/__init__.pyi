from .additive_mlp import AdditiveLayer, AdditiveMLP
from .film_cli import FilmCLI
from .film_trainer import FilmTrainer
from .held_out import Predictions
from .mlp_regressor import MLPRegressor

__all__ = [
    "AdditiveLayer",
    "AdditiveMLP",
    "FilmCLI",
    "FilmTrainer",
    "MLPRegressor",
    "Predictions",
]
