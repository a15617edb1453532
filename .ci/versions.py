"""Run the tests with the lowest versions of packages that pyproject.toml allows, and with the newest: `make versions`.

    python .ci/versions.py [--only lowest|newest] [arguments of pytest]

Each set is installed into an environment of its own under build/versions. torch is the same in both: its older builds
for CPUs are gigabytes. Exit code 1 if the tests fail in either.
"""

import argparse
import subprocess
import sys
import tomllib
import venv
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
TORCH = "torch==2.13.0"


def constraints(dependencies: list[str], which: str) -> list[str]:
    """Return a line for pip for each package whose version is fixed: all dependencies, or torch alone.

    Raises:
        ValueError: a dependency has no lower bound.

    >>> constraints(["rich>=14.1", "torch>=2.10"], "lowest")
    ['torch==2.13.0', 'rich==14.1']
    """
    lines = [TORCH]
    for requirement in map(Requirement, dependencies if which == "lowest" else []):
        bounds = [bound.version for bound in requirement.specifier if bound.operator == ">="]
        if not bounds:
            raise ValueError(f"a dependency in pyproject.toml must have a lower bound (>=), got {requirement}")
        if requirement.name != "torch":
            lines.append(f"{requirement.name}=={bounds[0]}")
    return lines


def test(which: str, dependencies: list[str], pytest: list[str]) -> int:
    """Install one set of versions, run the tests and return pytest's exit code."""
    folder = ROOT / "build" / "versions" / which
    venv.create(folder, with_pip=True, clear=True)
    python, fixed = folder / "bin" / "python", folder / "constraints.txt"
    fixed.write_text("\n".join(constraints(dependencies, which)), encoding="utf-8")
    install = [python, "-m", "pip", "install", "--quiet", "--constraint", fixed, "--editable", ".[dev]"]
    subprocess.run(install, cwd=ROOT, check=True)
    return subprocess.run([python, "-m", "pytest", "-m", "", *pytest], cwd=ROOT, check=False).returncode


def main() -> int:
    """Test with each set of versions and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=("lowest", "newest"), help="test with this set alone")
    options, pytest = parser.parse_known_args()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    codes = {}
    for which in [options.only] if options.only else ["lowest", "newest"]:
        codes[which] = test(which, project["dependencies"], pytest)
    for which, code in codes.items():
        print(f"{which} versions: {'the tests pass' if code == 0 else f'pytest ended with exit code {code}'}")
    return 1 if any(codes.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
