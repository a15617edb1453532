"""What is installed is one package, with all that stands in the clone."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FOLDERS = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"benchmarks"}


def build_wheel(folder: Path) -> Path:
    """Build the wheel from a copy: setuptools leaves files beside its sources, and takes up those of last time."""
    pytest.importorskip("setuptools", minversion="77")
    for name in FOLDERS:
        shutil.copytree(ROOT / name, folder / "source" / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md"):
        shutil.copy(ROOT / name, folder / "source")
    line = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-index", "--no-build-isolation"]
    subprocess.run([*line, "--wheel-dir", folder, folder / "source"], check=True)
    (wheel,) = folder.glob("*.whl")
    return wheel


@pytest.mark.slow
def test_a_wheel_holds_one_package_with_all_files_of_the_clone(tmp_path):
    wheel = build_wheel(tmp_path)
    names = [name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name]
    expected = set()
    for folder in FOLDERS:
        inside = "" if folder == "greenlight_films" else "greenlight_films/"
        files = (path for path in (ROOT / folder).rglob("*") if path.is_file() and path.suffix != ".pyc")
        expected |= {f"{inside}{path.relative_to(ROOT).as_posix()}" for path in files}
    assert set(names) == expected
    assert {"greenlight_films/configs/ratings.yaml", "greenlight_films/reports/templates/report.css"} <= expected
    assert wheel.name.startswith("greenlight_films-")
