"""How a network is trained: arguments of Lightning's Trainer, and early stopping."""

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from typing import Any

from lightning.pytorch.callbacks import Callback, StochasticWeightAveraging

from greenlight_films.datamodules.errors import InputError, nearest
from greenlight_films.importance.cpu import one_thread_a_step
from greenlight_films.lightning_modules.callbacks.early_stopping import Patience
from greenlight_films.lightning_modules.mlp_regressor import MLPRegressor

TIPS = (
    ".*does not have many workers.*",  # batches are slices of memory: no worker is best
    ".*smaller than the logging interval.*",
    ".*isinstance\\(treespec, LeafSpec\\).*",
    ".*predict returned None.*",  # predictions are gathered from all devices at the end
    ".*Checkpoint directory .* exists and is not empty.*",  # the run's own
    ".*It is recommended to use .*sync_dist=True.*",  # scores are computed from all devices' rows
)
"""Lightning's warnings of what is meant to be so."""

SCORE_NAMES = ("rmse", "mse", "mae", "r2", "rmse_log1p", "r2_log1p", "spearman")
SCORES = ("train/loss", *(f"val/{name}" for name in ("loss", *SCORE_NAMES)))
"""What early stopping can go by."""

WIDEST = 128  # hidden units of a small network


def is_small(model: MLPRegressor) -> bool:
    """Tell whether a network's steps take hardly longer with one thread than with more."""
    return max(model.hparams["hidden"], default=0) <= WIDEST


def threads_of(model: MLPRegressor) -> AbstractContextManager[object]:
    """Let a small network's steps take one thread: it is trained to the same bits on any number of cores."""
    return one_thread_a_step() if is_small(model) else nullcontext()


@dataclass(frozen=True)
class Training:
    """Arguments of Lightning's Trainer; which epoch is the best, and when training stops."""

    trainer: dict[str, Any] = field(default_factory=dict)
    early_stopping: Patience = field(default_factory=lambda: Patience("val/loss", patience=3))

    def __post_init__(self) -> None:
        if any(isinstance(callback, StochasticWeightAveraging) for callback in self.callbacks):
            raise InputError(
                "trainer.callbacks: StochasticWeightAveraging averages behind the last checkpoint, which would go "
                "without; give lightning.pytorch.callbacks.EMAWeightAveraging"
            )
        if overfit := self.trainer.get("overfit_batches"):
            raise InputError(
                f"trainer.overfit_batches must be 0, got {overfit}: Lightning would train on single "
                "rows in place of batches; give trainer.limit_train_batches"
            )
        if root := self.trainer.get("default_root_dir"):
            raise InputError(
                f"trainer.default_root_dir must be left out, got {root}: all that a run leaves stands in its folder; "
                "--runs and --name choose it"
            )
        monitor = self.early_stopping.monitor
        if monitor not in SCORES:
            suggestion = nearest(monitor, SCORES) or "."
            raise InputError(f"early_stopping.monitor: no score '{monitor}'{suggestion} There are: {', '.join(SCORES)}")
        if self.trainer.get("limit_val_batches") == 0:
            raise InputError("trainer.limit_val_batches must be above 0, got 0: the best epoch is told by val/loss")

    @property
    def callbacks(self) -> list[Callback]:
        return as_list(self.trainer.get("callbacks"))

    @property
    def num_nodes(self) -> int:
        return int(self.trainer.get("num_nodes") or 1)

    @property
    def has_one_device(self) -> bool:
        """Tell whether training can take a single device, as a run within a command of several must."""
        devices = self.trainer["devices"]
        return devices in ("auto", "1", 1) or (isinstance(devices, list) and len(devices) == 1)

    @property
    def strategy(self) -> Any:
        return self.trainer.get("strategy", "auto")

    def with_trainer(self, **arguments: Any) -> "Training":
        return replace(self, trainer={**self.trainer, **arguments})


def as_list(value: Any) -> list[Any]:
    """Return what a setting takes one of, several of, or none."""
    return value if isinstance(value, list) else [value] if value else []
