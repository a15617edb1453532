"""What the rows of a table are: films, people of films, reviews, episodes; and which column counts their votes.

Nothing here raises for what a table holds: it tells what it sees, for `look` and for the notices of a study.
"""

import re
from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.compute as pc

from greenlight_films.datamodules.column_words import MERGED, is_role, words_in
from greenlight_films.datamodules.errors import InputError, listed
from greenlight_films.datamodules.film_ids import (
    cell_codes,
    codes_by,
    differs_within,
    groups_that_differ,
    in_words,
)
from greenlight_films.datamodules.films_in_rows import SEVERAL, Identity, Remark, identical_rows, identity_of
from greenlight_films.datamodules.leakage import PEOPLE
from greenlight_films.datamodules.number_format import are, counted, plural
from greenlight_films.datamodules.tables.label_cells import is_nested, read_labels
from greenlight_films.datamodules.tables.number_cells import read_numbers

MOST_KINDS = 40  # values of a column of kinds, or of roles
SHOWN = 8
MOST_WRONG = 0.1  # share of films of several rows whose rows may differ by mistake in what is the film's

PERSON = re.compile(
    r"(person|people|employee|actor|crew|cast|member|primary|full)?[_ ]?(name|member)|nconst|person_?id"
)
PERSON_NAMES = {
    "nom", "nom complet", "nom de la personne", "intervenant", "artiste", "membre",
    "personenname", "kunstler", "kunstlerin", "mitwirkender", "mitglied", "vollstandiger name",
    "nombre", "nombre completo", "nombre de la persona", "artista", "integrante", "miembro",
    "nome", "nome completo", "nome della persona", "nome da pessoa", "membro",
}  # fmt: skip
"""Columns of a person's name in other languages, in small letters, without accents."""
REVIEW = re.compile(r"review|critic|user|stars|reader|viewer|comment|score|rating|audience", re.IGNORECASE)
VOTES = re.compile(
    r"(imdb|tmdb|num|number|n|total|user)?_?(of)?_?(user)?_?(votes?|voters|voted_users?|ratings|reviews)_?(count|counts|num)?",
)
RATINGS = re.compile(r"rating|score|stars|vote_?average|averagerating|grade", re.IGNORECASE)

FILMS = {"movie", "film", "feature", "featurefilm", "tvmovie", "spielfilm", "motionpicture", "theatrical"}
OTHERS = {
    "episode", "series", "tvepisode", "tvseries", "tvminiseries", "miniseries", "tvspecial", "tvshort", "tvpilot",
    "short", "shortfilm", "videogame", "game", "tvshow", "show", "tv", "musicvideo", "podcastepisode", "podcastseries",
    "webseries", "serie", "season", "kurzfilm", "videojuego",
}  # fmt: skip
"""Kinds of titles, in small letters without marks between them."""
KINDS = re.compile(r"(title|media|film|movie|content|show)?[_ ]?(type|kind|format)", re.IGNORECASE)

EPISODES = (
    r"\bS\d{1,2} ?E\d{1,3}\b|\b\d{1,2}x\d{2}\b|\b(?:Episode|Ep\.?|Folge|Épisode|Episodio) ?#?\d{1,4}\b"
    r"|\b(?:Season|Staffel|Saison|Temporada) \d{1,2}\b"
)


def remark_on_kind(frame: pd.DataFrame, identity: Identity | None = None) -> Remark | None:
    """Say that a row is a person or a review of a film, where it is, and propose the shape with a row a film."""
    identity = identity or identity_of(frame)
    if not identity.film:
        return None
    n_rows, frame = len(frame), frame[~identical_rows(frame)]
    film = codes_by(frame, identity.film)
    n_films = int(film.max(initial=-1)) + 1
    if len(frame) < SEVERAL * n_films:
        return None
    names = [str(name) for name in frame.columns if str(name) not in identity.film]
    differing = [name for name in names if differs_within(frame[name], film)]
    by: str | list[str] = identity.film[0] if len(identity.film) == 1 else list(identity.film)
    start = f"{counted(n_films, 'film')} in {n_rows:,} rows by {in_words(identity.film)}: "
    people = next(filter(_is_person, differing), None)
    role = next((name for name in differing if is_role(name) and _is_few(frame[name])), None)
    if people and role:
        others = [name for name in names if name not in (people, role, identity.title)]
        of_person = [name for name in others if _is_of_rows(frame[name], film)]
        left_out = {"leave_out": of_person} if of_person else {}
        shape = {"OneRowPerFilm": {"by": by, "people": people, "role": role, **left_out}}
        text = f"a person of a film ('{people}', '{role}'); data.shape OneRowPerFilm makes it a film"
        text += f", with leave_out: [{listed(of_person)}], which tell of the person" if of_person else ""
        proposal: dict[str, Any] = {"shape": shape}
    elif any(map(REVIEW.search, differing)):
        text = (
            f"a review of a film (they differ in {listed(differing)}); data.shape MeanOfRows makes it a film with "
            "means and its number of reviews, which may be data.weight: n_reviews"
        )
        proposal = {"shape": {"MeanOfRows": {"by": by}}}
    else:
        text = (
            f"a person of a film ('{people}')" if people else f"no film by itself (they differ in {listed(differing)})"
        )
        text += f"; keep rows of a film on the same side by data.split GroupSplit, by: {by}"
        proposal = {}
    return Remark(f"{start}a row is {text}.", proposal=proposal)


def _is_of_rows(column: pd.Series, film: np.ndarray) -> bool:
    """Tell a column of the rows of films from one of films in which a few cells are wrong."""
    n_several = int((np.bincount(film) > 1).sum())
    return bool(groups_that_differ(column, film).sum() > MOST_WRONG * n_several)


def _is_person(name: str) -> bool:
    return bool(PERSON.fullmatch(name.lower().strip())) or words_in(name) in PEOPLE | PERSON_NAMES


def _is_few(column: pd.Series) -> bool:
    return 1 < int(cell_codes(column).max(initial=-1)) + 1 <= MOST_KINDS


def remark_on_television(frame: pd.DataFrame) -> Remark | None:
    """Say how many rows are episodes, series or shorts by a column of kinds, with the condition that keeps films."""
    for name in map(str, frame.columns):
        column = frame[name]
        if not _is_text(column) or column.iloc[:1000].nunique() > MOST_KINDS:
            continue
        labels = read_labels(column)
        kinds = labels.names.to_pylist()
        if not 1 < len(kinds) <= MOST_KINDS:
            continue
        others = [kind for kind in kinds if _squeezed(kind) in OTHERS]
        films = [kind for kind in kinds if _squeezed(kind) in FILMS]
        if not others or not (films or KINDS.fullmatch(name)):
            continue
        counts = dict(zip(kinds, np.bincount(labels.codes, minlength=len(kinds)).tolist(), strict=True))
        kept = [kind for kind in kinds if kind not in others]
        if not kept:
            continue
        rows = np.zeros(len(frame), dtype=bool)
        rows[labels.counts() > 0] = np.isin(labels.codes, [kinds.index(kind) for kind in others])
        shown = listed(f"{kind} {counts[kind]:,}" for kind in sorted(others, key=lambda kind: -counts[kind]))
        where = condition_of(name, kept)
        count = int(rows.sum())
        text = (
            f"{count:,} of {counted(len(frame), 'row')} {are(count)} no {plural(count, 'film')} by '{name}': {shown}; "
            f"keep the films by data.where: {where}"
        )
        return Remark(text, rows, {"where": where})
    return None


def _is_text(column: pd.Series) -> bool:
    return isinstance(column.dtype, pd.StringDtype) or pd.api.types.infer_dtype(column, skipna=True) == "string"


def _squeezed(kind: str) -> str:
    return re.sub(r"[\W_]+", "", kind.lower())


def condition_of(column: str, values: list[str], word: str = "in") -> str:
    """Return the condition that a column has some of these values, or with `not in`, none.

    >>> condition_of("titleType", ["movie"]), condition_of("media type", ["movie", "tvMovie"])
    ("titleType == 'movie'", "`media type` in ['movie', 'tvMovie']")
    """
    name = column if re.fullmatch(r"[^\W\d]\w*(\.\w+)*", column) else f"`{column}`"
    texts = ["'" + value.replace("'", "''") + "'" for value in values]
    if len(texts) == 1:
        return f"{name} {'==' if word == 'in' else '!='} {texts[0]}"
    return f"{name} {word} [{', '.join(texts)}]"


def remark_on_episodes(frame: pd.DataFrame, title: str | None) -> Remark | None:
    """Say which rows are episodes or seasons by their titles."""
    if title is None or title not in frame:
        return None
    labels = read_labels(frame[title])
    is_episode = pc.match_substring_regex(labels.names, EPISODES, ignore_case=True)
    episodes = np.asarray(is_episode, dtype=bool)
    rows = np.zeros(len(frame), dtype=bool)
    rows[labels.counts() > 0] = episodes[labels.codes]
    count = int(rows.sum())
    if not count:
        return None
    titles = labels.names.filter(is_episode).to_pylist()
    numbers = listed([*(str(row + 1) for row in frame.index[rows][:SHOWN]), *(["..."] if count > SHOWN else [])])
    where = condition_of(title, titles, "not in")
    them = "it" if count == 1 else "them"
    remedy = f"leave {them} out by data.where: {where}" if count <= SHOWN else "remove these rows"
    what = "seems to be an episode" if count == 1 else "seem to be episodes"
    text = (
        f"{count:,} of {counted(len(frame), 'row')} {what} of a series by '{title}': {plural(count, 'row')} {numbers}, "
        f"such as {titles[0]!r}; {remedy}"
    )
    return Remark(text, rows, {"where": where} if count <= SHOWN else {})


def votes_column(frame: pd.DataFrame) -> str | None:
    """Return the column with the number of votes, ratings or reviews of a film; None where there is none."""
    for name in map(str, frame.columns):
        plain = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", MERGED.sub("", name)).lower().replace(" ", "_").replace("-", "_")
        if VOTES.fullmatch(plain) and not is_nested(frame[name]) and _are_counts(frame[name]):
            return name
    return None


def _are_counts(column: pd.Series) -> bool:
    try:
        numbers = read_numbers(column)
    except InputError:
        return False
    known = numbers[~np.isnan(numbers)]
    return bool(len(known)) and bool((known >= 0).all() and (known == known.round()).all()) and float(known.max()) > 10


def remark_on_votes(frame: pd.DataFrame, columns: Iterable[str]) -> Remark | None:
    """Say that a rating's number of votes may weigh its row, where there is a rating among `columns`."""
    votes = votes_column(frame)
    if votes is None or not any(name != votes and RATINGS.search(name) for name in columns):
        return None
    numbers = read_numbers(frame[votes])
    low, high = np.nanmin(numbers), np.nanmax(numbers)
    text = (
        f"'{votes}' says how many judged a film, {low:,.0f} to {high:,.0f}: by data.weight: {votes} a rating of many "
        "weighs more than one of few; as a feature it would tell what is known only after release."
    )
    return Remark(text, proposal={"weight": votes})
