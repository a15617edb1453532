"""Checkpoint files that are whole, and told apart from those that are not, or hold what no run wrote."""

import warnings
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import torch
from lightning.fabric.plugins import TorchCheckpointIO
from lightning.pytorch.callbacks import Callback
from lightning.pytorch.trainer.connectors.checkpoint_connector import _CheckpointConnector
from lightning.pytorch.trainer.states import TrainerFn

from greenlight_films.datamodules.errors import InputError
from greenlight_films.datamodules.whole_files import write_whole
from greenlight_films.lightning_modules.callbacks.checkpoints import Patience, RunCheckpoint
from greenlight_films.studies.processes import is_rank_zero


class WholeCheckpointIO(TorchCheckpointIO):
    """Writes beside the checkpoint and renames: Lightning's own way goes through /tmp and copies from there."""

    def save_checkpoint(self, checkpoint: dict[str, Any], path: str | Path, storage_options: Any = None) -> None:
        """Write a checkpoint; the one before is there until the new one is on the disk."""
        if "://" in str(path):  # a bucket, which has no half-written files
            super().save_checkpoint(checkpoint, path, storage_options)
            return
        packed = BytesIO()
        torch.save(checkpoint, packed)
        write_whole({Path(path): packed.getbuffer()})


def is_damaged(path: Path) -> bool:
    """Tell whether a file of `torch.save` has other bytes than were written: torch reads a changed weight as it is."""
    with path.open("rb") as stream:
        if stream.read(2) != b"PK":
            return False  # but another file altogether
    try:
        with zipfile.ZipFile(path) as parts:
            # torch packs nothing; what is packed may unpack to any size.
            return any(part.compress_type for part in parts.infolist()) or parts.testzip() is not None
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, ValueError):
        return True


def refuse_damaged(path: Path) -> None:
    """Refuse what `is_damaged`.

    Raises:
        InputError: with the remedy.
    """
    if is_rank_zero() and is_damaged(path):  # once, for it reads the whole file
        raise InputError(
            f"{path} is damaged: its bytes are not those that were written; bring back a copy, or remove all "
            "checkpoints of the run, and `fit --resume` trains from the start"
        )


def read_checkpoint(path: Path) -> dict[str, Any]:
    """Load a run's checkpoint onto the CPU; nothing in it is run.

    Raises:
        InputError: it is none, or damaged.
    """
    refuse_damaged(path)
    try:
        with warnings.catch_warnings(action="ignore"):  # of a foreign file; the message says it all
            checkpoint = torch.load(path, map_location="cpu", weights_only=True)
        checkpoint["FilmDataModule"], checkpoint["hyper_parameters"]["hidden"]
    except Exception:  # whatever a broken or foreign file makes of the unpickler
        raise InputError(f"{path} is not a checkpoint of Greenlight; train one with `fit` or `study`") from None
    return checkpoint


class CheckedConnector(_CheckpointConnector):
    """Takes over a checkpoint whose entries are what the run itself would write there."""

    def _restore_modules_and_callbacks(self, checkpoint_path: Any = None, weights_only: bool | None = None) -> None:
        with taken_over(checkpoint_path):
            super()._restore_modules_and_callbacks(checkpoint_path, weights_only)

    def restore_model(self) -> None:
        """Look at all that training goes on from, before the first of it is taken over."""
        if self._loaded_checkpoint and self.trainer.state.fn == TrainerFn.FITTING:
            # Other callbacks may make anything of what they begin with, and read it themselves.
            callbacks: list[Callback] = self.trainer.callbacks  # type: ignore[attr-defined]
            known = [one for one in callbacks if isinstance(one, RunCheckpoint | Patience)]
            own = {
                "epoch": 0,
                "global_step": 0,
                "loops": self._get_loops_state_dict(),
                "callbacks": {one.state_key: one.state_dict() for one in known},
                "optimizer_states": [],
                "lr_schedulers": [],
            }
            _refuse_others(self._loaded_checkpoint, own, "")
        super().restore_model()

    def restore_training_state(self) -> None:
        """Take over the optimisers and how far training was."""
        with taken_over(self._ckpt_path):
            super().restore_training_state()
            for optimizer in self.trainer.optimizers if self._loaded_checkpoint else []:
                _refuse_other_steps(optimizer)


@contextmanager
def taken_over(path: Any) -> Iterator[None]:
    """Tell in one message whatever a checkpoint with other entries makes of those who read it.

    Raises:
        InputError: with the file.
    """
    try:
        yield
    except (InputError, OSError, MemoryError, torch.OutOfMemoryError):
        raise
    except Exception as problem:
        said = " ".join(str(problem).split())[:300]
        raise InputError(
            f"{path} is not a checkpoint of Greenlight, or its entries were changed: {type(problem).__name__}: {said}; "
            "bring back a copy, or train one with `fit` or `study`"
        ) from problem


def _refuse_other_steps(optimizer: torch.optim.Optimizer) -> None:
    """Refuse what an optimiser takes over as it is, and meets in its first step."""
    # A setting of 0 may be given as 0.0.
    own = {name: float(value) if type(value) is int else value for name, value in optimizer.defaults.items()}
    for group in optimizer.param_groups:
        _refuse_others({name: group[name] for name in own}, own, "optimizer_states")
    for weights, state in optimizer.state.items():
        for name, values in state.items():
            if not isinstance(values, torch.Tensor) or values.shape not in (weights.shape, torch.Size([])):
                raise TypeError(f"optimizer_states: {name} must be a tensor like the weights, got {str(values)[:80]}")


def _refuse_others(found: Any, own: Any, key: str) -> None:
    """Refuse an entry of another kind than a run writes; what only one of both has is left to those who read it."""
    if isinstance(own, Mapping):
        fits = isinstance(found, Mapping)
    elif isinstance(own, torch.Tensor):
        fits = isinstance(found, torch.Tensor) and found.ndim == own.ndim and found.dtype.is_floating_point
    elif found is None and key.startswith("callbacks"):  # was not known yet
        fits = True
    elif own is None:
        fits = found is None or isinstance(found, str | bool) or (isinstance(found, torch.Tensor) and found.ndim == 0)
    elif type(own) is int:
        fits = type(found) is int and -1 <= found < 2**63
    else:
        fits = isinstance(found, int | float if isinstance(own, float) else type(own))
    if not fits:
        raise TypeError(f"{key} must be {type(own).__name__}, got {str(found)[:80]}")
    if isinstance(own, Mapping):
        for name in own.keys() & found.keys():
            _refuse_others(found[name], own[name], f"{key}.{name}" if key else str(name))
