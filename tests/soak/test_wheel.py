"""The wheel in an environment of its own: the command, and no name but `greenlight_films`."""

import os
import subprocess
import sys
import sysconfig
import tomllib
import venv
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.test_wheel import FOLDERS, ROOT, build_wheel

VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]


@pytest.fixture(scope="module")
def installed(tmp_path_factory) -> SimpleNamespace:
    """Return the programs of an environment with the wheel, which borrows the other packages from this one."""
    folder = tmp_path_factory.mktemp("wheel")
    venv.create(folder / "venv")
    bin_folder = folder / "venv" / "bin"
    (packages,) = (folder / "venv" / "lib").glob("python*/site-packages")
    # A path file within that folder, such as an editable install's, isn't read: the clone stays out.
    (packages / "borrowed.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    line = [sys.executable, "-m", "pip", "--python", bin_folder / "python", "install", "--quiet", "--no-deps"]
    subprocess.run([*line, "--no-index", build_wheel(folder)], check=True)
    return SimpleNamespace(python=bin_folder / "python", greenlight=bin_folder / "greenlight", packages=packages)


def run(folder: Path, *words: object) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run(
        list(map(str, words)), cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def test_no_name_but_ours_is_installed(installed, tmp_path):
    code = "import sys, importlib.util as util; print([name for name in sys.argv[1:] if util.find_spec(name)])"
    answer = run(tmp_path, installed.python, "-c", code, "cli", "benchmarks", "greenlight", *FOLDERS)
    assert (answer.stdout, answer.stderr) == ("['greenlight_films']\n", "")


def test_a_users_own_module_of_a_folders_name_breaks_nothing(installed, tmp_path):
    (tmp_path / "importance.py").write_text("mine = 7", encoding="utf-8")
    script = tmp_path / "script.py"
    script.write_text(
        "import importance\nimport greenlight_films.importance as theirs\n"
        "from greenlight_films.lightning_modules import MLPRegressor\n"
        "print(importance.mine, theirs.__file__, MLPRegressor.__module__)",
        encoding="utf-8",
    )
    answer = run(tmp_path, installed.python, script)
    file = installed.packages / "greenlight_films" / "importance" / "__init__.py"
    assert answer.stdout.split() == ["7", str(file), "greenlight_films.lightning_modules.mlp_regressor"], answer.stderr


@pytest.mark.parametrize("words", [["greenlight"], ["python", "-m", "greenlight_films"]])
def test_the_command_says_its_version(installed, tmp_path, words):
    answer = run(tmp_path, vars(installed)[words[0]], *words[1:], "--version")
    assert answer.returncode == 0, answer.stderr
    assert VERSION in answer.stdout


def test_the_command_runs_a_study_by_its_name_in_an_empty_folder(installed, tmp_path):
    options = ["--trainer.max_epochs", "1", "--compare.models", "[]", "--trainer.enable_progress_bar", "false"]
    answer = run(tmp_path, installed.greenlight, "study", "--config", "ratings", *options)
    assert answer.returncode == 0, answer.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["runs"]
    assert (tmp_path / "runs" / "ratings" / "version_0" / "report.html").stat().st_size > 100_000
