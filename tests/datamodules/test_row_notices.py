import numpy as np
import pandas as pd
import pytest

from greenlight_films.datamodules.declared import Declared
from greenlight_films.datamodules.errors import InputError
from greenlight_films.datamodules.features import Category, Number
from greenlight_films.datamodules.films import fit_films
from greenlight_films.datamodules.row_notices import row_notices
from greenlight_films.datamodules.splits import GroupSplit, RandomSplit
from greenlight_films.datamodules.tables.read_table import read_table
from greenlight_films.datamodules.targets import Target
from tests.cases import CASES, cases, check_message, name_of, path_of

TOLD = [case for case in cases("rows") if case["outcome"] == "notice"]


@pytest.mark.parametrize("case", TOLD, ids=name_of)
def test_a_study_tells_what_is_strange_of_the_rows(case):
    frame, film = read_table(path_of(case)), case.get("given", {}).get("film")
    declared = Declared([Number("rating")], Target("rating"), RandomSplit(), film)
    notices = row_notices(frame, declared, np.zeros(len(frame)))
    if film is None and case["expect"].get("film"):
        notices += row_notices(frame, Declared([], Target("rating"), RandomSplit(), "title"), np.zeros(len(frame)))
    check_message("\n".join(notices), case["expect"]["message"])


def test_nothing_is_told_of_plain_films(films_frame):
    frame = films_frame[films_frame["title"].notna() & ~films_frame["title"].duplicated()]
    declared = Declared([Number("year")], Target("rating"), RandomSplit(), "id")
    assert row_notices(frame, declared, np.zeros(len(frame))) == []


def test_labels_count_films_where_a_film_has_several_rows():
    (case,) = [case for case in cases("rows") if "films_by_label" in case["expect"]]
    frame = pd.read_csv(CASES / case["file"])
    (given,) = case["given"]["features"]
    films_of = frame.groupby("name")["film_id"].nunique().to_dict()
    assert films_of == case["expect"]["films_by_label"]
    for n_films in (1, 2, 3):
        declared = Declared(
            [Category(given["Category"], min_films=n_films, other=None)],
            Target("rating"),
            GroupSplit("film_id"),
            film="film_id",
        )
        films, fitted = fit_films(frame, declared)
        train = frame.loc[films.number[films.rows.train] - 1]
        expected = train.groupby("name")["film_id"].nunique()
        (block,) = fitted.encoder.space.labels
        assert sorted(block.values) == sorted(expected.index[expected >= n_films])


def test_remakes_are_told_where_their_title_is_taken_for_a_films_id():
    frame = read_table(CASES / "rows/remakes.csv")
    declared = Declared([Number("budget")], Target("rating"), RandomSplit(0.2, 0.3), film="title")
    with pytest.raises(InputError, match=r"3 titles of several films.*data\.film: \[title, year\]"):
        fit_films(frame, declared)
    by_title = Declared([Number("budget")], Target("rating"), GroupSplit("title"))
    assert "3 titles of several films" in "\n".join(row_notices(frame, by_title, np.zeros(len(frame))))
