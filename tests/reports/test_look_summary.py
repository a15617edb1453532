import re
from io import StringIO

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

from greenlight_films.datamodules.errors import in_options
from greenlight_films.datamodules.look.look import look
from greenlight_films.reports.look_summary import heading, in_short, print_look
from tests.messy import N, messy_films, write


@pytest.fixture(scope="module")
def wide():
    """Return messy films with names, units and texts that are long."""
    random = np.random.default_rng(6)
    long = {
        f"a rather long name of a column of numbers, {n}": random.integers(0, 99, N).astype("str") for n in range(4)
    }
    stars = {f"star_{n}": random.choice(["Ann Ode", "Bo Li", "Zoë Pell"], N) for n in (1, 2, 3)}
    series = {"titleType": np.where(np.arange(N) < 5, "tvSeries", "movie"), "empty": None, "votes": "1,200 votes"}
    return messy_films().assign(**long, **stars, **series, admissions=random.integers(1000, 90_000, N).astype("str"))


def printed(seen, width):
    console = Console(file=StringIO(), width=width)
    print_look(seen, console)
    return console.file.getvalue()


@pytest.mark.parametrize("width", [80, 160])
def test_no_line_is_longer_than_the_terminal_and_nothing_is_lost(wide, width):
    seen = look(wide, "rating")
    text = printed(seen, width)
    assert max(map(len, text.splitlines())) <= width
    together = "".join(text.split())
    for column in seen.columns:
        assert column.kind in text
    for notice in seen.notices:
        assert "".join(in_options(notice).split()) in together
    for words in (heading(seen), "Known only after release: admissions", "A study would predict rating"):
        assert "".join(words.split()) in together


@pytest.mark.parametrize("width", [80, 160])
def test_every_column_is_named_with_what_it_becomes(width):
    seen = look(messy_films(), "rating")
    lines = printed(seen, width).splitlines()
    becomes = {"released": "Date", "budget": "Number", "cast": "Labels", "rating": "the target", "film_id": "– an id"}
    for name, what in becomes.items():
        (line,) = [line for line in lines if line.split()[:1] == [name]]
        assert what in line
    (budget,) = [line for line in lines if line.startswith("budget")]
    for words in ("money, EUR", "2%", "4.35M to 197.1M"):
        assert words in budget


def test_what_must_be_decided_stands_in_the_table_and_the_study_waits():
    frame = messy_films()
    frame.loc[4, "budget"] = "$ 5"
    text = printed(look(frame, "rating"), 100)
    assert "to be decided" in text
    assert "A study would predict" not in text


def test_a_table_without_a_likely_target_promises_no_study():
    frame = pd.DataFrame({"year": ["1999", "2004", "1971"], "height": ["1", "7", "4"]})
    assert "A study would predict" not in printed(look(frame), 100)


def test_many_columns_and_notices_are_counted():
    frame = pd.DataFrame({f"x{n}": [None, None] for n in range(70)} | {"rating": ["1", "2"]}, dtype="str")
    text = printed(look(frame, "rating"), 100)
    assert "and 11 more columns" in text
    assert "• and 58 more" in text


def test_the_heading_says_how_the_file_is_written(tmp_path):
    frame = messy_films()
    path = write(pd.concat([frame, frame.iloc[:2]]), tmp_path / "films.csv", sep=";", encoding="utf-16")
    line = heading(look(path, "rating"))
    assert line.startswith(f"{path}: 120 films in 122 rows, known by film_id, 9 columns")
    assert "';' between cells" in line
    assert "utf-16" in line


def test_the_short_form_has_ten_lines_at_most_and_counts_what_it_leaves_away(wide):
    lines = in_short(look(wide, "rating"))
    assert len(lines) == 10
    assert lines[1] == "predicted: rating"
    assert any(line.startswith("left out: ") for line in lines)
    assert lines[-1].endswith("more notices: `look` shows all")


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        (["cast"], "rating from 1 column of labels."),
        (["cast", "genres"], "rating from 2 columns of labels."),
        (["cast", "runtime"], "rating from 1 column of numbers or dates and 1 of labels."),
        (["budget", "runtime"], "rating from 2 columns of numbers or dates."),
    ],
)
def test_the_columns_that_a_study_would_learn_from_are_counted(columns, words):
    assert words in " ".join(printed(look(messy_films()[[*columns, "rating"]], "rating"), 100).split())


def test_the_short_form_says_once_what_is_left_out():
    frame = pd.DataFrame({"adult": ["no"] * 30, "budget": ["0", *["5000000"] * 14] * 2, "rating": range(30)})
    lines = in_short(look(frame, "rating"))
    assert [line for line in lines if "adult" in line] == ["left out: adult (the same in all rows)"]
    assert any("budget" in line and "taken as missing" in line for line in lines)


def test_one_of_a_thing_is_told_in_the_singular(tmp_path):
    path = tmp_path / "films.csv"
    path.write_text("My films\n\ntitle,year,genres,rating\n" + "Salt,1999,Drama|Drama,7.5\n")
    seen = look(path, None)
    assert ": 1 film, known by title and year, 4 columns (" in heading(seen)
    assert heading(seen).endswith("above the header)")
    films = pd.DataFrame({"title": ["Salt", *(f"Film {n}" for n in range(20))], "year": 1999, "rating": range(21)})
    rows = [*films["title"][:19], "Owl S01E02", "Salt"]
    kinds = ["movie"] * 20 + ["tvSeries"]
    years = [1999] * 20 + [2005]
    notices = [
        *look(films.assign(title=rows, year=years)).notices,
        *look(films.assign(title=rows, year=years, titleType=kinds)).notices,
        *look(films.assign(rating=["n/k", *range(20)])).notices,
    ]
    assert len(notices) > 3
    assert not re.search(r"\b1 (rows|titles|films|labels) |1 of \S+ (rows|labels) (are|seem) ", "\n".join(notices))
