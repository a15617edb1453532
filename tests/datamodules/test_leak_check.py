"""Leaks in whole tables: refused by name and value until a config allows them, and told where it does."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import greenlight_films as gl
from greenlight_films.datamodules import Category, InputError, Number
from tests.cases import cases, check_message, name_of
from tests.studies.case_study import config_of

COMPUTED = Path("tests/data/cases/leaks/computed.csv")


def check_leaks_told(case, text: str) -> None:
    """Check what a case expects of the notices, or of a message."""
    check_message(text, case["expect"].get("message", {}))
    for name in case["expect"].get("not_named", []):
        assert name not in text
    if case["expect"].get("leaks") == []:
        assert "leak" not in text


@pytest.mark.parametrize("case", cases("leaks"), ids=name_of)
def test_leaks_by_value_are_refused_and_the_others_told(case, command, tmp_path):
    answer = command("fit", "--config", config_of(case, tmp_path), "--runs", tmp_path / "runs")
    is_refused = case["outcome"] == "refusal"
    assert answer.code == (2 if is_refused else 0), answer.err
    check_leaks_told(case, answer.err if is_refused else answer.out.partition(str(tmp_path))[0])


def test_a_study_tells_of_allowed_leaks_before_its_scores_and_on_its_page(command, tmp_path):
    case = next(case for case in cases("leaks") if "allow" in case["expect"].get("message", {}).get("says", []))
    answer = command("study", "--config", config_of(case, tmp_path), "--runs", tmp_path / "runs")
    assert answer.code == 0, answer.err
    check_leaks_told(case, answer.out.partition("What the predictions")[0])
    page = (tmp_path / "runs/case/version_0/report.html").read_text(encoding="utf-8")
    check_leaks_told(case, page.partition('<p class="lede"')[0])


@pytest.fixture
def regressor():
    """Return a maker of quick regressors for what films of `COMPUTED` earn."""
    usual = {"target": "gross_k", "hidden": (4,), "max_epochs": 1, "verbose": False}
    return lambda columns, **given: gl.FilmRegressor(features=[Number(name) for name in columns], **usual, **given)


def test_from_python_leaks_are_refused_and_allowed_as_in_a_study(regressor):
    films = pd.read_csv(COMPUTED)
    assert regressor(["budget_k"]).fit(films)
    with pytest.raises(InputError, match=r"einspiel_eur_k is gross_k times 0\.92.*allow_leak: \[einspiel_eur_k\]"):
        regressor(["budget_k", "einspiel_eur_k"]).fit(films)
    assert regressor(["budget_k", "einspiel_eur_k"], allow_leak=["einspiel_eur_k"]).fit(films)
    with pytest.raises(InputError, match=r"allow_leak must name columns of data\.features, got 'budget', did you mean"):
        regressor(["budget_k"], allow_leak=["budget"]).fit(films)


def test_leaks_are_looked_for_among_training_rows_alone(ready, films_frame):
    def with_copy(sides: list[str]) -> pd.DataFrame:
        rows = [row for side in sides for row in getattr(films.films.rows, side)]
        copied = films_frame["rating"].where(np.isin(films_frame.index, films.films.number[rows] - 1), 5.0)
        return films_frame.assign(copy=copied)

    films = ready()
    data = {"table": None, "features": [Number("copy"), Number("year")]}
    ready(**data, frame=with_copy(["val", "test"]))
    with pytest.raises(InputError, match="copy is rating times 1"):
        ready(**data, frame=with_copy(["train"]))


def test_the_older_switch_lets_films_be_split_and_says_so(ready, films_frame):
    twice = pd.concat([films_frame, films_frame], ignore_index=True)
    with pytest.raises(InputError, match=r"set data\.allow_split_films to true"):
        ready(table=None, frame=twice)
    data = ready(table=None, frame=twice, allow_leak=True)
    assert data.fitted.leak
    assert data.films.notices[0].startswith("data.allow_leak: true is read as data.allow_split_films: true")


def test_categories_that_are_cut_from_the_target_are_refused_and_allowed(ready, films_frame):
    frame = films_frame.assign(status=np.where(films_frame["rating"] < 5, "rotten", "fresh"))
    given = {"table": None, "frame": frame, "features": [Category("status"), Number("year")]}
    message = r"status puts the films into 2 classes of rating that don't overlap.*allow_leak: \[status\]"
    with pytest.raises(InputError, match=message):
        ready(**given)
    data = ready(**given, allow_leak=["status"])
    assert any("status puts the films into 2 classes" in notice for notice in data.notices)
