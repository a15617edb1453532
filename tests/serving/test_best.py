"""The best additions are those that predicting each edited film anew gives."""

import numpy as np
import pytest

from greenlight_films.serving.answers import predict
from greenlight_films.serving.best import best
from greenlight_films.serving.cells import Edit, FieldError, Film
from greenlight_films.serving.served_run import ServedRun
from greenlight_films.studies.run_folder import RunFolder

FILM = Film({"year": 1994, "genre": ["Drama"], "cast": ["Ann Ames", "Zoë Li", "No Body"], "company": "Acme"})


@pytest.mark.parametrize("lower", [False, True])
@pytest.mark.parametrize(("role", "column"), [("actor", "cast"), ("genre", "genre"), ("company", "company")])
def test_the_order_is_that_of_predicting_every_edited_film(run, role, column, lower):
    answer = best(run, FILM, role, n=100, lower=lower, min_films=0)
    block = next(block for block in run.space.labels if block.column == column)
    own = run.cells.names(column, FILM.cells)
    names = [name for name in block.values if name not in own]
    others = [run.cells.edited(FILM, [Edit("add", column, name)]) for name in names]
    predicted = np.array([each.learnt for each in predict(run, others)])
    order = np.argsort(predicted if lower else -predicted, kind="stable")
    assert answer.evaluated == len(names) == len(answer.candidates)
    assert [each.label for each in answer.candidates] == [names[index] for index in order]
    before = predict(run, [FILM])[0].learnt
    assert [each.difference_learnt for each in answer.candidates] == pytest.approx(predicted[order] - before, abs=1e-6)
    assert all(each.intervals for each in answer.candidates)


def test_names_in_few_films_are_left_out_and_counted(run):
    every = best(run, FILM, "actor", n=100, lower=False, min_films=0)
    some = best(run, FILM, "actor", n=100, lower=False, min_films=20)
    assert some.evaluated + some.left_out == every.evaluated
    assert {each.label for each in some.candidates} == {each.label for each in every.candidates if each.films >= 20}


def test_a_role_that_nothing_has_is_refused(run):
    with pytest.raises(FieldError, match="no role 'astor'"):
        best(run, FILM, "astor", 3, lower=False, min_films=0)


def test_a_name_takes_the_place_of_the_only_one_that_a_column_holds(of_every_kind):
    run = ServedRun.open(RunFolder.open(str(of_every_kind)))
    film = Film({"lead": "Ann Ames, Bo Li", "year": 1990})
    for each in best(run, film, "lead", n=100, lower=False, min_films=0).candidates:
        (alone,) = predict(run, [Film({"lead": each.label, "year": 1990})])
        assert each.prediction == pytest.approx(alone.prediction, abs=1e-6)


def test_the_note_says_whether_a_name_is_added_or_takes_a_place(of_every_kind):
    run = ServedRun.open(RunFolder.open(str(of_every_kind)))
    notes = {role: best(run, Film({}), role, 1, lower=False, min_films=0).note for role in ("genre", "lead", "company")}
    assert "with one name more" in notes["genre"]
    assert all(f"as its only {role}, in place of" in notes[role] for role in ("lead", "company"))
