from math import sqrt

import numpy as np
import pytest
import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from greenlight_films.datamodules.batches import Batch, FilmRows
from greenlight_films.datamodules.encoder import FilmEncoder
from greenlight_films.datamodules.features import Category, Number
from greenlight_films.lightning_modules.additive_mlp import AdditiveLayer, AdditiveMLP
from tests.lightning_modules.input_case import InputCase


@pytest.fixture
def encoded(films_frame, film_features):
    return FilmEncoder(film_features).fit_encode(films_frame, np.arange(150))


@pytest.fixture
def batch(encoded) -> Batch:
    """Return all films as one batch; three of them have no label."""
    return FilmRows(encoded, np.zeros(203))[list(range(203))]


@pytest.fixture
def one_hot(encoded) -> torch.Tensor:
    """Return (203, n_dense + n_labels): what the layer never makes."""
    return torch.from_numpy(np.hstack([encoded.dense, encoded.labels.toarray()]))


def network(encoded, **given) -> AdditiveMLP:
    return AdditiveMLP(encoded.dense.shape[1], encoded.labels.shape[1], **given)


def inputs(batch: Batch) -> tuple[torch.Tensor, ...]:
    return batch.dense, batch.labels, batch.offsets, batch.weights


def seeded() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def as_linear(layer: AdditiveLayer) -> nn.Linear:
    """Return the one-hot linear layer with the same weights."""
    weight = torch.cat([layer.dense_weight, layer.label_weight]).detach().T
    linear = nn.Linear(weight.shape[1], weight.shape[0])
    linear.load_state_dict({"weight": weight, "bias": layer.bias.detach()})
    return linear


def test_the_first_layer_is_a_one_hot_linear_layer(encoded, batch, one_hot):
    layer = network(encoded, hidden=[16]).first
    nn.init.normal_(layer.label_weight, generator=seeded())
    nn.init.normal_(layer.bias, generator=seeded())
    ours = layer(*inputs(batch))
    assert ours.shape == (203, 16)
    assert ours.std() > 0.5
    torch.testing.assert_close(ours, as_linear(layer)(one_hot))


def test_its_gradients_are_those_of_a_one_hot_linear_layer(encoded, batch, one_hot):
    layer = network(encoded, hidden=[16]).first
    linear = as_linear(layer)
    layer(*inputs(batch)).square().sum().backward()
    linear(one_hot).square().sum().backward()
    n_dense = len(layer.dense_weight)
    assert layer.label_weight.grad.abs().max() > 1
    torch.testing.assert_close(layer.dense_weight.grad, linear.weight.grad.T[:n_dense])
    torch.testing.assert_close(layer.label_weight.grad, linear.weight.grad.T[n_dense:], rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(layer.bias.grad, linear.bias.grad)


@pytest.mark.parametrize("hidden", [[8], [16, 4], [12, 7, 5]])
def test_the_network_is_an_mlp_over_the_one_hot_matrix(encoded, batch, one_hot, hidden):
    ours = network(encoded, hidden=hidden, seed=1).eval()
    nn.init.normal_(ours.first.label_weight, generator=seeded())
    values = as_linear(ours.first)(one_hot)
    tail = [layer for layer in ours.tail if isinstance(layer, nn.Linear)]
    assert [layer.out_features for layer in tail] == [*hidden[1:], 1]
    for layer in tail:
        values = values.clamp(min=0) @ layer.weight.T + layer.bias
    assert values.std() > 0.01
    torch.testing.assert_close(ours(*inputs(batch)), values.squeeze(1))


@pytest.mark.parametrize("feature", [Number("year"), Category("company")])
def test_numbers_or_labels_alone_are_enough(films_frame, feature):
    encoded = FilmEncoder([feature]).fit_encode(films_frame, np.arange(203))
    batch = FilmRows(encoded, np.zeros(203))[[0, 1, 7]]
    predicted = network(encoded, hidden=[8])(*inputs(batch))
    assert predicted.shape == (3,)
    assert predicted.isfinite().all()
    predicted.sum().backward()


def test_nothing_is_dropped_in_evaluation(encoded, batch):
    some = network(encoded, dropout=0.5, label_dropout=0.5, seed=2)
    plain = network(encoded, seed=2)
    assert not torch.equal(some(*inputs(batch)), some(*inputs(batch)))
    assert torch.equal(some.eval()(*inputs(batch)), plain(*inputs(batch)))


def test_dropout_and_label_dropout_are_each_their_own(encoded, batch):
    units, labels = network(encoded, dropout=0.5), network(encoded, label_dropout=0.5)
    assert torch.equal(units.first(*inputs(batch)), units.first(*inputs(batch)))
    assert not torch.equal(labels.first(*inputs(batch)), labels.first(*inputs(batch)))
    hidden = torch.ones(4, 128)
    assert torch.equal(labels.tail(hidden), labels.tail(hidden))


@pytest.mark.parametrize("share", [0.2, 0.7])
def test_label_dropout_keeps_the_expected_value(share):
    """Drop labels of the same film 20,000 times: each is there at 1 / (1 - share) or not at all."""
    n, labels, weights = 20_000, [0, 2, 3], [1.0, 0.5, 2.0]
    layer = AdditiveLayer(1, 4, 4, share, seeded())
    with torch.no_grad():
        layer.label_weight.copy_(torch.eye(4))
        layer.dense_weight.fill_(3)
    torch.manual_seed(9)
    dropped = layer(
        torch.ones(n, 1), torch.tensor(labels * n), torch.arange(n + 1) * 3, torch.tensor(weights * n)
    ).detach()
    of_labels = dropped - 3
    for label, weight in zip(labels, weights, strict=True):
        values = of_labels[:, label]
        kept = values.abs() > 1e-3
        assert values[kept].numpy() == pytest.approx(weight / (1 - share), rel=1e-4)
        assert kept.float().mean().item() == pytest.approx(1 - share, abs=5 * sqrt(share * (1 - share) / n))
        error = weight * sqrt(share / (1 - share) / n)
        assert values.mean().item() == pytest.approx(weight, abs=5 * error)
    assert of_labels[:, 1].abs().max() == 0


def test_labels_of_a_film_are_dropped_one_by_one():
    layer = AdditiveLayer(0, 2, 2, 0.5, seeded())
    with torch.no_grad():
        layer.label_weight.copy_(torch.eye(2))
    torch.manual_seed(1)
    n = 400
    dropped = layer(torch.ones(n, 0), torch.tensor([0, 1] * n), torch.arange(n + 1) * 2, torch.ones(2 * n))
    assert {tuple(values) for values in dropped.tolist()} == {(0, 0), (0, 2), (2, 0), (2, 2)}


def test_the_seed_fixes_the_weights(encoded):
    def weights(seed):
        return torch.cat([part.detach().flatten() for part in network(encoded, seed=seed).parameters()])

    torch.manual_seed(1)
    first = weights(7)
    torch.manual_seed(2)
    assert first.std() > 0
    assert torch.equal(weights(7), first)
    assert not torch.equal(weights(8), first)


def sums_of(case: InputCase, own: np.ndarray | None = None) -> np.ndarray:
    """Return pre-activations by the formula, in float64; `own` are the films' inputs, if not sums over labels."""
    first = case.network.first
    dense = case.network.encoding(torch.from_numpy(case.encoded.dense)).detach().double().numpy()
    dense_weight, input_weight, bias = (
        weights.detach().double().numpy() for weights in (first.dense_weight, first.input_weight, first.bias)
    )
    labels = case.encoded.labels.toarray().astype(np.float64)
    inputs = labels @ case.inputs.values - case.inputs.centre if own is None else own
    return dense @ dense_weight + labels @ case.rows + inputs @ input_weight + bias


@pytest.mark.parametrize("weight", ["one", "sqrt"])
def test_inputs_are_sums_over_labels_and_labels_without_a_row_add_nothing_else(weight):
    case = InputCase.of(weight=weight)
    batch = FilmRows(case.encoded, case.actual)[list(range(7))]
    assert batch.inputs.shape == (7, 0)
    expected = sums_of(case)
    assert expected.std() > 1
    expanded = case.network.encoding(batch.dense)
    sums = case.network.first(expanded, *inputs(batch)[1:], batch.inputs)
    np.testing.assert_allclose(sums.detach().numpy(), expected, atol=1e-5)
    own = np.random.default_rng(0).normal(size=(7, 3)).astype(np.float32)
    sums = case.network.first(expanded, *inputs(batch)[1:], torch.from_numpy(own))
    np.testing.assert_allclose(sums.detach().numpy(), sums_of(case, own), atol=1e-5)


@pytest.mark.parametrize("weight", ["one", "sqrt"])
def test_the_folded_network_predicts_the_same_and_has_a_vector_a_label(weight):
    case = InputCase.of(weight=weight)
    batch = FilmRows(case.encoded, case.actual)[list(range(7))]
    folded = case.network.folded()
    predicted = case.network(*inputs(batch)).detach()
    assert predicted.std() > 0.1
    sums = folded.first(case.network.encoding(batch.dense), *inputs(batch)[1:])
    torch.testing.assert_close(folded.tail(sums).squeeze(1).detach(), predicted, atol=1e-5, rtol=1e-5)
    vectors = case.rows + case.inputs.values @ case.network.first.input_weight.detach().numpy()
    np.testing.assert_allclose(folded.first.label_weight.numpy(), vectors, atol=1e-5)


def test_a_plain_network_folds_to_its_own_weights(encoded):
    plain = network(encoded, hidden=[8])
    assert plain.folded().first.label_weight.data_ptr() == plain.first.label_weight.data_ptr()
    assert plain.folded().tail is plain.tail


def test_a_network_of_half_precision_folds_to_floats():
    case = InputCase.of(near=True)
    folded = case.network.bfloat16().folded()
    dense = torch.ones(1, len(case.network.encoding.source))
    weights = [folded.first(dense, torch.tensor([0]), torch.tensor([0, 1]), torch.ones(1))]
    weights += [folded.first.dense_weight, folded.first.label_weight, folded.first.bias, *folded.tail.parameters()]
    assert {part.dtype for part in weights} == {torch.float32}
    assert {part.dtype for part in case.network.parameters()} == {torch.bfloat16}


def test_rows_learn_as_those_of_a_layer_with_a_row_for_each_label_and_the_last_stays_zero():
    case = InputCase.of()
    batch = FilmRows(case.encoded, case.actual)[list(range(7))]
    first = case.network.first
    plain = AdditiveLayer(len(first.dense_weight), 7, 10, 0.0, seeded())
    with torch.no_grad():
        plain.label_weight.copy_(torch.from_numpy(case.rows))
    expanded = case.network.encoding(batch.dense).detach()
    first(expanded, *inputs(batch)[1:]).pow(3).sum().backward()
    shift = torch.from_numpy(sums_of(case)) - plain(expanded, *inputs(batch)[1:]).detach()
    (plain(expanded, *inputs(batch)[1:]) + shift).pow(3).sum().backward()
    gradient = first.label_weight.grad
    assert not gradient[-1].any()
    assert plain.label_weight.grad.abs().max() > 1
    torch.testing.assert_close(gradient[:-1], plain.label_weight.grad[[0, 1, 5, 6]], rtol=1e-3, atol=1e-3)


def test_averages_over_steps_keep_rows_and_inputs():
    case = InputCase.of()
    averaged = AveragedModel(case.network, multi_avg_fn=get_ema_multi_avg_fn(0.9), use_buffers=True)
    for _ in range(20):
        averaged.update_parameters(case.network)
    batch = FilmRows(case.encoded, case.actual)[list(range(7))]
    torch.testing.assert_close(averaged(*inputs(batch)), case.network(*inputs(batch)))
