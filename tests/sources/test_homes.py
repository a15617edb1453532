import subprocess
import sys
from pathlib import Path

from greenlight_films.sources.catalogue import CATALOGUE
from greenlight_films.sources.homes import HOMES


def test_every_collection_has_a_home_that_help_reads_without_heavy_imports():
    assert list(HOMES) == list(CATALOGUE)
    code = "import sys, greenlight_films.sources.homes; sys.exit(bool({'pandas', 'torch'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[2], check=False).returncode == 0
