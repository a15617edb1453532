"""Weights of labels that are fetched: what is measured with them is what it is with all of them in memory."""

from dataclasses import dataclass, field, replace

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from greenlight_films.importance import LOSSES, ColumnSet, Estimator, Reference, Tasks
from greenlight_films.importance.alone import label_changes
from greenlight_films.importance.label_table import LabelBlock, at_rows
from greenlight_films.importance.reference import LinearLayer, LinearModel


@dataclass(frozen=True)
class Fetched:
    """A table that counts the rows of each fetch."""

    weights: torch.Tensor
    sizes: list[int] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.weights)

    def index_select(self, dim: int, index: torch.Tensor) -> torch.Tensor:
        self.sizes.append(len(index))
        return self.weights.index_select(dim, index)

    def summed(self, labels: torch.Tensor, offsets: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
        return F.embedding_bag(
            labels, self.weights, offsets, mode="sum", per_sample_weights=weights, include_last_offset=True
        )


@pytest.mark.parametrize("kind", ["expected", "shuffle"])
def test_importances_with_fetched_weights_are_the_same_bit_for_bit_and_a_task_fetches_once(make_study, kind):
    study = make_study(203, (1, 2, 0, 9, 40, 150, 203, 5), weights="root", seed=2)
    first, tail = study.model.first, study.model.tail
    layer = LinearLayer(first.dense_weight.detach(), first.label_weight.detach(), first.bias.detach())
    table = Fetched(layer.label_weight)
    results = []
    for model in (LinearModel(layer, tail), LinearModel(replace(layer, label_weight=table), tail)):
        reference = Reference.of(model, study.rows, LOSSES["mse"])
        both = ColumnSet("both", "group", np.array([0]), np.array([3, 5]))
        tasks = Tasks(reference, study.keys, Estimator(kind, 2, byte_budget=30_000), [both])
        table.sizes.clear()
        tasks.run()
        n_values = sum(task.kind == "values" for task in tasks.share())
        changes = label_changes(reference)
        results.append([*(part for each in tasks.together() for part in vars(each).values()), changes])
    assert len(table.sizes) - n_values == 2 * 1  # one batch of changes, and which columns are used at all
    assert n_values > 2
    assert (results[0][0].abs() > 1e-4).sum() > 3
    for whole, fetched in zip(*results, strict=True):
        assert torch.equal(whole.nan_to_num(-7.0), fetched.nan_to_num(-7.0))


def test_a_block_has_the_weights_of_its_columns_in_any_order():
    table = Fetched(torch.arange(20.0).view(10, 2))
    block = LabelBlock.of(table, torch.tensor([7, 2, 5]))
    assert table.sizes == [3]
    assert block.index_select(0, torch.tensor([5, 7, 7, 2])).tolist() == [[10, 11], [14, 15], [14, 15], [4, 5]]
    assert (table.sizes, len(block)) == ([3], 10)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("n", [0, 1, 500])
def test_rows_come_times_their_weights(dtype, n):
    matrix = torch.randn(40, 7, dtype=dtype, generator=torch.Generator().manual_seed(0))
    random = np.random.default_rng(1)
    rows, weights = torch.from_numpy(random.integers(0, 40, n)), torch.from_numpy(random.normal(size=n)).to(dtype)
    for table in (matrix, Fetched(matrix), LabelBlock.of(Fetched(matrix), torch.arange(40).flip(0))):
        assert torch.equal(at_rows(table, rows), matrix[rows])
        assert torch.equal(at_rows(table, rows, weights), matrix[rows] * weights[:, None])
    kept = at_rows(matrix, rows)
    kept += 1
    assert torch.equal(at_rows(matrix, rows) + 1, kept)
