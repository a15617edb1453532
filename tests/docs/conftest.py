"""A run of the ratings, and what reads a page in a folder with the files that it names."""

import shutil
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from greenlight_films.serving import server
from greenlight_films.serving.served_run import ServedRun
from greenlight_films.studies.run_folder import RunFolder
from greenlight_films.studies.seeds import seeds as several
from tests.conftest import run_here
from tests.docs.pages import PAGES, Reader, blocks_of, succeed
from tests.docs.tables import write_files
from tests.serving.conftest import serving

RUNS = ("ratings/version_1", "box_office/version_0", "films/version_0", "people/version_0", "to_come/version_0")
"""Runs that pages name, as copies of runs/ratings/version_0."""

MADE = {"start.md": "films", "profit_by_people.md": "people", "films_to_come.md": "to_come"}
"""Runs that a page makes itself, where it is run in full."""


@pytest.fixture(scope="session")
def ratings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a study of the ratings, with its table beside it."""
    folder = tmp_path_factory.mktemp("ratings")
    write_files(folder, "", new_is_own=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        succeed(["study", "--config", "configs/ratings.yaml"])
    return folder / "runs/ratings/version_0"


@pytest.fixture
def read_page(ratings: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Return what reads all blocks of a page in a folder of its own."""

    def ask(path: str, question: object) -> int:
        served = serving(ServedRun.open(RunFolder.open("runs/box_office/version_0")))
        with closing(served):
            return next(served).post(path, question).status

    def read(page: Path, in_full: bool) -> None:
        assert page in PAGES
        write_files(tmp_path, page.name, page.name == "README.md" or (in_full and page.name == "start.md"))
        for run in ("ratings/version_0", *RUNS):
            if not (in_full and run.partition("/")[0] == MADE.get(page.name)):
                shutil.copytree(ratings, tmp_path / "runs" / run)
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr(server, "serve", lambda *_: None)  # it would listen until it is stopped
        monkeypatch.setattr(several, "run_studies", run_here)
        reader = Reader(in_full, ask)
        for block in blocks_of(page):
            reader.read(block)

    return read
