"""Networks side by side, held against the same networks alone."""

from math import sqrt

import numpy as np
import pytest
import torch
from torch import nn

from greenlight_films.datamodules.batches import Batch, FilmRows
from greenlight_films.datamodules.encoder import FilmEncoder
from greenlight_films.lightning_modules.additive_mlp import AdditiveMLP
from greenlight_films.lightning_modules.members import MemberTail, member_seeds
from greenlight_films.lightning_modules.mlp_regressor import MLPRegressor
from tests.conftest import members_of


@pytest.fixture
def encoded(films_frame, film_features):
    return FilmEncoder(film_features).fit_encode(films_frame, np.arange(150))


@pytest.fixture
def inputs(encoded) -> tuple[torch.Tensor, ...]:
    """Return all films as the network takes them."""
    batch: Batch = FilmRows(encoded, np.zeros(203))[list(range(203))]
    return batch.dense, batch.labels, batch.offsets, batch.weights


def network(encoded, **given) -> AdditiveMLP:
    return AdditiveMLP(encoded.dense.shape[1], encoded.labels.shape[1], **given)


def spread(network: AdditiveMLP) -> AdditiveMLP:
    """Give labels their say, which they have only once they are trained."""
    nn.init.normal_(network.first.label_weight, generator=torch.Generator().manual_seed(0))
    return network


def alone(network: AdditiveMLP, encoded, hidden: list[int]) -> list[AdditiveMLP]:
    """Return the members as plain networks."""
    plain = [AdditiveMLP(encoded.dense.shape[1], encoded.labels.shape[1], hidden) for _ in members_of(network)]
    for member, state in zip(plain, members_of(network), strict=True):
        member.load_state_dict(state)
    return plain


@pytest.mark.parametrize("hidden", [[8], [16, 4], [12, 7, 5]])
def test_members_predict_what_they_do_alone_and_the_network_their_mean(encoded, inputs, hidden):
    ours = spread(network(encoded, hidden=hidden, seed=1, members=3)).eval()
    expected = torch.stack([member(*inputs) for member in alone(ours, encoded, hidden)], dim=1)
    assert (expected[:, 0] - expected[:, 1]).std() > 0.01
    torch.testing.assert_close(ours.each(*inputs), expected)
    torch.testing.assert_close(ours(*inputs), expected.mean(1))
    torch.testing.assert_close(ours.tail(ours.first(*inputs)), expected.mean(1, keepdim=True))


def test_one_member_has_the_names_shapes_and_weights_of_linear_layers(encoded):
    """Those that checkpoints from before there were members hold."""
    n_dense, n_labels = encoded.dense.shape[1], encoded.labels.shape[1]
    generator = torch.Generator().manual_seed(5)
    expected = {
        "first.dense_weight": torch.empty(n_dense, 16).normal_(0, 1 / sqrt(16), generator=generator),
        "first.label_weight": torch.empty(n_labels, 16).normal_(0, 0.02, generator=generator),
        "first.bias": torch.zeros(16),
    }
    for index, (n_in, n_out) in ((2, (16, 4)), (5, (4, 1))):
        bound = 1 / sqrt(n_in)
        for name, shape in (("weight", (n_out, n_in)), ("bias", (n_out,))):
            expected[f"tail.{index}.{name}"] = torch.empty(shape).uniform_(-bound, bound, generator=generator)
    state = network(encoded, hidden=[16, 4], seed=5).state_dict()
    assert list(state) == list(expected)
    for name, weights in expected.items():
        assert torch.equal(state[name], weights), name


def test_members_begin_as_plain_networks_with_their_seeds(encoded):
    seeds = member_seeds(7, 3)
    assert seeds[0] == 7
    states = members_of(network(encoded, hidden=[16, 4], seed=7, members=3))
    assert len(states) == 3
    for seed, state in zip(seeds, states, strict=True):
        plain = network(encoded, hidden=[16, 4], seed=seed).state_dict()
        assert list(state) == list(plain)
        for name, weights in plain.items():
            assert torch.equal(state[name], weights), name
    assert not torch.equal(states[0]["tail.2.weight"], states[1]["tail.2.weight"])


def test_a_members_seed_does_not_depend_on_how_many_there_are():
    assert member_seeds(7, 5)[:3] == member_seeds(7, 3)
    assert len({seed for own in range(50) for seed in member_seeds(own, 20)}) == 50 * 20
    assert all(0 <= seed < 2**63 for seed in member_seeds(2**62, 20))


@pytest.mark.parametrize("given", [{"members": 3}, {"heads": 4, "members": 2, "encodings": [{"sigma": 1.0}]}])
def test_the_global_stream_is_not_drawn_from(encoded, given):
    torch.manual_seed(5)
    before = torch.get_rng_state()
    network(encoded, **given)
    assert torch.equal(torch.get_rng_state(), before)


def test_members_of_equal_weights_drop_units_of_their_own():
    linear = [nn.Sequential(nn.ReLU(), nn.Dropout(0.5), nn.Linear(64, 1)) for _ in range(2)]
    linear[1].load_state_dict(linear[0].state_dict())
    tail, sums = MemberTail(linear), torch.ones(30, 2 * 64)
    assert (tail.each(sums)[:, 0] != tail.each(sums)[:, 1]).all()
    first, second = tail.eval().each(sums).T
    assert torch.equal(first, second)


def test_members_are_given_the_same_labels(encoded, inputs):
    """Columns of equal weights have equal sums, whichever labels are dropped."""
    first = spread(network(encoded, hidden=[8], label_dropout=0.5, members=2)).first
    with torch.no_grad():
        for weights in (first.label_weight, first.dense_weight):
            weights[..., 8:] = weights[..., :8]
    sums = first(*inputs)
    assert not torch.equal(sums, first(*inputs))
    assert torch.equal(sums[:, :8], sums[:, 8:])


@pytest.mark.slow
@pytest.mark.parametrize(
    "options",
    [
        {"optimiser": "adam"},
        {"optimiser": "adam", "loss": "mae", "schedule": "cosine"},
        {"optimiser": "sgd", "learning_rate": 0.1, "loss": "huber"},
        {"optimiser": "adamw", "first_weight_decay": 0.5, "tail_weight_decay": 0.2},
        {"optimiser": "rowwise_adagrad", "first_weight_decay": 0.5},
        {"optimiser": "rowwise_adam"},
    ],
)
def test_members_learn_what_they_do_alone(film_data, quick_trainer, options):
    data = film_data()

    def train(**given) -> tuple[MLPRegressor, float]:
        model = MLPRegressor(hidden=[16, 8], **{"learning_rate": 0.01, **options, **given})
        trainer = quick_trainer(max_epochs=4)
        trainer.fit(model, datamodule=data)
        assert trainer.global_step == 16
        return model, float(trainer.callback_metrics["train/loss"])

    together, loss = train(seed=3, members=3)
    states = members_of(together.network)
    losses = []
    for seed, state in zip(member_seeds(3, 3), states, strict=True):
        own, own_loss = train(seed=seed)
        losses.append(own_loss)
        untrained = MLPRegressor(**own.hparams)
        untrained.build(data)
        for name, weights in own.network.state_dict().items():
            assert (weights - untrained.network.get_parameter(name)).abs().max() > 1e-3, name
            torch.testing.assert_close(state[name], weights, atol=1e-6, rtol=1e-5, msg=name)
    assert all((states[0][name] - states[1][name]).abs().max() > 1e-3 for name in states[0])
    assert np.ptp(losses) > 1e-3
    assert loss == pytest.approx(np.mean(losses), rel=1e-5)
