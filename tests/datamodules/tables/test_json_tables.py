import json

import pytest

from greenlight_films.datamodules.tables.read_table import open_table

FILMS = [{"title": "A", "year": 1999, "genres": ["War"]}, {"title": "B", "year": None, "genres": []}]
COLUMNS = {"title": ["A", "B"], "year": [1999, None], "genres": [["War"], []]}


@pytest.mark.parametrize(
    ("value", "records"),
    [
        (FILMS, None),
        (COLUMNS, None),
        ({name: dict(enumerate(cells)) for name, cells in COLUMNS.items()}, None),
        ({"tt1": FILMS[0], "tt2": FILMS[1]}, None),
        ({"columns": list(COLUMNS), "index": [0, 1], "data": [list(film.values()) for film in FILMS]}, None),
        ([list(COLUMNS), *(list(film.values()) for film in FILMS)], None),
        ({"page": 1, "results": FILMS}, "results"),
        ({"a": {"b": {"films": FILMS}}}, "a.b.films"),
        ({"status": {"code": 200}, "data": {"films": FILMS}}, "data.films"),
        ({"meta": {"n": 2, "of": {"films": 9}}, "results": {"films": FILMS}}, "results.films"),
        ({"meta": {"count": 2, "next": None}, "data": {"count": 2, "films": FILMS}}, "data.films"),
        ({"films": {"tt1": FILMS[0], "tt2": FILMS[1]}, "genres": {"War": {"id": 1}}}, "films"),
        ([{"page": 1, "results": FILMS[:1]}, {"page": 2, "results": FILMS[1:]}, {"page": 3, "results": []}], "results"),
        ([{"films": FILMS[:1]}, {"films": FILMS[1:]}], "films"),
        ([{"ok": True, "totalPages": 1, "dates": {"from": "x"}, "data": {"films": FILMS}}], "data.films"),
        ({"pages": [{"page": 1, "results": FILMS}]}, "pages.results"),
    ],
)
@pytest.mark.parametrize("suffix", [".json", ".csv"])
def test_films_are_found_in_any_arrangement(file, value, records, suffix):
    if suffix == ".csv" and isinstance(value, list) and isinstance(value[0], list):
        return
    table = open_table(file(f"a{suffix}", json.dumps(value)))
    assert table.layout.records == records
    assert table.frame["title"].tolist() == ["A", "B"]
    assert table.frame["year"].tolist()[0] == 1999
    assert [list(cell) for cell in table.frame["genres"]] == [["War"], []]


def test_lines_of_objects_are_films_whatever_keys_each_has(file):
    content = '{"a": 1, "b": {"c": "x", "d": {"e": 2.5}}}\n\n{"a": "one", "f": [1, "y"]}\n'
    for name in ("a.jsonl", "a.json"):
        frame = open_table(file(name, content)).frame
        assert frame.columns.tolist() == ["a", "b.c", "b.d.e", "f"]
        assert frame["a"].tolist() == ["1", "one"]
        assert frame["f"].tolist()[1] == [1, "y"]


def test_of_several_lists_the_longest_holds_the_films_and_it_is_told(file):
    table = open_table(file("a.json", json.dumps({"films": FILMS, "genres": [{"name": "War"}]})))
    assert table.notices == ("the films are the 2 objects below 'films'; left out is what stands below genres",)


def test_films_of_pages_are_told(file):
    pages = [{"page": 1, "results": FILMS}, {"page": 2, "results": FILMS}, {"status": "error", "message": "too many"}]
    notices = open_table(file("a.jsonl", "\n".join(map(json.dumps, pages)))).notices
    assert notices == ("the films are the 4 objects below 'results' of 3 pages, 1 of them without any",)


CAST = [{"name": "Ann", "order": 0}, {"name": "Bo", "order": 1}, {"name": "Cy", "order": 2}]


@pytest.mark.parametrize(
    "value",
    [
        [{"id": 1, "rating": 7, "cast": CAST}, {"id": 2, "rating": 8, "cast": CAST}],
        [{"info": {"title": "A"}, "cast": CAST}, {"info": {"title": "B"}, "cast": CAST}],
        [{"film": {"title": "A", "cast": CAST}}, {"film": {"title": "B", "cast": CAST}}],
        [{"status": "ok", "film": {"title": "A", "cast": CAST}}, {"status": "ok", "film": {"title": "B"}}],
        {"tt1": {"title": "A", "cast": CAST}, "tt2": {"title": "B", "cast": CAST}},
        {"tt1": {"title": "A", "year": 1999}, "tt2": {"title": "B", "rating": 7}},
    ],
)
def test_films_with_lists_of_people_are_no_pages_and_no_answers(file, value):
    table = open_table(file("a.json", json.dumps(value)))
    assert table.layout.records is None
    assert len(table.frame) == 2


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1250"])
def test_json_may_be_in_another_encoding(file, encoding):
    assert (
        open_table(file("a.json", '[{"title": "Łódź, Źdźbło"}]'.encode(encoding))).frame["title"][0] == "Łódź, Źdźbło"
    )


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.json", '[{"a": 1},\n{"a": }]', "line 2: no JSON: Expecting value; mend it"),
        ("a.jsonl", '{"a": 1}\n{"a": 2', "line 2: no JSON: "),
        ("a.json", '[{"a": 1, "a": 2}]', "an object has the key 'a' twice"),
        ("a.json", '[{"a.b": 1, "a": {"b": 2}}]', "the column 'a.b' stands there twice; rename it"),
        ("a.json", '{"page": 1}', "holds no films; a list of objects is needed"),
        ("a.json", "[1, 2]", "holds no films"),
        ("a.json", "[" * 100_000, "is no table in JSON: "),
        ("a.json", "[]", "holds no films"),
    ],
)
def test_what_holds_no_films_is_refused(file, refused, name, content, message):
    refused(file(name, content), message)
