"""Heads against a loop over members and heads, in their values and their gradients."""

from math import sqrt

import pytest
import torch
from torch.nn import functional as F

from greenlight_films.lightning_modules.additive_mlp import AdditiveMLP
from greenlight_films.lightning_modules.heads import HeadTail, TailWeights
from greenlight_films.lightning_modules.members import member_seeds


def tail(hidden=(6, 5, 4), heads=3, members=2, activation="silu", dropout=0.0) -> HeadTail:
    generators = [torch.Generator().manual_seed(seed) for seed in member_seeds(2, members)]
    return HeadTail(hidden, heads, dropout, activation, generators)


def by_loop(ours: HeadTail, sums: torch.Tensor, activation: str) -> torch.Tensor:
    """Return (n, members * heads) by the formula, one head after another."""
    function = {"silu": F.silu, "relu": F.relu}[activation]
    linear, predicted = [layer for layer in ours.shared if hasattr(layer, "weight")], []
    for member, part in enumerate(sums.chunk(ours.members, dim=1)):
        for head in range(ours.heads):
            values = function(part * ours.scale[member, head] + ours.bias[member, head])
            for layer in linear:
                values = function(values @ layer.weight[member] + layer.bias[member])
            predicted.append(values @ ours.out_weight[member, head] + ours.out_bias[member, head])
    return torch.stack(predicted, dim=1)


@pytest.mark.parametrize("activation", ["silu", "relu"])
@pytest.mark.parametrize(("members", "hidden"), [(1, (6, 5, 4)), (2, (6, 4)), (3, (6,))])
def test_each_head_and_its_gradients_are_those_of_a_loop(members, hidden, activation):
    ours = tail(hidden, members=members, activation=activation)
    sums = torch.randn(11, 6 * members, generator=torch.Generator().manual_seed(1)).requires_grad_()
    weights = torch.randn(11, 3 * members, generator=torch.Generator().manual_seed(3))
    wanted = [sums, *ours.parameters()]
    together, apart = ours.each(sums), by_loop(ours, sums, activation)
    assert together.std() > 0.05
    torch.testing.assert_close(together, apart)
    torch.testing.assert_close(ours(sums), apart.mean(1, keepdim=True))
    gradients = [torch.autograd.grad((out.square() * weights).sum(), wanted) for out in (together, apart)]
    assert all(gradient.abs().max() > 1e-3 for gradient in gradients[1])
    for gradient, expected in zip(*gradients, strict=True):
        torch.testing.assert_close(gradient, expected)


@pytest.mark.parametrize("activation", ["silu", "relu"])
@pytest.mark.parametrize("members", [1, 2])
def test_its_own_gradient_is_that_of_autograd(members, activation):
    ours = tail(members=members, activation=activation).requires_grad_(requires_grad=False)
    sums = torch.randn(11, 6 * members, generator=torch.Generator().manual_seed(1))
    output, slopes = ours.gradient(sums)
    wanted = sums.clone().requires_grad_()
    predicted = ours(wanted * 1).squeeze(-1)
    torch.testing.assert_close(output, predicted.detach())
    torch.testing.assert_close(slopes, *torch.autograd.grad(predicted.sum(), wanted))
    assert slopes.abs().max() > 1e-3


def test_heads_begin_as_the_recipe_has_them():
    ours = tail((128, 64), heads=100, members=1)
    assert set(ours.scale.flatten().tolist()) == {-1, 1}
    assert abs(ours.scale.mean().item()) < 0.05
    assert ours.bias.std().item() == pytest.approx(0.02, rel=0.05)
    assert ours.out_weight.std().item() == pytest.approx(1 / sqrt(64), rel=0.05)
    assert not ours.out_bias.any()


def test_members_begin_as_networks_of_one_member_with_their_seeds():
    ours = AdditiveMLP(2, 5, [6, 4], seed=7, members=3, heads=2)
    for member, seed in enumerate(member_seeds(7, 3)):
        alone = AdditiveMLP(2, 5, [6, 4], seed=seed, heads=2)
        part = slice(6 * member, 6 * member + 6)
        assert torch.equal(ours.first.label_weight[:, part], alone.first.label_weight)
        for name, weights in alone.tail.named_parameters():
            assert torch.equal(ours.tail.get_parameter(name)[member], weights[0]), name


def test_units_are_dropped_head_by_head_in_training_alone():
    ours = tail((64,), heads=2, members=1, dropout=0.5)
    with torch.no_grad():
        for weights in ours.parameters():
            weights[:, 1] = weights[:, 0]
    sums = torch.ones(30, 64)
    first, second = ours.each(sums).T
    assert (first != second).all()
    first, second = ours.eval().each(sums).T
    assert torch.equal(first, second)


def test_a_batch_without_films_has_no_predictions_and_zero_gradients():
    ours = tail()
    predicted = ours.each(torch.zeros(0, 12))
    assert predicted.shape == (0, 6)
    predicted.sum().backward()
    assert not ours.scale.grad.any()


@pytest.mark.parametrize(
    ("heads", "members", "hidden"), [(3, 2, [6, 5]), (1, 2, [6, 5, 4]), (1, 1, [6, 5]), (1, 1, [6])]
)
def test_the_weights_of_any_tail_give_its_predictions(heads, members, hidden):
    tail = AdditiveMLP(2, 5, hidden, members=members, heads=heads, activation="silu").eval().tail
    sums = torch.randn(7, 6 * members, generator=torch.Generator().manual_seed(1))
    weights, predicted = TailWeights.of(tail), []
    for member, part in enumerate(sums.chunk(members, dim=1)):
        for head in range(weights.out_bias.shape[1]):
            values = F.silu(part * weights.scale[member, head] + weights.bias[member, head])
            for weight, bias in weights.layers:
                values = F.silu(values @ weight[member] + bias[member])
            predicted.append(values @ weights.out_weight[member, head] + weights.out_bias[member, head])
    assert len(predicted) == heads * members
    with torch.no_grad():
        torch.testing.assert_close(torch.stack(predicted, 1).mean(1, keepdim=True), tail(sums.clone()))
