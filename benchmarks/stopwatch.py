"""`seconds_of`: time calls in turn, so that a change of the machine's speed affects all of them alike."""

from collections.abc import Callable, Mapping
from statistics import median
from time import perf_counter
from typing import Any


def seconds_of(calls: Mapping[str, Callable[[], Any]], repeats: int = 5) -> dict[str, float]:
    """Return the median seconds of each call over `repeats` rounds, after a first round that isn't counted."""
    times: dict[str, list[float]] = {name: [] for name in calls}
    for counted in range(repeats + 1):
        for name, call in calls.items():
            start = perf_counter()
            call()
            if counted:
                times[name].append(perf_counter() - start)
    return {name: median(taken) for name, taken in times.items()}
