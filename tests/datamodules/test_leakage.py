import numpy as np
import pandas as pd
import pytest

from greenlight_films.datamodules.features import Category, Labels, Number
from greenlight_films.datamodules.leakage import (
    film_seen,
    is_year,
    known_after_release,
    late_columns,
    people_features,
    person_seen,
)
from greenlight_films.datamodules.look.names import TARGETS
from greenlight_films.datamodules.splits import RandomSplit, Rows
from greenlight_films.datamodules.targets import ProfitRatio, Target

LATE = [
    "stars",
    "votes", "vote_count", "averageRating", "imdbVotes", "IMDbRating", "imdb_score", "Metascore", "metacritic score",
    "popularity", "review count", "gross", "BoxOffice", "box_office_USD", "boxoffice", "BOX OFFICE", "domesticGross",
    "awards", "Tomato Meter", "num_voted", "entradas", "recette", "zuschauer", "incassi", "opening_weekend", "foreign",
    "views", "nb_entrées", "Recaudación", "票房（万）", "сборы", "Gesamteinspiel Umsatz",
    "Bilheteria", "Wpływy", "Hasılat", "Gişe", "Tržby", "Omsætning", "Nota", "Voto", "Ocena", "IMDb Puanı", "Hodnocení",
    "Avaliação", "평점", "التقييم", "الإيرادات",
    "audience_count", "Watches", "Fans", "List_appearances", "½", "★★½", "Оценок", "Chcę zobaczyć", "ROI",
    "Profitability", "domgross_2013$", "intgross", "World Wide Sales (in $)", "Domestic Opening (in $)", "India Net",
]  # fmt: skip
ALL, SPLIT = slice(None), RandomSplit(0.1, 0.3, seed=120)
EARLY = ["budget", "runtime", "year", "devotee", "grossness", "office", "box", "scored_by", "operating", "1", "Ünï"]
EARLY += [
    "num_stars",
    "Classificação indicativa",
    "opening_credits_s",
    "trailer_views",
    "foreign_language",
    "content_rating",
    "director_facebook_likes",
    "Director fans",
    "target_audience_age",
    "sales_agents",
    "net_budget",
]


def numbers(*columns: str) -> list[Number]:
    return [Number(column) for column in columns]


def test_numbers_that_nobody_knows_before_the_release_are_named():
    assert known_after_release(Target("revenue"), numbers(*EARLY, *LATE)) == LATE


@pytest.mark.parametrize(
    "target",
    [
        *map(Target, ("revenue", "worldwideGross", "BoxOffice", "box_office", "profit_ratio", "Domestic Takings")),
        *(Target("success", unit=unit) for unit in ("US dollars", "USD", "million €", "profit / budget")),
        ProfitRatio("cost", "income", unit=""),
    ],
)
def test_money_is_recognised_by_the_targets_name_or_unit(target):
    assert known_after_release(target, numbers("budget", "votes")) == ["votes"]


@pytest.mark.parametrize(
    ("target", "late"),
    [
        (Target("rating", unit="points"), ["votes", "popularity", "revenue"]),
        (Target("votes"), ["votes", "popularity", "revenue"]),
        (Target("runtime", unit="min"), []),
    ],
)
def test_columns_come_too_late_where_the_target_too_is_known_only_after_release(target, late):
    assert known_after_release(target, numbers("votes", "popularity", "revenue")) == late


@pytest.mark.parametrize("target", ["Profitability", "ROI", "intgross", "World Wide Sales (in $)", "★★★"])
def test_such_targets_are_known_only_after_release(target):
    assert known_after_release(Target(target), numbers("votes", "runtime")) == ["votes"]


def test_labels_that_say_how_a_film_did_come_too_late_whatever_the_target_is():
    late = [Category("Verdict"), Labels("Awards"), Category("Box office status"), Category("tomatometer_status")]
    late += [Category("audience_status"), Number("votes")]
    early = [Category("status"), Labels("international_titles"), Category("audience"), Category("content_rating")]
    names = ["Verdict", "Awards", "Box office status", "tomatometer_status", "audience_status", "votes"]
    assert late_columns([*early, *late]) == names
    assert known_after_release(Target("rating"), [*early, *late]) == names
    assert known_after_release(Target("runtime"), [*early, *late]) == []


def test_what_people_want_to_predict_is_known_only_after_release():
    assert [word for word in TARGETS if not known_after_release(Target("rating"), numbers(word))] == []


def test_people_are_recognised_by_role_or_column():
    people = [
        *(Labels("cast"), Category("Director"), Labels("names", role="actor"), Category("lead_actor")),
        *(Labels("productionDesigner"), Labels("directors", role="film maker")),
    ]
    others = [Labels("genres"), Category("company"), Labels("broadcast"), Labels("keywords"), Number("cast")]
    assert people_features([*others, *people]) == people


@pytest.fixture(params=range(2))
def frame(request) -> pd.DataFrame:
    """Return 150 rows of some 60 films with missing ids and cells; a name stands in several columns and twice in one.

    Its index is that of a table from which rows were taken out.
    """
    random = np.random.default_rng(request.param)
    names = np.array([f"Person {number}" for number in range(150)])
    casts = [list(random.choice(names, random.integers(0, 5))) for _ in range(150)]
    directors = random.choice(names, 150).astype(object)
    directors[random.random(150) < 0.3] = None
    ids = np.array([f"tt{number}" for number in random.integers(0, 60, 150)], dtype=object)
    ids[random.random(150) < 0.2] = None
    index = np.sort(random.choice(1000, 150, replace=False))
    cast = [", ".join(people) or None for people in casts]
    return pd.DataFrame({"id": ids, "cast": cast, "director": directors}, index=index).astype("str")


def naive_person_seen(frame: pd.DataFrame, rows: Rows, columns: dict[str, slice], apart: bool = False) -> float:
    """Look each person up in the training rows of the same column, and at the same position in it if `apart`."""

    def people(row: int) -> set[object]:
        cells = {name: str(frame[name].fillna("").iloc[row]).split(", ") for name in columns}
        credits = [(name, *credit) for name in columns for credit in enumerate(cells[name][columns[name]])]
        return {(name, position if apart else 0, person) for name, position, person in credits if person}

    known = set().union(*map(people, rows.train))
    return np.mean([bool(people(row) & known) for row in rows.test])


def test_the_share_of_test_rows_whose_film_is_in_training_is_that_of_a_naive_count(frame):
    rows = SPLIT.split(frame)
    known = set(frame["id"].iloc[rows.train].dropna())
    expected = np.mean([film in known for film in frame["id"].iloc[rows.test]])
    assert 0.2 < expected < 0.9
    assert film_seen(frame["id"], rows) == expected


@pytest.mark.parametrize(
    ("features", "columns", "apart"),
    [
        ([Labels("cast")], {"cast": ALL}, False),
        ([Category("director")], {"director": ALL}, False),
        ([Labels("cast"), Category("director")], {"cast": ALL, "director": ALL}, False),
        ([Labels("cast", first_only=True)], {"cast": slice(1)}, False),
        ([Labels("cast", positions=2)], {"cast": slice(2)}, True),
        ([Labels("cast", min_films=30)], {"cast": ALL}, False),
    ],
)
def test_the_share_of_test_rows_with_a_person_of_training_is_that_of_a_naive_count(frame, features, columns, apart):
    rows = SPLIT.split(frame)
    expected = naive_person_seen(frame, rows, columns, apart)
    assert 0 < expected < 0.9
    assert person_seen(frame, rows, features) == expected


def three(train: object, val: object, test: object) -> tuple[pd.DataFrame, Rows]:
    frame = pd.DataFrame({"id": [train, val, test], "cast": [train, val, test], "other": [test, None, train]})
    return frame.astype("str"), Rows(*(np.array([row]) for row in range(3)))


@pytest.mark.parametrize(
    ("cells", "features"),
    [
        (("A", "B", "B"), [Labels("cast")]),
        ((None, "B", None), [Labels("cast"), Category("other")]),
        (("A", None, "B"), [Labels("cast"), Labels("other")]),
    ],
    ids=["rows that validate are no training", "no id or people", "a person of another column"],
)
def test_what_was_not_seen(cells, features):
    frame, rows = three(*cells)
    assert film_seen(frame["id"], rows) == 0
    assert person_seen(frame, rows, features) == 0


def test_a_person_of_the_same_column_was_seen():
    assert person_seen(*three("A, B", None, "B"), [Labels("cast"), Labels("other")]) == 1


@pytest.mark.parametrize(
    ("column", "is_one"),
    [
        *((name, True) for name in ("year", "release_date", "startYear", "Year of release", "Jahr", "Produktionsjahr")),
        *((name, True) for name in ("Année", "Année de sortie", "Año de estreno", "Ano de lançamento", "公開年")),
        *((name, True) for name in ("Anno di uscita", "год выхода", "年份", "연도", "개봉 연도", "제작년도", "rok")),
        *((name, False) for name in ("yearly gross", "age", "release", "ano de nascimento", "年齢", "annotation")),
    ],
)
def test_years_of_films_are_known_by_their_name_in_several_languages(column, is_one):
    assert is_year(column) == is_one
