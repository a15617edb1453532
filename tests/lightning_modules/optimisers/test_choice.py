"""`auto` goes by labels and films a step; a row-wise optimiser takes the labels' rows, and AdamW the rest."""

from copy import deepcopy

import pytest
import torch
from torch import nn
from torch.optim import AdamW, Optimizer
from torch.optim.lr_scheduler import ExponentialLR

from greenlight_films.lightning_modules import AdditiveMLP
from greenlight_films.lightning_modules.optimisers.choice import (
    ROWWISE,
    ROWWISE_FROM,
    CombinedOptimiser,
    build_optimiser,
    resolved,
)
from greenlight_films.lightning_modules.optimisers.rowwise import RowwiseAdam

SETTINGS = {"learning_rate": 0.01, "first_weight_decay": 0.2, "tail_weight_decay": 0.3, "members": 2}


@pytest.mark.parametrize(("films", "labels"), ROWWISE_FROM)
def test_auto_is_row_wise_from_so_many_labels_on(films, labels):
    assert resolved("auto", labels, films) == "rowwise_adagrad"
    assert resolved("auto", labels - 1, films) == "adamw"


def test_auto_is_dense_for_the_tables_of_the_studies():
    assert {resolved("auto", 25_812, size) for size in (64, 256, 4_096)} == {"adamw"}


@pytest.mark.parametrize("name", ["adam", "adamw", "sgd", *ROWWISE])
def test_a_named_optimiser_is_taken(name):
    assert resolved(name, 10**7, 256) == resolved(name, 10, 256) == name


@pytest.mark.parametrize(("name", "rate"), [("rowwise_adagrad", 0.1), ("rowwise_adam", 0.01)])
def test_labels_rows_are_in_a_group_of_their_own_that_loses_as_much_a_step(name, rate):
    network = AdditiveMLP(3, 9, [8, 4], members=2)
    optimiser = build_optimiser(network, name, SETTINGS, fused=True)
    first, tail, rows = optimiser.param_groups
    assert [id(weight) for weight in rows["params"]] == [id(network.first.label_weight)]
    assert [group["lr"] for group in (first, tail, rows)] == pytest.approx([0.01, 0.01, rate])
    lost = [group["lr"] * group["weight_decay"] for group in (first, tail, rows)]
    assert lost == pytest.approx([0.002, 0.003, 0.002])
    weights = [id(weight) for group in optimiser.param_groups for weight in group["params"]]
    assert sorted(weights) == sorted(map(id, network.parameters()))
    assert rows["parts"] == 2


def test_a_dense_optimiser_has_all_weights_in_two_groups():
    network = AdditiveMLP(3, 9, [8, 4])
    first, tail = build_optimiser(network, "sgd", SETTINGS, fused=False).param_groups
    assert len(first["params"]) + len(tail["params"]) == len(list(network.parameters()))
    assert (first["weight_decay"], tail["weight_decay"]) == (0.2, 0.3)


def weights_of(value: float) -> list[nn.Parameter]:
    return [nn.Parameter(torch.full((4, 2), value)) for _ in range(2)]


def optimisers_of(weights: list[nn.Parameter]) -> list[Optimizer]:
    return [AdamW([weights[0]], lr=0.1), RowwiseAdam([weights[1]], lr=0.2, weight_decay=0.1)]


def set_gradients(weights: list[nn.Parameter], step: int) -> None:
    weights[0].grad = torch.full((4, 2), step + 1.0)
    rows = torch.tensor([[step % 4]])
    weights[1].grad = torch.sparse_coo_tensor(rows, torch.tensor([[1.0, step]]), (4, 2), check_invariants=True)


def test_combined_optimisers_step_as_they_do_alone_at_the_rates_of_a_schedule():
    together, apart = weights_of(1.0), weights_of(1.0)
    optimisers = [CombinedOptimiser(optimisers_of(together)), *optimisers_of(apart)]
    schedules = [ExponentialLR(optimiser, 0.5) for optimiser in optimisers]
    for step in range(4):
        for weights in (together, apart):
            set_gradients(weights, step)
        for each in (*optimisers, *schedules):
            each.step()
    for ours, expected in zip(together, apart, strict=True):
        assert (ours - 1).abs().max() > 0.1
        assert torch.equal(ours, expected)


def test_a_loaded_state_goes_on_bit_for_bit():
    weights, copies = weights_of(1.0), weights_of(0.0)
    optimiser, again = (CombinedOptimiser(optimisers_of(each)) for each in (weights, copies))
    for step in range(6):
        if step == 3:
            again.load_state_dict(deepcopy(optimiser.state_dict()))
            with torch.no_grad():
                for copy, weight in zip(copies, weights, strict=True):
                    copy.copy_(weight)
        set_gradients(weights, step)
        optimiser.step()
        if step >= 3:
            set_gradients(copies, step)
            again.step()
    for weight, copy in zip(weights, copies, strict=True):
        assert (weight - 1).abs().max() > 0.1
        assert torch.equal(weight, copy)
