"""What holds for every collection."""

import gzip
from typing import Any

import pandas as pd
import pytest
import yaml

from greenlight_films.datamodules.errors import InputError
from greenlight_films.sources.catalogue import CATALOGUE
from greenlight_films.sources.homes import HOMES
from greenlight_films.sources.preparation import Preparation
from greenlight_films.sources.raw_files import files_of, find_files
from tests.sources.conftest import FIXTURES, prepared

EXPECTED = yaml.safe_load((FIXTURES / "expected.yaml").read_text(encoding="utf-8"))


def plain(cell: Any) -> Any:
    """Return a cell as YAML has it."""
    if isinstance(cell, pd.Timestamp):
        return cell.date()
    return None if pd.api.types.is_scalar(cell) and pd.isna(cell) else cell


@pytest.fixture(scope="module", params=CATALOGUE)
def source(request) -> str:
    return request.param


@pytest.fixture(scope="module")
def whole(source) -> tuple[pd.DataFrame, Preparation]:
    """Return the table of the collection's small raw files, and the account of its preparation."""
    return prepared(source)


def test_films_and_the_account_of_what_was_lost_are_those_of_expected_yaml(source, whole):
    films, preparation = whole
    expected = EXPECTED[source]
    assert (len(films), preparation.read, preparation.notes) == tuple(
        expected[key] for key in ("films", "read", "notes")
    )
    for file, rows in preparation.rejected.groupby("file"):
        lines = [f"{line}, {dropped}: {reason}" for line, dropped, reason in rows[["line", "dropped", "reason"]].values]
        assert lines == expected["rejected"].pop(file)
    assert not expected["rejected"]
    for film, cells in expected["cells"].items():
        assert {column: plain(films.loc[film, column]) for column in cells} == cells


def test_packed_files_or_the_main_one_in_place_of_its_folder_give_the_same_table(source, whole, tmp_path):
    for file in files_of(source):
        for path in file.candidates(FIXTURES / source)[:1]:
            (tmp_path / f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes()))
    expected, account = whole
    for raw in (tmp_path, files_of(source)[0].candidates(FIXTURES / source)[0]):
        films, preparation = prepared(source, raw)
        pd.testing.assert_frame_equal(films, expected)
        assert sorted(preparation.rejected["reason"]) == sorted(account.rejected["reason"])


def test_a_missing_file_is_named_with_where_it_comes_from(source, tmp_path):
    needed = [file.names for file in files_of(source) if not file.optional]
    with pytest.raises(InputError) as refusal:
        find_files(source, tmp_path)
    expected = f"--raw {tmp_path} has no {' and no '.join(needed)}, which `{source}` needs; it usually comes from "
    assert str(refusal.value) == expected + HOMES[source]
    with pytest.raises(InputError, match=f"nowhere does not exist: it must be the folder with .*{HOMES[source]}"):
        find_files(source, tmp_path / "nowhere")


def test_films_with_few_votes_are_left_out_on_demand(source):
    films, preparation = prepared(source, min_votes=10**9)
    assert films.empty
    assert f"films with fewer than 1,000,000,000 votes, left out: {EXPECTED[source]['films']}" in preparation.notes


def test_questions_ask_for_columns_of_the_table(source, whole):
    films, collection = whole[0], CATALOGUE[source]
    assert collection.questions[0].name == ""
    for question in collection.questions:
        assert {feature.column for feature in question.features} | set(question.target.columns) <= set(films)
    assert films.index.is_unique
    assert films[collection.title].notna().all()


@pytest.mark.parametrize("collection", ["the-movies-dataset", "tmdb-5000", "tmdb-export", "movie-industry"])
def test_a_study_of_profit_knows_nothing_from_after_the_release(collection):
    profit = CATALOGUE[collection].questions[1]
    later = {"revenue", "gross", "vote_average", "score", "vote_count", "votes", "popularity", "keyword_count"}
    assert profit.name == "profit"
    assert not {feature.column for feature in profit.features} & {*later, "status", "user_rating_count"}
