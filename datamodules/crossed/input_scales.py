"""Which inputs labels have beside their names, and the scales on which a network learnt them."""

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
    """

    columns: list[str]
    names: list[str]
    mean: np.ndarray
    deviation: np.ndarray

    def names_of(self, column: str) -> list[str]:
        """Return the inputs of a column's labels, in their order."""
        return [name for name, of in zip(self.names, self.columns, strict=True) if of == column]

    def to_state(self) -> dict[str, Any]:
        """Return plain data."""
        return {**vars(self), "mean": self.mean.tolist(), "deviation": self.deviation.tolist()}

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> "InputScales":
        """Restore what `to_state` returned; a TypeError where it is of other sizes or numbers."""
        mean, deviation = (np.array(state[name], np.float64) for name in ("mean", "deviation"))
        scales = cls(list(state["columns"]), list(state["names"]), mean, deviation)
        n_inputs = len(scales.names)
        is_whole = mean.shape == deviation.shape == (n_inputs,) and len(scales.columns) == n_inputs
        if not (is_whole and np.isfinite(mean).all() and np.isfinite(deviation).all() and (deviation >= 0).all()):
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
