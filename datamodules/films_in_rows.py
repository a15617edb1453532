"""Which rows of a table are the same film: what identifies one, copies, other spellings, remakes, and mistaken ids.

Nothing here raises for what a table holds: it tells what it sees, for `look` and for the notices of a study.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.compute as pc

from greenlight_films.datamodules.column_words import (
    MERGED,
    is_plain_title,
    is_role,
    may_name_people,
    names_titles,
    words_of,
)
from greenlight_films.datamodules.errors import listed
from greenlight_films.datamodules.film_ids import cell_codes, codes_by, differs_within, film_ids, in_words
from greenlight_films.datamodules.leakage import is_year
from greenlight_films.datamodules.number_format import are, counted, plural
from greenlight_films.datamodules.tables.date_columns import looks_like_dates
from greenlight_films.datamodules.tables.label_cells import is_nested, read_labels

ENGLISH_TITLES = re.compile(r"(film|movie|primary|original|main|display|series)?[_ ]?(title|name)", re.IGNORECASE)
IDS = re.compile(r"(film|movie|title|imdb|tmdb|wikidata|letterboxd)?[_ ]?(id|key|code)|tconst|const|qid", re.IGNORECASE)
FILM_IDS = re.compile(r"(film|movie|title|imdb|tmdb|wikidata|letterboxd)[_ ]?(id|key|code)|tconst", re.IGNORECASE)
LABEL = re.compile(r"[_ ]?label$", re.IGNORECASE)  # of `filmLabel`, the title beside `film`, an id, as Wikidata answers
COUNTERS = re.compile(r"unnamed.*|index|row|no\.?|nr\.?|#|", re.IGNORECASE)  # names of columns that number the rows
SPELLINGS = (
    (r"\pM+", ""),  # accents, which NFKD parts from their letters
    ("ß", "ss"),
    ("&", " and "),
    ("['’`]", ""),
    (r"[^\pL\pN]+", " "),
    ("^ | $", ""),
    ("^(the|a|an|le|la|les|der|die|das|el|los|las|il) | (the|a|an)$", ""),
)
"""Patterns and what stands for them, by which spellings of a title become the same."""
MOST_KINDS = 40  # of releases, such as wide and limited, which name no films
SEVERAL = 1.3  # rows a film, from which on a row is no film
SHOWN = 3  # films, or values
ROWS_SHOWN = 12


@dataclass(frozen=True)
class Remark:
    """What is to be said of a table's rows.

    Attributes:
        text: a sentence or more.
        rows: (n_rows,) bool, those that the proposal leaves out; None where it leaves out none.
        proposal: a part of a config that follows from it, such as {"where": "titleType == 'movie'"}.
    """

    text: str
    rows: np.ndarray | None = None
    proposal: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Identity:
    """What identifies a film in a table; `film` is empty where nothing does."""

    film: tuple[str, ...]
    title: str | None
    year: str | None


def identity_of(frame: pd.DataFrame) -> Identity:
    """Return the columns that identify a film: an id, or title and year, or the title, by their names and values."""
    plain = [name for name in map(str, frame.columns) if not is_nested(frame[name])]
    titles = (name for name in sorted(plain, key=is_plain_title, reverse=True) if is_title(frame[name]))
    title = next((name for name in titles if not names_people(frame, name)), None)
    years = [name for name in plain if is_year(MERGED.sub("", name))]
    year = next((name for name in years if not re.search("date|released$", name, re.I)), next(iter(years), None))
    of_title = tuple(name for name in (title, year) if name is not None) if title else ()
    labelled = LABEL.sub("", title) if title and LABEL.search(title) else None
    for name in (name for name in plain if IDS.fullmatch(MERGED.sub("", name)) or name == labelled):
        if frame[name].notna().all() and _is_film_id(frame, name, of_title):
            return Identity((name,), title, year)
    return Identity(of_title, title, year)


def names_people(frame: pd.DataFrame, title: str) -> bool:
    """Tell a column such as `name` of a film's people: an id has several, beside what is the film's, as its runtime.

    The id is called a film's and a name has several runtimes, or a person's role stands beside the name.
    """
    if not may_name_people(title):
        return False
    others = [name for name in map(str, frame.columns) if name != title and not is_nested(frame[name])]
    names = codes_by(frame, title)
    for film in filter(IDS.fullmatch, others):
        ids = codes_by(frame, film)
        if not differs_within(frame[title], ids) or len(frame) < SEVERAL * (int(ids.max(initial=-1)) + 1):
            continue
        vary = [name for name in others if name != film and cell_codes(frame[name]).max(initial=-1) > 0]
        of_rows = [name for name in vary if differs_within(frame[name], ids)]
        of_film = [name for name in vary if name not in of_rows]
        is_called_so = FILM_IDS.fullmatch(film) and all(differs_within(frame[name], names) for name in of_film)
        if of_film and (is_called_so or any(map(is_role, of_rows))):
            return True
    return False


def is_title(column: pd.Series) -> bool:
    """Tell whether a column is called as titles of films are, or is a list of releases by their titles."""
    name = str(column.name)
    return bool(ENGLISH_TITLES.fullmatch(name)) or names_titles(name) or holds_releases(column)


def holds_releases(column: pd.Series) -> bool:
    """Tell whether a column called `Release` names films, as Box Office Mojo does; others hold dates or kinds there."""
    if words_of(str(column.name)) not in (["release"], ["releases"]) or is_nested(column):
        return False
    if not pd.api.types.is_string_dtype(column.dtype) or looks_like_dates(column).kind is not None:
        return False
    labels = read_labels(column)
    return len(labels.names) > min(MOST_KINDS, 0.5 * len(column))


def _is_film_id(frame: pd.DataFrame, name: str, of_title: Sequence[str]) -> bool:
    """Tell an id of films from one of rows, such as reviews, or of something else, such as people."""
    if not of_title:
        return True
    ids, films = codes_by(frame, name), codes_by(frame, of_title)
    n_ids, n_films = (int(codes.max(initial=-1)) + 1 for codes in (ids, films))
    n_pairs = len(np.unique(ids.astype(np.int64) * n_films + films))
    return n_ids <= 1.2 * n_films and n_pairs <= 1.2 * n_ids


def identical_rows(frame: pd.DataFrame) -> np.ndarray:
    """Return which rows say cell for cell what an earlier row says, (n_rows,) bool; columns of counters don't count."""
    originals = original_rows(frame)
    return originals != np.arange(len(frame))


def original_rows(frame: pd.DataFrame) -> np.ndarray:
    """Return for each row the position of the first row with the same cells, (n_rows,) int64."""
    rows, codes = np.arange(len(frame)), np.zeros(len(frame), dtype=np.int64)
    names = [name for name in frame.columns if not _counts_rows(frame[name], str(name))]
    names.sort(key=lambda name: not (names_titles(str(name)) or IDS.fullmatch(str(name))))
    originals = np.arange(len(frame))
    for name in names:
        own = cell_codes(frame[name].iloc[rows])
        codes = pd.factorize(codes * (int(own.max(initial=-1)) + 2) + own + 1)[0]
        shared = np.bincount(codes)[codes] > 1
        rows, codes = rows[shared], codes[shared]
        if not len(rows):
            return originals
    if names:
        first = np.unique(codes, return_index=True)[1]
        originals[rows] = rows[first][np.unique(codes, return_inverse=True)[1]]
    return originals


def _counts_rows(column: pd.Series, name: str) -> bool:
    if not COUNTERS.fullmatch(name.strip()) or is_nested(column):
        return False
    numbers = pd.to_numeric(column, errors="coerce").to_numpy(np.float64, na_value=np.nan)
    return bool((np.diff(numbers) == 1).all())


def remark_on_identical(frame: pd.DataFrame, sides: np.ndarray | None = None, what: str = "film") -> Remark | None:
    """Say which rows are identical with earlier ones, and whether a split parts them, from the side of each row.

    Args:
        what: a row is.
    """
    originals = original_rows(frame)
    copies = originals != np.arange(len(frame))
    count = int(copies.sum())
    if not count:
        return None
    text = (
        f"{_rows(frame, copies)} {are(count)} identical with {'an ' * (count == 1)}earlier {plural(count, 'row')} "
        f"({count:,} of {len(frame):,}): a {what} that stands there twice counts "
        "twice"
    )
    if sides is not None:
        apart = int((sides[copies] != sides[originals[copies]]).sum())
        text += f", and {apart:,} of them stand on another side of the split than the earlier row" if apart else ""
    return Remark(f"{text}; remove them.")


def same_spelling(titles: pd.Series) -> np.ndarray:
    """Return titles as codes, (n_rows,) int64, equal where they differ in case, accents, marks or articles alone."""
    labels = read_labels(titles)
    names = pc.utf8_normalize(pc.utf8_lower(labels.names), "NFKD")
    for pattern, text in SPELLINGS:
        names = pc.replace_substring_regex(names, pattern, text)
    names = pc.if_else(pc.equal(names, ""), labels.names, names)
    codes = np.full(len(titles), -1, dtype=np.int64)
    codes[labels.counts() > 0] = names.dictionary_encode().indices.to_numpy()[labels.codes]
    return codes


def remark_on_spellings(frame: pd.DataFrame, identity: Identity) -> Remark | None:
    """Say which rows are a film that an earlier row has in another spelling, or with other numbers."""
    if identity.title is None or identity.year is None:
        return None
    titles, years = same_spelling(frame[identity.title]), cell_codes(frame[identity.year])
    films = pd.DataFrame({"title": titles, "year": years})
    known = (titles >= 0) & ((years >= 0) | (identity.title in identity.film))  # a film without a year is one, too
    twice = films.duplicated().to_numpy() & known & ~identical_rows(frame)
    count = int(twice.sum())
    if not count or count > len(frame) / 4:  # several rows a film are another kind of table
        return None
    shown = []
    for position in np.flatnonzero(twice)[:SHOWN]:
        first = int((known & (titles == titles[position]) & (years == years[position])).argmax())
        own, other = (str(frame[identity.title].iloc[row]).strip() for row in (position, first))
        shown.append(f"row {frame.index[position] + 1} ({own!r}) and row {frame.index[first] + 1} ({other!r})")
    how, consequence = _counted_as(frame, twice, identity)
    text = (
        f"{_rows(frame, twice)} {'seems' if count == 1 else 'seem'} to be a film that an earlier row has, with {how} "
        f"({count:,} of {len(frame):,}): {'; '.join(shown)}; {consequence}keep one where they are the same."
    )
    return Remark(text)


def _counted_as(frame: pd.DataFrame, twice: np.ndarray, identity: Identity) -> tuple[str, str]:
    """Return in words how rows differ from earlier ones of their film, and whether they count as films of their own."""
    if identity.title not in identity.film:
        return "another spelling or other numbers", ""
    same = pd.Series(codes_by(frame, identity.film)).duplicated().to_numpy() & twice
    if not same.any():
        return "another spelling", "each spelling counts as a film of its own: "
    as_one = f"rows with the same {in_words(identity.film)} count as one film"
    if same[twice].all():
        return "other numbers or names", f"{as_one}: "
    return "another spelling or other numbers", f"each spelling counts as a film of its own, {as_one}: "


def remark_on_remakes(frame: pd.DataFrame, identity: Identity) -> Remark | None:
    """Say how many titles are those of several films, by their years."""
    title, year = identity.title, identity.year
    if title is None or year is None:
        return None
    known = pd.DataFrame({"title": cell_codes(frame[title]), "year": cell_codes(frame[year])})
    known = known[(known["title"] >= 0) & (known["year"] >= 0)].drop_duplicates()
    several = known.groupby("title", sort=False)["year"].size()
    codes = several.index[several > 1].to_numpy()
    if not len(codes):
        return None
    names = pd.factorize(frame[title])[1]
    shown = listed([*(repr(str(name)) for name in names[codes[:SHOWN]]), *(["..."] if len(codes) > SHOWN else [])])
    text = (
        f"{counted(len(codes), 'title')} of several films, made in other years, in '{title}': {shown}; {title} and "
        f"{year} together identify a film: data.film: [{title}, {year}]."
    )
    return Remark(text)


def remark_on_ids(frame: pd.DataFrame, film: str | Sequence[str], identity: Identity) -> Remark | None:
    """Say which ids stand for several films: rows of an id whose titles and years are others."""
    ids = film_ids(frame, film)
    if identity.title is None or identity.title in ([film] if isinstance(film, str) else film):
        return None
    known = pd.DataFrame({"id": pd.factorize(ids)[0], "title": same_spelling(frame[identity.title])})
    known["year"] = cell_codes(frame[identity.year]) if identity.year else known["title"]
    known = known[(known >= 0).all(axis=1)]
    several = (known.groupby("id", sort=False)[["title", "year"]].nunique() > 1).all(axis=1)
    bad = known[known["id"].isin(several.index[several])]
    if bad.empty:
        return None
    groups = []
    for code, rows in list(bad.groupby("id", sort=False))[:ROWS_SHOWN]:
        titles = list(dict.fromkeys(str(frame[identity.title].iloc[row]) for row in rows.index))
        numbers = listed(str(frame.index[row] + 1) for row in rows.index[:ROWS_SHOWN])
        groups.append(f"{str(pd.factorize(ids)[1][code])!r} (rows {numbers}: {', '.join(map(repr, titles[:SHOWN]))})")
    count = int(several.sum())
    text = (
        f"{count:,} {'id' if count == 1 else 'ids'} of '{in_words(film)}' {'stands' if count == 1 else 'stand'} for "
        f"several films, with other titles and years: {'; '.join(groups)}; correct them, or identify films otherwise."
    )
    return Remark(text)


def _rows(frame: pd.DataFrame, which: np.ndarray) -> str:
    """Return the numbers of rows, from 1, for the beginning of a sentence."""
    numbers = [f"{row + 1}" for row in frame.index[which][:ROWS_SHOWN]]
    more = int(which.sum()) - len(numbers)
    if len(numbers) == 1:
        return f"Row {numbers[0]}"
    return f"Rows {', '.join(numbers)}" + (f" and {more:,} more" if more else "")
