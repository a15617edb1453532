import json

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from greenlight_films.datamodules.encoder import FilmEncoder
from greenlight_films.datamodules.errors import InputError
from greenlight_films.datamodules.features import Labels, Size
from greenlight_films.datamodules.features.known_labels import KnownLabels, other_notation

PEOPLE = [f"Person {letter}" for letter in "ABCDEFGHIJ"]
RANDOM = np.random.default_rng(0)
CASTS = [RANDOM.choice(PEOPLE, size, replace=False).tolist() for size in RANDOM.integers(1, 5, 80)]


def column(cells) -> pd.Series:
    return pd.Series(cells, name="cast", dtype=None if isinstance(cells[0], list) else "str")


def encoder(separator="|", **options) -> FilmEncoder:
    made = FilmEncoder([Labels("cast", separator=separator, **options), Size("cast")])
    made.fit_encode(pd.DataFrame({"cast": column([_cut(separator).join(cast) for cast in CASTS])}), np.arange(80))
    return made


def _cut(separator) -> str:
    return separator if isinstance(separator, str) else separator[0]


def encoded(made: FilmEncoder, cells):
    return made.encode(pd.DataFrame({"cast": column(cells)}))


def numpy_array(cast):
    return "[" + " ".join(map(repr, cast)) + "]"


@pytest.mark.parametrize("write", [json.dumps, str, numpy_array, lambda cast: json.dumps(json.dumps(cast))])
@pytest.mark.parametrize("options", [{}, {"separator": ", "}, {"weight": "sqrt"}, {"first_only": True}])
def test_lists_as_a_program_prints_them_are_read_as_the_labels_that_they_hold(write, options):
    made = encoder(**options)
    first, second = (encoded(made, cells) for cells in (CASTS, [write(cast) for cast in CASTS]))
    assert first.labels.nnz > 79
    assert abs(first.labels - second.labels).nnz == 0
    assert np.array_equal(first.dense, second.dense)
    assert not second.unseen["cast"].any()


def test_objects_are_read_by_the_key_of_their_names():
    made = encoder()
    objects = [json.dumps([{"order": 0, "title": name} for name in cast]) for cast in CASTS]
    assert abs(encoded(made, objects).labels - encoded(made, CASTS).labels).nnz == 0


def test_lists_of_a_column_fitted_to_lists_are_those_of_its_file():
    frame = pd.DataFrame({"cast": CASTS})
    made = FilmEncoder([Labels("cast")])
    learnt = made.fit_encode(frame, np.arange(80), digests=True)
    written = made.encode(pd.DataFrame({"cast": column(list(map(str, CASTS)))}), digests=True)
    assert abs(learnt.labels - written.labels).nnz == 0
    assert learnt.digests == written.digests


@pytest.mark.parametrize("separator", ["|", [", ", " and "]])
@pytest.mark.parametrize("other", [" / ", "; ", ";", "/", " & ", " + ", "\n", "、"])
def test_another_separator_is_refused_with_both(separator, other):
    with pytest.raises(InputError, match="column 'cast': cells must be written as those that the model") as error:
        encoded(encoder(separator), [other.join(cast) for cast in CASTS])
    assert f"write {_cut(separator)!r} in place of {other!r}" in str(error.value)


def test_a_blank_is_a_part_of_the_separator():
    with pytest.raises(InputError, match="write ', ' in place of ','"):
        encoded(encoder(", "), [",".join(cast) for cast in CASTS])


def test_some_newcomers_hide_no_other_separator():
    cells = [", ".join([*cast[:1], "New Face", "Other Face", "Third Face"]) for cast in CASTS]
    with pytest.raises(InputError, match=r"got such as 'Person \w, New Face, Other Face, Third Face'"):
        encoded(encoder(), cells)


def test_another_spelling_or_a_role_hides_no_other_separator():
    cells = ["; ".join(f"{name.upper()} (as somebody)" for name in cast) for cast in CASTS]
    with pytest.raises(InputError, match=r"write '\|' in place of '; '"):
        encoded(encoder(), cells)


def test_a_single_film_with_known_names_alone_is_refused_too():
    with pytest.raises(InputError, match="got such as 'Person A, Person B', in which ', ' parts labels that it knows"):
        encoded(encoder(), ["Person A, Person B"])


@pytest.mark.parametrize(
    "cells",
    [
        ["Person A"],
        ["New Face"],
        ["Face, Jr."],
        ["New, Person A"],
        ["Person A/Person B"],
        ["(New Face)"],
        ["[REC]"],
        [None],
        ["", " "],
        [","],
        ["New Face|Other Face"] * 3,
        [f"New {number}, Face {number}" for number in range(90)],
        [f"[New {number}]" for number in range(90)],
        ["Action & Adventure", "Person A & Politics", "Sci-Fi & Person B", "War & Peace", "Person C & New", "D & E"],
        [*(f"New {number}" for number in range(90)), "Person A, Person B", "Person C, Person D"],
        ["Person A|Person B", "Person A, Person B"],
    ],
)
def test_newcomers_and_gaps_are_never_refused(cells):
    assert encoded(encoder(), cells).n_rows == len(cells)


def test_labels_with_the_mark_in_them_are_known_as_they_are():
    made = FilmEncoder([Labels("cast", separator="|")])
    cells = column(["Ode, Ann|Fry, Bo", "Ode, Ann", "Ann|Ode", "Bo|Fry"])
    made.fit_encode(pd.DataFrame({"cast": cells}), np.arange(4))
    assert encoded(made, ["Ode, Ann", "Fry, Bo"]).labels.nnz == 2


def test_a_few_thousand_rows_tell_how_a_large_table_is_written(monkeypatch):
    lengths, module = list[int](), "greenlight_films.datamodules.features.known_labels"
    monkeypatch.setattr(f"{module}.texts_of", lambda rows: lengths.append(len(rows)) or pa.array(rows))
    cells = column(["A, B"] * 50_000)
    assert other_notation(cells, ["|"], KnownLabels(["A", "B"])).separators == (", ",)
    assert lengths == [2000]
