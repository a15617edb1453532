"""The names of label inputs, and the means and deviations by which a network learnt them."""

from dataclasses import dataclass
from typing import Any

import numpy as np

EFFECT = "linear effect"
TRAIT = "profile "  # before the name of a trait


@dataclass(frozen=True)
class InputScales:
    """The sums of films' inputs are taken less a mean, in units of a deviation.

    Attributes:
        columns: (n_inputs,) the table's column that each belongs to.
        names: (n_inputs,) such as `record` or `films`, each once in a column.
        mean, deviation: (n_inputs,) float64, of the sums of the rows that were learnt from first.
        limits: (2, n_inputs) float64, of `LabelInputs.limits` that a network learnt from; None where inputs aren't made
            anew for a network.
    """

    columns: list[str]
    names: list[str]
    mean: np.ndarray
    deviation: np.ndarray
    limits: np.ndarray | None = None

    def names_of(self, column: str) -> list[str]:
        """Return the inputs of a column's labels, in their order."""
        return [name for name, of in zip(self.names, self.columns, strict=True) if of == column]

    def to_state(self) -> dict[str, Any]:
        """Return plain data."""
        limits = {} if self.limits is None else {"limits": self.limits.tolist()}
        state = {"columns": self.columns, "names": self.names}
        return {**state, "mean": self.mean.tolist(), "deviation": self.deviation.tolist(), **limits}

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> "InputScales":
        """Restore what `to_state` returned; a TypeError where it is of other sizes or numbers."""
        mean, deviation = (np.array(state[name], np.float64) for name in ("mean", "deviation"))
        limits = np.array(state["limits"], np.float64) if "limits" in state else None  # older runs have none
        scales = cls(list(state["columns"]), list(state["names"]), mean, deviation, limits)
        n_inputs = len(scales.names)
        is_whole = mean.shape == deviation.shape == (n_inputs,) and len(scales.columns) == n_inputs
        is_finite = all(np.isfinite(part).all() for part in (mean, deviation, limits) if part is not None)
        is_limited = limits is None or limits.shape == (2, n_inputs)
        if not (is_whole and is_finite and is_limited and (deviation >= 0).all()):
            raise TypeError("the scales of labels' inputs are not what a run wrote")
        return scales


def kind_of_input(name: str) -> str:
    """Return what an input is a part of.

    >>> [kind_of_input(name) for name in ("linear effect", "profile year", "films", "record above of gross")]
    ['linear effect', 'profile', 'record', 'record of gross']
    """
    if name == EFFECT:
        return name
    if name.startswith(TRAIT):
        return TRAIT.strip()
    _, of, column = name.partition(" of ")
    return f"record{of}{column}"
