import subprocess
import sys
from pathlib import Path

import pytest
import torch

from lightning_modules.held_out import Predictions

TWO_DEVICES = """
import sys
import torch
import torch.distributed as dist
from lightning_modules.held_out import Predictions

rank, n_rows, store = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
dist.init_process_group("gloo", init_method=f"file://{store}", rank=rank, world_size=2)
gathered = Predictions()
for row in range(rank, n_rows, 2):
    gathered.update(torch.tensor([row]), torch.tensor([row / 2]))
rows, scaled = gathered.compute()
assert rows.tolist() == list(range(n_rows)), rows
assert scaled.tolist() == [row / 2 for row in range(n_rows)], scaled
"""
"""Two processes that share out rows as `RowSampler` does; both must see all of them."""


def filled() -> Predictions:
    gathered = Predictions()
    gathered.update(torch.tensor([5, 1]), torch.tensor([0.5, 0.1]))
    gathered.update(torch.tensor([9]), torch.tensor([0.9]))
    gathered.update(torch.tensor([3, 0]), torch.tensor([0.3, 0.0]))
    return gathered


def test_predictions_of_all_batches_come_by_row():
    rows, scaled = filled().compute()
    assert rows.tolist() == [0, 1, 3, 5, 9]
    assert scaled.tolist() == pytest.approx([0.0, 0.1, 0.3, 0.5, 0.9])
    assert rows.dtype == torch.int64


def test_a_reset_forgets_the_epoch():
    gathered = filled()
    assert len(gathered.compute()[0]) == 5
    gathered.reset()
    gathered.update(torch.tensor([2]), torch.tensor([0.2]))
    assert gathered.compute()[0].tolist() == [2]


def test_predictions_keep_no_graph_and_are_float32():
    gathered = Predictions()
    scaled = torch.tensor([1.0, 2.0], dtype=torch.bfloat16, requires_grad=True)
    gathered.update(torch.tensor([0, 1]), scaled * 2)
    kept = gathered.compute()[1]
    assert not kept.requires_grad
    assert kept.dtype == torch.float32
    assert kept.tolist() == [2, 4]


def test_predictions_stay_out_of_the_checkpoint():
    assert filled().state_dict() == {}


@pytest.mark.parametrize("n_rows", [5, 1], ids=["a ragged share", "a device without rows"])
def test_two_devices_see_the_rows_of_both(tmp_path, n_rows):
    root = Path(__file__).parents[2]
    command = [sys.executable, "-c", TWO_DEVICES]
    devices = [
        subprocess.Popen([*command, str(rank), str(n_rows), str(tmp_path / "store")], cwd=root, stderr=subprocess.PIPE)
        for rank in range(2)
    ]
    try:
        ends = [device.communicate(timeout=60)[1].decode() for device in devices]
    finally:
        for device in devices:
            device.kill()
    assert [device.returncode for device in devices] == [0, 0], "\n".join(ends)
