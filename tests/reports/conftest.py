from pathlib import Path
from shutil import copytree

import pytest

from greenlight_films.studies.results import Results
from greenlight_films.studies.run_folder import RunFolder

RUN = Path(__file__).parents[1] / "data/run_3395fed/small/version_0"


@pytest.fixture
def results(tmp_path) -> Results:
    """Return a copy of a small run: the network, the mean, ridge, knn and pca."""
    return Results(RunFolder(copytree(RUN, tmp_path / "small/version_0")))
