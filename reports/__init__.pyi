from .run_folder import RunFolder
from .run_record import RunRecord
from .trials import TrialRecord

__all__ = [
    "RunFolder",
    "RunRecord",
    "TrialRecord",
]
