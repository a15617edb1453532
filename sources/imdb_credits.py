"""Who made a film, by IMDb: `title.crew`, `title.principals` and `name.basics` become a column of names per role."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from greenlight_films.sources.preparation import Preparation, earlier
from greenlight_films.sources.raw_cells import numbers
from greenlight_films.sources.raw_files import NAME_BASICS, TITLE_CREW, TITLE_PRINCIPALS
from greenlight_films.sources.tsv_blocks import Block, Places, blocks, codes, id_numbers, id_texts, with_ids

ROLES = (
    "actors", "directors", "writers", "producers", "composers", "cinematographers", "editors", "production_designers",
    "casting_directors",
)  # fmt: skip
"""The columns."""

CATEGORIES = {"actress": "actors", **{role.removesuffix("s"): role for role in ROLES}}
"""What `title.principals` calls them."""

LAST = 2**31 - 1
"""The place of a person whose place isn't known."""


@dataclass(frozen=True)
class Credits:
    """Persons of films, one array a property.

    Attributes:
        film: its place in the table.
        role: its place in `ROLES`.
        ordering: the person's place among those of the film.
        person: the number of the nconst.
        line: of the file.
    """

    film: np.ndarray
    role: np.ndarray
    ordering: np.ndarray
    person: np.ndarray
    line: np.ndarray

    def where(self, these: np.ndarray) -> "Credits":
        """Return some of them, by a mask or by their places."""
        return Credits(self.film[these], self.role[these], self.ordering[these], self.person[these], self.line[these])

    def told(self, n_films: int) -> np.ndarray:
        """Return of which films which roles are told, shape (roles, films)."""
        there = np.zeros((len(ROLES), n_films), dtype=bool)
        there[self.role, self.film] = True
        return there


def joined(parts: list[Credits]) -> Credits:
    """Return all credits, one after the other."""
    none = Credits(*(np.empty(0, kind) for kind in (np.int32, np.int8, np.int32, np.int64, np.int64)))
    all_parts = [none, *parts]
    return Credits(
        np.concatenate([part.film for part in all_parts], dtype=np.int32),
        np.concatenate([part.role for part in all_parts], dtype=np.int8),
        np.concatenate([part.ordering for part in all_parts], dtype=np.int32),
        np.concatenate([part.person for part in all_parts], dtype=np.int64),
        np.concatenate([part.line for part in all_parts], dtype=np.int64),
    )


def read_crew(preparation: Preparation, films: Places) -> Credits:
    """Return directors and writers by `title.crew`, in the order given there."""
    file, parts, n_others = TITLE_CREW, [], 0
    seen = np.empty(0, dtype=np.int64)
    for whole in blocks(preparation, file, ("tconst", "directors", "writers")):
        block, ids = with_ids(preparation, file, whole, "tconst", "tt")
        film = films.of(ids)
        n_others += int((film < 0).sum())
        block, film = block.where(film >= 0), film[film >= 0]
        again = pd.Index(film).duplicated() | np.isin(film, seen)
        preparation.reject(
            file,
            block.lines[again],
            earlier("tconst"),
            block.where(again).texts() if again.any() else (),
        )
        block, film = block.where(~again), film[~again]
        seen = np.concatenate([seen, film])
        parts += [_listed(preparation, block, film, role) for role in ("directors", "writers")]
    preparation.note_strangers(file, n_others)
    return joined(parts)


def _listed(preparation: Preparation, block: Block, film: np.ndarray, role: str) -> Credits:
    lists = pc.split_pattern(block.cells[role], ",")
    lengths = pc.list_value_length(lists).fill_null(0).to_numpy(zero_copy_only=False)
    texts = lists.flatten()
    person, line = id_numbers(texts, "nm"), np.repeat(block.lines, lengths)
    bad = person < 0
    preparation.reject(
        TITLE_CREW,
        line[bad],
        f"{role} has no id such as nm0000009: left out",
        texts.filter(pa.array(bad)).to_pylist(),
        "cell",
    )
    found = Credits(
        np.repeat(film, lengths), np.full(len(person), ROLES.index(role)), np.arange(len(person)), person, line
    )
    return found.where(~bad)


def read_principals(preparation: Preparation, films: Places) -> Credits:
    """Return the persons of `title.principals`; categories that have no column are counted."""
    file, parts, n_others = TITLE_PRINCIPALS, [], 0
    known = {category: place for place, category in enumerate(CATEGORIES)}
    columns = np.array([ROLES.index(role) for role in CATEGORIES.values()], dtype=np.int8)
    times: pd.Series = pd.Series(dtype=np.int64)
    for whole in blocks(preparation, file, ("tconst", "ordering", "nconst", "category"), repeated=("category",)):
        block, ids = with_ids(preparation, file, whole, "tconst", "tt")
        film = films.of(ids)
        n_others += int((film < 0).sum())
        block, film = block.where(film >= 0), film[film >= 0]
        category = codes(block.cells["category"], known)
        used = category < len(CATEGORIES)
        times = times.add(pd.Series(category[~used]).value_counts(), fill_value=0)
        block, film, category = block.where(used), film[used], category[used]
        person = id_numbers(block.cells["nconst"], "nm")
        block, _ = with_ids(preparation, file, block, "nconst", "nm")
        film, category, person = film[person >= 0], category[person >= 0], person[person >= 0]
        parts.append(Credits(film, columns[category], _ordering(preparation, block), person, block.lines))
    preparation.note_strangers(file, n_others)
    categories = list(known)
    counts = {categories[int(code)]: int(count) for code, count in times.items()}
    preparation.note_each(f"persons in {file.name} as {{}}, not used", counts)
    return joined(parts)


def _ordering(preparation: Preparation, block: Block) -> np.ndarray:
    """Return the persons' places; those without one are last."""
    cells = block.cells["ordering"]
    try:
        return cells.cast(pa.int32()).fill_null(LAST).to_numpy(zero_copy_only=False)
    except pa.ArrowInvalid:
        texts = pd.Series(cells.to_pylist(), index=block.lines, name="ordering", dtype="str")
        return numbers(preparation, TITLE_PRINCIPALS, texts).clip(0, LAST).fillna(LAST).to_numpy(np.int32)


def read_credits(preparation: Preparation, ids: np.ndarray) -> Credits:
    """Return all persons of films, by role and film and in order, each once.

    Args:
        ids: of the films, the numbers of their tconst.
    """
    films, n_films = Places(ids), len(ids)
    crew = read_crew(preparation, films) if TITLE_CREW in preparation.files else joined([])
    if TITLE_PRINCIPALS not in preparation.files:
        return _in_order(preparation, crew, ids)
    principals = read_principals(preparation, films)
    if TITLE_CREW in preparation.files:
        told, also = crew.told(n_films), principals.told(n_films)
        for place, role in ((ROLES.index(role), role) for role in ("directors", "writers")):
            n_only = int((also[place] & ~told[place]).sum())
            preparation.note(f"films whose {role} only {TITLE_PRINCIPALS.name} tells, taken from there", n_only)
        double = told[principals.role, principals.film]
        what = "directors and writers"
        preparation.note(
            f"{what} by {TITLE_PRINCIPALS.name} of films where {TITLE_CREW.name} tells them, not used",
            int(double.sum()),
        )
        principals = principals.where(~double)
    return _in_order(preparation, joined([crew, principals]), ids)


def _in_order(preparation: Preparation, credits: Credits, ids: np.ndarray) -> Credits:
    group = credits.role.astype(np.int64) * len(ids) + credits.film
    order = np.lexsort((credits.ordering, group))
    credits, group = credits.where(order), group[order]
    people, person = np.unique(credits.person, return_inverse=True)
    again = pd.Index(group * len(people) + person).duplicated()
    lost, times = credits.where(again), 0
    if again.any():
        same = pd.DataFrame({"group": group, "person": person, "ordering": credits.ordering}).duplicated().to_numpy()
        lost, times = credits.where(same), int(again.sum() - same.sum())
        texts = pc.binary_join_element_wise(
            id_texts(ids[lost.film], "tt"),
            pa.array(lost.ordering).cast(pa.string()),
            id_texts(lost.person, "nm"),
            pa.array(ROLES).take(pa.array(lost.role)),
            "\t",
        )
        preparation.reject(TITLE_PRINCIPALS, lost.line, earlier("person"), texts.to_pylist())
    preparation.note("persons who stand twice in a film's column, kept once", times)
    return credits.where(~again)


def read_names(preparation: Preparation, people: np.ndarray) -> pa.Array:
    """Return the names of persons; those whose name isn't known go by their nconst.

    Args:
        people: the numbers of their nconst, without repetition.
    """
    names = id_texts(people, "nm")
    if NAME_BASICS not in preparation.files:
        preparation.note(f"persons who go by their nconst, for {NAME_BASICS.name} is not there", len(people))
        return names
    file, places, n_others = NAME_BASICS, Places(people), 0
    found, rows = [pa.array([], pa.string())], np.full(len(people), -1)
    n_found = 0
    for whole in blocks(preparation, file, ("nconst", "primaryName")):
        block, ids = with_ids(preparation, file, whole, "nconst", "nm")
        person = places.of(ids)
        n_others += int((person < 0).sum())
        block, person = block.where(person >= 0), person[person >= 0]
        again = pd.Index(person).duplicated() | (rows[person] >= 0)
        if again.any():
            preparation.reject(file, block.lines[again], earlier("nconst"), block.where(again).texts())
            block, person = block.where(~again), person[~again]
        rows[person] = np.arange(n_found, n_found + len(person))
        n_found += len(person)
        found.append(block.cells["primaryName"])
    preparation.note(f"persons in {file.name} who are in no film of the table, not used", n_others)
    known = pa.chunked_array(found).combine_chunks().take(pa.array(rows, mask=rows < 0))
    known = pc.if_else(pc.equal(known, ""), None, known)
    preparation.note(f"persons without a name in {file.name}, who go by their nconst", known.null_count)
    shared = known.drop_null().value_counts().field("counts").to_numpy()
    preparation.note("persons who share their name with others: as one label", int(shared[shared > 1].sum()))
    return pc.coalesce(known, names)


def add_people(preparation: Preparation, films: pd.DataFrame, ids: np.ndarray) -> pd.DataFrame:
    """Return films with a column of names, Arrow lists, per role.

    Args:
        ids: of the films, the numbers of their tconst.
    """
    credits = read_credits(preparation, ids)
    people, person = np.unique(credits.person, return_inverse=True)
    names = read_names(preparation, people)
    starts = np.searchsorted(credits.role, np.arange(len(ROLES) + 1))
    made = films.copy(deep=False)
    for place, role in enumerate(ROLES):
        these = slice(starts[place], starts[place + 1])
        counts = np.bincount(credits.film[these], minlength=len(ids))
        offsets = np.concatenate([[0], counts.cumsum()])
        lists = pa.ListArray.from_arrays(
            pa.array(offsets, pa.int32()), names.take(pa.array(person[these])), mask=pa.array(counts == 0)
        )
        made[role] = pd.Series(pd.array(lists, dtype=pd.ArrowDtype(lists.type)), index=films.index)
    return made
