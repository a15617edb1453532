"""Everything that is wrong with a table and a config is told in one message."""

import os
from contextlib import chdir

import pytest

from greenlight_films.datamodules import InputError, Labels, Number, RandomSplit
from tests.cases import CASES, cases, check_message, name_of
from tests.studies.case_study import config_of

WHOLE = [case for case in cases("faults") if "steps" not in case["given"]]


@pytest.mark.slow
@pytest.mark.parametrize("case", WHOLE, ids=name_of)
def test_all_faults_of_a_study_are_told_at_once(case, command, tmp_path):
    given = case["given"].get("config")
    config = CASES / given if given else config_of(case, tmp_path)
    with chdir(CASES / "faults"):
        answer = command("study", "--config", config, "--runs", tmp_path / "runs")
    assert answer.code == 2, answer.err
    check_message(answer.err, case["expect"]["message"])
    assert not os.path.exists(tmp_path / "runs")


def test_features_that_differ_are_no_feature_twice(ready):
    ready(features=[Number("year"), Labels("cast", first_only=True, role="star"), Labels("cast")])
    with pytest.raises(InputError, match="got twice: Number of 'year', Labels of 'cast'; leave one out"):
        ready(features=[Number("year"), Labels("cast"), Number("year", log1p=True), Labels("cast")])


def test_faults_of_declarations_and_cells_come_together(ready, films_frame):
    films_frame["year"] = films_frame["year"].astype(object)
    films_frame.loc[10, "year"] = "soon"
    wrong = {"features": [Number("runtme"), Number("year")], "split": RandomSplit(val=0.1, test=1.2)}
    with pytest.raises(InputError) as problem:
        ready(table=None, frame=films_frame, **wrong)
    for words in ("data.split.test must be between 0 and 1, got 1.2", "no column 'runtme'", "row 11 has 'soon'"):
        assert str(problem.value).count(words) == 1


def test_a_feature_of_text_declared_as_numbers_gets_a_better_kind(ready):
    with pytest.raises(InputError, match="its cells are text: declare 'company' as Labels or Category in place"):
        ready(features=[Number("company")])


def test_a_fault_of_labels_in_several_columns_is_told_as_it_is(ready, films_frame):
    films_frame["genre_drama"], films_frame["genre_war"] = 1, 2
    genres = Labels("genre", format="dummies", from_columns=["genre_drama", "genre_war"])
    with pytest.raises(InputError, match="column 'genre_war' must be 0 or 1"):
        ready(table=None, frame=films_frame, features=[genres])
