import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from greenlight_films.datamodules.look.kinds import look_at_columns, names_of_role
from greenlight_films.datamodules.tables.formats import Format, Formats

N = 40
RANDOM = np.random.default_rng(12)
WORDS = [f"word{letter}" for letter in "abcdefghij"]
SENTENCES = [" ".join(RANDOM.choice(WORDS, 14)) + "." for _ in range(N)]

COLUMNS = {
    "imdb_id": ([f"tt{number:07d}" for number in range(N)], "id", "an id"),
    "code": ([f"{number:05d}" for number in range(N)], "id", "an id"),
    "Unnamed: 0": ([str(number) for number in range(N)], None, "only counts the rows"),
    "title": ([f"The {number}th Film" for number in range(N)], "title", "names the film"),
    "plot": (SENTENCES, "text", "text"),
    "notes": (SENTENCES, "text", "text"),
    "poster": ([f"https://x.org/{number}.jpg" for number in range(N)], "url", "an address"),
    "studio": (RANDOM.choice(["Acme", "Bolt & Sons"], N), "category", ""),
    "genres": (RANDOM.choice(["Drama|War", "War", "Comedy|Drama"], N), "labels", ""),
    "seen": (RANDOM.choice(["yes", "no"], N), "flag", ""),
    "length": ([f"{number} min" for number in range(80, 80 + N)], "duration", ""),
    "runtime": ([str(number) for number in range(80, 80 + N)], "duration", ""),
    "gross": ([f"${number},000" for number in range(100, 100 + N)], "money", ""),
    "budget": ([str(number * 1000) for number in range(100, 100 + N)], "money", ""),
    "fresh": ([f"{number}%" for number in range(N)], "percentage", ""),
    "year": ([str(1970 + number) for number in range(N)], "year", ""),
    "released": ([f"{1 + number % 28}.{1 + number % 12}.1999" for number in range(N)], "date", ""),
    "screens": ([str(7 * number % 31) for number in range(N)], "number", ""),
    "nothing": ([None] * N, "nothing", "empty"),
    "same": (["7"] * N, None, "the same in all rows"),
    "same_text": (["film"] * N, None, "the same in all rows"),
}


@pytest.fixture(scope="module")
def looks():
    frame = pd.DataFrame({name: pd.Series(cells, dtype="str") for name, (cells, _, _) in COLUMNS.items()})
    columns = look_at_columns(frame, Formats(), ",")
    assert [column.name for column in columns] == list(COLUMNS)
    return {column.name: column for column in columns}


@pytest.mark.parametrize("name", COLUMNS)
def test_a_column_is_of_the_kind_that_its_cells_and_name_tell(looks, name):
    _, kind, left_out = COLUMNS[name]
    column = looks[name]
    assert column.kind == (kind or column.kind)
    assert column.left_out == left_out
    assert column.fault == ""
    if left_out in ("empty", "the same in all rows"):
        assert any(f"'{name}'" in notice and "left out" in notice for notice in column.notices)


def test_columns_of_a_role_are_looked_at_together():
    cells = {"actor_1": ["Ann", None, "Bo"], "actor_2": ["Cy", None, "Di"], "actor_3": ["Ed", None, None]}
    frame = pd.DataFrame(cells, dtype="str")
    (column,) = look_at_columns(frame.assign(year=["1999", "2001", "2005"]), Formats())[:1]
    assert column.sources == ("actor_1", "actor_2", "actor_3")
    assert column.to_list() == [["Ann", "Cy", "Ed"], [], ["Bo", "Di"]]
    assert "hold one role" in column.notices[-1]


def test_texts_that_mean_missing_are_counted_and_declared_ones_are_the_whole_truth():
    cells = ["Acme", "Bolt", "N/A", "-", "N/A"] * 6
    frame = pd.DataFrame({"studio": pd.Series(cells, dtype="str")})
    (column,) = look_at_columns(frame, Formats())
    assert column.missing == {"N/A": 12, "-": 6}
    (declared,) = look_at_columns(frame, Formats({"studio": Format(missing=("-",))}))
    assert declared.missing == {"-": 6}


def test_texts_that_are_nearly_all_different_are_titles_where_no_column_is_called_so():
    frame = pd.DataFrame({"werk": [f"Film {chr(65 + n)}" for n in range(20)], "form": ["a", "b"] * 10}, dtype="str")
    assert [column.kind for column in look_at_columns(frame, Formats())] == ["title", "category"]
    named = [column.kind for column in look_at_columns(frame.assign(title=frame["werk"]), Formats())]
    assert named == ["category", "category", "title"]


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        ([[("Horror", 1)], None, [("War", 2), ("Drama", 1)]], pa.map_(pa.string(), pa.int64())),
        ([[[1.5], [2.5]], [], None], pa.list_(pa.list_(pa.float64()))),
        ([{"width": {"of": 3}}, None, {"width": None}], pa.struct({"width": pa.struct({"of": pa.int64()})})),
    ],
    ids=["maps", "lists of lists", "objects"],
)
@pytest.mark.parametrize("in_arrow", [True, False])
def test_lists_and_objects_without_labels_are_left_out_and_named(cells, kind, in_arrow):
    column = pd.Series(cells, dtype=pd.ArrowDtype(kind) if in_arrow else object)
    frame = pd.DataFrame({"tags": column, "genres": pd.Series([["War"], [], ["War", "Drama"]])})
    tags, genres = look_at_columns(frame, Formats())
    assert (tags.kind, tags.left_out) == ("nothing", "lists or objects without labels")
    assert tags.known.tolist() == column.notna().tolist()
    assert tags.notices[0].startswith("column 'tags' holds lists or objects without labels, such as ")
    assert genres.to_list() == [["War"], [], ["War", "Drama"]]


def test_names_that_a_shape_joined_are_labels():
    column = names_of_role("actor", pd.Series(["A, Jr.|B", None], dtype="str"), "|")
    assert column.to_list() == [["A, Jr.", "B"], []]
    assert column.notation.arguments() == {"separator": "|"}


def looked_at(name, *cells):
    (column,) = look_at_columns(pd.DataFrame({name: pd.Series(cells, dtype="str")}), Formats())
    return column


@pytest.mark.parametrize("token", ["\\N", "N/A", "s/d", "unknown", "(no genres listed)"])
def test_what_means_missing_in_a_column_of_labels_is_no_label(token):
    casts = [f"Ann {WORDS[row % 10]}, Bo Brave {row}, Cy {WORDS[row % 7]}" for row in range(N)]
    column = looked_at("cast", *casts, *[token] * 10)
    assert (column.kind, column.missing) == ("labels", {token: 10})
    assert column.missing_share == pytest.approx(10 / (N + 10))
    assert [token] not in column.values.to_lists()
    assert (column.format.missing is None) == (token in ("\\N", "N/A"))  # which mean missing in any column


@pytest.mark.parametrize("address", ["https://films.example/{}_UX67,0,67.jpg", "http://film.example", "/poster{}.jpg"])
def test_the_commas_and_slashes_of_addresses_part_no_labels(address):
    assert looked_at("poster", *[address.format(number) for number in range(30)], "").kind == "url"


@pytest.mark.parametrize(
    ("name", "cells", "kind"),
    [
        ("plot_keywords", ["war|love", "love|death", "alien|war|love"], "labels"),
        ("plot_keywords", ["war, love", "love, death", "alien, war"], "labels"),
        ("Plot", ["war|love", "love|death", "alien|war|love"], "labels"),
        ("plot", ["['war', 'love']", "['love', 'death']"], "labels"),
        ("plot", ["In war, Ann hides", "In love, Bo hides", "At sea, Ann hides"], "text"),
        ("description", ["war", "love|war", "death"], "text"),
    ],
)
def test_what_is_plainly_written_as_labels_is_no_text_by_its_name(name, cells, kind):
    assert looked_at(name, *cells * 9).kind == kind


@pytest.mark.parametrize("name", ["rotten_tomatoes_link", "Poster path", "url"])
def test_the_ends_of_addresses_are_known_by_their_name(name):
    ends = [f"m/{number}-some_{letter}" for number in range(20) for letter in "ab"]
    assert looked_at(name, *ends, None).kind == "url"
    assert looked_at("genres", *ends).kind != "url"
    assert looked_at(name, *["Drama/War", "War", "War/Love"] * 9).kind == "labels"


def test_labels_that_are_the_same_in_all_rows_are_left_out():
    assert looked_at("languages", *["['English']"] * 9).left_out == "the same in all rows"
    assert not looked_at("languages", *["['English']"] * 9, "['French', 'English']").left_out


@pytest.mark.parametrize("name", ["电影名", "片名", "Название", "作品名", "제목", "Titel"])
def test_a_title_is_known_by_its_name_in_several_languages(name):
    assert looked_at(name, "A Tin Tide", "Salt", "Night", "Rain").kind == "title"


@pytest.mark.parametrize("name", ["studio_name", "director name", "Actor 1 Name"])
def test_the_name_of_somebody_is_no_title(name):
    assert looked_at(name, *["Ada Voss", "Bo Sato", "Cy Quill"] * 9).kind == "category"


TITLES = [f"{first} and {second}" for first in ("Salt", "Owl, Moth", "Tin") for second in ("Rain", "Sun", "Kites")]
TITLES = [*TITLES * 2, "1917", "300", "21 Grams"]


@pytest.mark.parametrize("name", ["title_x", "movie_title_y", "filmLabel"])
def test_titles_of_merged_tables_and_of_wikidata_are_no_labels(name):
    titles = [f"{first} & {second}" for first in ("Salt", "Tin", "Owl") for second in ("Co.", "Sun", "Rain")]
    assert looked_at(name, *titles * 3).kind == "title"


@pytest.mark.parametrize("name", ["Filmtitel", "Titre original", "Película", "邦題", "Filme", "영화 제목", "Release"])
def test_titles_are_known_by_their_names_and_are_no_labels_or_categories(name):
    assert looked_at(name, *TITLES).kind == "title"


@pytest.mark.parametrize(
    ("kind", "cells"),
    [
        ("date", ["June 13, 1980", "3 May 1981"] * 5),
        ("date", ["1980-06-13", "1981-05-03"] * 5),
        ("year", ["1980", "1981", "1983"] * 5),
        ("category", ["wide", "limited"] * 9),
    ],
)
def test_releases_that_are_dates_or_kinds_are_no_titles(kind, cells):
    assert looked_at("Release", *cells).kind == kind


@pytest.mark.parametrize("name", ["name", "primaryName"])
def test_names_of_a_films_people_are_no_titles(name):
    frame = pd.DataFrame(
        {
            "tconst": np.repeat([f"tt{number:07d}" for number in range(N)], 3),
            "runtime": np.repeat(RANDOM.integers(80, 150, N), 3),
            name: RANDOM.choice(["Ann Ode", "Bo Fry", "Cy Wend", "Di Roe"], 3 * N),
        }
    )
    assert {look.name: look.kind for look in look_at_columns(frame, Formats())}[name] == "category"
    films = frame.iloc[::3].assign(**{name: [f"Film {letter}" for letter in range(N)]})
    assert {look.name: look.kind for look in look_at_columns(films, Formats())}[name] == "title"


def test_stars_are_numbers_and_numbers_with_a_unit_that_is_not_known_are_told_and_no_actors():
    cells = {
        "stars": ["★★½", "★★★★", "½", "★"] * 10,
        "star": [f"{number} zorks" for number in range(N)],
        "takings": [f"{number}億{number + 1}万円" for number in range(N)],
        "mil": [f"{number},31 quux di zed" for number in range(N)],
    }
    frame = pd.DataFrame({name: pd.Series(column, dtype="str") for name, column in cells.items()})
    stars, zorks, takings, mil = look_at_columns(frame, Formats(), ",")
    assert (stars.kind, stars.to_list()[:4]) == ("number", [2.5, 4, 0.5, 1])
    assert (takings.kind, takings.unit) == ("money", "JPY")
    assert zorks.role is None
    assert "a unit that isn't known, such as '0 zorks', and is taken for labels: " in zorks.notices[-1]
    assert (mil.kind, mil.left_out) == ("text", "nearly every value is there once")
    assert "a unit that isn't known, such as '0,31 quux di zed', and is left out: " in mil.notices[-1]
    often = looked_at("Awards", *[f"{number} zorks" for number in range(12)] * 9)
    assert (often.kind, often.left_out) == ("category", "")
    assert "and is taken for labels: " in often.notices[-1]


@pytest.mark.parametrize(
    ("cells", "left_out"),
    [
        (["under 12"] * 50, "the same in all rows"),
        (["under 12"] * 98 + [None] * 2, "the same in all rows that have it"),
        (["under 12"] * 30 + [None] * 70, ""),
    ],
)
def test_one_value_is_left_out_unless_empty_cells_are_another(cells, left_out):
    column = looked_at("warning", *cells)
    assert (column.kind, column.left_out) == ("category", left_out)
    assert column.notices == ((f"column 'warning' says {left_out}; left out",) if left_out else ())


def test_values_that_are_nearly_all_there_once_are_left_out_unless_they_are_a_role():
    days = [f"Jul {row}, 1980 {'wide' if row % 3 else 'limited'}" for row in range(N)]
    names = [f"Ann {letter}{other}" for letter in "ABCD" for other in "abcdefghij"]
    cells = {"title": [f"Film {row}" for row in range(N)], "in theaters": days, "director": names, "colour": days}
    frame = pd.DataFrame(cells, dtype="str")
    _, theaters, director, _ = look_at_columns(frame, Formats())
    assert (theaters.kind, theaters.left_out) == ("category", "nearly every value is there once")
    assert (director.kind, director.left_out) == ("category", "")
    title, director, colour = look_at_columns(frame[["in theaters", "director", "colour"]], Formats())
    assert [look.left_out for look in (title, director, colour)] == [
        "names the film",
        "",
        "nearly every value is there once",
    ]
