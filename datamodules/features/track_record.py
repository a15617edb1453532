"""`TrackRecord`: the shrunken mean of the target over a label's other films, and how many films these are."""

from collections.abc import Sequence
from dataclasses import dataclass

from greenlight_films.datamodules.errors import InputError
from greenlight_films.datamodules.features.label_input import LabelInput


@dataclass(frozen=True)
class TrackRecord(LabelInput):
    """How much better or worse than the mean a label's other films did, and how many they are.

    A training film's own target is in none of its records: they are of the training films outside its fold, or, under
    a TimeSplit, of earlier years. Held-out films see all training films, and no others.

    With `of`, it is the same of another number of these films, such as their gross, in its standard deviations: a
    record of what they did, not of the target. A film's own number is in none of its records, so that new films need
    not have it; films without it don't count. A column may have several.

    Attributes:
        min_labels: a column with fewer labels has no records, for each label's row of weights says as much.
        before: under a TimeSplit its column; a film's records are of films before it.
        near: columns of `Number` or `Date` by which a label's films are near a film or far from it; the nearer ones
            then count more in its record for that film. Not under a TimeSplit.
        of: the table's column of numbers that it is of; by default the target.
    """

    column: str
    min_labels: int = 60
    before: str | None = None
    near: list[str] | None = None
    role: str | None = None
    of: str | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.min_labels < 1:
            raise InputError(f"column '{self.column}': `min_labels` must be 1 or more, got {self.min_labels}")
        if self.near is not None and (not self.near or len(set(self.near)) < len(self.near)):
            raise InputError(
                f"column '{self.column}': `near` must name columns of Number or Date, each once, got {self.near}"
            )
        if self.of is not None:
            object.__setattr__(self, "of", str(self.of))

    def input_names(self, names: Sequence[str]) -> list[str]:
        """Return the names of its inputs, such as `record of gross`, from those of a record of the target."""
        return [*names] if self.of is None else [f"{name} of {self.of}" for name in names]
