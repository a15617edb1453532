"""What was learnt from a table's training rows: scales and vocabularies, with the split that chose these rows."""

from dataclasses import asdict, dataclass, field
from math import isfinite
from typing import Any, get_args

import numpy as np

from greenlight_films.datamodules.crossed.input_scales import InputScales
from greenlight_films.datamodules.encoder import FilmEncoder
from greenlight_films.datamodules.feature_space import FeatureSpace
from greenlight_films.datamodules.tables.formats import Formats
from greenlight_films.datamodules.targets import TargetScale, Transform


@dataclass(frozen=True)
class Refreshed:
    """That the label inputs of a finished network were made anew with newer films.

    Attributes:
        films: newer ones that are learnt from.
        until: their latest year; None where it isn't known.
        scales: on which the network learnt the inputs.
    """

    films: int
    until: int | None
    scales: InputScales

    def to_state(self) -> dict[str, Any]:
        return {"films": self.films, "until": self.until, "scales": self.scales.to_state()}

    @classmethod
    def from_state(cls, state: dict[str, Any] | None) -> "Refreshed | None":
        """Restore what `to_state` returned; a TypeError where it is of other types."""
        if state is None:
            return None
        if type(state["films"]) is not int or not isinstance(state["until"], int | None):
            raise TypeError("what a run was refreshed with is not what it wrote")
        return cls(state["films"], state["until"], InputScales.from_state(state["scales"]))


@dataclass(frozen=True)
class Fitted:
    """What was learnt, and from which rows: a checkpoint keeps it.

    Attributes:
        split: the rule that chose the sides, as plain data.
        sides: (n_rows,) uint8, the side of each row that has a target, codes of `SIDES`.
        fingerprint: of the table's values in the columns that the config names; the same table has the same.
        leak: whether a film is on two sides.
        refitted: whether it was learnt from the validation rows too.
        penalty: of the ridge regression of labels' inputs, which the validation rows chose; None without one.
        kernels: of near records, by column, tuned by the rows that are learnt from.
        refreshed: None where it was learnt at once.
    """

    encoder: FilmEncoder
    scale: TargetScale
    split: dict[str, Any]
    sides: np.ndarray
    fingerprint: str
    leak: bool
    refitted: bool = False
    penalty: float | None = None
    kernels: dict[str, list[float]] = field(default_factory=dict)
    refreshed: Refreshed | None = None

    def to_state(self) -> dict[str, Any]:
        """Return builtins and the array `sides`."""
        return {
            "feature_space": self.encoder.space.to_json(),
            "target_scale": asdict(self.scale),
            "split": {"split": self.split, "sides": self.sides, "fingerprint": self.fingerprint, "leak": self.leak},
            "formats": self.encoder.formats.to_state(),
            "refit": {"refitted": self.refitted, "penalty": self.penalty, "kernels": self.kernels},
            **({} if self.refreshed is None else {"refreshed": self.refreshed.to_state()}),
        }

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> "Fitted":
        """Restore what `to_state` returned; a TypeError where it is of other types."""
        formats = Formats.from_state(state.get("formats", {}))  # older runs have none
        encoder = FilmEncoder.from_space(FeatureSpace.from_json(state["feature_space"]), formats)
        refreshed = Refreshed.from_state(state.get("refreshed"))
        parts = {**state["split"], **state.get("refit", {}), "refreshed": refreshed}
        fitted = cls(encoder, TargetScale(**state["target_scale"]), **parts)
        scale, sides = fitted.scale, fitted.sides
        numbers = (scale.shift, scale.mean, scale.std)
        # They are first used after all other work, where the message could not name the file any more.
        if not (
            scale.transform in get_args(Transform)
            and all(isinstance(value, int | float) and isfinite(value) for value in numbers)
            and scale.std > 0
            and (type(fitted.fingerprint), type(fitted.leak), type(fitted.refitted)) == (str, bool, bool)
            and (fitted.penalty is None or fitted.penalty > 0)
            and isinstance(fitted.kernels, dict)
            and all(isfinite(number) for numbers in fitted.kernels.values() for number in numbers)
            and sides.dtype == np.uint8
            and sides.ndim == 1
        ):
            raise TypeError("the target's scale, or the split, is not what a run wrote")
        return fitted
