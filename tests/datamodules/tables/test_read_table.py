import re

import pytest

from greenlight_films.datamodules.errors import InputError
from greenlight_films.datamodules.tables.read_table import SOURCES, line_in, read_table


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


@pytest.mark.parametrize("name", ["films.doc", "films"])
def test_a_suffix_that_is_not_known_is_refused(file, name):
    path = file(name, "a,b\n1,2\n")
    message = r"must end in one of \.csv, .*also packed: \.gz, \.bz2, \.xz, \.zip\), got " + re.escape(path)
    with pytest.raises(InputError, match=message):
        read_table(path)


def test_a_folder_and_a_misspelt_file_are_refused(file, tmp_path, refused):
    with pytest.raises(InputError, match="must be a file, got the folder " + re.escape(str(tmp_path))):
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
