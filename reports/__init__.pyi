from .run_folder import RunFolder
from .run_record import RunRecord

__all__ = [
    "RunFolder",
    "RunRecord",
]
