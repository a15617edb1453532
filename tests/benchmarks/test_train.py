"""The benchmark of training: all ways train on the same batches; how fast they are, no test asserts."""

import pytest
import torch

from greenlight_films.benchmarks import train


@pytest.mark.slow
def test_training_reports_rows_a_second_and_their_ratios():
    figures = train.measure(rounds=1, epochs=1)
    ways = {f"{name}_rows_per_second" for name in ("ours", "loop", "default_loader")}
    assert set(figures) == {*ways, "ratio_to_loop", "ratio_to_default_loader"}
    assert all(value > 0 for value in figures.values())


def test_single_films_joined_are_the_batch(films):
    rows = films.train_dataloader().dataset
    indices = [3, 0, 11, 7]
    per_row = train.PerRow(rows)
    assert len(per_row) == len(rows) > 100
    joined, whole = train.join([per_row[index] for index in indices]), rows[indices]
    assert len(whole.labels) > 4
    for name, part in whole._asdict().items():
        assert torch.equal(getattr(joined, name), part), name
        assert getattr(joined, name).dtype == part.dtype, name
