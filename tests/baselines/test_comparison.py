from typing import get_args

import numpy as np
import pytest

from baselines import PREDICTORS, compare
from datamodules.films import Declared, fit_films
from datamodules.scores import regression_scores
from datamodules.splits import GroupSplit, RandomSplit
from datamodules.targets import Target
from lightning_modules.film_cli import Compared


@pytest.mark.parametrize("name", PREDICTORS)
def test_a_model_is_fitted_to_training_rows_and_scored_on_both_sides(films_frame, film_features, name):
    films, fitted = fit_films(films_frame, Declared(film_features, Target("rating"), RandomSplit(), film="id"))
    found, rows = compare(name, films, fitted.scale), films.rows
    model = PREDICTORS[name]()
    model.fit(films.encoded.take(rows.train), films.actual[rows.train], np.arange(len(rows.train)), fitted.scale)
    for side, scores in (("train", found.train), ("test", found.test)):
        places = getattr(rows, side)
        expected = regression_scores(films.actual[places], model.predict(films.encoded.take(places)))
        assert scores == pytest.approx(expected)
    assert found.seconds > 0


def test_every_model_but_the_mean_can_be_asked_for():
    assert {"mean", *get_args(Compared)} == set(PREDICTORS)


def test_no_model_reads_a_target_outside_of_training(films_frame, film_features):
    declared = Declared(film_features, Target("rating"), GroupSplit(by="id"), film="id")
    films, fitted = fit_films(films_frame, declared)
    for name in PREDICTORS:
        expected = compare(name, films, fitted.scale).train
        actual = films.actual.copy()
        films.actual[films.rows.test] = 1e6
        assert compare(name, films, fitted.scale).train == expected
        films.actual[:] = actual
