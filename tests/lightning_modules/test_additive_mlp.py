from math import sqrt

import numpy as np
import pytest
import torch
from torch import nn

from greenlight_films.datamodules.batches import Batch, FilmRows
from greenlight_films.datamodules.encoder import FilmEncoder
from greenlight_films.datamodules.features import Category, Number
from greenlight_films.lightning_modules.additive_mlp import AdditiveLayer, AdditiveMLP


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
