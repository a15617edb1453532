"""The script for a GPU, small and on the CPU: what it needs, what it reports, and what a failure does to it."""

import json
import os
import subprocess
import sys
from importlib.metadata import distribution
from pathlib import Path

import pytest
import torch
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from greenlight_films.benchmarks import gpu
from greenlight_films.benchmarks.generated import SMALL, generate

ROOT = Path(__file__).parents[2]
ALLOWED = ["torch", "lightning", "numpy", "pandas", "scipy", "pyarrow", "scikit-learn"]


def link_packages(folder: Path) -> set[str]:
    """Link the allowed packages and what they need into a folder; return their names."""
    names, waiting = set(), list(ALLOWED)
    while waiting:
        name = canonicalize_name(waiting.pop())
        if name in names:
            continue
        names.add(name)
        package = distribution(name)
        requirements = map(Requirement, package.requires or [])
        waiting += [
            needed.name for needed in requirements if not needed.marker or needed.marker.evaluate({"extra": ""})
        ]
        for top in {file.parts[0] for file in package.files or []} - {"..", "__pycache__"}:
            if not (folder / top).exists():
                (folder / top).symlink_to(package.locate_file(top))
    return names


@pytest.mark.slow
def test_it_runs_with_nothing_but_the_allowed_packages(tmp_path):
    names = link_packages(tmp_path)
    assert {"torch", "tqdm"} <= names
    assert not names & {"jsonargparse", "rich", "tensorboard", "plotly", "matplotlib", "optuna", "pytest", "skops"}
    environment = {**os.environ, "PYTHONPATH": str(tmp_path), "OMP_NUM_THREADS": "1"}
    script = [sys.executable, "-S", "-m", "greenlight_films.benchmarks.gpu"]  # -S: without this environment's packages
    options = ["--device", "cpu", "--small", "--out", str(tmp_path / "out" / "gpu.json")]
    answer = subprocess.run([*script, *options], cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr
    figures = json.loads(answer.stdout)
    assert json.loads((tmp_path / "out" / "gpu.json").read_text(encoding="utf-8")) == figures
    parts = [check.__name__ for check in gpu.CHECKS] + list(gpu.MEASURES)
    assert [line.split()[2] for line in answer.stderr.splitlines()] == [f"{part}:" for part in parts]
    assert set(figures) == {"device", "cpus", "torch", "films", "failed", "seconds", *parts}
    assert (figures["device"], figures["failed"]) == ("cpu", [])
    for check, tolerance in gpu.CHECKS.items():
        part = figures[check.__name__]
        assert (part["passed"], part["tolerance"]) == (True, tolerance)
        assert (0 < part["distance"] <= tolerance) == (check is gpu.trained_in_bf16)  # all others repeat the same work
    assert figures["importance"]["shuffle"]["cpu_seconds"] > 0


def test_a_failed_check_and_an_error_are_listed_and_the_rest_still_runs(tmp_path, monkeypatch, capsys):
    def differs(case):
        return 0.5

    def breaks(case):
        raise RuntimeError("no memory on this device")

    def agrees(case):
        return 0.0

    monkeypatch.setattr(gpu, "CHECKS", {differs: 0.1, breaks: 0.1, agrees: 0.1})
    monkeypatch.setattr(gpu, "MEASURES", {"speed": lambda case: {"films": len(case.frame)}})
    monkeypatch.setattr("sys.argv", ["gpu", "--device", "cpu", "--small", "--out", str(tmp_path / "gpu.json")])
    assert gpu.main() == 1
    figures = json.loads(capsys.readouterr().out)
    assert figures["failed"] == ["differs", "breaks"]
    assert (figures["differs"]["passed"], figures["differs"]["distance"]) == (False, 0.5)
    assert figures["breaks"]["error"] == "RuntimeError: no memory on this device"
    assert figures["agrees"]["passed"]
    assert figures["speed"]["films"] == SMALL.films


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_device_that_is_not_there_is_refused(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["gpu"])
    with pytest.raises(SystemExit, match="2"):
        gpu.main()
    assert "--device cuda needs a CUDA device, and torch finds none; give --device cpu" in capsys.readouterr().err


def test_a_distance_is_relative_to_what_is_expected():
    assert gpu.distance(torch.tensor([3.0, 4.5]), torch.tensor([3.0, 4.0])) == pytest.approx(0.1)


def test_generated_films_are_the_same_each_time_and_rest_on_their_cast():
    films = generate(300, 50)
    assert films.equals(generate(300, 50))
    assert films["runtime"].isna().sum() > 10
    assert films["cast"].str.split(", ").str.len().eq(8).all()
