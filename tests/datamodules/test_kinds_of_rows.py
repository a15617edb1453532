import pandas as pd
import pytest

from greenlight_films.datamodules import MeanOfRows, OneRowPerFilm
from greenlight_films.datamodules.film_ids import film_codes, film_ids
from greenlight_films.datamodules.films_in_rows import identity_of
from greenlight_films.datamodules.kinds_of_rows import (
    condition_of,
    remark_on_episodes,
    remark_on_kind,
    remark_on_television,
    remark_on_votes,
    votes_column,
)
from greenlight_films.datamodules.leakage import people_features
from greenlight_films.datamodules.look.look import look
from greenlight_films.datamodules.tables.read_table import read_table
from greenlight_films.datamodules.where import parse_condition
from tests.cases import CASES, cases, check_message, check_values

EXPECTED = {case["file"]: case["expect"] for case in reversed(cases("rows"))}  # the first case of each


def table(name: str) -> pd.DataFrame:
    return read_table(CASES / "rows" / name)


@pytest.mark.parametrize(("name", "shape"), [("one_a_person", OneRowPerFilm), ("one_a_review", MeanOfRows)])
def test_several_rows_a_film_are_told_with_the_shape_that_makes_them_one(name, shape):
    frame, expect = table(f"{name}.csv"), EXPECTED[f"rows/{name}.csv"]
    assert list(identity_of(frame).film) == expect["film"]
    remark = remark_on_kind(frame)
    check_message(remark.text, expect["message"])
    arguments = remark.proposal["shape"][shape.__name__]
    assert expect.get("shape", {}).get("OneRowPerFilm", arguments) == arguments
    films = shape(**arguments).shape(frame)
    assert len(films) == expect["n_films"]
    assert remark.text.startswith(f"{len(films)} films in ")
    for column, values in expect["films"].items():
        if isinstance(values[0], list):
            assert [str(cell).split("|") if isinstance(cell, str) else [] for cell in films[column]] == values
        else:
            check_values(pd.to_numeric(films[column]).round(6).tolist(), values)


@pytest.mark.parametrize("name", ["television", "remakes", "weights", "identical", "near", "episodes_by_title"])
def test_rows_that_are_films_are_no_people_or_reviews(name):
    assert remark_on_kind(table(f"{name}.csv")) is None


@pytest.mark.parametrize(
    ("film", "people", "role", "roles"),
    [
        ("Film", "Personne", "Rôle", ("acteur", "réalisateur")),
        ("Titre", "Nom", "Fonction", ("acteur", "réalisateur")),
        ("Titel", "Person", "Funktion", ("Darsteller", "Regie")),
        ("Titel", "Mitwirkende", "Rolle", ("Schauspieler", "Regisseur")),
        ("Película", "Persona", "Función", ("actor", "director")),
        ("Título", "Nombre", "Cargo", ("actriz", "guionista")),
        ("Titolo", "Nome", "Ruolo", ("attore", "regista")),
        ("Filme", "Pessoa", "Função", ("ator", "diretor")),
    ],
)
def test_people_of_films_are_known_in_several_languages(film, people, role, roles):
    credits = [(f"Film {row // 3}", f"Ann {row % 7}", roles[row % 3 == 0], str(row // 3 * 10)) for row in range(60)]
    frame = pd.DataFrame(credits, columns=[film, people, role, "gross"], dtype="str")
    remark = remark_on_kind(frame)
    assert remark.proposal["shape"] == {"OneRowPerFilm": {"by": film, "people": people, "role": role}}
    seen = look(frame, "gross")
    features = {feature.arguments["column"]: feature for feature in seen.features}
    assert set(features) == set(roles)
    assert seen.rows.n_films == 20
    assert len(people_features([feature.feature() for feature in features.values()])) == 2


def test_several_rows_a_film_of_another_kind_ask_for_a_split_by_film():
    frame = pd.DataFrame(
        {"film_id": [f"f{n // 4}" for n in range(40)], "week": list(range(4)) * 10, "gross": range(40)}
    )
    remark = remark_on_kind(frame)
    assert "10 films in 40 rows by film_id: a row is no film by itself (they differ in week, gross)" in remark.text
    assert remark.text.endswith("keep rows of a film on the same side by data.split GroupSplit, by: film_id.")


def test_television_is_told_with_the_condition_that_keeps_films():
    frame, expect = table("television.csv"), EXPECTED["rows/television.csv"]
    remark = remark_on_television(frame)
    check_message(remark.text, expect["message"])
    rows, _ = parse_condition(remark.proposal["where"]).rows_of(frame)
    assert (rows.index + 1).tolist() == expect["kept_rows"]
    assert remark_on_television(rows) is None


@pytest.mark.parametrize(
    ("column", "values", "where"),
    [
        ("Media Type", ["Movie", "TV Series", "Video Game"], "`Media Type` == 'Movie'"),
        ("kind", ["tv episode", "feature film", "tv movie"], "kind in ['feature film', 'tv movie']"),
        ("genre", ["Short", "Drama", "Comedy"], None),
        ("type", ["a", "b", "c"], None),
    ],
)
def test_kinds_of_titles_are_known_in_several_spellings(column, values, where):
    remark = remark_on_television(pd.DataFrame({column: pd.Series(values * 4, dtype="str")}))
    assert (remark and remark.proposal["where"]) == where


def test_episodes_are_known_by_their_titles():
    frame, expect = table("episodes_by_title.csv"), EXPECTED["rows/episodes_by_title.csv"]
    remark = remark_on_episodes(frame, "title")
    check_message(remark.text, expect["message"])
    rows, _ = parse_condition(remark.proposal["where"]).rows_of(frame)
    assert len(rows) == len(frame) - 5


@pytest.mark.parametrize(
    ("title", "is_episode"),
    [
        ("Salt: 2x07", True),
        ("Episode #1.4", True),
        ("Season 3", True),
        ("Star Wars: Episode IV", False),
        ("John Wick: Chapter 2", False),
        ("1984", False),
        ("S1m0ne", False),
    ],
)
def test_titles_of_films_are_no_episodes(title, is_episode):
    frame = pd.DataFrame({"title": pd.Series(["It's Raining", title], dtype="str")})
    assert (remark_on_episodes(frame, "title") is not None) == is_episode


def test_conditions_quote_what_stands_in_values():
    frame = pd.DataFrame({"my title": pd.Series(["The Ferryman's Ledger", "Other", "Third"], dtype="str")})
    where = condition_of("my title", ["The Ferryman's Ledger", "Third"], "not in")
    assert parse_condition(where).rows_of(frame)[0].index.tolist() == [1]


def test_votes_are_proposed_as_weight():
    frame, expect = table("weights.csv"), EXPECTED["rows/weights.csv"]
    remark = remark_on_votes(frame, frame.columns)
    check_message(remark.text, expect["message"])
    assert remark.proposal == {"weight": "votes"}
    assert remark_on_votes(frame, ["budget", "votes"]) is None
    assert film_codes(film_ids(frame, "title")).max() == len(frame) - 1


@pytest.mark.parametrize(
    "name", ["numVotes", "vote_count", "votes_y", "imdbVotes", "num_voted_users", "n_reviews", "Number of Votes"]
)
def test_columns_of_votes_are_known_by_their_names(name):
    assert votes_column(pd.DataFrame({"rating": [5.5, 6.5], name: [10, 2000]})) == name
    assert votes_column(pd.DataFrame({"rating": [5.5, 6.5], name: [0.1, 0.2]})) is None


def test_the_rows_that_a_note_on_reviews_counts_are_those_of_the_table():
    reviews = pd.DataFrame({"title": list("AABBCC"), "year": 1990, "stars": [1, 1, 2, 3, 4, 5]})
    assert remark_on_kind(reviews).text.startswith("3 films in 6 rows by title and year: a row is a review of a film")
