"""Columns of people for IMDb's films, one per role, from `title.crew`, `title.principals` and `name.basics`."""

from collections import Counter

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from greenlight_films.sources.preparation import Preparation, repeated
from greenlight_films.sources.raw_cells import arrow_lists, numbers
from greenlight_films.sources.raw_files import NAME_BASICS, TITLE_CREW, TITLE_PRINCIPALS
from greenlight_films.sources.tsv_blocks import UNKNOWN, checked_ids, id_numbers, id_texts, read_matches, where

ROLES = (
    "actors", "directors", "writers", "producers", "composers", "cinematographers", "editors", "production_designers",
    "casting_directors",
)  # fmt: skip
IN_CREW = ("directors", "writers")
CATEGORIES = {"actress": "actors", **{role.removesuffix("s"): role for role in ROLES}}  # of `title.principals`
NO_ORDERING = 2**31 - 1


def add_people(preparation: Preparation, films: pd.DataFrame, ids: pd.Index) -> pd.DataFrame:
    """Return films, whose tconst are the numbers `ids`, with a column of names, Arrow lists, per role."""
    credits = _read_credits(preparation, ids)
    people, person = np.unique(credits["person"], return_inverse=True)
    names = _read_names(preparation, people)
    columns = {}
    for number, role in enumerate(ROLES):
        in_role = (credits["role"] == number).to_numpy()
        counts = np.bincount(credits["film"][in_role], minlength=len(ids))
        columns[role] = arrow_lists(names.take(pa.array(person[in_role])), counts, films.index)
    return films.assign(**columns)


def _read_credits(preparation: Preparation, ids: pd.Index) -> pd.DataFrame:
    """Return the persons of films, each once in a role, sorted by role, film and ordering.

    The columns are `film` and `role`, positions in `ids` and `ROLES`; `ordering`; `person`, the number of the nconst;
    and `line`, in the file.
    """
    has_crew = TITLE_CREW in preparation.files
    credits = _read_crew(preparation, ids) if has_crew else NO_CREDITS
    if TITLE_PRINCIPALS in preparation.files:
        principals = _read_principals(preparation, ids)
        if has_crew:
            principals = _not_in_crew(preparation, principals, credits)
        credits = pd.concat([credits, principals], ignore_index=True)
    order = np.lexsort((credits["ordering"], credits["film"], credits["role"]))
    return _without_repetition(preparation, credits.iloc[order], ids)


def _credits(
    film: np.ndarray, role: np.ndarray | int, ordering: np.ndarray, person: np.ndarray, line: np.ndarray
) -> pd.DataFrame:
    columns = {"film": film, "role": role, "ordering": ordering, "person": person, "line": line}
    return pd.DataFrame(columns).astype({"film": np.int32, "role": np.int8, "ordering": np.int32})


NO_CREDITS = _credits(*(np.empty(0, np.int64) for _ in range(5)))


def _read_crew(preparation: Preparation, ids: pd.Index) -> pd.DataFrame:
    """Return directors and writers by `title.crew`, in the order given there."""
    file, parts = TITLE_CREW, [NO_CREDITS]
    for batch, film in read_matches(preparation, file, ("tconst", *IN_CREW), ids, preparation.other_films(file)):
        for role in IN_CREW:
            lists = pc.split_pattern(batch[role], ",")
            texts, row = lists.flatten(), pc.list_parent_indices(lists).to_numpy()
            person, line = id_numbers(texts, "nm"), batch["line"].to_numpy()[row]
            bad = person < 0
            reason = f"{role} has no id such as nm0000009: left out"
            preparation.reject(file, line[bad], reason, texts.filter(pa.array(bad)).to_pylist(), "cell")
            parts.append(_credits(film[row], ROLES.index(role), np.arange(len(person)), person, line)[~bad])
    return pd.concat(parts, ignore_index=True)


def _read_principals(preparation: Preparation, ids: pd.Index) -> pd.DataFrame:
    """Return the persons of `title.principals`; those in categories without a column are counted in notes."""
    file, parts = TITLE_PRINCIPALS, [NO_CREDITS]
    categories = pa.array(list(CATEGORIES))
    role_of = np.array([ROLES.index(role) for role in CATEGORIES.values()], dtype=np.int8)
    unused = Counter[str]()
    columns, others = ("tconst", "ordering", "nconst", "category"), preparation.other_films(file)
    for batch, film in read_matches(preparation, file, columns, ids, others, unique=False):
        category = pc.index_in(batch["category"], categories).fill_null(-1).to_numpy()
        used = category >= 0
        counts = batch["category"].fill_null(UNKNOWN).filter(pa.array(~used)).value_counts()
        unused.update({item["values"]: item["counts"] for item in counts.to_pylist()})
        batch, film, category = where(batch, used), film[used], category[used]
        person = checked_ids(preparation, file, batch, "nconst")
        good = person >= 0
        batch, film, role = where(batch, good), film[good], role_of[category[good]]
        parts.append(_credits(film, role, _ordering(preparation, batch), person[good], batch["line"].to_numpy()))
    preparation.note_each(f"persons in {file.name} as {{}}, not used", unused)
    return pd.concat(parts, ignore_index=True)


def _ordering(preparation: Preparation, batch: pa.RecordBatch) -> np.ndarray:
    """Return the column `ordering` as int32; what is missing or no number comes last."""
    cells = batch["ordering"]
    try:
        return cells.cast(pa.int32()).fill_null(NO_ORDERING).to_numpy(zero_copy_only=False)
    except pa.ArrowInvalid:
        texts = pd.Series(cells.to_pylist(), index=batch["line"].to_numpy(), name="ordering", dtype="str")
        return numbers(preparation, TITLE_PRINCIPALS, texts).clip(0, NO_ORDERING).fillna(NO_ORDERING).to_numpy(np.int32)


def _not_in_crew(preparation: Preparation, principals: pd.DataFrame, crew: pd.DataFrame) -> pd.DataFrame:
    """Return the principals without directors and writers of films whose directors or writers `title.crew` has."""
    # The role and the film, in a single number.
    columns, in_crew = (credits["role"].astype(np.int64) * 2**32 + credits["film"] for credits in (principals, crew))
    double = np.isin(columns, in_crew)
    for role in IN_CREW:
        new = ~double & (principals["role"] == ROLES.index(role))
        n_films = principals["film"][new].nunique()
        preparation.note(f"films whose {role} only {TITLE_PRINCIPALS.name} tells, taken from there", n_films)
    preparation.note(
        f"directors and writers by {TITLE_PRINCIPALS.name} of films where {TITLE_CREW.name} tells them, not used",
        int(double.sum()),
    )
    return principals[~double]


def _without_repetition(preparation: Preparation, credits: pd.DataFrame, ids: pd.Index) -> pd.DataFrame:
    """Return each person once in a film's column; a row that is there twice, ordering and all, is rejected."""
    again = credits.duplicated(["film", "role", "person"])
    same = credits.duplicated(["film", "role", "person", "ordering"])
    lost = credits[same]
    texts = pc.binary_join_element_wise(
        id_texts(ids.to_numpy()[lost["film"]], "tt"),
        pa.array(lost["ordering"]).cast(pa.string()),
        id_texts(lost["person"].to_numpy(), "nm"),
        pa.array(ROLES).take(pa.array(lost["role"])),
        "\t",
    )
    preparation.reject(TITLE_PRINCIPALS, lost["line"].to_numpy(), repeated("person"), texts.to_pylist())
    preparation.note("persons who stand twice in a film's column, kept once", int(again.sum() - same.sum()))
    return credits[~again]


def _read_names(preparation: Preparation, people: np.ndarray) -> pa.Array:
    """Return the names of persons by the numbers of their nconst; those without a name go by their nconst."""
    file, ids = NAME_BASICS, id_texts(people, "nm")
    if file not in preparation.files:
        preparation.note(f"persons who go by their nconst, for {file.name} is not there", len(people))
        return ids
    others = f"persons in {file.name} who are in no film of the table, not used"
    parts, rows, n_rows = [pa.array([], pa.string())], np.full(len(people), -1), 0
    for batch, person in read_matches(preparation, file, ("nconst", "primaryName"), pd.Index(people), others):
        rows[person] = np.arange(n_rows, n_rows + len(person))
        n_rows += len(person)
        parts.append(batch["primaryName"])
    names = pa.chunked_array(parts).combine_chunks().take(pa.array(rows, mask=rows < 0))
    names = pc.if_else(pc.equal(names, ""), None, names)
    preparation.note(f"persons without a name in {file.name}, who go by their nconst", names.null_count)
    shared = names.drop_null().value_counts().field("counts").to_numpy()
    preparation.note("persons who share their name with others: as one label", int(shared[shared > 1].sum()))
    return pc.coalesce(names, ids)
