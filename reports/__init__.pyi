from .artifacts import Artifacts, load_artifacts, save_artifacts
from .run_folder import RunFolder
from .run_record import RunRecord
from .trials import TrialRecord

__all__ = [
    "Artifacts",
    "RunFolder",
    "RunRecord",
    "TrialRecord",
    "load_artifacts",
    "save_artifacts",
]
