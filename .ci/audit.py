"""Check the packages that Greenlight runs with: `make audit`.

Without a network: what is installed is what `constraints.txt` names, all of it and at those versions; each version has
its hashes in `hashes.txt`; none is known to be bad. With one: pip-audit asks for known weaknesses.
Exit code 1 if anything is wrong, 0 also where the weaknesses couldn't be asked for, which is said.
"""

import json
import re
import subprocess
import sys
import tomllib
from importlib.metadata import distributions
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
BUILT_ANYWHERE = {"torch"}
"""Builds for CPUs and for each CUDA have one version and different files, some of them on no index."""

TOOLS = {"pip", "setuptools", "wheel", "greenlight"}
"""What every environment has, and this project."""

BAD = ("lightning>=2.6.6", "pytorch-lightning>=2.6.6", "skops>=0.13")
"""2.6.2 and 2.6.3 were malicious uploads; older skops could be led to run code."""

SECONDS = 180
"""That the question for weaknesses may take."""


def pins(text: str) -> dict[str, str]:
    """Return the version of each package that lines such as `rich==15.0.0` name."""
    found = re.findall(r"^([\w.-]+)==([^\s\\;]+)", text, re.MULTILINE)
    return {canonicalize_name(name): version for name, version in found}


def hashed(text: str) -> dict[str, str]:
    """Return the version of each package that has one hash or more."""
    return pins("\n".join(re.findall(r"^[\w.-]+==\S+(?=[^\n]*\\\n +--hash=sha256:[0-9a-f]{64})", text, re.MULTILINE)))


def problems(installed: dict[str, str], pinned: dict[str, str], hashes: dict[str, str], asked: list[str]) -> list[str]:
    """Return a line for each thing that is wrong.

    Args:
        asked: what `pyproject.toml` needs.
    """
    mine = {name: version for name, version in installed.items() if name not in TOOLS and not _is_of_torch(name)}
    found = [f"{name} {mine[name]} is installed, and constraints.txt does not name it" for name in mine.keys() - pinned]
    found += [f"{name} is in constraints.txt, and not installed" for name in pinned.keys() - mine]
    found += [
        f"{name} {mine[name]} is installed, constraints.txt says {pinned[name]}"
        for name in mine.keys() & pinned
        if mine[name].partition("+")[0] != pinned[name]  # 2.13.0+cpu is torch's 2.13.0
    ]
    wanted = {name: version for name, version in pinned.items() if name not in BUILT_ANYWHERE}
    found += [
        f"{name}=={version} has no hash in hashes.txt"
        for name, version in wanted.items()
        if hashes.get(name) != version
    ]
    found += [f"{name} is in hashes.txt, and not in constraints.txt" for name in hashes.keys() - wanted]
    for requirement in map(Requirement, [*asked, *BAD]):
        name = canonicalize_name(requirement.name)
        if name not in pinned:
            found.append(f"constraints.txt does not name {name}, which pyproject.toml needs")
        elif not requirement.specifier.contains(pinned[name], prereleases=True):
            found.append(f"{name} must be {requirement.specifier}, constraints.txt says {pinned[name]}")
    return sorted(set(found))


def _is_of_torch(name: str) -> bool:
    return name.startswith(("nvidia-", "triton", "cuda-"))  # comes with builds for a GPU, pinned by torch itself


def weaknesses(auditor: str) -> tuple[list[str], str]:
    """Return known weaknesses of the pinned versions, and what to say of how they were asked for."""
    line = [auditor, "--requirement", str(ROOT / "constraints.txt"), "--no-deps", "--disable-pip", "--format", "json"]
    try:
        done = subprocess.run(
            [*line, "--progress-spinner", "off", "--timeout", "15"],
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        packages = json.loads(done.stdout)["dependencies"]
    except (OSError, ValueError, KeyError, subprocess.TimeoutExpired):
        return [], "known weaknesses: NOT ASKED FOR, no answer of the service that lists them (is there a network?)"
    known = [package for package in packages if "skip_reason" not in package]
    if not known:
        return [], "known weaknesses: NOT ASKED FOR, the index that was reached does not list them"
    found = [
        f"{package['name']} {package['version']}: {weakness['id']}; {fixed(weakness)}"
        for package in known
        for weakness in package["vulns"]
    ]
    return found, f"known weaknesses: asked for {len(known)} of {len(packages)} packages"


def fixed(weakness: dict) -> str:
    """Say which versions mend it."""
    versions = ", ".join(weakness.get("fix_versions", []))
    return f"mended in {versions}" if versions else "not mended yet"


def main(auditor: str) -> int:
    """Print what is wrong; return the exit code."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    installed = {canonicalize_name(one.name): one.version for one in distributions()}
    pinned = pins((ROOT / "constraints.txt").read_text(encoding="utf-8"))
    hashes = hashed((ROOT / "hashes.txt").read_text(encoding="utf-8"))
    wrong = problems(installed, pinned, hashes, asked)
    print(f"{len(pinned)} packages pinned, {len(hashes)} with hashes, {len(wrong)} problems")
    known, said = weaknesses(auditor)
    print(said)
    print(*wrong, *known, sep="\n", end="\n" if wrong or known else "")
    return 1 if wrong or known else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
