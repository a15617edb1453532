"""Process-wide settings that make many small torch steps fast on a CPU: one thread a step, freed memory kept."""

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def one_thread_a_step() -> Iterator[int]:
    """Let torch use one thread a step, and give how many it used before; the number is put back at the end.

    A matrix product shared out over threads is rounded differently: with one thread results are the same to the last
    bit on any number of cores.
    """
    keep_freed_memory()
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield threads
    finally:
        torch.set_num_threads(threads)


def keep_freed_memory() -> None:
    """Have glibc keep freed memory for the next block, in the whole process; elsewhere do nothing.

    It returns freed blocks of more than 32 MB to the system. Getting them again page by page then costs as much as the
    work on them: a large gradient is allocated anew at every training step.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return
    trim_threshold, mmap_threshold = -1, -3  # of glibc's malloc.h
    if not mallopt(mmap_threshold, 2**30):
        mallopt(mmap_threshold, 2**25)  # the maximum of older versions
    mallopt(trim_threshold, 2**31 - 1)
