from .artifacts import Artifacts, load_artifacts, save_artifacts
from .results import Results
from .run_folder import RunFolder
from .saved_mlp import SavedMLP
from .train import Trained
from .training import Training

__all__ = [
    "Artifacts",
    "Results",
    "RunFolder",
    "SavedMLP",
    "Trained",
    "Training",
    "load_artifacts",
    "save_artifacts",
]
