"""One process of a search: it trains what nobody has begun, and says why it can't."""

from contextlib import closing

import pytest

from greenlight_films.studies.run_folder import RunFolder
from greenlight_films.studies.tune.worker import work


@pytest.fixture
def folder(plan, tmp_path) -> RunFolder:
    """Return the folder of a search that nobody has begun."""
    (folder := RunFolder(tmp_path / "search")).path.mkdir()
    folder.write_text("config.yaml", plan().config)
    return folder


def test_a_worker_trains_what_nobody_has_begun(plan, folder):
    with closing(plan().open_store(folder)) as store:
        store.claim()
        assert work(str(folder.path), "", "worker 1") == 0
        (result,) = store.results()
    assert (result.number, result.state, result.epochs) == (1, "complete", 1)
    assert (folder.path / "trial_1" / "config.yaml").is_file()


def test_a_worker_begins_nothing_once_its_parent_has_ended(plan, folder, monkeypatch):
    parents = iter([7, 1])
    monkeypatch.setattr("os.getppid", lambda: next(parents))
    assert work(str(folder.path)) == 0
    with closing(plan().open_store(folder)) as store:
        assert store.unclaimed() == [0, 1]


def test_what_a_worker_cannot_use_is_an_error(folder, capsys):
    folder.write_text("config.yaml", folder.config.read_text(encoding="utf-8").replace("films.csv", "none.csv"))
    assert work(str(folder.path), "postgresql+none://host/tune") == 2
    assert "host/tune can't be read as the record of a search" in capsys.readouterr().err
