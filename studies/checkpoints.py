"""Reading checkpoints: whole files of a run, whose entries are those that it wrote."""

import warnings
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from greenlight_films.datamodules import FilmDataModule, InputError
from greenlight_films.lightning_modules.callbacks.checkpoints import DIGEST, WholeCheckpointIO, digest
from greenlight_films.lightning_modules.callbacks.early_stopping import Patience
from greenlight_films.lightning_modules.column_shard import ColumnShard
from greenlight_films.lightning_modules.mlp_regressor import MLPRegressor
from greenlight_films.studies.processes import is_rank_zero
from greenlight_films.studies.run_folder import RunFolder
from greenlight_films.studies.training import Training

LARGE = 100_000_000  # bytes of weights that are not written twice
WITH_WEIGHTS = ("best.ckpt", "first_fit.ckpt")
WEIGHTS_OF = "weights_of"  # the entry that names the checkpoint file beside it whose weights are these too


def is_damaged(path: Path) -> bool:
    """Tell whether a file of `torch.save` has other bytes than were written: torch would read a changed weight."""
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
    """Refuse a file that `is_damaged`."""
    if is_rank_zero() and is_damaged(path):  # once, for it reads the whole file
        raise InputError(
            f"{path} is damaged: its bytes are not those that were written; bring back a copy, or remove all "
            "checkpoints of the run, and `fit --resume` trains from the start"
        )


@dataclass(frozen=True)
class Checkpoint:
    """A run's checkpoint, loaded onto the CPU: its entries are builtins and tensors, and nothing in it is run.

    Attributes:
        is_shared: whether its weights stand in another file, beside it.
    """

    path: Path
    entries: dict[str, Any]
    is_shared: bool = False

    @classmethod
    def read(cls, path: Path) -> "Checkpoint":
        """Read a checkpoint's file, and the one beside it that has its weights where it has none.

        Raises:
            InputError: it is damaged, or no checkpoint of ours.
        """
        refuse_damaged(path)
        try:
            with warnings.catch_warnings(action="ignore"):  # of a foreign file; the message says it all
                # Mapped: weights are copied into the network, and would be in memory twice.
                entries: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
            entries["FilmDataModule"], entries["hyper_parameters"]["hidden"]
            entries.get(WEIGHTS_OF) or entries["state_dict"]
            is_changed = DIGEST in entries and entries[DIGEST] != digest(entries)
        except Exception:  # whatever a broken or foreign file makes of the unpickler
            raise InputError(f"{path} is not a checkpoint of Greenlight; train one with `fit` or `study`") from None
        if is_changed:
            raise _unusable(path, "its entries were changed since they were written")
        if WEIGHTS_OF not in entries:
            return cls(path, entries)
        name = entries.pop(WEIGHTS_OF)
        beside = path.with_name(name if name in WITH_WEIGHTS else "best.ckpt")
        weights = cls.read(beside).entries if beside.is_file() and path.name not in WITH_WEIGHTS else {}
        if weights.get("global_step") != entries["global_step"]:
            raise InputError(f"{path} needs {name} of the same step beside it, with its weights: bring back a copy")
        return cls(path, {**entries, "state_dict": weights["state_dict"]}, is_shared=True)

    def part_weights(self) -> None:
        """Write a checkpoint whose weights stand in another file anew, with its weights, before that one changes."""
        if self.is_shared and is_rank_zero():
            WholeCheckpointIO().save_checkpoint(self.entries, self.path)

    def share_weights(self, other: Path) -> None:
        """Write another checkpoint of the same folder anew, without weights, where they are these and large."""
        if not is_rank_zero() or not other.is_file() or n_bytes(self.entries["state_dict"]) < LARGE:
            return
        entries = torch.load(other, map_location="cpu", weights_only=True, mmap=True)
        if entries["global_step"] == self.entries["global_step"] and same(
            entries["state_dict"], self.entries["state_dict"]
        ):
            del entries["state_dict"]
            WholeCheckpointIO().save_checkpoint({**entries, WEIGHTS_OF: self.path.name}, other)

    def restore_data(self, data: FilmDataModule, model: MLPRegressor) -> None:
        """Give data what the run had learnt from its training rows; before `setup`, so that the table is encoded alike.

        After `setup`, to resume training, the two must agree.
        """
        with restoring(self.path):
            older = {"members": 1, "heads": 1, "activation": "relu"}  # which lack these
            trained = {**older, **self.entries["hyper_parameters"]}
            problems = [
                f"{self.path} has model.{name} {trained[name]}, the config says {model.hparams[name]}: use the same"
                for name in ("hidden", *older)
                if trained[name] != model.hparams[name]
            ]
            if problems:
                raise InputError("\n".join(problems))
            data.load_state_dict(self.entries["FilmDataModule"])

    def restore_weights(self, model: MLPRegressor, shard: ColumnShard | None = None) -> None:
        """Load the network's weights, or this process's columns of them; the network is built if it isn't."""
        with restoring(self.path):
            if model.network is None:
                model.build_for(self.entries, shard)
            model.on_load_checkpoint(self.entries)
            model.load_state_dict(self.entries["state_dict"])

    def why_finished(self, training: Training) -> str:
        """Say why there is nothing left to train; empty where there is."""
        # Of the epoch, a checkpoint has the number also in the middle of it.
        epochs = self.entries["loops"]["fit_loop"]["epoch_progress"]["current"]["processed"]
        most, patience = training.trainer.get("max_epochs"), training.early_stopping
        if most is not None and 0 <= most <= epochs:
            return f"{epochs} epochs are trained: --trainer.max_epochs must be more to go on, got {most}"
        if state := self.entries["callbacks"].get(patience.state_key):
            before = Patience(patience.monitor, mode=patience.mode, patience=patience.patience)
            before.load_state_dict(state)
            if before.has_ended:
                reason = before.stopping_reason.name.lower().replace("_", " ")
                return f"training has ended early ({reason}): a longer --early_stopping.patience goes on"
        return ""


def checkpoint_to_resume(run: RunFolder | None, given: Path | None) -> Checkpoint | None:
    """Return the checkpoint that training goes on from, of a resumed run or a given file; None at the start."""
    if run is None:
        checkpoint = Checkpoint.read(given) if given else None
        if checkpoint and checkpoint.entries.get("first_fit"):
            raise InputError(f"{given} is of a refit, which can't be trained on: give last.ckpt, beside it in its run")
        if checkpoint and "optimizer_states" not in checkpoint.entries:
            raise InputError(f"{given} has no state of an optimiser: to train on, give last.ckpt, beside it in its run")
        return checkpoint
    best = run.path / "checkpoints" / "best.ckpt"
    if not run.is_unbegun:
        if best.is_file():
            refuse_damaged(best)
        return Checkpoint.read(run.checkpoint("last"))
    # One that was killed before its first checkpoint begins at the start; after the first epoch there may be the best
    # one alone.
    if best.is_file() and (epoch := Checkpoint.read(best).entries["epoch"]):
        raise InputError(
            f"{best.with_name('last.ckpt')} is gone, and {best.name} is of epoch {epoch + 1}: bring back a copy of "
            f"last.ckpt, or remove {best.name} too, and `--resume` trains from the start"
        )
    return None


def n_bytes(weights: Mapping[str, torch.Tensor]) -> int:
    """Return the bytes of all weights."""
    return sum(weight.nbytes for weight in weights.values())


def same(ours: Mapping[str, torch.Tensor], theirs: Mapping[str, torch.Tensor]) -> bool:
    """Tell whether two networks have the same weights, bit for bit."""
    return ours.keys() == theirs.keys() and all(torch.equal(weight, theirs[name]) for name, weight in ours.items())


@contextmanager
def restoring(path: Any) -> Iterator[None]:
    """Turn whatever a checkpoint with other entries raises in those who read it into one message."""
    try:
        yield
    except (InputError, OSError, MemoryError, torch.OutOfMemoryError):
        raise
    except Exception as problem:
        detail = " ".join(str(problem).split())[:300]
        raise _unusable(path, f"{type(problem).__name__}: {detail}") from problem


def _unusable(path: Any, detail: str) -> InputError:
    return InputError(
        f"{path} is not a checkpoint of Greenlight, or its entries were changed: {detail}; "
        "bring back a copy, or train one with `fit` or `study`"
    )
