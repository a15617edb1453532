from pathlib import Path

import pandas as pd
import pytest
import yaml

from greenlight_films.datamodules.errors import InputError
from greenlight_films.datamodules.features import Labels, Number
from greenlight_films.datamodules.targets import ProfitRatio, Target
from greenlight_films.sources.catalogue import CATALOGUE
from greenlight_films.sources.source import Question
from greenlight_films.sources.study_config import study_config

SOURCE = CATALOGUE["omdb"]
FEATURES = (Number("year"), Number("budget", log1p=True), Labels("cast", role="actor"), Number("runtime"))


def films(n: int) -> pd.DataFrame:
    return pd.DataFrame(
        {"score": [5.0] * n, "year": 1999.0, "budget": 1e6, "gross": 2e6, "cast": "Ann", "runtime": float("nan")}
    )


def config(question: Question, n_films: int) -> tuple[str, dict]:
    text = study_config(SOURCE, question, films(n_films), Path("films.parquet"), Path("my films.yaml"))
    return text, yaml.safe_load(text)


def test_a_config_has_what_is_not_so_anyway_each_feature_on_a_line():
    text, settings = config(Question("", "What is it worth? Score", Target("score"), FEATURES), 12)
    assert text.splitlines()[:3] == [
        "# What is it worth? Score of 12 films (omdb, made by `prepare`).", "#",
        "#   python cli.py study --config 'my films.yaml'",
    ]  # fmt: skip
    assert "    - {class_path: Labels, init_args: {column: cast, role: actor}}\n" in text.replace("\n  -", "\n    -")
    assert settings["data"]["target"] == {"class_path": "Target", "init_args": {"column": "score"}}
    assert settings["data"]["table"] == str(Path("films.parquet").resolve())
    assert (settings["name"], settings["data"]["film"], settings["data"]["title"]) == ("my films", "imdb_id", "title")


def test_neither_empty_columns_nor_those_of_the_target_are_features():
    question = Question("profit", "", ProfitRatio("budget", "gross", "log1p"), FEATURES)
    settings = config(question, 12)[1]
    assert [feature["init_args"]["column"] for feature in settings["data"]["features"]] == ["year", "cast"]
    assert (settings["preset"], settings["model"]) == ("recipe", {"loss": "huber"})


@pytest.mark.parametrize(("n_films", "features"), [(9, FEATURES), (12, FEATURES[3:])])
def test_a_table_too_small_for_a_study_is_refused(n_films, features):
    with pytest.raises(InputError, match=f"a study needs 10 films whose score is known, got {n_films}"):
        config(Question("", "", Target("score"), features), n_films)
