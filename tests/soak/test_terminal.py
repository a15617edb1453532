"""Ctrl-C in a terminal while importances are measured, and a network that memory does not hold."""

import os
import pty
import re
import select
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest

from tests.processes import CLI, ENVIRONMENT, in_a_process
from tests.runs import IMPORTANCES, LEFT_BY_A_STUDY, described, files_in, metrics_of, predictions_of, versions_in


@pytest.fixture
def finished(study, tmp_path) -> Path:
    return shutil.copytree(study.path, tmp_path / "small" / "version_0")


def in_a_terminal(*words: object, cwd: Path, threads: int) -> SimpleNamespace:
    """Run a command in a terminal, and press Ctrl-C once the bar of importances is at 10 %."""
    ours, theirs = pty.openpty()
    environment = {**ENVIRONMENT, "OMP_NUM_THREADS": str(threads), "TERM": "xterm", "COLUMNS": "200"}
    line = [sys.executable, str(CLI), *map(str, words)]
    process = subprocess.Popen(line, cwd=cwd, env=environment, stdout=theirs, stderr=theirs, start_new_session=True)
    os.close(theirs)
    shown, pressed = b"", False
    while select.select([ours], [], [], 120)[0]:
        try:
            shown += os.read(ours, 2**16)
        except OSError:  # the other end is closed
            break
        text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown.decode("utf-8", errors="ignore"))
        if not pressed and re.search(r"Importance[^%]*[1-9]\d %", text):
            process.send_signal(signal.SIGINT)
            pressed = True
    else:
        process.kill()
    os.close(ours)
    return SimpleNamespace(code=process.wait(), shown=" ".join(text.split()), pressed=pressed)


def test_importances_that_are_stopped_keep_what_is_finished(finished, tmp_path):
    shuffles = ["--estimator", "shuffle", "--n_repeats", 5_000]
    options = ["--trainer.enable_progress_bar", "true", "--trainer.logger", "false"]
    terminal = in_a_terminal("importance", "--run", finished, *shuffles, *options, cwd=tmp_path, threads=1)
    assert terminal.pressed
    assert terminal.code == 130, terminal.shown
    assert "Traceback" not in terminal.shown
    description = described(finished)
    missing = f"{description['missing']:,} features and {description['missing_columns']:,} columns, roles or groups"
    assert f"Stopped: {missing} are missing" in terminal.shown
    assert (description["estimator"], description["n_repeats"]) == ("shuffle", 5_000)

    features, sets = (
        pd.read_csv(finished / f"{name}.csv") for name in ("Permu_importance_df", "aggregated_importance")
    )
    known = features["importance"].notna()
    assert description["estimable"] == known.sum() > 0
    assert known[features["feature"] == "year"].all()  # what comes first
    assert description["missing"] == (~known).sum() - description["not_estimable"]
    assert description["missing_columns"] == sets["importance"].isna().sum()
    assert description["missing"] + description["missing_columns"] > 0
    is_value = features["level"] == "value"
    assert (features["n_films"] > 0)[~known & is_value].sum() == description["missing"] - (~known & ~is_value).sum()
    unfinished = {"background.npz", "contributions.parquet", "explained.npz"}
    unfinished |= {"importance_groups.csv", "importance_pairs.csv"}
    assert set(IMPORTANCES) & set(files_in(finished)) == set(IMPORTANCES) - unfinished
    assert features["direction"].isna().all()


def test_a_study_that_is_stopped_while_it_measures_has_its_scores_and_predictions_and_begins_no_more(
    study_config, study, tmp_path
):
    how = ["--permutation_importance.estimator", "shuffle", "--permutation_importance.n_repeats", 5_000]
    options = ["--runs", tmp_path / "runs", "--trainer.enable_progress_bar", "true", "--trainer.logger", "false"]
    terminal = in_a_terminal("study", "--config", study_config, *options, *how, cwd=tmp_path, threads=2)
    assert terminal.pressed
    assert terminal.code == 130, terminal.shown
    path = tmp_path / "runs" / "small" / "version_0"
    later = {"background.npz", "contributions.parquet", "explained.npz", "report.html"}
    later |= {"importance_groups.csv", "importance_pairs.csv"}
    later |= {name for name in LEFT_BY_A_STUDY if "/pca" in name or "/ridge" in name}
    assert files_in(path) == [name for name in LEFT_BY_A_STUDY if name not in later]
    assert described(path)["missing"] + described(path)["missing_columns"] > 0
    assert metrics_of(path)["models"] == study.scores
    assert predictions_of(path)["predicted"].tolist() == study.predictions["predicted"].tolist()


def test_a_network_that_memory_does_not_hold_is_one_line(study_config, tmp_path):
    limit = ("bash", "-c", 'ulimit -v 4194304; exec "$@"', "bash")
    done = in_a_process("fit", "--config", study_config, "--model.hidden", "[65536,65536]", cwd=tmp_path, within=limit)
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line.startswith("error: out of memory: ")
    assert "more min_films of a feature" in line
    assert versions_in(tmp_path) == []
