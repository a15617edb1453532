"""`encode`: films that are encoded once, and what later commands make of them."""

import shutil
from pathlib import Path

import pytest

from tests.conftest import UNLOGGED, refused
from tests.runs import metrics_of

READ = "greenlight_films.datamodules.film_data_module.open_table"


@pytest.fixture
def unread(monkeypatch):
    """Return what makes reading a table an error."""
    return lambda: monkeypatch.setattr(READ, lambda *_: pytest.fail("the table was read"))


def entries(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.is_dir())


@pytest.mark.slow
def test_later_commands_map_what_encode_wrote_and_say_the_same(study, study_config, command, tmp_path, unread):
    answer = command("encode", "--config", study_config, "--runs", tmp_path)
    assert answer.code == 0, answer.err
    (entry,) = entries(tmp_path / "encoded")
    assert str(tmp_path / "encoded" / entry) in answer.text
    assert "198 films, " in answer.text
    unread()
    fitted = command("fit", "--config", study_config, "--runs", tmp_path, *UNLOGGED)
    assert fitted.code == 0, fitted.err
    assert f"Encoded films are kept in {tmp_path / 'encoded' / entry}." in fitted.text
    run = tmp_path / "small" / "version_0"
    for word in ("validate", "test"):
        assert command(word, "--run", run).code == 0
    metrics = metrics_of(run)
    assert metrics["models"]["mlp"] == study.metrics["models"]["mlp"]
    assert {key: metrics[key] for key in ("rows", "notices", "features", "left_out", "films")} == {
        key: study.metrics[key] for key in ("rows", "notices", "features", "left_out", "films")
    }


def test_another_folder_is_known_to_the_run(study_config, command, tmp_path, unread):
    folder = tmp_path / "cache"
    assert command("encode", "--config", study_config, "--runs", tmp_path, "--out", folder).code == 0
    assert len(entries(folder)) == 1
    unread()
    answer = command("fit", "--config", study_config, "--runs", tmp_path, "--data.encoded", folder, *UNLOGGED)
    assert answer.code == 0, answer.err
    assert command("test", "--run", tmp_path / "small" / "version_0").code == 0


def test_a_refit_has_films_of_its_own_which_test_maps(study_config, command, tmp_path, unread):
    given = ("--runs", tmp_path, "--data.encoded", tmp_path / "cache", "--refit", "true", "--trainer.max_epochs", 1)
    answer = command("fit", "--config", study_config, *given, *UNLOGGED)
    assert answer.code == 0, answer.err
    first, refit = entries(tmp_path / "cache")
    assert refit == f"{first}-refit"
    run = tmp_path / "small" / "version_0"
    unread()
    assert command("test", "--run", run).code == 0


def test_new_films_are_read_and_not_kept(study_config, command, tmp_path):
    folder = tmp_path / "cache"
    given = ("--runs", tmp_path, "--data.encoded", folder, *UNLOGGED)
    assert command("fit", "--config", study_config, *given).code == 0
    before, other = entries(folder), tmp_path / "new.csv"
    shutil.copy(study_config.parent / "films.csv", other)
    other.write_text("\n".join(other.read_text(encoding="utf-8").split("\n")[:40]), encoding="utf-8")
    answer = command("predict", "--run", tmp_path / "small" / "version_0", "--data.table", other)
    assert answer.code == 0, answer.err
    assert entries(folder) == before


@pytest.mark.slow
def test_what_is_no_file_is_refused(command, tmp_path):
    refused(
        command("encode", "--config", "ratings", "--out", tmp_path / "cache"),
        "data.table must be a file or files, and data.features Greenlight's own, for films to be kept, got wikidata",
    )
    refused(command("encode", "--config", "ratings", "--out"), "--out needs a folder")
