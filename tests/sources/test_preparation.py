import numpy as np
import pandas as pd
import pytest

from greenlight_films.sources.preparation import ACCOUNT, MOST, Preparation, repeated
from greenlight_films.sources.raw_files import MOVIE_INDUSTRY, OMDB


@pytest.fixture
def preparation():
    return Preparation({})


def test_only_a_blank_title_is_missing(preparation):
    titles = ["None", "null", "NaN", "NA", " A ", " ", None, None]
    others = [None, None, None, None, None, "B", " C", " "]
    rows = pd.DataFrame({"title": titles, "original": others}, dtype="str", index=range(2, 10))
    titled = preparation.titled(MOVIE_INDUSTRY, rows, "title", "original")
    assert titled["title"].tolist() == ["None", "null", "NaN", "NA", "A", "B", "C"]
    assert preparation.rejected[["line", "reason"]].to_numpy().tolist() == [[9, "title is missing"]]


def test_what_is_rejected_is_a_table_of_its_start_its_line_and_the_reason(preparation):
    assert list(preparation.rejected) == list(ACCOUNT)
    rows = pd.DataFrame({"id": ["1", "1", "2"], "text": ["a", "b" * 300, None]}, index=[2, 3, 4], dtype="str")
    assert len(preparation.unique(MOVIE_INDUSTRY, rows, "id")) == 2
    preparation.reject_cells(OMDB, rows["text"], np.array([True, False, False]), "is odd")
    assert preparation.rejected.to_numpy().tolist() == [
        ["movies.csv", 3, "row", repeated("id"), "1," + "b" * 198],
        ["omdb.jsonl", 2, "cell", "text is odd: taken as missing", "a"],
    ]


def test_kinds_are_noted_by_frequency_the_rare_ones_together(preparation):
    preparation.note_each("{} left out", {f"kind {n}": n for n in range(1, MOST + 3)} | {"none": 0})
    assert preparation.notes[0] == f"kind {MOST + 2} left out: {MOST + 2}"
    assert preparation.notes[-1] == "other kinds left out: 3"
    assert len(preparation.notes) == MOST + 1


def test_blocks_have_all_rows_and_their_account_together(tmp_path):
    lines = [f"Film {n},{n}" if n % 5 else f"Film {n}" for n in range(100)]
    (tmp_path / "movies.csv").write_text("\n".join(["name,score", *lines]))
    whole, parts = (Preparation({MOVIE_INDUSTRY: tmp_path / "movies.csv"}) for _ in range(2))
    rows = whole.rows(MOVIE_INDUSTRY, ("name", "year"))
    blocks = list(parts.blocks(MOVIE_INDUSTRY, ("name", "year"), 7))
    assert len(blocks) > 10
    pd.testing.assert_frame_equal(pd.concat(blocks), rows)
    pd.testing.assert_frame_equal(parts.rejected, whole.rejected)
    assert len(rows) == 80
    assert rows["year"].isna().all()
    assert parts.read == whole.read == {"movies.csv": 100}
    assert parts.notes == whole.notes == ["Not in movies.csv: year"]
