"""How many threads torch's single steps use."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from greenlight_films.importance.memory import keep_freed_memory


@contextmanager
def one_thread_a_step() -> Iterator[int]:
    """Let torch use one thread a step, and give how many it used before.

    A product of matrices that is shared out over threads is rounded in another way than one that isn't: so results are
    the same to the last bit on any number of cores. It is torch's own switch, for the whole process, and put back.
    """
    keep_freed_memory()
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield threads
    finally:
        torch.set_num_threads(threads)
