"""Classical models fitted in a process of their own: the fits that are made here, or none."""

import pickle

import numpy as np
import pytest

from greenlight_films.baselines import Comparison
from greenlight_films.studies import fits_beside
from greenlight_films.studies.fits_beside import Fits, FitsBeside, Samples, work

COMPARISON = Comparison(models=["ridge", "knn", "boosting"])


@pytest.fixture
def worth_it(monkeypatch):
    """Let a small table be worth a process."""
    monkeypatch.setattr(fits_beside, "ROWS", range(10**6))
    monkeypatch.setattr("torch.get_num_threads", lambda: 2)


def assert_same(fits: Fits, expected: Fits) -> None:
    assert list(fits.of) == list(expected.of)
    assert len(fits.of) > 1
    for name, other in expected.of.items():
        assert np.array_equal(fits.of[name].predicted, other.predicted)
        assert np.array_equal(fits.of[name].validated, other.validated)
        assert fits.of[name].model.in_a_line() == other.model.in_a_line()
        assert list(fits.of[name].model.to_state()) == list(other.model.to_state())
        for file, table in other.tables.items():
            if not isinstance(table, str):
                assert fits.of[name].tables[file].equals(table)


def test_fits_survive_the_way_between_processes(films, tmp_path, monkeypatch):
    monkeypatch.setattr("os.nice", lambda by: None)
    (tmp_path / "samples").write_bytes(pickle.dumps((Samples.of(films), COMPARISON)))
    assert work(str(tmp_path)) == 0
    assert_same(pickle.loads((tmp_path / "fits").read_bytes()), Fits.made(Samples.of(films), COMPARISON))


@pytest.mark.slow
@pytest.mark.usefixtures("worth_it")
def test_another_process_makes_the_fits_that_this_one_makes(films):
    with FitsBeside(COMPARISON) as beside:
        beside.begin(films)
        fits = beside.result()
    assert fits
    assert_same(fits, Fits.made(Samples.of(films), COMPARISON))
    assert beside.process.poll() == 0


@pytest.mark.usefixtures("worth_it")
def test_a_process_that_fails_has_no_fits_and_one_that_is_left_ends(films, monkeypatch):
    monkeypatch.setattr(fits_beside, "START", "raise SystemExit(2) # {}")
    with FitsBeside(COMPARISON) as beside:
        beside.begin(films)
        assert beside.result() is None
    monkeypatch.setattr(fits_beside, "START", "import time; time.sleep(60) # {}")
    with FitsBeside(COMPARISON) as beside:
        beside.begin(films)
        assert beside.process.poll() is None
    assert beside.process.poll() is not None


@pytest.mark.parametrize("reason", ["few rows", "one thread", "no models"])
@pytest.mark.usefixtures("worth_it")
def test_fits_that_are_not_worth_a_process_have_none(films, monkeypatch, reason):
    if reason == "few rows":
        monkeypatch.undo()
    if reason == "one thread":
        monkeypatch.setattr("torch.get_num_threads", lambda: 1)
    with FitsBeside(Comparison(models=[]) if reason == "no models" else COMPARISON) as beside:
        beside.begin(films)
        assert not beside.is_running
