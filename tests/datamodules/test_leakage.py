import numpy as np
import pandas as pd
import pytest

from greenlight_films.datamodules.features import Category, Labels, Number
from greenlight_films.datamodules.leakage import film_seen, known_after_release, people_features, person_seen
from greenlight_films.datamodules.splits import SIDES, RandomSplit, Rows
from greenlight_films.datamodules.targets import ProfitRatio, Target

LATE = [
    "votes", "vote_count", "averageRating", "imdbVotes", "IMDbRating", "imdb_score", "Metascore", "metacritic score",
    "popularity", "review count", "gross", "BoxOffice", "box_office_USD", "boxoffice", "BOX OFFICE", "domesticGross",
    "awards", "Tomato Meter",
]  # fmt: skip
EARLY = ["budget", "runtime", "year", "devotee", "grossness", "office", "box", "scored_by", "operating", "1", "Ünï"]


def numbers(*columns: str) -> list[Number]:
    return [Number(column) for column in columns]


# --- what comes too late ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("column", LATE)
def test_a_number_that_nobody_knows_before_the_release_is_told(column):
    assert known_after_release(Target("revenue"), numbers(column)) == [column]


@pytest.mark.parametrize("column", EARLY)
def test_a_number_that_may_be_known_before_is_not_told(column):
    assert known_after_release(Target("revenue"), numbers(column)) == []


@pytest.mark.parametrize(
    "target",
    [
        Target("revenue"),
        Target("worldwideGross"),
        Target("BoxOffice"),
        Target("box_office"),
        Target("profit_ratio"),
        Target("Domestic Takings"),
        Target("success", unit="US dollars"),
        Target("success", unit="USD"),
        Target("success", unit="million €"),
        Target("success", unit="profit / budget"),
        ProfitRatio("cost", "income", unit=""),
    ],
)
def test_what_a_film_earns_is_told_by_the_targets_name_or_unit(target):
    assert known_after_release(target, numbers("budget", "votes")) == ["votes"]


@pytest.mark.parametrize("target", [Target("rating", unit="points"), Target("votes"), Target("runtime", unit="min")])
def test_where_the_target_is_no_money_nothing_is_told(target):
    assert known_after_release(target, numbers("votes", "popularity", "revenue")) == []


# --- people ----------------------------------------------------------------------------------------------------------


def test_people_are_told_by_role_or_column():
    people = [
        Labels("cast"),
        Category("Director"),
        Labels("names", role="actor"),
        Category("lead_actor"),
        Labels("productionDesigner"),
        Labels("directors", role="film maker"),
    ]
    others = [Labels("genres"), Category("company"), Labels("broadcast"), Labels("keywords"), Number("cast")]
    assert people_features([*others, *people]) == people
    assert people_features(others) == []


# --- what the test had in training -----------------------------------------------------------------------------------


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


def sides_of(frame: pd.DataFrame) -> Rows:
    return RandomSplit(0.1, 0.3, seed=len(frame["id"].dropna())).split(frame)


def of(frame: pd.DataFrame, rows: Rows, side: str) -> pd.DataFrame:
    return frame[np.array(SIDES)[rows.sides()] == side]


def share(known: list[bool]) -> float:
    assert len(known) == 45
    return sum(known) / len(known)


def named(cell: object) -> list[str]:
    return [] if pd.isna(cell) else str(cell).split(", ")


def naive_person_seen(frame: pd.DataFrame, rows: Rows, columns: dict[str, slice], apart: bool = False) -> float:
    """Look each person up in the training rows of the same column, and at the same position in it if `apart`."""

    def people(row: pd.Series) -> set[object]:
        credits = [(name, *credit) for name in columns for credit in enumerate(named(row[name])[columns[name]])]
        return {(name, position if apart else 0, person) for name, position, person in credits}

    known = set().union(*(people(row) for _, row in of(frame, rows, "train").iterrows()))
    return share([bool(people(row) & known) for _, row in of(frame, rows, "test").iterrows()])


def test_the_share_of_test_rows_whose_film_is_in_training_is_that_of_a_naive_count(frame):
    rows = sides_of(frame)
    known = set(of(frame, rows, "train")["id"].dropna())
    expected = share([film in known for film in of(frame, rows, "test")["id"]])
    assert 0.2 < expected < 0.9
    assert film_seen(frame, rows, "id") == expected


ALL, FIRST, TWO = slice(None), slice(1), slice(2)
READ = {
    "labels": ([Labels("cast")], {"cast": ALL}, False),
    "one a cell": ([Category("director")], {"director": ALL}, False),
    "several columns": ([Labels("cast"), Category("director")], {"cast": ALL, "director": ALL}, False),
    "the first alone": ([Labels("cast", first_only=True)], {"cast": FIRST}, False),
    "by position": ([Labels("cast", positions=2)], {"cast": TWO}, True),
    "rare ones too": ([Labels("cast", min_films=30)], {"cast": ALL}, False),
}


@pytest.mark.parametrize("kind", READ)
def test_the_share_of_test_rows_with_a_person_of_training_is_that_of_a_naive_count(frame, kind):
    features, columns, apart = READ[kind]
    rows = sides_of(frame)
    expected = naive_person_seen(frame, rows, columns, apart)
    assert 0 < expected < 0.9
    assert person_seen(frame, rows, features) == expected


def three(train: object, val: object, test: object) -> tuple[pd.DataFrame, Rows]:
    frame = pd.DataFrame({"id": [train, val, test], "cast": [train, val, test], "other": [test, None, train]})
    return frame.astype("str"), Rows(*(np.array([row]) for row in range(3)))


def test_rows_that_validate_are_no_training():
    frame, rows = three("A", "B", "B")
    assert film_seen(frame, rows, "id") == 0
    assert person_seen(frame, rows, [Labels("cast")]) == 0


def test_a_row_without_an_id_or_people_was_not_seen():
    frame, rows = three(None, "B", None)
    assert film_seen(frame, rows, "id") == 0
    assert person_seen(frame, rows, [Labels("cast"), Category("other")]) == 0


def test_a_person_of_another_column_was_not_seen():
    frame, rows = three("A", None, "B")
    assert person_seen(frame, rows, [Labels("cast"), Labels("other")]) == 0
    assert person_seen(*three("A, B", None, "B"), [Labels("cast"), Labels("other")]) == 1
