"""`python -m greenlight_films` is the command line."""

import subprocess
import sys
from pathlib import Path


def test_the_package_runs_as_a_command():
    line = [sys.executable, "-m", "greenlight_films", "walk"]
    answer = subprocess.run(line, cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False)
    assert answer.returncode == 2
    assert "no command 'walk'" in answer.stderr
