from .artifacts import Artifacts, load_artifacts, save_artifacts
from .film_trainer import FilmTrainer
from .run_folder import RunFolder
from .run_record import RunRecord
from .saved_mlp import SavedMLP

__all__ = [
    "Artifacts",
    "FilmTrainer",
    "RunFolder",
    "RunRecord",
    "SavedMLP",
    "load_artifacts",
    "save_artifacts",
]
