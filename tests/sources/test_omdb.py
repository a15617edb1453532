import json

import pytest

from greenlight_films.datamodules.errors import InputError
from tests.sources.conftest import FIXTURES, lost, prepared

RAW = FIXTURES / "omdb"
ARRAY = RAW / "array.json"
INCEPTION = (RAW / "omdb.jsonl").read_text(encoding="utf-8").splitlines()[1]


def test_an_array_works_too_with_the_lines_that_its_objects_begin_at():
    films, preparation = prepared("omdb", ARRAY)
    assert list(films.index) == ["tt1375666", "tt0018097"]
    assert films.loc["tt1375666", "imdb_votes"] == 2_294_302
    text = ARRAY.read_text(encoding="utf-8").splitlines()
    begins = [number for number, line in enumerate(text, start=1) if line == "  {"]
    assert preparation.rejected["line"].tolist() == begins[2:]
    assert preparation.read == {"array.json": 3}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (ARRAY.read_bytes().replace(b'"Year": "1927",', b'"Year": ,'), "is no JSON, and what follows it in the array"),
        (b'{"Title": "L\xe9olo"}\n' + INCEPTION.encode(), "is no UTF-8 text"),
        (b'{"Response": "False", "Error": "\\ud83d bad"}\n' + INCEPTION.encode(), "OMDb has no answer: \ufffd bad"),
    ],
)
def test_a_broken_object_costs_no_film_before_or_after_it(content, reason, tmp_path):
    (tmp_path / "omdb.json").write_bytes(content)
    films, preparation = prepared("omdb", tmp_path)
    assert list(films.index) == ["tt1375666"]
    assert [text.startswith(reason) for text in preparation.rejected["reason"]] == [True]


def test_a_year_that_is_none_is_recorded_and_of_a_range_the_start_is_taken(tmp_path):
    answer = json.loads(INCEPTION)
    del answer["Type"]
    years = {"tt1": "2008–2013", "tt2": "soon", "tt3": 1999}
    lines = [json.dumps({**answer, "imdbID": film, "Year": year}) for film, year in years.items()]
    (tmp_path / "omdb.jsonl").write_text("\n".join(lines), encoding="utf-8")
    films, preparation = prepared("omdb", tmp_path)
    assert films["year"].fillna(0).tolist() == [2008, 0, 1999]
    assert lost(preparation, "omdb.jsonl", "cell") == {2: "Year is no year: taken as missing"}


def test_a_file_of_failures_alone_is_refused_with_the_keys_that_are_needed(tmp_path):
    (tmp_path / "omdb.jsonl").write_text('{"Response": "False", "Error": "No API key provided."}\n', encoding="utf-8")
    with pytest.raises(InputError, match=r"looks like JSON; expected omdb's omdb.jsonl with the keys Title, Year"):
        prepared("omdb", tmp_path)
