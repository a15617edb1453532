"""Files are written whole or not at all, and what a dead process left is swept away."""

import errno
import os
import subprocess
import sys

import pytest

from greenlight_films.datamodules.errors import InputError
from greenlight_films.datamodules.whole_files import cannot_write, sweep, write_whole


def names_in(folder) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_bytes_and_blocks_are_written_and_a_folder_is_made(tmp_path):
    def blocks(stream):
        stream.writelines([b"one ", b"two"])

    write_whole({tmp_path / "a.bin": memoryview(b"abc"), tmp_path / "under" / "b.txt": blocks})
    assert (tmp_path / "a.bin").read_bytes() == b"abc"
    assert (tmp_path / "under" / "b.txt").read_bytes() == b"one two"
    assert [names_in(tmp_path), names_in(tmp_path / "under")] == [["a.bin", "under"], ["b.txt"]]


def test_of_several_files_all_or_none_are_written(tmp_path):
    def full_disk(stream):
        stream.write(b"half")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "elsewhere")

    (tmp_path / "a.txt").write_bytes(b"before")
    with pytest.raises(InputError, match=r"/b\.txt can't be written: No space left on device; make room there$"):
        write_whole({tmp_path / "a.txt": b"after", tmp_path / "b.txt": full_disk})
    assert [names_in(tmp_path), (tmp_path / "a.txt").read_bytes()] == [["a.txt"], b"before"]


@pytest.mark.parametrize(
    ("number", "remedy"),
    [("EFBIG", "; allow larger files"), ("EROFS", "; write elsewhere"), ("EIO", "")],
)
def test_a_failure_has_its_remedy_where_there_is_one(tmp_path, number, remedy):
    problem = OSError(getattr(errno, number), os.strerror(getattr(errno, number)), tmp_path / "part")
    message = f"{tmp_path} can't be written: {problem.strerror}{remedy}"
    assert str(cannot_write(tmp_path, problem)) == message


def test_parts_of_dead_processes_are_swept_and_those_of_living_ones_stay(tmp_path):
    """A process writes beside the file's name and is killed; another is still writing."""
    dying = (
        "import os, sys; from pathlib import Path; from greenlight_films.datamodules.whole_files import write_whole\n"
        "write_whole({Path(sys.argv[1], 'a.txt'): lambda stream: os._exit(9)})"
    )
    assert subprocess.run([sys.executable, "-c", dying, tmp_path]).returncode == 9
    (part,) = names_in(tmp_path)
    (number,) = [word for word in part.removeprefix(".a.txt.").split("@")[:1] if word.isdigit()]
    living = part.replace(number, str(os.getpid()))
    elsewhere = f"{part.split('@')[0]}@another-machine.part"
    for name in (living, elsewhere, ".b.txt@half.part"):
        (tmp_path / name).touch()
    sweep(tmp_path)
    assert names_in(tmp_path) == sorted([living, elsewhere, ".b.txt@half.part"])
