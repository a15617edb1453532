"""Every shipped config: its header, and an epoch of it."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml

import cli
from tests.docs.tables import rated_films as films_of_the_study

ROOT = Path(cli.__file__).parent
CONFIGS = sorted((ROOT / "configs").glob("*.yaml"))
COPIED = "your_films"
"""The config that a user copies, and so runs from where the copy is."""


def read(path: Path) -> dict:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def word_of(path: Path) -> str:
    """Return the command that a config is for."""
    return "tune" if "search" in read(path) else "study"


SEARCHES = [path for path in CONFIGS if word_of(path) == "tune"]


def header_of(path: Path) -> list[str]:
    lines = path.read_text(encoding="utf-8").splitlines()
    return lines[: next(index for index, line in enumerate(lines) if not line.startswith("#"))]


def test_configs_are_shipped():
    assert {"ratings", "box_office", COPIED} <= {path.stem for path in CONFIGS}


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_a_config_opens_with_its_purpose_and_its_exact_command(path):
    header = header_of(path)
    commands = [line for line in header if line.startswith("#   python cli.py")]
    name = path.name if path.stem == COPIED else f"configs/{path.name}"
    assert commands[0] == f"#   python cli.py {word_of(path)} --config {name}"
    assert header.index(commands[0]) >= 1
    assert len(header[0]) > 20


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_a_config_says_what_it_needs_is_named_like_its_file_and_holds_no_path_of_a_machine(path):
    text = " ".join(line.removeprefix("#").strip() for line in header_of(path))
    if path.stem == COPIED:
        columns = re.search(r"the columns (.*)\.", text)[1].replace(" and ", ", ").split(", ")
        data = read(path)["data"]
        named = {data["title"], data["target"]["init_args"]["column"]}
        named |= {feature["init_args"]["column"] for feature in data["features"]}
        assert set(columns) == named
    else:
        assert re.search(r"Needs .*memory.* (seconds|minutes?)", text)
    assert read(path)["name"] == path.stem
    assert not re.search(r"(^|[\s'\"])(/|~|[A-Z]:\\)\w", path.read_text(encoding="utf-8"))


@pytest.fixture
def own_films(tmp_path) -> Path:
    random = np.random.default_rng(5)
    year, budget = random.integers(1950, 2024, 120), random.lognormal(15, 2, 120).round()
    genres = ["|".join(random.choice(["Drama", "Comedy", "War"], random.integers(1, 3), False)) for _ in range(120)]
    cast = [", ".join(random.choice(["Ann", "Bo", "Cy", "Di"], random.integers(0, 4), False)) for _ in range(120)]
    films = pd.DataFrame({"title": "A film", "year": year, "budget": budget, "genres": genres, "cast": cast})
    films.assign(rating=random.normal(6, 1, 120)).to_csv(tmp_path / "films.csv", index=False)
    return tmp_path / "films.csv"


@pytest.fixture
def rated_films(tmp_path) -> Path:
    """Return a table with the columns of the rating study's."""
    films_of_the_study().to_csv(tmp_path / "final_movie_table.csv", index=False)
    return tmp_path / "final_movie_table.csv"


def search_an_epoch(command, path: Path, runs: Path, space: dict[str, list]) -> None:
    """Run a shipped search with these values; assert that each trial trains an epoch."""
    config = read(path)
    if not (ROOT / config["data"]["table"]).is_file():
        pytest.skip(f"{config['data']['table']} is not shipped")
    options = ["--data.table", ROOT / config["data"]["table"], "--search.space", json.dumps(space)]
    options += ["--trainer.max_epochs", 1, "--trainer.accelerator", "cpu"]
    answer = command("tune", "--config", path, "--runs", runs, *options)
    assert answer.code == 0, answer.err
    trials = pd.read_csv(runs / f"{config['name']}-tune" / "version_0" / "trials.csv")
    assert len(trials) == np.prod([len(values) for values in space.values()])
    assert set(trials["state"]) == {"complete"}


@pytest.mark.parametrize("path", SEARCHES, ids=lambda path: path.stem)
@pytest.mark.slow
def test_a_search_trains_an_epoch_with_the_last_values(command, path, tmp_path):
    space = read(path)["search"]["space"]
    search_an_epoch(command, path, tmp_path, {key: values[-1:] for key, values in space.items()})


STUDIES = [path for path in CONFIGS if path not in SEARCHES]
SOME_FILMS = {
    "ratings": "Year >= 2014",
    "box_office": "Year >= 2013",
    "profit_films": "runtimeMinutes >= 130",
    "profit_people": "runtimeMinutes >= 130",
    "profit_rows": "runtimeMinutes >= 130",
    "vote_average_numeric": "vote_count >= 1500",
}
"""A few hundred films of each table that holds thousands; `make soak` takes all."""


def options_of(path: Path, own_films: Path, rated_films: Path) -> list[object]:
    """Return what trains a shipped config briefly, on a table that is there."""
    table = read(path)["data"]["table"]
    options = ["--trainer.max_epochs", 1, "--trainer.accelerator", "cpu"]
    if table == "final_movie_table.csv":
        return [*options, "--data.table", rated_films]
    options += ["--compare.models", "[ridge]"]  # all of them take their time on thousands of films
    if path.stem == COPIED:
        return [*options, "--data.table", own_films]
    if table == "wikidata-films":
        return options
    if not (ROOT / table).is_file():
        pytest.skip(f"{table} is not shipped")
    return [*options, "--data.table", ROOT / table]


def train_an_epoch(command, path: Path, runs: Path, options: list[object]) -> dict:
    """Run a shipped study; assert that its run holds what the config names, and return its metrics."""
    config = read(path)
    answer = command("study", "--config", path, "--runs", runs, *options)
    assert answer.code == 0, answer.err
    run = runs / config["name"] / "version_0"
    metrics = json.loads((run / "metrics.json").read_text(encoding="utf-8"))
    assert metrics["target"] == config["data"]["target"]["init_args"].get("column", "profit_ratio")
    assert metrics["models"]["mlp"]["rmse"] > 0
    assert metrics["features"]["labels"] > 0 or all(
        feature["class_path"] == "Number" for feature in config["data"]["features"]
    )
    n_rows = sum(metrics["rows"].values())
    assert len(pd.read_csv(run / "predictions.csv")) == n_rows
    importances = pd.read_csv(run / "Permu_importance_df.csv")
    assert len(importances) == sum(metrics["features"].values())
    assert importances["importance"].notna().any()
    assert metrics["leak"] is config["data"].get("allow_split_films", False)
    return metrics


def slow_but(name: str, paths: list[Path]) -> list[Any]:
    """Return paths as parameters that are slow, but for one."""
    return [path if path.stem == name else pytest.param(path, marks=pytest.mark.slow) for path in paths]


@pytest.mark.parametrize("path", slow_but(COPIED, STUDIES), ids=lambda path: path.stem)
def test_a_config_trains_an_epoch(command, path, own_films, rated_films, tmp_path):
    options, where = options_of(path, own_films, rated_films), SOME_FILMS.get(path.stem)
    metrics = train_an_epoch(command, path, tmp_path / "runs", [*options, *(["--data.where", where] if where else [])])
    assert 50 < metrics["films"] < 1000
    assert where or not sizes_of(path) or f"{metrics['films']:,}" in sizes_of(path)


@pytest.mark.parametrize("path", [path for path in STUDIES if path.stem in SOME_FILMS], ids=lambda path: path.stem)
@pytest.mark.slow
def test_a_config_trains_an_epoch_with_all_films(command, path, own_films, rated_films, tmp_path):
    metrics = train_an_epoch(command, path, tmp_path / "runs", options_of(path, own_films, rated_films))
    assert f"{metrics['films']:,}" in sizes_of(path)


def sizes_of(path: Path) -> list[str]:
    """Return the numbers of films that a header's first lines name: `17,130 films`, `811 films`."""
    return re.findall(r"([\d,]+) films", header_of(path)[0] + header_of(path)[1])


def test_the_rating_study_has_its_groups_and_its_linear_models(command, rated_films, tmp_path):
    path = ROOT / "configs/vote_average.yaml"
    words = ["--data.table", rated_films, "--models", "[ols,knn]", "--runs", tmp_path / "runs"]
    answer = command("baselines", "--config", path, *words)
    assert answer.code == 0, answer.err
    run = tmp_path / "runs/vote_average/version_0"
    models = {"mean", "ols_full", "ols_numeric", "ols_reduced", "knn"}
    assert set(pd.read_csv(run / "leaderboard.csv")["model"]) == models
    names = pd.read_csv(run / "baselines/ols_full/coefficients.csv")["name"].tolist()
    assert {"release_year=0 to 1919", "release_year=2019 to inf", "genres=War", "original_language=Other"} <= set(names)
    assert {"lead_actor=one film", "lead_actor=2 to 5 films", "lead_actor=more than 5 films"} <= set(names)
    assert "log1p(budget)" in names
    assert "original_language=xx" not in names
    numeric = pd.read_csv(run / "baselines/ols_numeric/coefficients.csv")["name"].tolist()
    assert numeric[0] == "const"
    assert len(numeric) == 7
    assert (run / "baselines/knn/grid.csv").is_file()
