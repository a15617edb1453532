"""The benchmark of large studies runs the study that it says, and weighs what it leaves."""

import subprocess
import sys

import pytest

from greenlight_films.benchmarks.large import measure, peaks, size_of


@pytest.mark.slow
def test_a_study_is_run_and_its_files_are_weighed(tmp_path):
    figures = measure(tmp_path, 300, 100, "study", ["--compare.models", "[]"])
    assert (figures["films"], figures["names"], figures["command"]) == (300, 100, "study --compare.models []")
    report = tmp_path / "runs" / "films" / "version_0" / "report.html"
    assert figures["report_mb"] == size_of(report)
    assert figures["run_mb"] > figures["report_mb"] > 0
    assert 0 < figures["cpu_seconds"] < 60 * figures["seconds"]


@pytest.mark.slow
def test_a_command_that_fails_is_no_measurement(tmp_path, capfd):
    with pytest.raises(subprocess.CalledProcessError):
        measure(tmp_path, 300, 100, "fit", ["--trainer.max_epochs", "none"])
    assert "max_epochs" in capfd.readouterr().err


@pytest.mark.slow
def test_memory_of_its_own_and_of_mapped_files_is_that_of_the_process(tmp_path):
    file = tmp_path / "mapped"
    file.write_bytes(bytes(200 * 2**20))
    code = f"""
import mmap, time
held = bytearray(300 * 2**20)
with open({str(file)!r}, "rb") as opened:
    mapped = mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ)
sum(mapped[::4096])
time.sleep(1)
"""
    found = peaks(subprocess.Popen([sys.executable, "-c", code]))
    assert found["peak_anonymous_gb"] == pytest.approx(0.3, abs=0.02)
    assert found["peak_mapped_gb"] == pytest.approx(0.2, abs=0.02)


def test_a_folder_is_as_large_as_all_its_files(tmp_path):
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "a").write_bytes(bytes(1_500_000))
    (tmp_path / "b").write_bytes(bytes(500_000))
    assert size_of(tmp_path) == 2.0
    assert size_of(tmp_path / "b") == 0.5
