"""The types of requests and answers of the application's interface."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt

from greenlight_films.serving.film_cells import CellValue, Column, FilmCells, Name


class Asked(BaseModel):
    """What a request may hold, and nothing else."""

    model_config = ConfigDict(extra="forbid")


class PredictionWanted(Asked):
    """Films to predict."""

    films: Annotated[list[FilmCells], Field(min_length=1, max_length=200)]
    explain: StrictBool = False


class AddLabel(Asked):
    """Add a name to a column."""

    do: Literal["add"]
    column: Column
    label: Name


class RemoveLabel(Asked):
    """Take a name out of a column."""

    do: Literal["remove"]
    column: Column
    label: Name


class ReplaceLabel(Asked):
    """Put another name in place of one."""

    do: Literal["replace"]
    column: Column
    label: Name
    by: Name


class SetCell(Asked):
    """Set the cell of a column of the table."""

    do: Literal["set"]
    column: Column
    value: CellValue


AnyEdit = Annotated[AddLabel | RemoveLabel | ReplaceLabel | SetCell, Field(discriminator="do")]


class ChangeWanted(Asked):
    """A film, and what is changed in it."""

    film: FilmCells
    edits: Annotated[list[AnyEdit], Field(max_length=100)]
    explain: StrictBool = False


class BestWanted(Asked):
    """A film and a role: whose addition raises its prediction most?"""

    film: FilmCells
    edits: Annotated[list[AnyEdit], Field(max_length=100)] = []
    role: Column
    n: Annotated[StrictInt, Field(ge=1, le=100)] = 10
    lower: StrictBool = Field(False, description="whose addition lowers it most")
    min_films: Annotated[StrictInt, Field(ge=0, le=10**9)] = 5


class Interval(BaseModel):
    """Ends of an interval in the target's unit; `level` in per cent."""

    level: int
    lower: float | None
    upper: float | None


class Beyond(BaseModel):
    """A number that no film learnt from had."""

    column: str
    part: str = Field("", description="of a date: `year` or `age`")
    value: float
    least: float
    greatest: float


class Part(BaseModel):
    """What a value adds to the prediction, on the scale that was learnt; without a value: what others have there."""

    column: str
    value: str | None
    role: str
    contribution: float
    usual: bool = Field(False, description="the film has no such number: `value` is the usual one, which stands for it")


class Prediction(BaseModel):
    """A film's prediction.

    `learnt` is on the scale that was learnt: `average` and the contributions add up to it. `spread` is the standard
    deviation of the predictions of heads and networks there; it claims no coverage.
    """

    prediction: float | None
    learnt: float
    spread: float
    intervals: list[Interval]
    unseen: dict[str, list[str]]
    beyond: list[Beyond]
    learnt_from: bool
    average: float | None = None
    contributions: list[Part] | None = None


class Predictions(BaseModel):
    """The films' predictions, in order."""

    predictions: list[Prediction]


class NameFilms(BaseModel):
    """A name, and how many films learnt from have it; None where the model doesn't know it."""

    label: str
    films: int | None


class Change(BaseModel):
    """Predictions before and after; `difference` in the target's unit, the others on the scale that was learnt."""

    before: Prediction
    after: Prediction
    difference: float | None
    difference_learnt: float
    difference_spread: float
    names: Annotated[dict[str, list[NameFilms]], Field(description="of the film after the edits, by column")] = {}


class Candidate(BaseModel):
    """The film with one name more, or another in place of a column's only one; differences as those of a `Change`."""

    label: str
    films: int | None = Field(description="films learnt from that have it; null where the run's films can't be read")
    prediction: float | None
    difference: float | None
    difference_learnt: float
    intervals: list[Interval]


class Best(BaseModel):
    """What the model says, which is no cause: others may be behind what a name stands for."""

    role: str
    column: str
    candidates: list[Candidate]
    evaluated: int
    left_out: int = Field(description="names in too few films")
    note: str


class ColumnShape(BaseModel):
    """A column that a film is described by; `kind` is number, date, labels, category or text."""

    column: str
    kind: str
    role: str
    columns: list[str] = Field(description="the table's columns that it is read from")
    most: Annotated[int | None, Field(description="names that it holds at most; null: any number")] = None
    least: Annotated[float | None, Field(description="among films learnt from; of a date its year")] = None
    greatest: float | None = None
    usual: Annotated[float | None, Field(description="the training median; of a date its year")] = None


class RunShape(BaseModel):
    """What the run is about, and what it can answer."""

    name: str
    target: str
    unit: str
    scale: str = Field(description="what contributions are on: the unit, or its logarithm")
    transform: str
    shift: float
    average: float | None
    std: float = Field(description="the target's standard deviation among films learnt from, on that scale")
    columns: list[ColumnShape]
    films: int = Field(description="in the run's table with a target; one of several rows counts once")
    learnt: int = Field(description="films that the model has learnt from")
    has_interval: list[int]
    sentences: dict[str, str] = Field(description="why a part is missing: films, intervals, contributions, importance")


class FilmMatch(BaseModel):
    """A film of the run's table."""

    row: int
    title: str
    split: str
    learnt_from: bool
    actual: float | None


class FilmMatches(BaseModel):
    """Films of the run's table."""

    films: list[FilmMatch]


class WholeFilm(FilmMatch):
    """A film of the run's table: its cells, names as lists; and the names by the features' columns.

    `names` has those of every column of labels, however the table spreads them over its columns.
    """

    cells: dict[str, CellValue]
    names: dict[str, list[NameFilms]]


class LabelMatch(BaseModel):
    """A name that the model knows, and how many films learnt from have it."""

    label: str
    column: str
    role: str
    films: int | None


class LabelMatches(BaseModel):
    """Names that the model knows."""

    labels: list[LabelMatch]


class Importances(BaseModel):
    """One page of the importances, the greatest first, with how they were measured."""

    measure: str
    unit: str
    roles: list[str]
    total: int
    page: int
    pages: int
    rows: list[dict[str, str | float | int | None]]


class Goodness(BaseModel):
    """How good the run's network is on its test films."""

    sentences: list[str]
    leaderboard: list[dict[str, str | float | int | None]]
    points: list[dict[str, str | float | int | None]]
    calibration: list[dict[str, float | int]]
    coverage: list[dict[str, str | float | int | None]]
