import shlex
from pathlib import Path

import pytest
import yaml

from tests.conftest import refused
from tests.messy import messy_films, write


@pytest.fixture
def films(tmp_path, monkeypatch):
    """Return a folder to work in, with messy films and what is wrong with other tables."""
    monkeypatch.chdir(tmp_path)
    frame = messy_films()
    write(frame, tmp_path / "films.csv")
    write(frame[["rating"]], tmp_path / "target_alone.csv")
    write(frame[["title", "genres", "cast"]], tmp_path / "no_numbers.csv")
    frame.loc[4, "budget"], frame.loc[5, "rating"], frame.loc[6, "runtime"] = "$ 5", "5,x", "see notes"
    write(frame[["budget", "rating", "runtime"]], tmp_path / "faulty.csv")
    (tmp_path / "empty.csv").touch()
    (tmp_path / "header.csv").write_text("title,rating\n")
    (tmp_path / "program.csv").write_bytes(bytes(range(256)) * 9)
    (tmp_path / "mine.yaml").write_text("name: mine\n")
    (tmp_path / "folder.yaml").mkdir()
    return tmp_path


def test_look_says_what_a_table_holds_and_writes_a_config_that_says_how_to_run_it(command, films):
    answer = command("look", "films.csv", "--target", "rating", "--out", "studies/My films.yaml")
    assert (answer.code, answer.err) == (0, "")
    for words in ("120 films, known by film_id", "money, EUR", "duration, min", "the target", "studies/My films.yaml"):
        assert words in answer.text
    text = (films / "studies/My films.yaml").read_text(encoding="utf-8")
    assert "python cli.py study --config 'studies/My films.yaml'" in text
    assert yaml.safe_load(text)["name"] == "my_films"


def test_look_writes_over_its_own_config_alone(command, films):
    assert command("look", "films.csv", "--target", "rating").code == 0
    assert command("look", "films.csv", "--target", "rating", "--leave_out", "cast").code == 0
    features = yaml.safe_load((films / "films.yaml").read_text())["data"]["features"]
    assert "cast" not in [feature["init_args"]["column"] for feature in features]


MISTAKES = {
    "": ["`look` needs a table"],
    "flms.csv": ["flms.csv does not exist", "did you mean 'films.csv'?"],
    "folder.yaml": ["must be a file, got the folder folder.yaml"],
    "empty.csv": ["empty.csv is empty", "rows of films are needed"],
    "header.csv": ["header.csv has a header and no rows"],
    "program.csv": ["program.csv is no text", "give it as CSV"],
    "target_alone.csv": ["no column of target_alone.csv can be a feature", "declare data.features"],
    "no_numbers.csv": ["no column of no_numbers.csv holds numbers", "add one"],
    "faulty.csv": ["'budget' must be in one currency", "row 5 has '$ 5'", "row 6 has '5,x'", "row 7 has 'see notes'"],
    "faulty.csv --target rating": ["row 5 has '$ 5'", "row 6 has '5,x'", "row 7 has 'see notes'"],
    "films.csv --target ratng": ["no column 'ratng', did you mean 'rating'?", "Numbers are: budget, runtime, rating"],
    "films.csv --target cast": ["must be a column of numbers, got 'cast' of kind labels", "Numbers are: budget"],
    "films.csv --targt rating": ["no option '--targt', did you mean '--target'?"],
    "films.csv now": ["`look` can't use 'now'"],
    "films.csv --leave_out budgt cst": ["no column 'budgt', did you mean 'budget'?", "no column 'cst'"],
    "films.csv --target rating --leave_out rating": ["'rating' is the --target"],
    "films.csv --decimal '{budgt: \",\"}'": ["data.decimal: no column 'budgt', did you mean 'budget'?"],
    "films.csv --decimal ';'": ["data.decimal must be '.' or ',', got ';'"],
    "films.csv --sheet Films": ["--data.sheet is for a file of kind workbook", "films.csv of kind text"],
    "films.csv --query films": ["--data.query is for a file of kind sqlite"],
    "films.csv --skip two": ["--skip must be a number of lines, got two"],
    "films.csv --header maybe": ["--header must be true or false, got maybe"],
    "films.csv --encoding utf-99": ["utf-99"],
    "films.csv --target rating --out mine.yaml": ["mine.yaml is there and was not made by `look`", "another --out"],
    "films.csv --target rating --out films.csv": ["--out must end in .yaml, got films.csv"],
    "films.csv --target rating --out folder.yaml": ["--out must be a file, got the folder folder.yaml"],
}


@pytest.mark.parametrize("words", MISTAKES)
def test_a_mistake_is_refused_in_one_message_and_nothing_is_written(command, films, words):
    before = contents(films)
    refused(command("look", *shlex.split(words)), *MISTAKES[words])
    assert contents(films) == before


def contents(folder: Path):
    return {path: path.is_file() and path.read_bytes() for path in folder.rglob("*")}


def test_a_config_that_was_changed_is_not_written_over(command, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write(messy_films(), tmp_path / "films.csv")
    words = ("look", "films.csv", "--target", "rating")
    assert command(*words).code == command(*words).code == 0
    config = tmp_path / "films.yaml"
    changed = config.read_text(encoding="utf-8").replace("preset: recipe", "preset: fast")
    config.write_text(changed, encoding="utf-8")
    again = command(*words)
    assert (again.code, config.read_text(encoding="utf-8")) == (2, changed)
    assert "was changed since `look` made it: give another --out" in " ".join(again.err.split())
