"""Settings that make many small torch steps fast on a CPU: one thread a step, freed memory kept; work in threads."""

import ctypes
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

import torch

Piece = TypeVar("Piece")


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


def in_threads(work: Callable[[slice], Piece], n: int, size: int, device: torch.device) -> list[Piece]:
    """Return what `work` gives for the slices of n rows, `size` rows each, in order; in inference mode.

    On a CPU each thread has a slice of its own, so that results don't depend on the number of threads.
    """

    @torch.inference_mode()  # which belongs to a thread
    def of_slice(start: int) -> Piece:
        return work(slice(start, min(start + size, n)))

    with one_thread_a_step() as threads:
        if threads == 1 or device.type != "cpu":
            return [of_slice(start) for start in range(0, n, size)]
        with ThreadPoolExecutor(threads) as pool:
            return list(pool.map(of_slice, range(0, n, size)))


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
