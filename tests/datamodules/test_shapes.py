import re
from dataclasses import replace

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from greenlight_films.datamodules import MeanOfRows, OneRowPerFilm
from greenlight_films.datamodules.errors import InputError
from greenlight_films.datamodules.features import Labels
from tests.datamodules.test_mean_of_rows import REVIEWS

ROWS = [
    ("f2", "Two", 90, "actor", "Bo"),
    ("f1", "One", 80, "director", "Ann"),
    ("f2", "Two", 90, "actress", "Ann, Jr."),
    ("f2", "Two", 90, "actor", "Bo"),
    ("f1", "One", 80, "actor", "Ким"),
    ("f2", "Two", 90, "actor", "Al"),
    ("f3", "Three", 70, "actor", None),
]


COLUMNS = ["id", "title", "runtime", "category", "name"]


@pytest.fixture
def people() -> pd.DataFrame:
    frame = pd.DataFrame(ROWS, columns=COLUMNS)
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
        "correct them, or leave them out by data.shape.leave_out: [title, runtime] "
        "(of `look`: --leave_out title runtime)",
    ]
    assert shaped(people, leave_out=["title", "runtime"]).columns.tolist() == ["id", "actor", "director", "actress"]


@pytest.mark.parametrize(
    "shape", [OneRowPerFilm("id", "name", "category", leave_out=["id"]), MeanOfRows("id", leave_out=["id"])]
)
def test_what_a_shape_needs_and_misspelt_names_are_not_left_out(people, shape):
    with pytest.raises(InputError, match=r"data\.shape\.leave_out must not name 'id', which the shape needs"):
        shape.shape(people)
    with pytest.raises(InputError, match=r"data\.shape\.leave_out: no column 'runtme', did you mean 'runtime'\?"):
        replace(shape, leave_out=["runtme"]).shape(people)
    assert "runtime" not in replace(shape, leave_out=["runtime", "gone"]).shape(people)


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


@pytest.mark.parametrize(
    ("by", "names", "role", "options", "name"),
    [
        ("id", "id", "category", "data.shape.by and data.shape.people", "id"),
        (["title", "category"], "name", "category", "data.shape.by and data.shape.role", "category"),
        ("id", "name", "name", "data.shape.people and data.shape.role", "name"),
    ],
)
def test_film_person_and_role_are_different_columns(people, by, names, role, options, name):
    with pytest.raises(InputError, match=f"{options} must be different columns, got '{name}' for both"):
        OneRowPerFilm(by, names, role).shape(people)


def test_films_may_be_named_by_several_columns(people):
    by_id, by_both = shaped(people), OneRowPerFilm(["title", "runtime"], "name", "category").shape(people)
    pd.testing.assert_frame_equal(by_both, by_id)


FRAMES = {
    "polars": pl.from_pandas,
    "arrow": pa.Table.from_pandas,
    "arrow types": lambda frame: frame.convert_dtypes(dtype_backend="pyarrow"),
    "categories": lambda frame: frame.astype("category"),
    "an index of texts": lambda frame: frame.set_axis([f"row {number}" for number in range(len(frame))]),
    "an index with a name": lambda frame: frame.set_index(frame.columns[0]),
    "others are gone": lambda frame: pd.concat([frame.iloc[:0], frame]).set_axis(np.arange(len(frame)) * 7 % 11),
}


@pytest.mark.filterwarnings("ignore:the index:UserWarning")
@pytest.mark.parametrize("kind", FRAMES.values(), ids=FRAMES)
@pytest.mark.parametrize(
    ("shape", "frame"),
    [
        (OneRowPerFilm("id", "name", "category"), pd.DataFrame(ROWS, columns=COLUMNS)),
        (MeanOfRows(["title", "year"]), REVIEWS.drop(columns="week")),
    ],
    ids=["people", "reviews"],
)
def test_every_frame_that_a_regressor_takes_is_shaped_into_one_of_pandas(shape, frame, kind):
    expected, films = shape.shape(frame), shape.shape(kind(frame))
    assert isinstance(films, pd.DataFrame)
    pd.testing.assert_frame_equal(films.astype(expected.dtypes), expected)


@pytest.mark.parametrize("name", [str, int])
def test_columns_may_have_numbers_as_names(people, name):
    numbered = people.set_axis(range(5), axis=1)
    films = OneRowPerFilm(name(0), name(4), name(3)).shape(numbered)
    assert films.columns.tolist() == ["0", "1", "2", "actor", "director", "actress"]
    means = MeanOfRows([name(0), name(1)], mean=[name(2)]).shape(numbered.drop(columns=[3, 4]))
    assert means.set_index("0")["2"].to_dict() == {"f2": 90, "f1": 80, "f3": 70}


@pytest.mark.filterwarnings("ignore:the index:UserWarning")
def test_rows_of_a_frame_are_counted_whatever_its_index(people):
    people.loc[2, "runtime"] = 95
    with pytest.raises(InputError, match="of id f2 it says '90' in row 1 and '95' in row 3"):
        shaped(people.set_axis(list("abcdefg")))


def test_a_tables_file_is_shaped_and_what_is_no_table_is_refused(people, tmp_path):
    people.to_csv(tmp_path / "people.csv", index=False)
    assert shaped(tmp_path / "people.csv")["actor"].tolist() == shaped(people)["actor"].tolist()
    with pytest.raises(InputError, match=r"a table must be a pandas or polars DataFrame, .* got list"):
        shaped([people])


def test_a_datamodule_reads_films_from_a_table_of_people(ready, tmp_path):
    roles = ("actor", "writer")
    rows = [(f"{n:03}", n % 7 + n / 100, f"Person {n % 5} {role}", role) for n in range(60) for role in roles]
    people = pd.DataFrame(rows, columns=["id", "rating", "name", "category"])
    people.to_csv(tmp_path / "people.csv", index=False)
    features = [Labels(role, separator="|") for role in roles]
    shape = OneRowPerFilm("id", "name", "category")
    data = ready(table=str(tmp_path / "people.csv"), shape=shape, features=features, title=None)
    assert data.films.ids["film"].tolist() == people["id"].unique().tolist()
    assert data.fitted.encoder.space.n_labels == 10
    assert (data.films.encoded.labels.sum(axis=1) == 2).all()
