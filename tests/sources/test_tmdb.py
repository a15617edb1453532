import numpy as np
import pandas as pd
import pyarrow as pa

from greenlight_films.sources.preparation import Preparation
from greenlight_films.sources.raw_cells import as_lists
from greenlight_films.sources.raw_files import TMDB_MOVIES
from greenlight_films.sources.tmdb import LISTS, PLAIN, credit_names, list_columns, names, plain_columns, unique_rows

PEOPLE = [
    {"job": "Producer", "department": "Production", "name": "Ann"},
    {"job": "Director", "department": "Directing", "name": " Bo "},
    {"job": "Screenplay", "department": "Writing", "name": "Bo"},
    {"job": "Novel", "department": "Other", "name": "Cy"},
    {"job": "Co-Writer", "department": "Writing", "name": "Cyd"},
    {"job": "Executive Producer", "department": "Production", "name": "Di"},
    {"job": "Producer", "department": "Production", "name": "Di"},
    {"job": "Assistant Director", "department": "Directing", "name": "Ed"},
]


def test_an_average_of_0_is_missing_where_nobody_voted():
    cells = {"vote_average": ["0.0", "0", "0", "7"], "vote_count": ["0", None, "3", "0"]}
    raw = pd.DataFrame({name: cells.get(name, [None] * 4) for name in PLAIN}, dtype="str")
    preparation = Preparation({})
    films = plain_columns(preparation, TMDB_MOVIES, raw)
    assert films["vote_average"].fillna(-1).tolist() == [-1, -1, 0, 7]
    assert preparation.notes == ["ratings of 0 with no votes, taken as missing: 2"]


def test_lists_give_genres_as_text_and_the_first_of_the_cast():
    lists = {name: as_lists([["A", "B"], None], pd.RangeIndex(2)) for name in ("genres", *LISTS)}
    columns = list_columns(lists)
    assert columns["genres"].fillna("-").tolist() == ["A|B", "-"]
    assert columns["lead_actor"].fillna("-").tolist() == ["A", "-"]
    assert columns["keywords"].dtype == pd.ArrowDtype(pa.list_(pa.string()))


def test_rows_have_an_id_of_their_own(tmp_path):
    (tmp_path / "movies.csv").write_text("id,title\n7.0,A\n7,B\nx,C\n,D\n08,E\n")
    preparation = Preparation({TMDB_MOVIES: tmp_path / "movies.csv"})
    rows = unique_rows(preparation, TMDB_MOVIES, ("id", "title"))
    assert rows.to_numpy().tolist() == [["7", "A"], ["8", "E"]]
    assert np.array_equal(preparation.rejected["line"], [5, 4, 3])


def test_cast_comes_in_the_order_of_billing_and_crew_is_chosen_by_job_and_writers_by_department_too():
    orders = [(None, "No order"), (2, "Third"), (0, "Lead"), (5, "Lead"), ("1", "Text")]
    assert credit_names([{"order": order, "name": name} for order, name in orders], PEOPLE) == {
        "cast": ["Lead", "Third", "No order", "Text"],
        "directors": ["Bo"],
        "writers": ["Bo", "Cy", "Cyd"],
        "producers": ["Ann", "Di"],
    }
    assert credit_names(None, None) == {"cast": [], "directors": [], "writers": [], "producers": []}


def test_what_is_no_name_is_left_out_and_half_a_pair_of_escapes_is_replaced():
    assert names([{"name": None}, {"id": 3}, {"name": 7}, {"name": "  "}, {"name": "Zo\udc00e"}]) == ["Zo?e"]
