"""Checkpoint files that are whole, and told apart from those that are not."""

import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any

import torch
from lightning.fabric.plugins import TorchCheckpointIO

from datamodules.whole_files import write_whole


class WholeCheckpointIO(TorchCheckpointIO):
    """Writes beside the checkpoint and renames: Lightning's own way goes through /tmp and copies from there."""

    def save_checkpoint(self, checkpoint: dict[str, Any], path: str | Path, storage_options: Any = None) -> None:
        """Write a checkpoint; the one before is there until the new one is on the disk."""
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
            return parts.testzip() is not None
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, ValueError):
        return True
