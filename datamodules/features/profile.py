"""`Profile`: the mean traits of a label's other training films."""

from dataclasses import dataclass

from greenlight_films.datamodules.errors import InputError
from greenlight_films.datamodules.features.label_input import LabelInput


@dataclass(frozen=True)
class Profile(LabelInput):
    """The mean traits of a label's other training films: of numbers, and of labels that are not rare.

    The target is not in it. It is refused under a TimeSplit, where it is not known what a label's films will be.

    Attributes:
        of: the columns whose traits are taken, such as the year, the genres and the countries.
        min_rows: with fewer training rows there are no profiles, for a label has too few films to tell its kind.
    """

    column: str
    of: list[str]
    min_rows: int = 5000
    role: str | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.of or self.column in self.of:
            raise InputError(f"column '{self.column}': `of` must name other columns of data.features, got {self.of}")
