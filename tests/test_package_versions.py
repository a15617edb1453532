"""`make versions`: which versions the tests run with."""

import re
import runpy
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
constraints = runpy.run_path(str(ROOT / ".ci" / "versions.py"))["constraints"]


def test_the_lowest_versions_are_the_bounds_and_torch_is_the_same_in_both():
    dependencies = ["rich>=14.1", "torch>=2.10", "jsonargparse[signatures]>=4.53,<5"]
    assert constraints(dependencies, "lowest") == ["torch==2.13.0", "rich==14.1", "jsonargparse==4.53"]
    assert constraints(dependencies, "newest") == ["torch==2.13.0"]


def test_a_dependency_without_a_lower_bound_is_refused():
    message = "a dependency in pyproject.toml must have a lower bound (>=), got scipy<2"
    with pytest.raises(ValueError, match=re.escape(message)):
        constraints(["scipy<2"], "lowest")


def test_every_dependency_of_the_project_has_a_lower_bound():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert len(constraints(project["dependencies"], "lowest")) == len(project["dependencies"])
