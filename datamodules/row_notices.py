"""What a study says of a table's rows: copies, other spellings, ids of several films, episodes, votes."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from greenlight_films.datamodules.declared import Declared
from greenlight_films.datamodules.film_ids import columns_in
from greenlight_films.datamodules.films_in_rows import (
    Remark,
    identity_of,
    remark_on_identical,
    remark_on_ids,
    remark_on_remakes,
    remark_on_spellings,
)
from greenlight_films.datamodules.kinds_of_rows import (
    remark_on_episodes,
    remark_on_kind,
    remark_on_television,
    remark_on_votes,
)
from greenlight_films.datamodules.splits import GroupSplit, KFold


def row_notices(frame: pd.DataFrame, declared: Declared, sides: np.ndarray) -> list[str]:
    """Return sentences on the rows of films, from the side of each row as a code, (n_rows,)."""
    return [remark.text for remark in _remarks(frame, declared, sides) if remark is not None]


def _remarks(frame: pd.DataFrame, declared: Declared, sides: np.ndarray) -> Iterator[Remark | None]:
    identity = identity_of(frame)
    grouped = getattr(declared.split, "by", None) if isinstance(declared.split, GroupSplit | KFold) else None
    film = declared.film or grouped
    if film:
        yield remark_on_ids(frame, film, identity)
        if columns_in(film) == [identity.title]:
            yield remark_on_remakes(frame, identity)
    if not declared.film:
        yield remark_on_kind(frame, identity)
    yield remark_on_identical(frame, sides)
    yield remark_on_spellings(frame, identity)
    yield remark_on_television(frame)
    yield remark_on_episodes(frame, identity.title)
    if declared.weight is None:
        yield remark_on_votes(frame, declared.target.columns)
