"""The version of Greenlight that runs: the installed one's, or that of the clone."""

import tomllib
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed_version
from pathlib import Path


def version() -> str:
    """Return the version, such as `0.1.0`."""
    try:
        return installed_version("greenlight-films")
    except PackageNotFoundError:
        project = Path(__file__).parents[1] / "pyproject.toml"
        return str(tomllib.loads(project.read_text(encoding="utf-8"))["project"]["version"])
