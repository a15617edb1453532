"""`Waterfall`: a film's contributions, the largest ones apart, in round numbers that add up as they are shown."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, floor, log10

import numpy as np

OTHERS = "all other values"


@dataclass(frozen=True)
class Waterfall:
    """A prediction from the average on, in whole steps: `average` and `changes` add up to `predicted` exactly.

    Attributes:
        step: the size of a step, on the scale that was learnt.
        names: of the changes, in their order.
    """

    step: float
    average: int
    names: list[str]
    changes: list[int]
    predicted: int

    @classmethod
    def of(
        cls, names: Sequence[str], contributions: np.ndarray, average: float, predicted: float, step: float, top: int
    ) -> "Waterfall":
        """Take the first `top` contributions, (n,) with the largest first, and the sum of all others."""
        start, end = round(average / step), round(predicted / step)
        changes = add_up_to(contributions / step, end - start)
        shown, rest = changes[:top].tolist(), changes[top:]
        others = [int(rest.sum())] if len(rest) else []
        return cls(step, start, [*names[:top], *([OTHERS] if others else [])], [*shown, *others], end)

    def text(self, number: int, signed: bool = True) -> str:
        """Return a number of steps in the unit of the scale that was learnt."""
        decimals = max(0, round(-log10(self.step)))
        return f"{number * self.step + 0.0:{'+' if signed else ''},.{decimals}f}"


def step_of(deviation: float) -> float:
    """Return the power of ten that numbers are rounded to whose standard deviation has three digits.

    >>> step_of(1.42), step_of(2.5e8)
    (0.01, 1000000.0)
    """
    return float(f"1e{floor(log10(deviation)) - 2}")


def add_up_to(values: np.ndarray, total: int) -> np.ndarray:
    """Return values, (n,), as whole numbers that sum to a total, (n,) int64; those are changed that it changes least.

    >>> add_up_to(np.array([0.4, 0.4, 0.4]), 1).tolist(), add_up_to(np.array([1.6, -0.7]), 1).tolist()
    ([1, 0, 0], [2, -1])
    """
    whole = np.floor(values).astype(np.int64)
    missing = total - int(whole.sum())
    if len(whole):
        whole += missing // len(whole)
        order = np.argsort(whole - values, kind="stable")
        whole[order[: missing % len(whole)]] += 1
    return whole


def times(change: float) -> str:
    """Return what a change of a logarithm multiplies by: `times 1.3`.

    >>> times(0.2624), times(-1.5), times(9)
    ('times 1.3', 'times 0.223', 'times 8,100')
    """
    factor = exp(min(change, 700))
    return f"times {float(f'{factor:.3g}'):,.10g}"
