from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import csv as pacsv

from greenlight_films.sources import user_ratings
from greenlight_films.sources.preparation import Preparation
from greenlight_films.sources.raw_files import RATINGS
from greenlight_films.sources.user_ratings import rating_sums

HEADER = "userId,movieId,rating,timestamp\n"


def summed(path: Path) -> tuple[pd.DataFrame, Preparation]:
    preparation = Preparation({RATINGS: path})
    return rating_sums(preparation), preparation


def test_ratings_are_summed_exactly_over_many_blocks(tmp_path, monkeypatch):
    monkeypatch.setattr(user_ratings, "BLOCK", 2**16)
    random = np.random.default_rng(5)
    movies, ratings = random.integers(1, 3001, 50_000), random.integers(1, 11, 50_000) / 2
    table = {"userId": movies, "movieId": movies, "rating": ratings, "timestamp": movies}
    pacsv.write_csv(pa.table(table), tmp_path / "ratings.csv")
    sums, preparation = summed(tmp_path / "ratings.csv")
    ids = sums.index.astype(int).to_numpy()
    assert len(ids) == 3000
    assert (sums["sum"].to_numpy() == np.bincount(movies, ratings)[ids]).all()
    assert (sums["count"].to_numpy() == np.bincount(movies)[ids]).all()
    assert preparation.read == {"ratings.csv": 50_000}


def test_lines_are_right_across_blocks_with_ragged_and_empty_lines_between(tmp_path, monkeypatch):
    monkeypatch.setattr(user_ratings, "BLOCK", 64)
    lines = ["1,10,4.5,7"] * 40
    lines[3], lines[11], lines[20], lines[21], lines[39] = "1,10", "", "1,10,9,7", "a,b,c,d,e", "1,ten,4,7"
    (tmp_path / "ratings.csv").write_text(HEADER + "\n".join(lines) + "\n")
    sums, preparation = summed(tmp_path / "ratings.csv")
    assert sums.loc["10"].tolist() == [35 * 4.5, 35]
    rejected = preparation.rejected.sort_values("line")
    assert rejected["line"].tolist() == [5, 22, 23, 41]
    assert rejected["text"].tolist() == ["1,10", "1,10,9,7", "a,b,c,d,e", "1,ten,4,7"]
    assert preparation.read == {"ratings.csv": 39}
    assert preparation.notes == ["empty lines of ratings.csv: 1"]


def test_the_same_movie_is_summed_however_its_id_and_its_ratings_are_written(tmp_path):
    (tmp_path / "ratings.csv").write_text(HEADER + '1,10,4,7\n1,10.0,4.0,7\n1,"10","0.5",7\n1, 10 ,5.,7\n')
    sums, preparation = summed(tmp_path / "ratings.csv")
    assert sums.loc["10"].tolist() == [13.5, 4]
    assert preparation.rejected.empty


def test_bytes_that_are_no_text_cost_their_row_which_is_recorded(tmp_path):
    (tmp_path / "ratings.csv").write_bytes(HEADER.encode() + b"1,10,\xff,7\n1,10,3,7\n1,\xff\n")
    sums, preparation = summed(tmp_path / "ratings.csv")
    assert sums.loc["10"].tolist() == [3, 1]
    assert preparation.rejected[["line", "reason"]].to_numpy().tolist() == [
        [4, "has 2 cells where the header has 4: shifted or cut off"],
        [2, "rating is no number"],
    ]
    assert preparation.read == {"ratings.csv": 3}


def test_a_header_alone_has_no_ratings(tmp_path):
    (tmp_path / "ratings.csv").write_text(HEADER)
    sums, preparation = summed(tmp_path / "ratings.csv")
    assert sums.empty
    assert preparation.read == {"ratings.csv": 0}
