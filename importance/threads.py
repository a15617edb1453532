"""How many threads torch's single steps use."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

_KEPT = 31 * 2**20
"""Bytes; glibc's threshold moves up to blocks of 32 MB."""


@contextmanager
def one_thread_a_step() -> Iterator[int]:
    """Let torch use one thread a step, and give how many it used before.

    A product of matrices that is shared out over threads is rounded in another way than one that isn't: so results are
    the same to the last bit on any number of cores. It is torch's own switch, for the whole process, and put back.
    """
    # glibc hands freed memory back above twice the largest block that was ever freed, and getting it again page by page
    # then costs as much as the work on it. So free a large block, which nothing was written into.
    torch.empty(_KEPT, dtype=torch.uint8)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield threads
    finally:
        torch.set_num_threads(threads)
