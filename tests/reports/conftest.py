from io import StringIO

import pytest
from rich.console import Console

from datamodules.film_data_module import FilmDataModule
from reports.run_folder import RunFolder


@pytest.fixture
def console() -> Console:
    return Console(file=StringIO(), width=200)


@pytest.fixture
def folder(tmp_path) -> RunFolder:
    return RunFolder.create(str(tmp_path / "runs"), "ratings")


@pytest.fixture
def films(film_data) -> FilmDataModule:
    """Return films that are read and encoded."""
    data = film_data()
    data.setup("fit")
    return data
