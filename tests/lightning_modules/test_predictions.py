from datetime import timedelta
from multiprocessing import get_all_start_methods, get_context

import numpy as np
import pytest
import torch
import torch.distributed as dist

from greenlight_films.datamodules import FilmRows
from greenlight_films.lightning_modules.additive_mlp import AdditiveMLP
from greenlight_films.lightning_modules.predictions import FirstFit, Predictions, predict_scaled


def test_predictions_of_all_batches_come_by_row_and_are_forgotten_after():
    gathered = Predictions()
    gathered.update(torch.tensor([5, 1]), torch.tensor([[0.25, 0.75], [0.1, 0.1]]))
    gathered.update(torch.tensor([9]), torch.tensor([[0.7, 1.1]]))
    gathered.update(torch.tensor([3, 0]), torch.tensor([[0.3, 0.3], [-1.0, 1.0]]))
    assert gathered.state_dict() == {}  # they stay out of the checkpoint
    rows, scaled, spread = gathered.compute()
    assert rows.tolist() == [0, 1, 3, 5, 9]
    assert scaled.tolist() == pytest.approx([0.0, 0.1, 0.3, 0.5, 0.9])
    assert spread.tolist() == pytest.approx([1.0, 0.0, 0.0, 0.25, 0.2])
    assert np.asarray(rows).dtype == np.int64
    gathered.reset()
    gathered.update(torch.tensor([4, 2]), torch.tensor([[0.4], [0.2]]))
    assert gathered.compute()[0].tolist() == [2, 4]


def test_predictions_keep_no_graph_and_are_float32():
    gathered = Predictions()
    scaled = torch.tensor([[1.0], [2.0]], dtype=torch.bfloat16, requires_grad=True)
    gathered.update(torch.tensor([0, 1]), scaled * 2)
    kept = np.asarray(gathered.compute()[1])  # refused where there is a graph
    assert kept.dtype == np.float32
    assert kept.tolist() == [2, 4]


def test_the_mean_and_the_spread_are_of_every_head_of_every_member(films):
    encoded, space = films.films.encoded, films.fitted.encoder.space
    network = AdditiveMLP(space.n_dense, space.n_labels, [8, 4], members=2, heads=3).eval()
    batch = FilmRows(encoded, np.zeros(encoded.n_rows))[list(range(encoded.n_rows))]
    with torch.no_grad():
        each = network.each(batch.dense, batch.labels, batch.offsets, batch.weights).numpy()
    assert each.shape[1] == 6
    scaled, spread = predict_scaled(network, encoded)
    np.testing.assert_allclose(scaled, each.mean(1), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(spread, each.std(1), rtol=1e-4)
    plain = AdditiveMLP(space.n_dense, space.n_labels, [8, 4]).eval()
    assert not predict_scaled(plain, encoded)[1].any()
    assert [len(part) for part in predict_scaled(network, encoded.take(np.arange(0)))] == [0, 0]


def gather_on_a_device(rank: int, n_rows: int, store: str) -> None:
    """Share out rows as `SharedBatchSampler` does and gather them again."""
    patience = timedelta(seconds=20)
    dist.init_process_group("gloo", init_method=f"file://{store}", rank=rank, world_size=2, timeout=patience)
    gathered = Predictions()
    for row in range(rank, n_rows, 2):
        gathered.update(torch.tensor([row]), torch.tensor([[row / 2, row / 2 + 2]]))
    rows, scaled, spread = gathered.compute()
    assert np.asarray(rows).dtype == np.int64
    assert rows.reshape(-1).tolist() == list(range(n_rows))
    assert scaled.reshape(-1).tolist() == [row / 2 + 1 for row in range(n_rows)]
    assert spread.reshape(-1).tolist() == [1.0] * n_rows


@pytest.mark.skipif("fork" not in get_all_start_methods(), reason="a fresh process takes long to import torch")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")  # the children use none of the parent's threads
@pytest.mark.parametrize("n_rows", [5, 1], ids=["a ragged share", "a device without rows"])
def test_two_devices_see_the_rows_of_both(tmp_path, n_rows):
    store = str(tmp_path / "store")
    devices = [get_context("fork").Process(target=gather_on_a_device, args=(rank, n_rows, store)) for rank in range(2)]
    for device in devices:
        device.start()
    for device in devices:
        device.join(60)
        device.kill()
        device.join()
    assert [device.exitcode for device in devices] == [0, 0]


def test_predictions_of_validation_rows_are_those_of_the_first_fit_and_others_stay():
    first = FirstFit(3, torch.tensor([10.0, 20.0, 30.0], dtype=torch.float64), {}, None)
    predicted, row = np.arange(5.0), np.array([1, 2, 4, 7, 8])
    first.put_in(predicted, row, np.array([2, 5, 7]))
    assert predicted.tolist() == [0, 10, 2, 30, 4]
