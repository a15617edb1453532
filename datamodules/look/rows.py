"""What the rows of a table are: films, people, reviews, episodes; what identifies a film; which rows are strange."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from greenlight_films.datamodules.film_ids import cell_codes, codes_by, film_ids, groups_that_differ
from greenlight_films.datamodules.films_in_rows import (
    Identity,
    Remark,
    identity_of,
    remark_on_identical,
    remark_on_ids,
    remark_on_remakes,
    remark_on_spellings,
    same_spelling,
)
from greenlight_films.datamodules.kinds_of_rows import remark_on_episodes, remark_on_kind, remark_on_television
from greenlight_films.datamodules.look.column import ColumnLook, Proposed
from greenlight_films.datamodules.mean_of_rows import MeanOfRows
from greenlight_films.datamodules.shapes import OneRowPerFilm, Shape

SHAPES = {"OneRowPerFilm": OneRowPerFilm, "MeanOfRows": MeanOfRows}


@dataclass(frozen=True)
class RowsLook:
    """What the rows of a table are.

    Attributes:
        n_rows: of the table.
        n_films: among the rows that are kept, a film in two spellings counted once.
        n_counted: as `film` tells them apart: as a study of them counts.
        film: the columns that identify a film; empty where none do.
        title: the column with a film's title.
        identity: for each column that only names the film why it is no feature.
        shape: makes a row a film, where several rows are of one.
        where: the condition that keeps films; empty where all rows are.
        kept: rows that it keeps, from 1.
        is_grouped: whether films have several rows, also in the shape.
        notices: sentences on what is strange.
    """

    n_rows: int
    n_films: int
    n_counted: int
    film: tuple[str, ...] = ()
    title: str | None = None
    identity: dict[str, str] = field(default_factory=dict)
    shape: Proposed | None = None
    where: str = ""
    kept: Sequence[int] = ()
    is_grouped: bool = False
    notices: tuple[str, ...] = ()

    def to_shape(self) -> Shape | None:
        """Make the shape."""
        return SHAPES[self.shape.name](**self.shape.arguments) if self.shape else None


def with_title(rows: RowsLook, columns: Sequence[ColumnLook]) -> RowsLook:
    """Return the rows with the column whose texts turned out to name the film, where none is called so."""
    title = next((column.name for column in columns if column.kind == "title"), None)
    return replace(rows, title=rows.title or title)


def look_at_rows(frame: pd.DataFrame, leave_out: Collection[str] = (), target: str | None = None) -> RowsLook:
    """Return what the rows of a table are; nothing is refused.

    Args:
        leave_out: columns that shall be no features: a shape goes without those that differ within films.
        target: the column to predict, which a shape keeps.
    """
    identity = identity_of(frame)
    television = remark_on_television(frame) or remark_on_episodes(frame, identity.title)
    kept = np.ones(len(frame), dtype=bool)
    where = ""
    if television and television.proposal and television.rows is not None:
        kept, where = ~television.rows, str(television.proposal["where"])
    films = frame[kept]
    kind = remark_on_kind(films, identity)
    shape = _shape_of(kind, films, leave_out, target)
    remarks: list[Remark | None] = [television, kind]
    if shape is None:
        film = identity.film
        remarks += [
            remark_on_identical(films),
            remark_on_spellings(films, identity),
            remark_on_ids(films, list(film), identity) if film else None,
            remark_on_remakes(films, identity) if identity.title in film else None,
        ]
    n_counted = int(codes_by(films, identity.film).max(initial=-1)) + 1 if identity.film else len(films)
    return RowsLook(
        n_rows=len(frame),
        n_films=_in_any_spelling(films, identity) if identity.title in identity.film else n_counted,
        n_counted=n_counted,
        film=identity.film,
        title=None if shape and identity.title in shape.arguments.get("leave_out", []) else identity.title,
        identity={name: "identifies the film" for name in identity.film if name != identity.year},
        shape=shape,
        where=where,
        kept=[int(row) + 1 for row in films.index],
        is_grouped=shape is None and bool(identity.film) and n_counted < len(films),
        notices=tuple(remark.text for remark in remarks if remark),
    )


def _shape_of(
    kind: Remark | None, frame: pd.DataFrame, leave_out: Collection[str], target: str | None
) -> Proposed | None:
    if kind is None or "shape" not in kind.proposal:
        return None
    ((name, arguments),) = kind.proposal["shape"].items()
    film, needed = codes_by(frame, arguments["by"]), (arguments.get("people"), arguments.get("role"))
    varying = [
        column
        for column in leave_out
        if column in frame and column not in needed and groups_that_differ(frame[column], film).any()
    ]
    left_out = [column for column in dict.fromkeys([*arguments.get("leave_out", []), *varying]) if column != target]
    arguments = {key: value for key, value in arguments.items() if key != "leave_out"}
    return Proposed(name, arguments | ({"leave_out": left_out} if left_out else {}), "a row becomes a film")


def _in_any_spelling(frame: pd.DataFrame, identity: Identity) -> int:
    """Count films whose key has the title: one in two spellings is one."""
    titles = same_spelling(frame[identity.title])
    others = [cell_codes(film_ids(frame, name)) for name in identity.film if name != identity.title]
    table = pd.DataFrame({"title": np.where(titles < 0, -1 - np.arange(len(titles)), titles)})
    for number, codes in enumerate(others):
        table[str(number)] = codes
    return len(table.drop_duplicates())
