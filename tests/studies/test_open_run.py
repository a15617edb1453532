"""A command's folder while it works: what it begins with, what is printed, and what stays when it fails."""

import errno
from pathlib import Path

import pytest

from greenlight_films.datamodules.errors import InputError
from greenlight_films.studies import open_run as module
from greenlight_films.studies.open_run import open_run
from greenlight_films.studies.run_folder import RunFolder
from greenlight_films.studies.settings.film_cli import read_settings
from tests.runs import files_in


@pytest.fixture(scope="module")
def settings(study_config):
    settings = read_settings(["--config", str(study_config)])
    settings.data.setup("fit")
    return settings


@pytest.fixture
def begin(settings, console, tmp_path, monkeypatch):
    """Return what opens the folder of a run, in an empty folder where none is given."""
    monkeypatch.chdir(tmp_path)
    return lambda run=None, **given: open_run(settings, settings.data, run, console, **given)


def leave(run: RunFolder, name: str, problem: BaseException) -> None:
    """Write a file and fail."""
    run.write_text(name, "")
    raise problem


def text_of(console) -> str:
    return " ".join(console.file.getvalue().split())


def test_a_new_run_begins_with_its_config_and_what_is_known_of_the_data(begin, console, settings):
    with begin(trains="fit") as run:
        assert files_in(run.path) == ["config.yaml", "metrics.json"]
        assert run.config.read_text(encoding="utf-8") == settings.config
        metrics = run.read_json("metrics.json")
    assert run.path == Path("runs/small/version_0")
    assert (metrics["study"], metrics["models"], metrics["rows"]["test"]) == ("small", {}, 45)
    assert text_of(console).startswith("small: rating of 198 films (123 train, 30 validate, 45 test, 5 without rating")
    assert "MLP 16 • " in text_of(console)  # notices follow


def test_a_finished_run_is_opened_silently_and_as_it_was(begin, console, copied):
    before = {name: (copied.path / name).read_bytes() for name in files_in(copied.path)}
    with begin(RunFolder(copied.path), trains="fit", adds=True) as run:
        assert run.path == copied.path
    assert {name: (copied.path / name).read_bytes() for name in files_in(copied.path)} == before
    assert text_of(console) == ""


@pytest.mark.parametrize(("left", "stays"), [("checkpoints/last.ckpt", True), ("leaderboard.csv", False)])
def test_a_new_run_that_fails_stays_only_with_a_checkpoint(begin, left, stays):
    with pytest.raises(InputError, match="a refusal"), begin(trains="fit") as run:
        leave(run, left, InputError("a refusal"))
    assert run.path.exists() == stays


def test_a_run_that_was_given_loses_the_curves_of_a_killed_training_and_is_never_removed(begin, tmp_path):
    run = RunFolder.create(str(tmp_path / "own"), "small")
    for name in ("config.yaml", "events.out.tfevents.1"):
        run.write_text(name, "")
    with pytest.raises(InputError), begin(run, trains="fit"):
        raise InputError("a refusal")
    assert files_in(run.path) == ["config.yaml", "metrics.json"]


@pytest.mark.parametrize(
    ("problem", "message"),
    [
        (KeyboardInterrupt(), "go on with: python cli.py fit --resume runs/small/version_0"),
        (
            RuntimeError("[/gloo/transport/tcp/pair.cc] closed"),
            "another process of this command has ended.* go on with",
        ),
        (OSError(errno.ENOSPC, "No space left on device"), r"runs/small/version_0 can't be written"),
    ],
)
def test_what_ends_a_training_says_how_to_go_on(begin, problem, message):
    kind = KeyboardInterrupt if isinstance(problem, KeyboardInterrupt) else InputError
    with pytest.raises(kind, match=message), begin(trains="fit") as run:
        leave(run, "checkpoints/last.ckpt", problem)


@pytest.mark.parametrize("problem", [RuntimeError("a fault"), OSError(errno.ENOENT, "not there", "x.csv")])
def test_other_problems_pass_as_they_are(begin, problem):
    with pytest.raises(type(problem)) as raised, begin():
        raise problem
    assert raised.value is problem


def test_other_processes_write_nothing(begin, monkeypatch, tmp_path):
    monkeypatch.setattr(module, "is_rank_zero", lambda num_nodes: False)
    with begin(trains="fit") as run:
        assert not run.path.exists()
    assert list(tmp_path.iterdir()) == []
