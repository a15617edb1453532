"""Files that are whole or not there, whatever moment a process dies in."""

import errno
import os
import platform
import re
from collections.abc import Mapping
from pathlib import Path

from greenlight_films.datamodules.errors import InputError

REMEDIES = {
    errno.ENOSPC: "make room there",
    errno.EDQUOT: "make room there",
    errno.EFBIG: "allow larger files",
    errno.EACCES: "write elsewhere, or allow it",
    errno.EPERM: "write elsewhere, or allow it",
    errno.EROFS: "write elsewhere",
    errno.ENOENT: "its folder is gone: leave it in place while a command writes into it",
}
"""What to do, by what is wrong."""


def write_whole(contents: Mapping[Path, bytes | memoryview]) -> None:
    """Write files beside those of their names, then rename them: all, or none where there is no room for one.

    Raises:
        InputError: one can't be written.
    """
    beside = {path: path.with_name(f".{path.name}.{os.getpid()}{_beside()}") for path in contents}
    path = Path()
    try:
        for path, content in contents.items():
            path.parent.mkdir(exist_ok=True)
            with beside[path].open("wb") as stream:
                stream.write(content)
                stream.flush()
                # Else a power cut may leave the new name with nothing in it.
                os.fsync(stream.fileno())
        for path, written in beside.items():
            written.replace(path)
    except OSError as problem:
        raise cannot_write(path, problem) from None
    finally:
        for written in beside.values():
            written.unlink(missing_ok=True)


def cannot_write(path: Path, problem: OSError) -> InputError:
    """Return what to say of a file or folder that can't be written."""
    return InputError(f"{path} can't be written: {with_remedy(OSError(problem.errno, problem.strerror))}")


def with_remedy(problem: OSError) -> str:
    """Return what the system says, where, and what to do."""
    said = [problem.strerror or str(problem), *([os.fsdecode(problem.filename)] if problem.filename else [])]
    remedy = REMEDIES.get(problem.errno or 0)
    return ": ".join(said) + (f"; {remedy}" if remedy else "")


def sweep(folder: Path) -> None:
    """Remove what processes that died left beside the files of a folder."""
    for path in folder.rglob(f".*{_beside()}"):
        found = re.search(r"\.(\d+)$", path.name.removesuffix(_beside()))
        if found and not _runs(int(found[1])):
            path.unlink(missing_ok=True)


def _beside() -> str:
    # A process's number tells nothing on another machine that writes into the same folder.
    return f"@{platform.node()}.part"


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        pass
    return True
