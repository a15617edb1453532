"""Permutation importance as pure functions on tensors; knows nothing of Lightning, files or films' names."""

from greenlight_films.importance.contributions import label_contributions, mean_by_film, number_contributions
from greenlight_films.importance.estimates import FEW_FILMS, Estimates, benjamini_hochberg
from greenlight_films.importance.estimator import Estimator, Piece, pieces_of
from greenlight_films.importance.held_out import Entries, HeldOut
from greenlight_films.importance.joint import Columns, joint_importance
from greenlight_films.importance.loop import loop_importance
from greenlight_films.importance.losses import LOSSES, Loss, LossName
from greenlight_films.importance.memory import keep_freed_memory
from greenlight_films.importance.reference import AdditiveLayer, AdditiveModel, Reference
from greenlight_films.importance.tasks import Task, TaskResult, Tasks
from greenlight_films.importance.values import value_importance

__all__ = [
    "FEW_FILMS",
    "LOSSES",
    "AdditiveLayer",
    "AdditiveModel",
    "Reference",
    "Columns",
    "Entries",
    "Estimator",
    "TaskResult",
    "HeldOut",
    "Estimates",
    "Loss",
    "LossName",
    "Piece",
    "Task",
    "Tasks",
    "benjamini_hochberg",
    "joint_importance",
    "keep_freed_memory",
    "label_contributions",
    "mean_by_film",
    "number_contributions",
    "pieces_of",
    "loop_importance",
    "value_importance",
]
