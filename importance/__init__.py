"""Permutation importance as pure functions on tensors, and `permutation_importance` for other people's models."""

from greenlight_films.importance.alone import Alone
from greenlight_films.importance.api import permutation_importance
from greenlight_films.importance.contributions import Contributions
from greenlight_films.importance.cpu import keep_freed_memory
from greenlight_films.importance.estimates import FEW_FILMS, Estimates
from greenlight_films.importance.estimator import Estimator, Task
from greenlight_films.importance.held_out import Entering, Entries, HeldOut
from greenlight_films.importance.joint import joint_importance
from greenlight_films.importance.loop import loop_importance
from greenlight_films.importance.losses import LOSSES, LossName
from greenlight_films.importance.reference import AdditiveLayer, AdditiveModel, Reference
from greenlight_films.importance.result import ColumnSet, ImportanceResult
from greenlight_films.importance.tasks import TaskResult, Tasks

__all__ = [
    "FEW_FILMS",
    "LOSSES",
    "AdditiveLayer",
    "AdditiveModel",
    "Alone",
    "ColumnSet",
    "Contributions",
    "Entering",
    "Entries",
    "Estimates",
    "Estimator",
    "HeldOut",
    "ImportanceResult",
    "LossName",
    "Reference",
    "Task",
    "TaskResult",
    "Tasks",
    "joint_importance",
    "keep_freed_memory",
    "loop_importance",
    "permutation_importance",
]
