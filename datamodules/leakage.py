"""Signs that test scores flatter a model: films and people seen in training, and columns known only after release."""

import re
from collections.abc import Iterable, Sequence
from typing import Any
from unicodedata import combining, normalize

import numpy as np
import pandas as pd

from greenlight_films.datamodules.features import Bins, Category, Feature, Labels, Number
from greenlight_films.datamodules.splits import Rows
from greenlight_films.datamodules.tables.formats import Formats
from greenlight_films.datamodules.tables.label_lists import LabelLists
from greenlight_films.datamodules.targets import ProfitRatio, TargetColumn

PEOPLE = {
    "actor", "actors", "actress", "cast", "cinematographer", "cinematographers", "composer", "composers", "crew",
    "director", "directors", "editor", "editors", "employee", "lead actor", "people", "person", "producer", "producers",
    "star", "stars", "writer", "writers", "casting director", "production designer",
}  # fmt: skip
"""Roles and columns of people, with blanks between their words."""

YEARS = re.compile(r"(release|start|premiere|title)?[_ ]?(year|date)|released", re.IGNORECASE)
MONEY = {
    "domestic", "earnings", "gross", "grosses", "profit", "proceeds", "revenue", "revenues", "takings", "worldwide",
    "bilheteria", "boxoffice", "einspiel", "einspielergebnis", "einspielergebnisse", "einnahmen", "incassi", "incasso",
    "ingresos", "omzet", "przychody", "recaudacion", "recette", "recettes", "receita", "taquilla", "umsatz", "wplywy",
    "сборы", "касса", "票房", "興行収入", "매출",
}  # fmt: skip
CURRENCY = re.compile(r"dollar|euro|pound|profit|usd|[$€£¥]", re.IGNORECASE)
AFTER_RELEASE = MONEY | {
    "admissions", "attendance", "award", "awards", "bezoekers", "besucher", "besucherzahl", "besucherzahlen",
    "bewertung", "bewertungen", "critica", "downloads", "entrees", "entradas", "espectadores", "foreign", "imdbvotes",
    "international", "kritiken", "likes", "metacritic", "metascore", "meter", "nominations", "note", "notes",
    "opening", "oscars", "overseas", "popularity", "popularite", "preise", "premios", "prix", "premi", "publico",
    "rank", "rating", "ratings", "review", "reviews", "roi", "score", "scores", "spectateurs", "spettatori",
    "streams", "theaters", "theatres", "tickets", "tomatometer", "valoracion", "valutazione", "views", "viewers",
    "viewership", "visitors", "visits", "vote", "voted", "voters", "votes", "votos", "voti", "wins", "zuschauer",
    "оценка", "рейтинг", "зрители", "评分", "観客動員", "관객",
}  # fmt: skip
"""Words in the names of columns that nobody can fill in before a film is shown, without accents."""
UNLESS = {
    "foreign": {"film", "is", "language", "speaking"},
    "international": {"cast", "film", "is"},
    "likes": {"actor", "cast", "director"},
    "note": {"id"},
    "opening": {"credits", "date", "month", "scene", "sequence", "shot", "song", "theme", "title", "titles", "year"},
    "prix": {"billet"},
    "rank": {"actor", "billing", "cast", "director", "star"},
    "rating": {"age", "certificate", "content", "mpaa"},
    "score": {"composer", "music", "musical"},
    "views": {"teaser", "trailer"},
}
"""Words beside which one of these names something that is known before."""


def words_of(name: str) -> list[str]:
    """Return the words of a column's name in lower case, without accents: `nbEntrées` is nb, entrees."""
    plain = "".join(letter for letter in normalize("NFKD", name) if not combining(letter))
    words = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[^\W\d_A-Za-z]+", normalize("NFKC", plain))
    return [word.lower() for word in words]


def has_word(name: str, words: set[str]) -> bool:
    """Return whether a column's name has one of these words, `box office` among them."""
    own = words_of(name)
    named = [word for word in own if word in words and not UNLESS.get(word, set()) & set(own)]
    return bool(named) or "box office" in " ".join(own) or "boxoffice" in own


def is_money(target: TargetColumn) -> bool:
    """Return whether a target is what a film earns, by its name and unit."""
    if isinstance(target, ProfitRatio):
        return True
    return any(has_word(column, MONEY) for column in target.columns) or bool(CURRENCY.search(target.unit))


def known_after_release(target: TargetColumn, features: Iterable[Feature[Any]]) -> list[str]:
    """Return the number columns that are known only once a film has been shown, where the target is, too.

    Such columns go with success and do not bring it. They are recognised by the words in their names.
    """
    numbers = dict.fromkeys(feature.column for feature in features if isinstance(feature, Number | Bins))
    is_late = is_money(target) or any(has_word(column, AFTER_RELEASE) for column in target.columns)
    return [column for column in numbers if has_word(column, AFTER_RELEASE)] if is_late else []


def is_year(column: str) -> bool:
    """Return whether a column's name is that of a film's year or date of release."""
    return YEARS.fullmatch(column) is not None


def people_features(features: Iterable[Feature[Any]]) -> list[Labels | Category]:
    """Return the features that hold people, by their role or column."""
    return [
        feature
        for feature in features
        if isinstance(feature, Labels | Category)
        and {" ".join(words_of(name)) for name in (feature.named_role, feature.column)} & PEOPLE
    ]


def film_seen(ids: pd.Series, rows: Rows) -> float:
    """Return the share of test rows whose film has training rows, from rows' ids; one without is its own film."""
    return float(ids.iloc[rows.test].isin(ids.iloc[rows.train].dropna()).mean())


def person_seen(
    frame: pd.DataFrame, rows: Rows, features: Sequence[Labels | Category], formats: Formats = Formats()
) -> float:
    """Return the share of test rows with a person who is in a training row, in the same column."""
    seen = np.zeros(len(frame), dtype=bool)
    for feature in features:
        parsed = feature.read(frame, formats)
        for lists in [parsed] if isinstance(parsed, LabelLists) else parsed:
            known = np.isin(lists.codes, lists.take(rows.train).codes)
            seen[np.repeat(np.arange(lists.n_rows), lists.counts())[known]] = True
    return float(seen[rows.test].mean())
