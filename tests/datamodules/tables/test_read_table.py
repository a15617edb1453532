import re
from functools import partial

import numpy as np
import pandas as pd
import pytest

from greenlight_films.datamodules.errors import InputError
from greenlight_films.datamodules.tables.number_cells import read_numbers
from greenlight_films.datamodules.tables.read_table import SOURCES, InputNotice, line_in, open_table, read_table
from tests.messy import write


@pytest.mark.parametrize("name", SOURCES)
def test_an_embedded_source_needs_no_file(name):
    assert len(read_table(name)) > 1000
    assert line_in(name, 1) is None


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            "a,b,a,c,b\n1,2,3,4,5\n",
            "2 columns are called 'a', the columns 1, 3, and hold other values: row 1 has '1' in",
        ),
        ("", "is empty; a header line and rows of films are needed"),
        ("a,b\n", "has a header and no rows; rows of films are needed"),
    ],
)
def test_a_table_that_cannot_be_one_of_films_is_refused(file, refused, content, message):
    refused(file("a.csv", content), message)


def test_arguments_of_another_type_are_refused(file):
    with pytest.raises(InputError, match="skip must be a whole number, got '3'"):
        read_table(file("films.csv", "a,b\n1,2\n"), skip="3")


@pytest.mark.parametrize("name", ["films.doc", "films"])
def test_a_suffix_that_is_not_known_is_refused(file, name):
    path = file(name, "a,b\n1,2\n")
    message = r"must end in one of \.csv, .*also packed: \.gz, \.bz2, \.xz, \.zip\), got " + re.escape(path)
    with pytest.raises(InputError, match=message):
        read_table(path)


def test_what_stands_for_a_frame_is_no_file():
    with pytest.raises(InputError, match="is a data frame of Python, which no run keeps; write it to a file"):
        read_table("frame")


def test_a_folder_and_a_misspelt_file_are_refused(file, tmp_path, refused):
    with pytest.raises(
        InputError, match="must be a file, or a folder of Parquet files, got the folder " + re.escape(str(tmp_path))
    ):
        read_table(str(tmp_path))
    file("films.csv", "a\n1\n")
    refused(str(tmp_path / "flims.csv"), "does not exist, did you mean 'films.csv'?")


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("wikidata-flims", ", did you mean 'wikidata-films'? Give a file, or an"),
        ("zzz", ". Give a file, or an embedded source: wikidata-films"),
        ("no/such/folder/films.csv", ". Give a file, or an embedded source: wikidata-films"),
    ],
)
def test_what_does_not_exist_is_refused_with_the_sources_there_are(name, remedy):
    with pytest.raises(InputError, match=re.escape(f"{name} does not exist{remedy}")):
        read_table(name)


FILMS = pd.DataFrame(
    {
        "title": ["Été", "Über uns", "Señor", "O’Hara"],
        "year": [1999, 2001, 1987, 2010],
        "runtime": [90.5, None, 101.0, 88.0],
        "genre": ["Drama", "War", None, "Drama"],
    }
)


@pytest.mark.parametrize(
    ("name", "write_films"),
    [
        ("films.csv", partial(FILMS.to_csv, index=False)),
        ("films.csv", partial(FILMS.to_csv, index=False, encoding="cp1252")),
        ("films.csv", partial(FILMS.to_csv, index=False, encoding="utf-16", sep=";")),
        ("films.tsv", partial(FILMS.to_csv, index=False, sep="\t")),
        ("films.csv.gz", partial(FILMS.to_csv, index=False)),
        ("films.zip", partial(FILMS.to_csv, index=False)),
        ("films.json", FILMS.to_json),
        *((name, partial(write, FILMS)) for name in ("films.jsonl", "films.parquet", "films.db", "films.xlsx")),
    ],
    ids=["utf-8", "cp1252", "utf-16", "tsv", "gzip", "zip", "json", "json lines", "parquet", "sqlite", "xlsx"],
)
def test_a_table_is_the_same_in_every_format(tmp_path, name, write_films):
    write_films(tmp_path / name)
    table = open_table(str(tmp_path / name))
    assert table.notices == ()
    assert list(table.frame) == list(FILMS)
    for column in ("year", "runtime"):
        np.testing.assert_array_equal(read_numbers(table.frame[column]), FILMS[column])
    for column in ("title", "genre"):
        assert table.frame[column].fillna("-").tolist() == FILMS[column].fillna("-").tolist()


def test_what_is_told_of_a_table_is_a_warning_in_a_notebook(file):
    path = file("films.csv", "A,1999\nB,2001\n")
    with pytest.warns(InputNotice, match="there is no header"):
        assert read_table(path).to_dict("list") == {"1": ["A", "B"], "2": [1999, 2001]}
    assert read_table(path, header=True).columns.tolist() == ["A", "1999"]
