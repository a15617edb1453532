"""Row-wise optimisers are torch's own where rows have one element, and leave untouched rows alone."""

from functools import partial
from math import prod, sqrt

import numpy as np
import pytest
import torch
from torch import nn
from torch.optim.lr_scheduler import CosineAnnealingLR

from greenlight_films.lightning_modules.optimisers.rowwise import RowwiseAdagrad, RowwiseAdam

KINDS = [RowwiseAdagrad, RowwiseAdam]


sparse = partial(torch.sparse_coo_tensor, check_invariants=True)


def gradients_of(width: int, n_steps: int = 12, n_rows: int = 20, seed: int = 3) -> list[torch.Tensor]:
    """Return a sparse gradient for each step; the last row is never touched."""
    random = torch.Generator().manual_seed(seed)
    gradients = []
    for _ in range(n_steps):
        rows = torch.randint(0, n_rows - 1, (9,), generator=random)  # some of them twice
        gradients.append(sparse(rows[None], torch.randn(9, width, generator=random), (n_rows, width)))
    return gradients


def trained(make, gradients, schedule: bool = False) -> torch.Tensor:
    table = nn.Parameter(torch.randn(gradients[0].shape, generator=torch.Generator().manual_seed(1)))
    optimiser = make([table])
    decay = CosineAnnealingLR(optimiser, T_max=2 * len(gradients)) if schedule else None
    for gradient in gradients:
        table.grad = gradient.clone()
        optimiser.step()
        if decay:
            decay.step()
    return table.detach()


@pytest.mark.filterwarnings("ignore:Sparse invariant checks")  # torch's own Adagrad gives no word on them
@pytest.mark.parametrize(
    ("kind", "elementwise"), [(RowwiseAdagrad, torch.optim.Adagrad), (RowwiseAdam, torch.optim.SparseAdam)]
)
@pytest.mark.parametrize("schedule", [False, True])
def test_with_rows_of_one_element_it_is_the_optimiser_of_torch(kind, elementwise, schedule):
    gradients = gradients_of(1)
    ours = trained(lambda weights: kind(weights, lr=0.05), gradients, schedule)
    expected = trained(lambda weights: elementwise(weights, lr=0.05), gradients, schedule)
    assert (ours - trained(lambda weights: kind(weights, lr=0), gradients)).abs().max() > 0.1
    torch.testing.assert_close(ours, expected)


def test_adagrad_is_its_formula_with_one_number_a_row():
    gradients = gradients_of(4)
    ours = trained(lambda weights: RowwiseAdagrad(weights, lr=0.3), gradients).double().numpy()
    table = trained(lambda weights: RowwiseAdagrad(weights, lr=0), gradients).double().numpy()
    sums = np.zeros(len(table))
    for gradient in gradients:
        dense = gradient.to_dense().double().numpy()
        for row in np.flatnonzero(dense.any(1)):
            sums[row] += (dense[row] ** 2).mean()
            table[row] -= 0.3 * dense[row] / sqrt(sums[row])
    np.testing.assert_allclose(ours, table, atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_parts_of_rows_learn_as_tables_of_their_own(kind):
    together = gradients_of(6)
    apart = [
        [sparse(each._indices(), each._values()[:, part], (20, 3)) for each in together]
        for part in (slice(0, 3), slice(3, 6))
    ]
    start = trained(lambda weights: kind(weights, lr=0), together)
    changes = [
        trained(lambda weights: kind(weights, lr=0.1), of) - trained(lambda w: kind(w, lr=0), of) for of in apart
    ]
    ours = trained(lambda weights: kind(weights, lr=0.1, parts=2), together) - start
    assert (ours - (trained(lambda weights: kind(weights, lr=0.1), together) - start)).abs().max() > 0.01
    torch.testing.assert_close(ours, torch.cat(changes, 1), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_a_row_shrinks_by_all_the_steps_since_it_was_touched(kind):
    table, rates = nn.Parameter(torch.ones(3, 2)), [0.5, 0.4, 0.3, 0.2]
    optimiser = kind([table], weight_decay=0.1)
    for rate, rows in zip(rates, ([0], [0, 1], [0], [0, 1]), strict=True):
        optimiser.param_groups[0]["lr"] = rate
        table.grad = sparse([rows], torch.zeros(len(rows), 2), (3, 2))
        optimiser.step()
        if rate == 0.4:
            between = table.detach().clone()
    shrunk = prod(1 - rate * 0.1 for rate in rates)
    torch.testing.assert_close(between[:2], torch.full((2, 2), 0.95 * 0.96))
    torch.testing.assert_close(table.detach()[:, 0], torch.tensor([shrunk, shrunk, 1.0]))


@pytest.mark.parametrize("kind", KINDS)
def test_rows_without_a_gradient_and_their_state_stay_as_they_are(kind):
    gradients = gradients_of(4)
    moved = trained(lambda weights: kind(weights, weight_decay=0.1), gradients)
    start = trained(lambda weights: kind(weights, lr=0), gradients)
    touched = torch.stack([gradient.to_dense().any(1) for gradient in gradients]).any(0)
    assert (moved != start).any(1).tolist() == touched.tolist()
    assert touched.tolist().count(True) in range(10, 20)


@pytest.mark.parametrize(("kind", "numbers"), [(RowwiseAdagrad, 1), (RowwiseAdam, 129)])
def test_the_state_is_one_number_a_row_and_for_adam_a_first_moment(kind, numbers):
    table = nn.Parameter(torch.zeros(50, 128))
    optimiser = kind([table])
    table.grad = sparse([[3]], torch.ones(1, 128), (50, 128))
    optimiser.step()
    assert sum(part.numel() for part in optimiser.state[table].values()) == 50 * numbers


@pytest.mark.parametrize("kind", KINDS)
def test_a_loaded_state_goes_on_bit_for_bit(kind):
    gradients = gradients_of(4)
    table = nn.Parameter(torch.ones(20, 4))
    optimiser = kind([table], weight_decay=0.1)
    for index, gradient in enumerate(gradients):
        if index == 6:
            before, table = (table, optimiser.state_dict()), nn.Parameter(table.detach().clone())
            optimiser = kind([table])
            optimiser.load_state_dict(before[1])
        table.grad = gradient.clone()
        optimiser.step()
    whole = nn.Parameter(torch.ones(20, 4))
    optimiser = kind([whole], weight_decay=0.1)
    for gradient in gradients:
        whole.grad = gradient.clone()
        optimiser.step()
    assert not torch.equal(whole, before[0])
    assert torch.equal(whole, table)


def test_a_closure_makes_the_gradients():
    table = nn.Parameter(torch.ones(3, 2))
    optimiser = RowwiseAdagrad([table], lr=0.5)

    def closure() -> float:
        table.grad = sparse([[1]], torch.ones(1, 2), (3, 2))
        return 7.0

    assert optimiser.step(closure) == 7
    torch.testing.assert_close(table.detach(), torch.tensor([[1.0, 1.0], [0.5, 0.5], [1.0, 1.0]]))
