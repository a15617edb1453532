"""A first layer over two processes."""

import json
import os
import re
import subprocess
import sys

import pytest


def test_a_layer_by_columns_learns_what_a_whole_one_does():
    line = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2"]
    line += ["-m", "greenlight_films.benchmarks.sharding", "whole", "columns", "fsdp"]
    line += ["--labels", "5000", "--width", "8", "--steps", "4"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    answer = subprocess.run(line, env=environment, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr
    # What two processes print may stand on the same line.
    figures = [json.loads(text) for text in re.findall(r"\{[^{}]*\}", answer.stdout)]
    assert sorted(figure["way"] for figure in figures) == ["columns"] * 2 + ["fsdp"] * 2 + ["whole"] * 2
    losses = [figure["loss"] for figure in figures]
    assert losses[0] > 0
    assert losses == pytest.approx([losses[0]] * 6, rel=1e-5)
