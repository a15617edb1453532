import numpy as np
import pandas as pd
import pytest
import yaml

from greenlight_films.datamodules.look.config_text import MADE
from greenlight_films.datamodules.look.look import look
from greenlight_films.studies.load import load
from greenlight_films.studies.settings.film_cli import read_settings
from greenlight_films.studies.settings.presets import with_preset
from tests.messy import N, messy_films, write

NAMES = ["yes", "null", "1", "1e3", "a: b", "#x", "'q\"", "{x}", "- y", "two\nlines", "bell\x07", "🎬 x", "=1+1"]


def test_a_config_is_read_as_it_stands_and_gives_what_look_proposed(tmp_path):
    seen = look(write(messy_films(), tmp_path / "films.csv"), "rating")
    keys = yaml.safe_load(seen.to_yaml())
    assert keys["preset"] == "recipe"
    data = load(read_settings(keys))
    assert data.declared.features == with_preset("recipe", seen.to_features(), None)
    assert data.films.rows.test.size == 24
    assert data.notices == seen.notices


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_any_name_of_a_column_is_itself_in_the_config(name):
    random = np.random.default_rng(2)
    frame = messy_films().assign(**{name: random.integers(0, 90, N), f"{name} text": random.choice(["a", "b"], N)})
    frame[f"{name} same"] = "x"
    seen = look(frame, "rating")
    keys = yaml.safe_load(seen.to_yaml("a: name"))
    assert keys["name"] == "a: name"
    columns = [feature["init_args"]["column"] for feature in keys["data"]["features"]]
    assert columns == [feature.arguments["column"] for feature in seen.features]
    assert len(columns) == 7


def test_the_name_of_a_file_stays_in_its_comment(tmp_path):
    table = write(messy_films(), tmp_path / "films\nname: other #.csv")
    text = look(table, "rating").to_yaml(file="a\nb.yaml")
    assert MADE in text.splitlines()[0]
    assert yaml.safe_load(text)["name"] == "films"
    assert yaml.safe_load(text)["data"]["table"] == str(table)


def test_a_text_stands_in_the_config_as_a_feature_that_may_be_declared():
    overview = [f"Film {n} is about how people {n % 7} lose what they never had, again." for n in range(N)]
    seen = look(messy_films().assign(overview=overview), "rating")
    text = seen.to_yaml()
    assert seen.left_out["overview"] == "text"
    (line,) = (line for line in text.splitlines() if "class_path: Text" in line)
    entries = yaml.safe_load(line.strip().removeprefix("#"))
    assert entries == [{"class_path": "Text", "init_args": {"column": "overview"}}]
    assert "overview" not in str(yaml.safe_load(text)["data"])


def test_rows_of_a_film_stay_on_the_same_side_and_conditions_and_shapes_stand_in_the_config():
    films = messy_films().drop(columns="cast")
    people = films.loc[films.index.repeat(3)].reset_index(drop=True)
    people["name"] = [f"Person {number % 29}" for number in range(len(people))]
    split = yaml.safe_load(look(people, "rating").to_yaml())["data"]["split"]
    assert split == {
        "class_path": "GroupSplit",
        "init_args": {"by": "film_id", "val": 0.1, "test": 0.2, "seed": 42},
    }
    people["job"] = ["actor", "actor", "director"] * N
    data = yaml.safe_load(look(people, "rating").to_yaml())["data"]
    assert data["shape"] == {
        "class_path": "OneRowPerFilm",
        "init_args": {"by": "film_id", "people": "name", "role": "job"},
    }
    assert {"actor", "director"} <= {feature["init_args"]["column"] for feature in data["features"]}
    kinds = np.where(np.arange(N) % 4 == 0, "tvSeries", "movie")
    series = films.assign(titleType=kinds)
    data = yaml.safe_load(look(series, "rating").to_yaml())["data"]
    assert "titleType" in data["where"]


def test_numbers_that_are_no_values_stand_in_the_config_with_their_count():
    frame = pd.DataFrame({"title": [f"Film {n}" for n in range(90)], "rating": np.linspace(1, 9, 90).round(1)})
    frame["budget"] = np.where(np.arange(90) % 3, np.random.default_rng(4).integers(1, 90, 90) * 100_000, 0)
    text = look(frame, "rating").to_yaml()
    assert yaml.safe_load(text)["data"]["missing"] == {"budget": ["0"]}
    assert "# 30 of 0" in text
