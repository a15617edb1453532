"""One run, one folder: `runs/<study>/version_<n>/`."""

import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from greenlight_films.datamodules import InputError
from greenlight_films.datamodules.errors import nearest
from greenlight_films.datamodules.program import command
from greenlight_films.datamodules.whole_files import cannot_write
from greenlight_films.studies.folder import Folder
from greenlight_films.studies.settings.config_file import check_config
from greenlight_films.studies.written_files import refuse_other_content, unreadable

RECORD = "spread.json"  # in a folder of runs by seed or fold: which are made, and which are finished

# Descriptors of locked folders; a worker of a data loader, which inherits them, must not keep the lock.
LOCKED: set[int] = set()


def _unlock() -> None:
    while LOCKED:
        os.close(LOCKED.pop())


os.register_at_fork(after_in_child=_unlock)


@dataclass(frozen=True)
class RunFolder(Folder):
    """The files of a run."""

    @classmethod
    def create(cls, runs: str, study: str) -> "RunFolder":
        """Claim the next free `version_<n>`; two runs started at once get two."""
        if not study or set(study) & set('/\\:*?"<>|') or study.startswith("."):
            raise InputError(f"--name must be fit for a folder's name, got {study!r}")
        parent = Path(runs) / study
        try:
            parent.mkdir(parents=True, exist_ok=True)
        except (FileExistsError, NotADirectoryError):
            raise InputError(f"--runs must be a folder, {runs} is a file") from None
        except OSError as problem:
            raise cannot_write(parent, problem) from None
        taken = [int(path.name[8:]) for path in parent.glob("version_*") if path.name[8:].isdecimal()]
        version = max(taken, default=-1)
        while True:
            version += 1
            folder = parent / f"version_{version}"
            try:
                folder.mkdir()
                return cls(folder)
            except FileExistsError:  # of a run started at once
                continue
            except OSError as problem:
                raise cannot_write(folder, problem) from None

    @classmethod
    def open(cls, path: str, option: str = "--run", *, of_runs: bool = False) -> "RunFolder":
        """Open the folder of a run, or with `of_runs` that of several by seed or fold too."""
        folder = Path(path)
        if not (folder / "config.yaml").is_file():
            runs = sorted(folder.glob("*/config.yaml")) or sorted(folder.parent.glob("*/config.yaml"))
            beside = [other.parent.name for other in runs]
            suggestion = nearest(folder.name, beside) or "."
            known = f" There are: {', '.join(beside)}." if beside else ""
            raise InputError(
                f"{option} must be the folder of a run, such as runs/ratings/version_0; "
                f"{path} has no config.yaml{suggestion}{known}"
            )
        check_config(folder / "config.yaml", option)
        if not of_runs and (folder / RECORD).is_file():
            runs = sorted(folder.glob("*/*/config.yaml"))
            known = f"; give a run of it, such as {runs[0].parent}" if runs else ""
            raise InputError(f"{option} must be the folder of a run, {path} holds several, by seed or fold{known}")
        return cls(folder if folder.name not in ("", "..") else folder.resolve())  # a study and a version to name

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other processes from training in this folder; the system lets go of it whatever becomes of this one."""
        folder = os.open(self.path, os.O_RDONLY)  # the folder itself: a file would be one more in it
        LOCKED.add(folder)
        try:
            try:
                fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                message = f"{self.path} is in use: another process trains in it; wait until that has ended, or stop it"
                raise InputError(message) from None
            except OSError:
                pass  # a file system that has no locks
            yield
        finally:
            if folder in LOCKED:
                LOCKED.remove(folder)
                os.close(folder)

    def begin_anew(self) -> None:
        """Remove the curves of a training that was killed before its first checkpoint."""
        for path in self.path.glob("events.out.tfevents.*"):
            path.unlink()

    def discard(self) -> None:
        """Remove the folder of a run that came to nothing; one with a checkpoint stays."""
        if not self.has_checkpoint:
            shutil.rmtree(self.path, ignore_errors=True)

    @property
    def has_checkpoint(self) -> bool:
        return any(self.path.rglob("checkpoints/*.ckpt"))

    def has(self, name: Literal["best", "last", "first_fit"]) -> bool:
        return (self.path / "checkpoints" / f"{name}.ckpt").is_file()

    @property
    def holds_runs(self) -> bool:
        """Tell whether this is the folder of several runs, by seed or fold."""
        return (self.path / RECORD).is_file()

    @property
    def study(self) -> str:
        return self._outermost.parent.name

    @property
    def version(self) -> str:
        """Return the folder's name, or version_3/seeds/42 where it is of one of several runs."""
        return self.path.absolute().relative_to(self._outermost.parent).as_posix()

    @property
    def _outermost(self) -> Path:
        path = self.path.absolute()
        return path.parent.parent if (path.parent.parent / RECORD).is_file() else path

    @property
    def config(self) -> Path:
        return self.path / "config.yaml"

    @property
    def is_unbegun(self) -> bool:
        """Tell whether nothing came of the run yet: no checkpoint that could be elsewhere, and no score."""
        folder = self.path / "checkpoints"
        return not (self.has("last") or folder.is_symlink() or self.read_json("metrics.json").get("models"))

    def checkpoint(self, name: Literal["best", "last"]) -> Path:
        """Return the checkpoint with the lowest validation loss, or the latest."""
        path = self.path / "checkpoints" / f"{name}.ckpt"
        if not path.is_file():
            train = command(f"fit --config {self.config}")
            if not self.has_checkpoint:
                raise InputError(f"{self.path} has no network: none was trained in it; train one by `{train}`")
            raise InputError(
                f"{path} does not exist: no epoch was finished, a refit was stopped (--resume goes on), or it was "
                "removed; "
                f"train anew with `{train}`"
            )
        return path

    def read_json(self, name: str) -> dict[str, Any]:
        """Return a file's content; empty where it isn't there."""
        path = self.path / name
        if not path.is_file():
            return {}
        try:
            content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            json.dumps(content, ensure_ascii=False).encode("utf-8")  # JSON has words for half a character, UTF-8 none
        except (ValueError, RecursionError) as problem:
            raise unreadable(self.path, name, f"not JSON: {problem}") from None
        refuse_other_content(self.path, name, content)
        return content
