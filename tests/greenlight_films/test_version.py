"""The version is the installed one's, else the clone's."""

import tomllib
from importlib.metadata import PackageNotFoundError
from pathlib import Path

from greenlight_films import version


def test_an_installed_version_comes_first(monkeypatch):
    monkeypatch.setattr(version, "installed_version", {"greenlight-films": "7.1"}.__getitem__)
    assert version.version() == "7.1"


def test_a_clone_that_is_not_installed_has_the_version_of_its_project_file(monkeypatch):
    def missing(name):
        raise PackageNotFoundError(name)

    monkeypatch.setattr(version, "installed_version", missing)
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert version.version() == project["version"]
