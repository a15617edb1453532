"""Rank and launch helpers for runs of several processes."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import lightning.pytorch as pl
from lightning.fabric.plugins.environments.slurm import SLURMEnvironment
from lightning.fabric.plugins.environments.torchelastic import TorchElasticEnvironment
from lightning_utilities.core.rank_zero import rank_zero_only
from rich.console import Console
from rich.text import Text

from greenlight_films.datamodules.errors import InputError


def is_rank_zero(num_nodes: int = 1) -> bool:
    """Tell whether this process writes files and prints.

    Before the trainer is built, no rank is set on any of `num_nodes` nodes where Lightning starts the processes.
    """
    return getattr(rank_zero_only, "rank", 0) == 0 and (num_nodes == 1 or os.environ.get("NODE_RANK", "0") == "0")


@contextmanager
def busy(console: Console, what: str) -> Iterator[Callable[[int, int], None]]:
    """Show a spinner with a text, in the process that prints.

    It yields a function that adds how many rows are done, of how many.
    """
    with console.status(Text(what)) if is_rank_zero() else nullcontext() as status:

        def show_rows(done: int, of: int) -> None:
            if status:
                status.update(Text(f"{what}: {done:,} of {of:,} rows"))

        yield show_rows


def say(console: Console, text: str, style: str = "") -> None:
    """Print a line as it is: brackets in it are no markup, numbers have no colour, and long paths are not broken."""
    console.print(text, style=style, highlight=False, markup=False, soft_wrap=True)


def own_plugins() -> list[Any]:
    """Return SLURM's environment without requeueing: `--resume` goes on from the same step, and from no other run's."""
    return [SLURMEnvironment(auto_requeue=False)] if SLURMEnvironment.detect() else []


def refuse_separate_processes(trainer: pl.Trainer) -> None:
    """Refuse processes that would not be one run: each would train alone, or its results would be lost."""
    if type(trainer.strategy.launcher).__module__.endswith(".multiprocessing"):  # spawned or forked functions
        raise InputError(
            "trainer.strategy must be one whose processes are commands of their own, since scores and predictions "
            "would be lost with others; give ddp"
        )
    for environment in (TorchElasticEnvironment, SLURMEnvironment):
        if environment.detect() and (started := environment().world_size()) != trainer.world_size:
            raise InputError(
                f"trainer.devices times trainer.num_nodes must be the number of processes started, {started}, got "
                f"{trainer.world_size}; each would train alone"
            )


def end_other_processes(trainer: pl.Trainer) -> None:
    """End the processes that Lightning started, which it leaves waiting for this one."""
    if kill := getattr(trainer.strategy.launcher, "kill", None):
        kill(signal.SIGKILL)
