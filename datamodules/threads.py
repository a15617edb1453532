"""Work on several items in threads, the calling thread among them."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from os import cpu_count
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def in_parallel(work: Callable[[Item], Result], items: Sequence[Item]) -> list[Callable[[], Result]]:
    """Work on each item; return, in their order, what gives the result of each or raises its error.

    The first is the calling thread's, which waits for nothing and has its memory at hand: it should be the longest.
    """
    with ThreadPoolExecutor(max_workers=max((cpu_count() or 1) - 1, 1)) as pool:
        running = [pool.submit(work, item) for item in items[1:]]
        done = [_done(work, item) for item in items[:1]]
        # What no thread has begun yet is the calling thread's, too.
        for item, future in zip(items[1:], running, strict=True):
            done.append(_done(work, item) if future.cancel() else future)
    return [future.result for future in done]


def _done(work: Callable[[Item], Result], item: Item) -> Future[Result]:
    future = Future[Result]()
    try:
        future.set_result(work(item))
    except Exception as fault:
        future.set_exception(fault)
    return future
