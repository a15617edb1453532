"""Models that are fitted beside the network's training: where that is done, and what comes of it."""

from dataclasses import replace

import pytest
import torch

from greenlight_films.baselines import Comparison
from greenlight_films.baselines.comparison import Fits
from greenlight_films.datamodules import InputError
from greenlight_films.studies import fitting_beside as module
from greenlight_films.studies.compare import compare
from greenlight_films.studies.fitting_beside import fitting_beside
from greenlight_films.studies.load import load
from greenlight_films.studies.settings.film_cli import read_settings

SMALL = Comparison(models=["ridge", "tree"])
IDLE = "import time; time.sleep(60)  # {}"
"""What a process does in place of fitting models, which imports what takes seconds."""


@pytest.fixture
def settings(study_config, tmp_path):
    """Return what reads settings of a small study, with two models to compare with."""

    def read(*words: str, comparison: Comparison = SMALL):
        given = read_settings(["--config", str(study_config), "--runs", str(tmp_path / "runs"), *words])
        return replace(given, comparison=comparison)

    return read


@pytest.fixture(autouse=True)
def two_threads():
    """Let there be a core to spare, however many there are."""
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


def test_models_are_those_that_would_be_fitted_after_the_network(settings):
    given = settings("--refit", "true")
    data = load(given)
    with fitting_beside(given, data, None) as beside:
        there = beside()
    data.refit()
    here = SMALL.fit_all(data.films, data.fitted)
    assert list(there.by_name) == list(here.by_name)
    for name, fitted in there.by_name.items():
        assert fitted.predicted.tolist() == here.by_name[name].predicted.tolist()


@pytest.mark.parametrize("refit", ["true", "false"])
def test_models_learn_from_validation_films_too_where_the_network_is_refitted(settings, monkeypatch, refit):
    given, fitted = settings("--refit", refit), []
    monkeypatch.setattr(module, "START", IDLE)
    monkeypatch.setattr(module.worker, "given_to", lambda *all_given: fitted.append(all_given[2]) or b"")
    with fitting_beside(given, load(given), None):
        assert [each.refitted for each in fitted] == [given.refit]


def test_they_are_fitted_afterwards_where_nothing_is_won_by_it(settings):
    for words, comparison in (
        ([], Comparison(models=[])),
        (["--model.hidden", "[256, 64]"], SMALL),
        (["--trainer.devices", "2"], SMALL),
    ):
        given = settings(*words, comparison=comparison)
        with fitting_beside(given, load(given), None) as beside:
            assert beside is None
    given = settings()
    data = load(given)
    with fitting_beside(given, data, object()) as beside:  # a run that is resumed
        assert beside is None
    torch.set_num_threads(1)
    with fitting_beside(given, data, None) as beside:
        assert beside is None


def refuse(*_: object, **__: object) -> None:
    raise BlockingIOError("Resource temporarily unavailable")


@pytest.mark.parametrize(
    ("name", "value"),
    [("free_memory", lambda: 2**30), ("MOST_FILMS", 10), ("start_python", refuse)],
    ids=["memory is short", "films are many", "the system starts no process"],
)
def test_they_are_fitted_afterwards_where_nothing_can_be_begun(settings, monkeypatch, name, value):
    monkeypatch.setattr(module, name, value)
    given = settings()
    with fitting_beside(given, load(given), None) as beside:
        assert beside is None


def test_what_cannot_be_given_to_a_process_is_fitted_afterwards(settings, monkeypatch):
    class Own(Comparison):  # which no other process knows
        pass

    given = settings(comparison=Own(models=["ridge"]))
    with fitting_beside(given, load(given), None) as beside:
        assert beside is None


def test_a_model_that_cannot_be_fitted_is_refused_when_it_is_asked_for(settings, monkeypatch):
    refusal = "from greenlight_films.datamodules.errors import InputError; problem = InputError('compare.clusters')"
    answer = "import pickle, sys; pickle.dump(problem, sys.stdout.buffer)"  # as tests/baselines/test_worker.py has it
    monkeypatch.setattr(module, "START", f"{refusal}; {answer}  # {{}}")
    given = settings()
    with fitting_beside(given, load(given), None) as beside, pytest.raises(InputError, match=r"compare\.clusters"):
        beside()


def test_where_the_process_is_lost_models_are_fitted_here(settings, films, folder, console, monkeypatch):
    given = settings()
    monkeypatch.setattr(module, "START", "raise SystemExit(1)  # {}")
    with fitting_beside(given, load(given), None) as beside:
        assert beside() is None
        compare(folder, films, SMALL, console, beside)
    assert set(folder.read_json("metrics.json")["models"]) == {"mean", "ridge", "tree"}
    assert "The process that fitted other models was lost" in console.file.getvalue()


def test_a_process_that_is_still_at_work_ends_when_the_study_does(settings, monkeypatch):
    started = []

    def start(*args, **streams):
        started.append(start_python(*args, **streams))
        return started[-1]

    start_python = module.start_python
    monkeypatch.setattr(module, "start_python", start)
    monkeypatch.setattr(module, "START", IDLE)
    given = settings()
    with pytest.raises(KeyboardInterrupt), fitting_beside(given, load(given), None):
        raise KeyboardInterrupt
    assert started[0].returncode is not None


def test_fits_that_are_given_are_written(films, folder, console):
    def beside() -> Fits:
        return SMALL.fit_all(films.films, films.fitted, packed=True)

    compare(folder, films, Comparison(models=["knn"]), console, beside)
    assert set(folder.read_json("metrics.json")["models"]) == {"mean", "ridge", "tree"}
    assert (folder.path / "artifacts/ridge.npz").is_file()
