import numpy as np
import pandas as pd
import pytest

from greenlight_films.datamodules.films_in_rows import (
    Identity,
    identical_rows,
    identity_of,
    names_people,
    original_rows,
    remark_on_identical,
    remark_on_ids,
    remark_on_remakes,
    remark_on_spellings,
    same_spelling,
)
from greenlight_films.datamodules.tables.read_table import read_table
from tests.cases import CASES, cases, check_message

EXPECTED = {case["file"]: case["expect"] for case in reversed(cases("rows"))}


def table(name: str) -> pd.DataFrame:
    return read_table(CASES / "rows" / f"{name}.csv")


def test_identical_rows_are_told_with_those_that_a_split_parts():
    frame, expect = table("identical"), EXPECTED["rows/identical.csv"]
    remark = remark_on_identical(frame)
    check_message(remark.text, expect["message"])
    assert f"({len(frame) - expect['n_films']} of {len(frame)})" in remark.text
    sides = np.zeros(len(frame), dtype=np.uint8)
    sides[24] = 2
    assert "and 1 of them stand on another side of the split" in remark_on_identical(frame, sides).text
    assert "side" not in remark.text
    assert remark_on_spellings(frame, identity_of(frame)) is None


def test_identical_rows_are_those_of_pandas_but_for_counters():
    random = np.random.default_rng(0)
    frame = pd.DataFrame({name: random.integers(0, 4, 500) for name in "abc"}).astype({"a": "str", "b": float})
    frame.loc[::7, "b"] = None
    assert identical_rows(frame).tolist() == frame.duplicated().tolist()
    assert (frame.iloc[original_rows(frame)].reset_index(drop=True).fillna(-1) == frame.fillna(-1)).all(axis=None)
    assert identical_rows(frame.assign(index=range(500))).tolist() == frame.duplicated().tolist()
    assert not identical_rows(frame.assign(id=range(500))).any()


def test_other_spellings_of_a_film_are_told():
    frame, expect = table("near"), EXPECTED["rows/near.csv"]
    remark = remark_on_spellings(frame, identity_of(frame))
    check_message(remark.text, expect["message"])
    assert f"({len(frame) - expect['n_films']} of {len(frame)})" in remark.text
    by_id = Identity(("film_id",), "title", "year")
    assert "of its own" not in remark_on_spellings(frame, by_id).text


def test_a_film_twice_counts_once_where_it_is_spelt_alike():
    titles = ["Salt", "Salt", "Owl", "The owl", *(f"Film {number}" for number in range(20))]
    frame = pd.DataFrame({"title": titles, "year": 1999, "rating": range(24)})
    alike = remark_on_spellings(frame.drop(3), identity_of(frame)).text
    assert alike == (
        "Row 2 seems to be a film that an earlier row has, with other numbers or names (1 of 23): row 2 ('Salt') and "
        "row 1 ('Salt'); rows with the same title and year count as one film: keep one where they are the same."
    )
    other = remark_on_spellings(frame.drop(1), identity_of(frame)).text
    assert "with another spelling (1 of 23): row 4 ('The owl') and row 3 ('Owl'); each spelling counts as" in other
    both = remark_on_spellings(frame, identity_of(frame)).text
    assert "each spelling counts as a film of its own, rows with the same title and year count as one film: " in both
    no_year = frame.assign(year=pd.Series([1999.0] * 24).where(frame["title"] != "Salt")).drop(3)
    assert remark_on_spellings(no_year, identity_of(no_year)).text == alike
    assert remark_on_spellings(no_year, Identity(("rating",), "title", "year")) is None


@pytest.mark.parametrize(
    ("title", "other", "same"),
    [
        ("The Lantern Tax", "Lantern Tax, The", True),
        ("Salt & Herons", "salt and herons", True),
        ("Amélie", "AMELIE", True),
        ("The Ferryman's Ledger", "The Ferryman’s Ledger ", True),
        ("Alien", "Aliens", False),
        ("Rocky II", "Rocky III", False),
        ("Straße", "STRASSE", True),
        ("七人の侍", "七人の待", False),
        ("!", "?", False),
        ("The", "A", False),
    ],
)
def test_titles_are_the_same_but_for_case_accents_marks_and_articles(title, other, same):
    codes = same_spelling(pd.Series([title, other], dtype="str"))
    assert (codes[0] == codes[1]) == same


def test_remakes_are_other_films_which_title_and_year_tell():
    frame, expect = table("remakes"), EXPECTED["rows/remakes.csv"]
    identity = identity_of(frame)
    assert list(identity.film) == expect["film"]
    remark = remark_on_remakes(frame, identity)
    check_message(remark.text, expect["message"])
    assert remark.text.startswith("3 titles of several films")
    assert remark.text.endswith("data.film: [title, year].")
    assert remark_on_spellings(frame, identity) is None


def test_ids_of_several_films_are_named_with_their_rows():
    frame, expect = table("id_of_two_films"), EXPECTED["rows/id_of_two_films.csv"]
    remark = remark_on_ids(frame, "film_id", identity_of(frame))
    check_message(remark.text, expect["message"])
    assert remark_on_ids(table("one_a_person"), "film_id", identity_of(frame)) is None


@pytest.mark.parametrize(
    ("columns", "film"),
    [
        ({"tconst": ["a", "b"], "primaryTitle": ["A", "B"], "startYear": [1, 2]}, ("tconst",)),
        ({"title": ["A", "B"], "release_date": ["2001-01-02", "2002-01-02"]}, ("title", "release_date")),
        ({"title_x": ["A", "B"], "year_x": [2001, 2002], "title_y": ["A", "B"]}, ("title_x", "year_x")),
        ({"title_x": ["A", "B"], "id_x": [1, 2]}, ("id_x",)),
        ({"film": ["http://x.org/Q1", "http://x.org/Q2"], "filmLabel": ["A", "B"]}, ("film",)),
        ({"film": ["http://x.org/Q1", None], "filmLabel": ["A", "B"]}, ("filmLabel",)),
        ({"original_title": ["A", "B"], "title": ["A", "C"]}, ("title",)),
        ({"id": [1, 2, 3, 4], "title": ["A", "A", "B", "B"], "year": [1, 1, 2, 2]}, ("title", "year")),
        ({"budget": [1, 2]}, ()),
        ({"Originaltitel": ["A", "B"], "Filmtitel": ["A", "C"], "Jahr": [1, 2]}, ("Filmtitel", "Jahr")),
        ({"Titre original": ["A", "B"], "Année": [1, 2]}, ("Titre original", "Année")),
        ({"Película": ["A", "B"], "Año": [1, 2]}, ("Película", "Año")),
        ({"邦題": ["A", "B"], "公開年": ["2001年", "2002年"]}, ("邦題", "公開年")),
        ({"제목": ["A", "B"], "개봉 연도": [1, 2]}, ("제목", "개봉 연도")),
        ({"Release": ["Salt", "Ninth Owl"], "Year": [1, 2]}, ("Release", "Year")),
        ({"Release": ["Salt", "Ninth Owl"], "Title": ["A", "B"], "Year": [1, 2]}, ("Title", "Year")),
        ({"Release": ["June 3, 1980", "Mar 4, 1981"], "rating": [1, 2]}, ()),
        ({"Release": ["wide", "limited"] * 9, "rating": range(18)}, ()),
    ],
)
def test_what_identifies_a_film_is_an_id_of_films_or_title_and_year(columns, film):
    assert identity_of(pd.DataFrame(columns)).film == film


@pytest.mark.parametrize("year", ["Released_Year", "Jahr", "année", "年份", "Año"])
def test_a_year_beside_the_title_is_known_by_its_name_in_several_languages(year):
    films = pd.DataFrame({"Titel": ["Salt", "Salt"], "release_date": ["1980-01-01", "2001-01-01"], year: [1980, 2001]})
    assert identity_of(films).film == ("Titel", year)


N = 60


def credits(name="primaryName", film="tconst", **columns) -> pd.DataFrame:
    """Return four people of each of N films, by IMDb's names of columns."""
    random = np.random.default_rng(0)
    people = random.choice([f"Person {number}" for number in range(20)], 4 * N)
    table = {
        film: np.repeat([f"tt{number:07d}" for number in range(N)], 4),
        "runtime": np.repeat(random.integers(80, 150, N), 4),
        name: people,
        "category": random.choice(["actor", "director", "writer"], 4 * N),
        "rating": np.repeat(random.normal(6, 1, N).round(1), 4),
    }
    return pd.DataFrame({**table, **columns}).dropna(axis=1, how="all")


@pytest.mark.parametrize("name", ["primaryName", "name", "nom", "Nombre", "primary_name"])
@pytest.mark.parametrize(
    ("film", "columns"),
    [
        ("tconst", {}),
        ("imdb_id", {}),
        ("id", {}),
        ("tconst", {"category": None}),
        ("movie_id", {"rating": None}),
        ("tconst", {"genres": [["Drama"]] * 4 * N}),
    ],
)
def test_a_column_of_names_beside_a_films_id_is_of_its_people(name, film, columns):
    frame = credits(name, film, **columns)
    assert names_people(frame, name)
    assert identity_of(frame) == Identity((film,), None, None)


def test_people_of_one_film_each_are_told_by_their_roles():
    frame = credits(primaryName=[f"Person {number}" for number in range(4 * N)])
    assert identity_of(frame).film == ("tconst",)
    assert not names_people(frame.drop(columns="category"), "primaryName")


@pytest.mark.parametrize(
    ("frame", "film"),
    [
        (
            pd.DataFrame(
                {
                    "name": [f"Film {number % 12}" for number in range(4 * N)],
                    "id": [number // 4 for number in range(4 * N)],
                    "country": [f"Country {number // 4 % 9}" for number in range(4 * N)],
                    "stars": [number % 5 for number in range(4 * N)],
                }
            ),
            ("name",),
        ),
        (credits("movie_name", movie_name=np.repeat([f"Film {number}" for number in range(N)], 4)), ("tconst",)),
        (credits("name").assign(name=np.repeat([f"Film {number}" for number in range(N)], 4)), ("tconst",)),
        (credits("name", "film_id").iloc[::4].assign(name=[f"Film {number}" for number in range(N)]), ("film_id",)),
    ],
    ids=["reviews", "a film's name by its name", "a film's name by its rows", "films"],
)
def test_names_of_films_stay_their_titles(frame, film):  # also of reviews, whose reviewers have an id
    identity = identity_of(frame)
    assert identity.film == film
    assert identity.title in ("name", "movie_name")
