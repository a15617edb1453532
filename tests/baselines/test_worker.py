"""A process that fits models: what it is given and what it answers, as another process really runs it."""

import os
import subprocess
import sys

import numpy as np
import pytest

from greenlight_films.baselines import Comparison, worker
from greenlight_films.baselines.packed import Packed
from greenlight_films.datamodules import InputError, Number
from greenlight_films.studies.workers import ONE_THREAD

START = "import sys; from greenlight_films.baselines.worker import work; sys.exit(work())"


def answered(comparison: Comparison, data):
    """Return what a process answers that is asked for a comparison's models of the films."""
    given = worker.given_to(comparison, data.films, data.fitted)
    line = [sys.executable, "-c", START]
    done = subprocess.run(line, input=given, capture_output=True, check=True, env={**os.environ, **ONE_THREAD})
    return worker.answer_of(done.stdout)


def test_a_process_fits_the_models_that_this_one_would_and_packs_them(films):
    comparison = Comparison(models=["ridge", "tree", "pca"])
    here, there = comparison.fit_all(films.films, films.fitted), answered(comparison, films)
    assert list(there.by_name) == list(here.by_name) == ["mean", "ridge", "tree", "pca"]
    for name, theirs in there.by_name.items():
        ours = here.by_name[name]
        assert theirs.line == ours.line
        for side in ("train", "test"):
            np.testing.assert_equal(getattr(theirs, side), getattr(ours, side))
        assert isinstance(theirs.model, Packed)
        expected = Packed.of(name, type(ours.model), ours.model.to_state())
        assert set(theirs.model.files) == set(expected.files)
        assert theirs.model.files[f"{name}.npz"] == expected.files[f"{name}.npz"]
        assert theirs.model.entry["plain"] == expected.entry["plain"]
        assert set(theirs.tables) == set(ours.tables)
        if ours.predicted is not None:
            assert theirs.predicted.tolist() == ours.predicted.tolist()


def test_models_of_refitted_films_learn_from_all_that_the_network_does(films):
    comparison = Comparison(models=["ridge"])
    before = comparison.fit_all(films.films, films.fitted).by_name["ridge"].predicted
    films_again, fitted = films.refitted(inputs=False)
    assert films_again.encoded.inputs is None
    assert not films.fitted.refitted
    there = comparison.fit_all(films_again, fitted).by_name["ridge"].predicted
    films.refit()
    afterwards = comparison.fit_all(films.films, films.fitted).by_name["ridge"].predicted
    assert there.tolist() == afterwards.tolist() != before.tolist()


def test_what_is_left_out_has_its_reason_and_a_wish_that_cannot_be_met_is_refused(film_data):
    data = film_data(features=[Number("year")])
    data.setup("fit")
    assert "pca" in answered(Comparison(), data).refused
    with pytest.raises(InputError, match="2 columns or more that vary"):
        answered(Comparison(models=["pca"]), data)
