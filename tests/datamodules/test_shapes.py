import re

import pandas as pd
import pytest

from greenlight_films.datamodules import OneRowPerFilm
from greenlight_films.datamodules.errors import InputError
from greenlight_films.datamodules.features import Labels

ROWS = [
    ("f2", "Two", 90, "actor", "Bo"),
    ("f1", "One", 80, "director", "Ann"),
    ("f2", "Two", 90, "actress", "Ann, Jr."),
    ("f2", "Two", 90, "actor", "Bo"),
    ("f1", "One", 80, "actor", "Ким"),
    ("f2", "Two", 90, "actor", "Al"),
    ("f3", "Three", 70, "actor", None),
]


@pytest.fixture
def people() -> pd.DataFrame:
    frame = pd.DataFrame(ROWS, columns=["id", "title", "runtime", "category", "name"])
    return frame.astype({"id": "str", "title": "str", "category": "str", "name": "str"})


def shaped(people, **given) -> pd.DataFrame:
    return OneRowPerFilm("id", "name", "category", **given).shape(people)


def test_a_film_has_one_row_and_a_column_of_names_a_role(people):
    before = people.copy()
    films = shaped(people)
    assert films.fillna("-").to_dict("list") == {
        "id": ["f2", "f1", "f3"],
        "title": ["Two", "One", "Three"],
        "runtime": [90, 80, 70],
        "actor": ["Bo|Al", "Ким", "-"],
        "director": ["-", "Ann", "-"],
        "actress": ["Ann, Jr.", "-", "-"],
    }
    assert films.index.tolist() == [0, 1, 2]
    pd.testing.assert_frame_equal(people, before)


def test_roles_that_are_merged_share_a_column_in_the_order_of_their_rows(people):
    films = shaped(people, merge={"cast": ["actor", "actress"]}, separator=" / ")
    assert films["cast"].tolist()[0] == "Bo / Ann, Jr. / Al"
    assert "actress" not in films


def test_columns_that_say_two_things_of_a_film_are_all_named(people):
    people.loc[people["id"] == "f3", ["title", "runtime"]] = None  # the same in every row
    people.loc[2, "runtime"], people.loc[4, "title"] = 95, None
    with pytest.raises(InputError) as refused:
        shaped(people)
    same = "must say the same of a film in all its rows"
    assert str(refused.value).splitlines() == [
        f"column 'title' {same}; of id f1 it says 'One' in row 2 and nothing in row 5",
        f"column 'runtime' {same}; of id f2 it says '90.0' in row 1 and '95.0' in row 3",
    ]


@pytest.mark.parametrize(
    ("column", "value", "given", "message"),
    [
        ("id", None, {}, "data.shape.by: column 'id' is empty in row 4"),
        ("category", None, {}, "data.shape.role: column 'category' is empty in row 4, which names 'Bo' (1 such"),
        ("name", "Bo|Al", {}, "separator must be in no name, got '|' in 'Bo|Al'; give another"),
        ("category", "title", {}, "role 'title' is a column of the table already; rename it by `merge`"),
        ("name", "B", {"merge": {"a": ["acter"]}}, "no role 'acter', did you mean 'actor'? There are: actor, "),
    ],
)
def test_what_cannot_be_shaped_is_refused(people, column, value, given, message):
    people.loc[3, column] = value
    with pytest.raises(InputError, match=re.escape(message)):
        shaped(people, **given)


def test_a_column_that_is_not_there_is_refused(people):
    with pytest.raises(InputError, match="no column 'person'"):
        OneRowPerFilm("id", "person", "category").shape(people)


def test_a_datamodule_reads_films_from_a_table_of_people(film_data, tmp_path):
    roles = ("actor", "writer")
    rows = [(f"{n:03}", n % 7 + n / 100, f"Person {n % 5} {role}", role) for n in range(60) for role in roles]
    people = pd.DataFrame(rows, columns=["id", "rating", "name", "category"])
    people.to_csv(tmp_path / "people.csv", index=False)
    features = [Labels(role, separator="|") for role in roles]
    shape = OneRowPerFilm("id", "name", "category")
    data = film_data(table=str(tmp_path / "people.csv"), shape=shape, features=features, title=None)
    data.setup("fit")
    assert data.films.ids["film"].tolist() == people["id"].unique().tolist()
    assert data.fitted.encoder.space.n_labels == 10
    assert (data.films.encoded.labels.sum(axis=1) == 2).all()
