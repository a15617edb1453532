"""Write files whole or not at all, also where the process dies: under another name first, then renamed."""

import errno
import os
import platform
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO

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


Content = bytes | memoryview | Callable[[IO[bytes]], None]
"""What a file is to hold, or what writes it block by block into a stream."""


def write_whole(contents: Mapping[Path, Content]) -> None:
    """Write all files, or none where there is no room."""
    parts = {path: path.with_name(f".{path.name}.{os.getpid()}{_suffix()}") for path in contents}
    path = Path()
    try:
        for path, content in contents.items():
            path.parent.mkdir(exist_ok=True)
            with parts[path].open("wb") as stream:
                if callable(content):
                    content(stream)
                else:
                    stream.write(content)
                put_on_disk(stream)
        for path, part in parts.items():
            part.replace(path)
    except OSError as problem:
        raise cannot_write(path, problem) from None
    finally:
        for part in parts.values():
            part.unlink(missing_ok=True)


def put_on_disk(stream: IO[bytes]) -> None:
    """Wait until a file is on the disk: else a power cut may leave its new name with nothing in it."""
    stream.flush()
    os.fsync(stream.fileno())


def cannot_write(path: Path, problem: OSError) -> InputError:
    """Return the error for a file or folder, with the remedy."""
    return InputError(f"{path} can't be written: {with_remedy(OSError(problem.errno, problem.strerror))}")


def with_remedy(problem: OSError) -> str:
    """Return the system's message, the path and the remedy."""
    path = f": {os.fsdecode(problem.filename)}" if problem.filename else ""
    remedy = f"; {REMEDIES[problem.errno]}" if problem.errno in REMEDIES else ""
    return f"{problem.strerror or problem}{path}{remedy}"


def sweep(folder: Path) -> None:
    """Remove the parts that processes which died left in a folder."""
    for path in folder.rglob(f".*{_suffix()}"):
        process = re.search(r"\.(\d+)$", path.name.removesuffix(_suffix()))
        if process and not _runs(int(process[1])):
            path.unlink(missing_ok=True)


def _suffix() -> str:
    # A process's number tells nothing on another machine that writes into the same folder.
    return f"@{platform.node()}.part"


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError, PermissionError) as problem:
        return isinstance(problem, PermissionError)
    return True
