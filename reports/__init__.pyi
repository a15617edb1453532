from .artifacts import Artifacts, load_artifacts, save_artifacts
from .run_folder import RunFolder
from .run_record import RunRecord

__all__ = [
    "Artifacts",
    "RunFolder",
    "RunRecord",
    "load_artifacts",
    "save_artifacts",
]
