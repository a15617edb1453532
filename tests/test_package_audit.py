"""`make audit`: what is installed is what was pinned, and nothing known to be bad."""

import runpy
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
AUDIT = SimpleNamespace(**runpy.run_path(str(ROOT / ".ci" / "audit.py")))
PINNED = {"lightning": "2.6.6", "pytorch-lightning": "2.6.6", "skops": "0.16.0", "torch": "2.13.0", "rich": "15.0.0"}
HASHED = {name: version for name, version in PINNED.items() if name != "torch"}
INSTALLED = {
    **PINNED,
    "torch": "2.13.0+cpu",
    "pip": "23.2.1",
    "greenlight-films": "0.1.0",
    "nvidia-nccl-cu12": "2.27.5",
}


def problems(installed=INSTALLED, pinned=PINNED, hashes=HASHED, requirements=()) -> list[str]:
    return AUDIT.problems(installed, pinned, hashes, list(requirements))


def test_what_is_pinned_installed_and_hashed_has_no_problem():
    assert problems(requirements=["rich>=14.1"]) == []


@pytest.mark.parametrize(
    ("changed", "line"),
    [
        ({"installed": {**INSTALLED, "evil": "1"}}, "evil 1 is installed, and not in constraints.txt"),
        (
            {"installed": {name: version for name, version in INSTALLED.items() if name != "rich"}},
            "rich is in constraints.txt, and not installed",
        ),
        ({"installed": {**INSTALLED, "rich": "14.9"}}, "rich 14.9 is installed, constraints.txt says 15.0.0"),
        ({"hashes": {**HASHED, "rich": "14.9"}}, "rich==15.0.0 has no hash in hashes.txt"),
        ({"hashes": {**HASHED, "evil": "1"}}, "evil is in hashes.txt, and not in constraints.txt"),
        ({"requirements": ["rich>=16"]}, "rich must be >=16, constraints.txt says 15.0.0"),
        ({"requirements": ["scipy"]}, "constraints.txt does not name scipy, which pyproject.toml needs"),
    ],
)
def test_a_problem_is_a_line(changed, line):
    assert problems(**changed) == [line]


@pytest.mark.parametrize(
    ("name", "version"),
    [("lightning", "2.6.2"), ("lightning", "2.6.3"), ("pytorch-lightning", "2.6.3"), ("skops", "0.12.0")],
)
def test_versions_known_to_be_bad_are_refused(name, version):
    bad = {name: version}
    (line,) = problems(INSTALLED | bad, PINNED | bad, HASHED | bad)
    assert line.startswith(f"{name} must be >=")


def test_hashes_are_those_of_the_line_above_them():
    some, none = "0" * 64, "rich==15.0.0\n"
    assert AUDIT.hashed(f"torch==2.13.0 \\\n    --hash=sha256:{some} \\\n    --hash=sha256:{some}\n{none}") == {
        "torch": "2.13.0"
    }


def test_every_pin_of_this_project_has_hashes_but_torch():
    pinned = AUDIT.pins((ROOT / "constraints.txt").read_text(encoding="utf-8"))
    hashes = AUDIT.hashed((ROOT / "hashes.txt").read_text(encoding="utf-8"))
    assert len(pinned) > 80
    assert pinned.keys() - hashes.keys() == {"torch"}
    assert hashes == {name: version for name, version in pinned.items() if name != "torch"}
    assert canonicalize_name(Requirement("Jinja2").name) in hashes


def test_without_a_service_for_weaknesses_the_audit_says_so(tmp_path):
    answer = subprocess.run(
        [sys.executable, ROOT / ".ci" / "audit.py", tmp_path / "none"], capture_output=True, text=True, check=False
    )
    assert "known weaknesses: NOT CHECKED, no answer of the service that lists them" in answer.stdout
    assert "Traceback" not in answer.stderr


@pytest.mark.parametrize(
    ("answer", "summary", "lines"),
    [
        (
            '{"dependencies": [{"name": "rich", "skip_reason": "not found"}]}',
            "known weaknesses: NOT CHECKED, the index that was reached does not list them",
            [],
        ),
        (
            '{"dependencies": [{"name": "rich", "version": "1", "vulns": [{"id": "CVE-1", "fix_versions": ["2"]}]}, '
            '{"name": "torch", "skip_reason": "not found"}]}',
            "known weaknesses: 1 of 2 packages checked",
            ["rich 1: CVE-1; fixed in 2"],
        ),
        (
            "no network",
            "known weaknesses: NOT CHECKED, no answer of the service that lists them (is there a network?)",
            [],
        ),
    ],
)
def test_what_the_service_answers_is_printed(answer, summary, lines, tmp_path):
    auditor = tmp_path / "auditor"
    auditor.write_text(f"#!/bin/sh\ncat <<'END'\n{answer}\nEND\n")
    auditor.chmod(0o755)
    assert AUDIT.weaknesses(str(auditor)) == (lines, summary)
