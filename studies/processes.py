"""Several processes that are one run: which of them speaks, and what keeps them together."""

import os
import signal
from typing import Any, cast

import lightning.pytorch as pl
from lightning.fabric.plugins.environments.slurm import SLURMEnvironment
from lightning.pytorch.strategies.launchers import _MultiProcessingLauncher, _SubprocessScriptLauncher
from lightning_utilities.core.rank_zero import rank_zero_only

from greenlight_films.datamodules import InputError


def is_rank_zero() -> bool:
    """Tell whether this process is the one that writes files and speaks."""
    return getattr(rank_zero_only, "rank", 0) == 0


def is_rank_zero_of(num_nodes: int) -> bool:
    """Tell the same before there is a trainer: where Lightning starts the processes, no rank is set on any node yet."""
    return is_rank_zero() and (num_nodes == 1 or os.environ.get("NODE_RANK", "0") == "0")


def make_one_run(trainer: pl.Trainer) -> None:
    """Refuse processes that would not be one run, and leave stops and restarts to `STOP` and `--resume`.

    Raises:
        InputError: each would train alone, or what they find would be lost.
    """
    if isinstance(trainer.strategy.launcher, _MultiProcessingLauncher):
        raise InputError(
            "trainer.strategy must be one whose processes are commands of their own, since scores and predictions "
            "would be lost with others; give ddp"
        )
    environment = cast(Any, trainer)._accelerator_connector.cluster_environment
    started, wanted = environment.world_size(), trainer.world_size
    if environment.creates_processes_externally and started != wanted:
        raise InputError(
            f"trainer.devices times trainer.num_nodes must be the number of processes started, {started}, got "
            f"{wanted}; each would train alone"
        )
    if isinstance(environment, SLURMEnvironment):
        environment.auto_requeue = False  # `--resume` goes on from the same step, and from no other run's
    # Lightning's handler talks to the other processes while they are in the midst of a step, and all may wait for
    # ever. `STOP` hears the signal, and `LastCheckpoint` asks all processes.
    vars(cast(Any, trainer)._signal_connector)["_sigterm_notifier_fn"] = lambda signum, frame: None


def end_others(trainer: pl.Trainer | None) -> None:
    """End the processes that Lightning started, which it leaves waiting for this one, unless Ctrl-C came at work."""
    launcher = trainer.strategy.launcher if trainer else None
    if isinstance(launcher, _SubprocessScriptLauncher):
        launcher.kill(signal.SIGKILL)
