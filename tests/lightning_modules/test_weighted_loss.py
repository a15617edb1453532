import numpy as np
import pytest
import torch
from torch.nn import functional as F

from greenlight_films.datamodules import FilmRows
from greenlight_films.lightning_modules.mlp_regressor import MLPRegressor


@pytest.fixture
def train(film_data, films_frame, quick_trainer):
    """Return what trains a network on a frame with weights, and returns it with its trainer and data."""

    def run(weights=None, frame=films_frame, **given):
        data = film_data(frame=frame, weights=weights)
        model = MLPRegressor(hidden=[8], learning_rate=0.02, **given)
        trainer = quick_trainer(max_epochs=3)
        trainer.fit(model, datamodule=data)
        return model, trainer, data

    return run


def state_of(model):
    return torch.cat([weights.flatten() for weights in model.network.state_dict().values()])


@pytest.mark.parametrize("members", [1, 3])
def test_weights_that_are_all_the_same_change_no_bit(train, members):
    plain, plain_trainer, _ = train(members=members, dropout=0.3)
    ones, ones_trainer, _ = train(np.full(203, 2.0), members=members, dropout=0.3)
    assert torch.equal(state_of(ones), state_of(plain))
    assert ones_trainer.callback_metrics == plain_trainer.callback_metrics


def test_a_row_of_weight_0_has_no_influence(train, films_frame):
    weights = 1.0 + np.arange(203) % 2
    model, _, data = train(weights)
    row = data.films.number[data.films.rows.train[5]] - 1
    numbers = films_frame.copy()
    numbers.loc[row, ["rating", "year", "runtime"]] = [-50.0, 5000, 9000.0]
    other = numbers.copy()
    other.loc[row, ["genre", "cast", "company"]] = ["Western, Never Heard of", "Ann Ames", "Bolt & Sons"]
    assert not torch.allclose(state_of(model), state_of(train(weights, numbers)[0]), atol=1e-3)
    weights[row] = 0
    expected = state_of(train(weights)[0])
    assert torch.allclose(state_of(train(weights, other)[0]), expected, rtol=0, atol=1e-6)  # sums in another order
    assert torch.equal(state_of(train(weights, numbers)[0]), expected)


@pytest.mark.parametrize("loss", ["mse", "mae", "huber"])
def test_losses_are_weighted_means(train, quick_trainer, loss):
    weights = np.random.default_rng(4).exponential(size=203)
    model, _, data = train(weights, loss=loss, members=2)
    trainer = quick_trainer()
    trainer.validate(model, datamodule=data, verbose=False)
    films, rows = data.films, data.films.rows
    by_row = {"mse": F.mse_loss, "mae": F.l1_loss, "huber": F.huber_loss}[loss]
    target = torch.from_numpy(data.fitted.scale.forward(films.actual[rows.val]))
    scaled = torch.from_numpy(data.fitted.scale.forward(model.predicted))
    expected = np.average(by_row(scaled, target, reduction="none"), weights=weights[films.number[rows.val] - 1])
    assert trainer.callback_metrics["val/loss"].item() == pytest.approx(expected, rel=1e-5)


def test_the_loss_of_an_epoch_is_weighted_by_rows_of_all_batches(film_data, films_frame, quick_trainer):
    weights = np.random.default_rng(4).exponential(size=203)
    data = film_data(frame=films_frame, weights=weights)
    model, trainer = MLPRegressor(hidden=[8], optimiser="sgd", learning_rate=1e-12), quick_trainer()
    trainer.fit(model, datamodule=data)
    films, rows = data.films, data.films.rows
    target = data.fitted.scale.forward(films.actual)
    with torch.no_grad():
        scaled = model.eval()(FilmRows(films.encoded, target)[rows.train.tolist()]).double().numpy()
    expected = np.average((scaled - target[rows.train]) ** 2, weights=weights[films.number[rows.train] - 1])
    assert trainer.callback_metrics["train/loss"].item() == pytest.approx(expected, rel=1e-5)
