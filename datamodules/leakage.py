"""Signs that test scores flatter a model: films and people seen in training, and columns known only after release."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

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
MONEY = {"domestic", "worldwide", "earnings", "gross", "grosses", "profit", "revenue", "revenues", "takings"}
CURRENCY = re.compile(r"dollar|euro|pound|profit|usd|[$€£¥]", re.IGNORECASE)
AFTER_RELEASE = MONEY | {
    "admissions", "awards", "imdbvotes", "likes", "metacritic", "metascore", "meter", "nominations", "opening",
    "oscars", "popularity", "rating", "ratings", "review", "reviews", "roi", "score", "scores", "theaters",
    "tomatometer", "vote", "votes",
}  # fmt: skip
"""Words in the names of columns that nobody can fill in before a film is shown."""


def words_of(name: str) -> list[str]:
    return [word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)]


def has_word(name: str, words: set[str]) -> bool:
    own = words_of(name)
    return bool(words & set(own)) or "box office" in " ".join(own) or "boxoffice" in own


def is_money(target: TargetColumn) -> bool:
    """Return whether a target is what a film earns, by its name and unit."""
    if isinstance(target, ProfitRatio):
        return True
    return any(has_word(column, MONEY) for column in target.columns) or bool(CURRENCY.search(target.unit))


def known_after_release(target: TargetColumn, features: Iterable[Feature[Any]]) -> list[str]:
    """Return the number columns that are known only once a film has been shown, where the target is money.

    Such columns go with success and do not bring it. They are recognised by the words in their names.
    """
    numbers = dict.fromkeys(feature.column for feature in features if isinstance(feature, Number | Bins))
    return [column for column in numbers if has_word(column, AFTER_RELEASE)] if is_money(target) else []


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
