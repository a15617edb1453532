"""Contributions against Shapley values and exact answers by enumeration, lines, products, and what is left over."""

import json
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from itertools import product
from math import factorial
from pathlib import Path

import numpy as np
import pytest
import torch

from greenlight_films.importance import LOSSES, Reference
from greenlight_films.importance.expected_gradients import Background, Parts
from greenlight_films.importance.held_out import HeldOut
from greenlight_films.importance.models import LinearLayer, LinearModel
from greenlight_films.lightning_modules.additive_mlp import AdditiveMLP
from tests.importance.conftest import held_out

N_LABELS, CELL = 7, torch.tensor([0, 0, 0, 1, 1, 2, 2])


@pytest.fixture(scope="module")
def twelve() -> dict:
    """Return twelve films, a network, and contributions to one of them, by 32 nodes a line, film by film."""
    return json.loads((Path(__file__).parents[1] / "data" / "twelve_films.json").read_text(encoding="utf-8"))


def rows_of(twelve: dict, films: list[int]) -> HeldOut:
    numbers, has = np.array(twelve["numbers"])[films], np.array(twelve["has"], dtype=float)[films]
    rows = held_out(has, numbers, np.zeros(len(films)))
    return replace(rows, dense=torch.from_numpy(numbers), weights=rows.weights.double())


def test_contributions_of_twelve_films_are_those_of_the_reference(twelve):
    inner, bias, outer = (torch.tensor(twelve["network"][name], dtype=torch.float64) for name in "Vbu")
    silu = torch.nn.functional.silu
    layer = [torch.tensor(twelve[name], dtype=torch.float64) for name in ("slopes", "rows")]
    tail = lambda sums: (silu(silu(sums) @ inner.T + bias) @ outer)[:, None]  # noqa: E731
    model = LinearModel(LinearLayer(*layer, torch.zeros(8).double()), tail)
    cell = torch.tensor(twelve["columns_of_labels"])
    source = Background.of(model, rows_of(twelve, twelve["background"]), cell, 2)
    rows = rows_of(twelve, [twelve["film"]])
    reference = Reference.of(model, rows, LOSSES["mse"])
    parts = source.contributions(reference, (32,))
    by_label = torch.zeros(6).double().index_put_((rows.labels.long(),), parts.labels)
    assert by_label.tolist() == pytest.approx(twelve["expected_gradients_by_label"], abs=1e-9)
    assert parts.instead[0].tolist() == pytest.approx(twelve["instead_of_the_usual"][:2], abs=1e-9)
    assert parts.dense[0].tolist() == pytest.approx(twelve["expected_gradients_by_column"][2:], abs=1e-9)
    assert float(source.predicted.mean()) == pytest.approx(twelve["average_prediction"], abs=1e-12)
    total = float(source.predicted.mean() + parts.labels.sum() + parts.instead.sum() + parts.dense.sum())
    assert total == pytest.approx(twelve["prediction"][twelve["film"]], abs=1e-12)
    columns = [by_label[:3].sum() + parts.instead[0, 0], by_label[3:].sum() + parts.instead[0, 1], *parts.dense[0]]
    assert np.array(columns) == pytest.approx(np.array(twelve["shapley_by_column"]), abs=0.15)


def silu_tail(seed: int, width: int = 8) -> Callable[[torch.Tensor], torch.Tensor]:
    draw = torch.Generator().manual_seed(seed)
    inner, bias, outer = (
        torch.randn(*size, generator=draw).double() for size in ((width, width), (width,), (width, 1))
    )
    silu = torch.nn.functional.silu
    return lambda sums: silu(silu(sums) @ inner.T / 2 + bias / 4) @ outer


def made_model(tail, n_labels: int = N_LABELS, n_dense: int = 2, width: int = 8) -> LinearModel:
    draw = torch.Generator().manual_seed(9)
    dense, labels, bias = (
        torch.randn(*size, generator=draw).double() for size in ((n_dense, width), (n_labels, width), (width,))
    )
    return LinearModel(LinearLayer(dense / 2, labels * 0.5, bias / 2), tail)


def films(n: int, seed: int, weights: str = "one") -> tuple[HeldOut, np.ndarray]:
    """Return rows of which some have no label in a cell, and their labels as a matrix."""
    random = np.random.default_rng(seed)
    matrix = (random.random((n, N_LABELS)) < 0.4) * 1.0
    matrix[0] = 0
    if weights == "root":
        for cell in range(3):
            own = matrix[:, CELL.numpy() == cell]
            matrix[:, CELL.numpy() == cell] = own / np.sqrt(np.maximum(own.sum(1, keepdims=True), 1))
    rows = held_out(matrix, random.normal(size=(n, 2)), np.zeros(n))
    return replace(rows, weights=rows.weights.double()), matrix


def explained(
    model, rows: HeldOut, background: HeldOut, nodes: tuple[int, ...] = (32,)
) -> tuple[Parts, Background, Reference]:
    source = Background.of(model, background, CELL, 3)
    reference = Reference.of(model, rows, LOSSES["mse"])
    return source.contributions(reference, nodes), source, reference


def by_column(parts: Parts, rows: HeldOut) -> np.ndarray:
    """Return the contributions of the three cells and the two numbers, (n_rows, 5)."""
    labels = torch.zeros(rows.n_rows, 3, dtype=torch.float64)
    labels.index_put_((rows.rows_of_entries(), CELL[rows.labels.long()]), parts.labels, accumulate=True)
    return torch.cat([labels + parts.instead, parts.dense], dim=1).numpy()


def sums_by_column(model, rows: HeldOut) -> torch.Tensor:
    """Return the columns' parts of the first layer's sums, (n_rows, 5, width)."""
    matrix = torch.zeros(rows.n_rows, N_LABELS, dtype=torch.float64)
    matrix[rows.rows_of_entries(), rows.labels.long()] = rows.weights.double()
    cells = [matrix[:, cell == CELL] @ model.first.label_weight[cell == CELL] for cell in range(3)]
    numbers = [rows.dense[:, [i]].double() * model.first.dense_weight[i] for i in range(2)]
    return torch.stack([*cells, *numbers], dim=1)


def shapley(model, rows: HeldOut, background: HeldOut) -> np.ndarray:
    """Return Shapley values of the columns by all subsets, the mean over the background, (n_rows, 5)."""
    own, others = sums_by_column(model, rows), sums_by_column(model, background)
    value = {}
    for subset in product([0.0, 1.0], repeat=5):
        has = torch.tensor(subset).double()[:, None]
        sums = (own * has)[:, None] + (others * (1 - has))[None]
        value[subset] = model.tail(sums.sum(2) + model.first.bias).squeeze(-1).mean(1)
    result = torch.zeros(rows.n_rows, 5, dtype=torch.float64)
    for subset, before in value.items():
        size = int(sum(subset))
        for column in range(5):
            if not subset[column]:
                after = value[(*subset[:column], 1.0, *subset[column + 1 :])]
                result[:, column] += factorial(size) * factorial(4 - size) / factorial(5) * (after - before)
    return result.numpy()


def totals(parts: Parts, rows: HeldOut) -> np.ndarray:
    return by_column(parts, rows).sum(1)


@pytest.mark.parametrize("weights", ["one", "root"])
def test_columns_contribute_nearly_their_shapley_values(weights):
    model, (rows, _), (background, _) = made_model(silu_tail(1)), films(40, 2, weights), films(32, 3, weights)
    parts, source, reference = explained(model, rows, background)
    result, expected = by_column(parts, rows), shapley(model, rows, background)
    assert np.abs(expected).mean() > 0.1
    assert expected.sum(1) + float(source.predicted.mean()) == pytest.approx(reference.predicted.numpy())
    assert np.corrcoef(result.ravel(), expected.ravel())[0, 1] > 0.99
    assert np.abs(result - expected).mean() < 0.13 * np.abs(expected).mean()


def test_a_line_shares_out_weight_times_difference_from_the_background():
    weight = torch.randn(8, 1, generator=torch.Generator().manual_seed(4)).double()
    model, (rows, matrix), (background, others) = made_model(lambda sums: sums @ weight), films(20, 2), films(30, 3)
    parts, *_ = explained(model, rows, background, nodes=(1,))
    of_label, of_number = (part @ weight[:, 0] for part in (model.first.label_weight, model.first.dense_weight))
    assert parts.labels.numpy() == pytest.approx(of_label.numpy()[np.nonzero(matrix)[1]])
    number = rows.dense.double() - background.dense.double().mean(0)
    assert parts.dense.numpy() == pytest.approx((number * of_number).numpy())
    instead = [-(others * of_label.numpy())[:, cell == CELL].sum(1).mean() for cell in range(3)]
    assert parts.instead.numpy() == pytest.approx(np.tile(instead, (20, 1)))


def test_a_product_is_shared_half_and_half():
    layer = LinearLayer(torch.eye(2).double(), torch.zeros(N_LABELS, 2).double(), torch.zeros(2).double())
    model = LinearModel(layer, lambda sums: sums[:, :1] * sums[:, 1:])
    (rows, _), (background, _) = films(10, 2), films(1, 3)
    background = replace(background, dense=torch.zeros(1, 2))
    parts, *_ = explained(model, rows, background, nodes=(2,))
    half = (rows.dense[:, 0] * rows.dense[:, 1]).double() / 2
    assert parts.dense.numpy() == pytest.approx(torch.stack([half, half], dim=1).numpy())
    assert parts.labels.abs().max() == 0


@pytest.mark.parametrize("nodes", [(1,), (4,), (4, 16, 64)])
@pytest.mark.parametrize("members", [1, 3])
@pytest.mark.parametrize("weights", ["one", "root"])
def test_parts_add_up_to_the_prediction_whatever_is_left_over(nodes, members, weights):
    model = AdditiveMLP(2, N_LABELS, hidden=(16, 8), seed=5, members=members).eval()
    torch.nn.init.normal_(model.first.label_weight, std=0.7, generator=torch.Generator().manual_seed(6))
    (rows, _), (background, _) = films(30, 2, weights), films(50, 3, weights)
    single = [replace(part, weights=part.weights.float()) for part in (rows, background)]
    parts, source, reference = explained(model, *single, nodes)
    assert totals(parts, rows) + float(source.predicted.mean()) == pytest.approx(reference.predicted.numpy(), abs=1e-9)
    assert reference.predicted.std() > 0.05
    assert (rows.offsets.diff() == 0).any()


def test_members_contribute_the_mean_of_what_each_would():
    model = AdditiveMLP(2, N_LABELS, hidden=(16, 8), seed=5, members=3).eval().double()
    torch.nn.init.normal_(model.first.label_weight, std=0.7, generator=torch.Generator().manual_seed(6))
    (rows, _), (background, _) = films(30, 2), films(50, 3)
    together, *_ = explained(model, rows, background, nodes=(4,))
    singles = []
    for member in range(3):
        part = slice(16 * member, 16 * (member + 1))
        layer = LinearLayer(
            *(getattr(model.first, name)[..., part].detach() for name in ("dense_weight", "label_weight", "bias"))
        )
        tail = deepcopy(model.tail)
        single = LinearModel(layer, lambda sums, m=member, t=tail: t.each(torch.cat([sums] * 3, dim=1))[:, m : m + 1])
        singles.append(by_column(explained(single, rows, background, nodes=(64,))[0], rows))
    assert np.abs(singles[0] - singles[1]).mean() > 0.05
    result = by_column(together, rows)
    assert np.corrcoef(result.ravel(), np.mean(singles, axis=0).ravel())[0, 1] > 0.999


def test_more_nodes_are_taken_where_too_much_is_left_over_and_nowhere_else():
    model = AdditiveMLP(2, N_LABELS, hidden=(64, 8), seed=5).eval()
    torch.nn.init.normal_(model.first.label_weight, std=2, generator=torch.Generator().manual_seed(6))
    (rows, _), (background, _) = films(60, 2), films(3, 3)
    rows, background = (replace(part, weights=part.weights.float()) for part in (rows, background))
    parts, *_ = explained(model, rows, background, (2, 16))
    assert set(parts.nodes.tolist()) == {2, 16}
    coarse, *_ = explained(model, rows, background, (2,))
    fine, *_ = explained(model, rows, background, (16,))
    expected = torch.where((parts.nodes == 2)[:, None], coarse.dense, fine.dense)
    assert torch.allclose(parts.dense, expected, atol=1e-5)
    assert not torch.allclose(coarse.dense, fine.dense, atol=1e-3)


def test_a_batch_of_films_changes_nothing(monkeypatch):
    model, (rows, _), (background, _) = made_model(silu_tail(1)), films(30, 2), films(20, 3)
    whole, *_ = explained(model, rows, background)
    monkeypatch.setattr("greenlight_films.importance.expected_gradients.BATCH_ROWS", 1)
    single, *_ = explained(model, rows, background)
    for name in ("labels", "instead", "dense"):
        assert getattr(single, name).numpy() == pytest.approx(getattr(whole, name).numpy(), abs=1e-12)


def test_threads_change_nothing(three_threads):
    model, (rows, _), (background, _) = made_model(silu_tail(1)), films(300, 2), films(200, 3)
    together, *_ = explained(model, rows, background)
    torch.set_num_threads(1)
    alone, *_ = explained(model, rows, background)
    assert alone.labels.any()
    assert all(torch.equal(part, vars(alone)[name]) for name, part in vars(together).items())


def test_parts_that_are_all_zero_stay_so():
    model, (rows, _), (background, _) = made_model(lambda sums: sums[:, :1] * 0 + 3), films(5, 2), films(4, 3)
    parts, source, _ = explained(model, rows, background)
    assert not parts.labels.any()
    assert not parts.dense.any()
    assert float(source.predicted.mean()) == 3
