"""Permutation importance as pure functions on tensors; knows nothing of Lightning, files or films' names."""

from importance.baseline import AdditiveLayer, AdditiveModel, Baseline
from importance.contributions import label_contributions, mean_by_film, number_contributions
from importance.estimator import Estimator, Piece, pieces_of
from importance.held_out import Entries, HeldOut
from importance.importance import FEW_FILMS, Importance, benjamini_hochberg
from importance.joint import Columns, joint_importance
from importance.losses import LOSSES, Loss, LossName
from importance.memory import keep_freed_memory
from importance.plain import plain_importance
from importance.tasks import Found, Task, Tasks
from importance.values import value_importance

__all__ = [
    "FEW_FILMS",
    "LOSSES",
    "AdditiveLayer",
    "AdditiveModel",
    "Baseline",
    "Columns",
    "Entries",
    "Estimator",
    "Found",
    "HeldOut",
    "Importance",
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
    "plain_importance",
    "value_importance",
]
