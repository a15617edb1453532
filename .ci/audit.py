"""Check the packages that Greenlight runs with: `make audit`.

Without a network: what is installed is what `constraints.txt` names, all of it and at those versions; each version has
its hashes in `hashes.txt`; none is known to be bad. With one: pip-audit asks for known weaknesses.
Exit code 1 if anything is wrong; 0 also where weaknesses couldn't be checked, which is printed.
"""

import json
import re
import subprocess
import sys
import tomllib
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
BUILT_ANYWHERE = {"torch"}  # without hashes: builds for CPUs and each CUDA share a version and differ in their files
TOOLS = {"pip", "setuptools", "wheel", "greenlight-films"}  # need no pin: in every environment, and this project
OF_TORCH = ("nvidia-", "triton", "cuda-")  # come with builds for a GPU, pinned by torch itself
# Lightning 2.6.2 and 2.6.3 were malicious uploads; older skops could be led to run code.
SAFE = ("lightning>=2.6.6", "pytorch-lightning>=2.6.6", "skops>=0.13")
SECONDS = 180  # the longest that pip-audit may take


def pins(text: str) -> dict[str, str]:
    """Return the version of each package that lines such as `rich==15.0.0` name."""
    lines = re.findall(r"^([\w.-]+)==([^\s\\;]+)", text, re.MULTILINE)
    return {canonicalize_name(name): version for name, version in lines}


def hashed(text: str) -> dict[str, str]:
    """Return the version of each package that has one hash or more."""
    return pins("\n".join(re.findall(r"^[\w.-]+==\S+(?=[^\n]*\\\n +--hash=sha256:[0-9a-f]{64})", text, re.MULTILINE)))


def problems(
    installed: dict[str, str], pinned: dict[str, str], hashes: dict[str, str], requirements: list[str]
) -> list[str]:
    """Return a line for each disagreement between what is installed, pinned, hashed and required by pyproject.toml."""
    others = {name: installed[name] for name in installed.keys() - TOOLS if not name.startswith(OF_TORCH)}
    hashable = {name: version for name, version in pinned.items() if name not in BUILT_ANYWHERE}
    lines = [
        *(f"{name} {others[name]} is installed, and not in constraints.txt" for name in others.keys() - pinned),
        *(f"{name} is in constraints.txt, and not installed" for name in pinned.keys() - others),
        *(f"{name} is in hashes.txt, and not in constraints.txt" for name in hashes.keys() - hashable),
    ]
    lines += [
        f"{name} {others[name]} is installed, constraints.txt says {pinned[name]}"
        for name in others.keys() & pinned
        if others[name].partition("+")[0] != pinned[name]  # 2.13.0+cpu is torch's 2.13.0
    ]
    lines += [
        f"{name}=={version} has no hash in hashes.txt"
        for name, version in hashable.items()
        if hashes.get(name) != version
    ]
    for requirement in map(Requirement, [*requirements, *SAFE]):
        name = canonicalize_name(requirement.name)
        if name not in pinned:
            lines.append(f"constraints.txt does not name {name}, which pyproject.toml needs")
        elif not requirement.specifier.contains(pinned[name], prereleases=True):
            lines.append(f"{name} must be {requirement.specifier}, constraints.txt says {pinned[name]}")
    return sorted(set(lines))


def weaknesses(auditor: str) -> tuple[list[str], str]:
    """Return a line for each known weakness of the pinned versions, and a line about how many packages were checked."""
    line = [auditor, "--requirement", str(ROOT / "constraints.txt"), "--no-deps", "--disable-pip", "--format", "json"]
    try:
        answer = subprocess.run(
            [*line, "--progress-spinner", "off", "--timeout", "15"],
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        packages = json.loads(answer.stdout)["dependencies"]
    except (OSError, ValueError, KeyError, subprocess.TimeoutExpired):
        return [], "known weaknesses: NOT CHECKED, no answer of the service that lists them (is there a network?)"
    checked = [package for package in packages if "skip_reason" not in package]
    if not checked:
        return [], "known weaknesses: NOT CHECKED, the index that was reached does not list them"
    lines = [
        f"{package['name']} {package['version']}: {weakness['id']}; {fixed(weakness)}"
        for package in checked
        for weakness in package["vulns"]
    ]
    return lines, f"known weaknesses: {len(checked)} of {len(packages)} packages checked"


def fixed(weakness: dict[str, Any]) -> str:
    """Name the versions without the weakness."""
    versions = ", ".join(weakness.get("fix_versions", []))
    return f"fixed in {versions}" if versions else "not fixed yet"


def main(auditor: str) -> int:
    """Print what is wrong; return the exit code."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    installed = {canonicalize_name(package.name): package.version for package in distributions()}
    pinned = pins((ROOT / "constraints.txt").read_text(encoding="utf-8"))
    hashes = hashed((ROOT / "hashes.txt").read_text(encoding="utf-8"))
    requirements = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    lines = problems(installed, pinned, hashes, requirements)
    print(f"{len(pinned)} packages pinned, {len(hashes)} with hashes, {len(lines)} problems")
    known, summary = weaknesses(auditor)
    print(summary, *lines, *known, sep="\n")
    return 1 if lines or known else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
