"""Prepare the small raw files that stand beside these tests, and read the account of what was lost."""

import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from greenlight_films.sources.catalogue import CATALOGUE
from greenlight_films.sources.preparation import Preparation
from greenlight_films.sources.raw_files import NAME_BASICS, find_files

FIXTURES = Path(__file__).parent
CUT_OFF = "has {} cells where the header has {}: shifted or cut off"


def prepared(source: str, raw: Path | None = None, **options: Any) -> tuple[pd.DataFrame, Preparation]:
    """Return a collection's table, by its films' ids, and the account of its preparation."""
    preparation = Preparation(find_files(source, raw or FIXTURES / source), **options)
    films = CATALOGUE[source].prepare(preparation)
    return films.set_index(CATALOGUE[source].film, drop=False), preparation


@pytest.fixture
def imdb(tmp_path: Path) -> Path:
    """Return a folder with IMDb's files, which a test may change."""
    return Path(shutil.copytree(FIXTURES / "imdb", tmp_path / "raw"))


def lost(preparation: Preparation, file: str, dropped: str = "row") -> dict[int, str]:
    """Return why rows or cells of a file were rejected, by line."""
    table = preparation.rejected.query("file == @file and dropped == @dropped")
    return dict(zip(table["line"], table["reason"], strict=True))


def in_names(path: Path, text: str | bytes) -> Preparation:
    """Return the preparation of a file of names, written with this text."""
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return Preparation({NAME_BASICS: path})
