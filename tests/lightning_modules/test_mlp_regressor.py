from collections import OrderedDict
from copy import deepcopy
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from lightning.pytorch.callbacks import ModelCheckpoint
from sklearn.metrics import mean_absolute_error, r2_score, root_mean_squared_error

from greenlight_films.datamodules.batches import FilmRows
from greenlight_films.datamodules.errors import InputError
from greenlight_films.datamodules.features import Labels, Number, RidgeByColumn, Size, TrackRecord
from greenlight_films.datamodules.splits import RandomSplit
from greenlight_films.datamodules.targets import Target
from greenlight_films.lightning_modules.mlp_regressor import MLPRegressor
from greenlight_films.lightning_modules.predictions import predict_scaled

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*predict returned None.*"),  # predictions are gathered at the end
    pytest.mark.filterwarnings("ignore:.*Checkpoint directory .* exists and is not empty.*"),  # a resumed run's own
]


def weights_of(model: MLPRegressor) -> torch.Tensor:
    return torch.cat([part.detach().flatten() for part in model.network.parameters()])


def parts_of(content: Any, path: str = "") -> list[tuple[str, Any]]:
    """Return the leaves of nested dicts and lists with their paths."""
    if type(content) in (dict, OrderedDict):
        pairs = content.items()
        return [part for key, value in pairs for part in [(path, key), *parts_of(value, f"{path}/{key}")]]
    if type(content) in (list, tuple, set):
        return [part for index, value in enumerate(content) for part in parts_of(value, f"{path}/{index}")]
    return [(path, content)]


@pytest.fixture
def fitted(film_data, quick_trainer, tmp_path):
    """Return a model after three epochs, with its trainer and data; its last checkpoint is in `kept`."""
    keep = ModelCheckpoint(tmp_path / "kept", "last")
    model = MLPRegressor(hidden=[32, 16], learning_rate=0.02, label_dropout=0.1, dropout=0.1)
    trainer = quick_trainer(max_epochs=3, callbacks=[keep], enable_checkpointing=True)
    data = film_data()
    trainer.fit(model, datamodule=data)
    return model, trainer, data


def test_training_learns_what_was_planted(film_data, quick_trainer):
    data, trainer = film_data(), quick_trainer(max_epochs=25)
    model = MLPRegressor(hidden=[32, 16], learning_rate=0.01, label_dropout=0.1, dropout=0.1)
    trainer.fit(model, datamodule=data)
    trainer.test(model, datamodule=data, verbose=False)
    # The rating is a sum over genre and year; the noise is less than a tenth of its variance.
    assert model.scores["test"]["r2"] > 0.6


def test_scores_are_those_of_scikit_learn_in_the_targets_unit(fitted):
    model, trainer, data = fitted
    trainer.test(model, datamodule=data, verbose=False)
    logged = {name: float(value) for name, value in trainer.callback_metrics.items()}
    scores, films = model.scores["test"], data.films
    trainer.predict(model, datamodule=data, return_predictions=False)
    assert model.predicted.shape == (films.n_rows,)
    actual, predicted = films.actual[films.rows.test], model.predicted[films.rows.test]
    assert np.ptp(predicted) > 0.3
    assert scores["rmse"] == pytest.approx(root_mean_squared_error(actual, predicted))
    assert scores["mae"] == pytest.approx(mean_absolute_error(actual, predicted))
    assert scores["r2"] == pytest.approx(r2_score(actual, predicted))
    assert {name: logged[f"test/{name}"] for name in scores} == pytest.approx(scores, rel=1e-5)
    assert logged["test/loss"] == pytest.approx(scores["mse"] / data.fitted.scale.std**2, rel=1e-5)


def test_batches_have_no_say_in_the_scores(fitted, film_data, quick_trainer):
    model, trainer, data = fitted
    trainer.test(model, datamodule=data, verbose=False)
    scores = model.scores["test"]
    quick_trainer().test(model, datamodule=film_data(batch_size=7), verbose=False)
    assert model.scores["test"] == pytest.approx(scores)


def test_one_held_out_film_a_side_is_enough(film_data, quick_trainer):
    data = film_data(split=RandomSplit(val=0.001, test=0.001))
    model, trainer = MLPRegressor(hidden=[8]), quick_trainer()
    trainer.fit(model, datamodule=data)
    trainer.test(model, datamodule=data, verbose=False)
    assert [len(data.films.rows.val), len(data.films.rows.test)] == [1, 1]
    assert model.scores["test"]["rmse"] == model.scores["test"]["mae"] > 0
    assert np.isnan(model.scores["test"]["r2"])


def test_a_checkpoint_holds_builtins_and_tensors_alone(fitted, tmp_path):
    checkpoint = torch.load(tmp_path / "kept" / "last.ckpt", weights_only=True)
    assert {"state_dict", "hyper_parameters", "FilmDataModule", "optimizer_states"} <= set(checkpoint)
    known = (type(None), bool, int, float, str, bytes, torch.Tensor)
    parts = parts_of(checkpoint)
    assert len(parts) > 100
    assert [(path, type(part)) for path, part in parts if type(part) not in known] == []


def test_a_loaded_checkpoint_predicts_the_same(fitted, film_data, quick_trainer, tmp_path):
    model, trainer, data = fitted
    trainer.predict(model, datamodule=data, return_predictions=False)
    loaded = MLPRegressor.load_from_checkpoint(tmp_path / "kept" / "last.ckpt")
    assert loaded is not model
    assert loaded.hparams["hidden"] == [32, 16]
    quick_trainer().predict(loaded, datamodule=film_data(), return_predictions=False)
    assert np.ptp(model.predicted) > 0.3
    assert loaded.predicted.tolist() == model.predicted.tolist()


def test_a_log1p_target_is_undone(film_data, films_frame, quick_trainer):
    films_frame["revenue"] = np.exp(films_frame["rating"].fillna(6)) * 1000 - 1
    data = film_data(frame=films_frame, target=Target("revenue", transform="log1p"))
    model, trainer = MLPRegressor(hidden=[32], learning_rate=0.01), quick_trainer(max_epochs=25)
    trainer.fit(model, datamodule=data)
    trainer.test(model, datamodule=data, verbose=False)
    trainer.predict(model, datamodule=data, return_predictions=False)
    films = data.films
    logged = np.log1p(films.actual[films.rows.train])
    with torch.no_grad():
        scaled = model.eval()(FilmRows(films.encoded, films.actual)[list(range(203))]).double().numpy()
    assert films.actual.max() > 1e6
    assert model.predicted == pytest.approx(np.exp(scaled * logged.std() + logged.mean()) - 1, rel=1e-4)
    actual, predicted = films.actual[films.rows.test], model.predicted[films.rows.test]
    assert model.scores["test"]["mae"] == pytest.approx(mean_absolute_error(actual, predicted))
    assert r2_score(np.log1p(actual), np.log1p(predicted)) > 0.5


def test_the_seed_alone_decides_a_training(film_data, quick_trainer):
    def train(seed, stream):
        torch.manual_seed(stream)
        model = MLPRegressor(hidden=[16, 8], dropout=0.3, label_dropout=0.3, seed=seed)
        quick_trainer(max_epochs=2).fit(model, datamodule=film_data())
        return weights_of(model)

    first = train(seed=1, stream=1)
    assert torch.equal(train(seed=1, stream=2), first)
    assert not torch.equal(train(seed=2, stream=1), first)


@pytest.mark.parametrize(
    ("loss", "optimiser", "schedule"), [("mse", "adam", "none"), ("mae", "adamw", "cosine"), ("huber", "sgd", "cosine")]
)
def test_every_choice_trains(film_data, quick_trainer, loss, optimiser, schedule):
    model = MLPRegressor(hidden=[8], loss=loss, optimiser=optimiser, schedule=schedule, learning_rate=0.01)
    before = MLPRegressor(hidden=[8])
    trainer = quick_trainer(limit_val_batches=0)
    data = film_data()
    trainer.fit(model, datamodule=data)
    before.build(data)
    for part, other in zip(model.network.parameters(), before.network.parameters(), strict=True):
        assert part.isfinite().all()
        assert not torch.equal(part, other)


@pytest.mark.parametrize(
    ("loss", "formula"),
    [
        ("mse", lambda error: error**2),
        ("mae", abs),
        ("huber", lambda error: error**2 / 2 if abs(error) <= 1 else abs(error) - 0.5),
    ],
)
def test_the_loss_is_its_formula_on_the_standardised_target(film_data, quick_trainer, loss, formula):
    model, trainer, data = MLPRegressor(hidden=[8], loss=loss), quick_trainer(), film_data()
    trainer.fit(model, datamodule=data)
    trainer.validate(model, datamodule=data, verbose=False)
    predicted, films, scale = model.predicted, data.films, data.fitted.scale
    errors = (predicted - films.actual[films.rows.val]) / scale.std
    assert np.abs(errors).max() > 1
    expected = np.mean([formula(error) for error in errors])
    assert float(trainer.callback_metrics["val/loss"]) == pytest.approx(expected, rel=1e-5)


RECIPE = [
    Number("year", encoding="piecewise"),
    Number("runtime", encoding="periodic"),
    Labels("genre"),
    RidgeByColumn("genre"),
    Labels("cast", role="actor", min_films=24),
    TrackRecord("cast", min_labels=1),
    Size("cast"),
]


@pytest.mark.parametrize("members", [1, 2])
def test_label_decay_adds_its_formula_to_the_loss(film_data, quick_trainer, members):
    """One step of plain gradient descent on all training films, with it and without."""
    stepped = {}
    for decay in (0.0, 5.0):
        options = {"optimiser": "sgd", "learning_rate": 1.0, "heads": 2, "members": members}
        model, data = MLPRegressor([16], label_decay=decay, **options), film_data(features=RECIPE, batch_size=1000)
        data.setup("fit")
        model.build(data)
        before = model.network.first.label_weight.detach().clone()
        trainer = quick_trainer(max_epochs=1)
        trainer.fit(model, datamodule=data)
        assert trainer.global_step == 1
        stepped[decay] = model.network.first.label_weight.detach()
        stepped[f"loss {decay}"] = float(trainer.callback_metrics["train/loss"])
    films, space = data.films, data.fitted.encoder.space
    counts = (films.encoded.labels[films.rows.train].toarray() > 0).sum(0)[space.with_row()]
    assert counts.min() < counts.max()
    rows = before.clone().requires_grad_()
    penalty = sum((rows[index] ** 2).sum() / np.sqrt(count) for index, count in enumerate(counts))
    (gradient,) = torch.autograd.grad(5 / len(films.rows.train) * penalty, rows)
    assert len(rows) == len(counts) + 1 < space.n_labels
    assert gradient.abs().max() > 1e-4
    torch.testing.assert_close(stepped[0.0] - stepped[5.0], gradient, atol=1e-6, rtol=1e-4)
    assert stepped["loss 0.0"] == stepped["loss 5.0"]


def test_the_loss_is_the_mean_over_heads_and_its_gradient_the_sum_over_members(film_data, quick_trainer):
    model = MLPRegressor([16, 8], heads=2, members=3, optimiser="sgd", learning_rate=1.0)
    data = film_data(features=RECIPE, batch_size=1000)
    data.setup("fit")
    model.build(data)
    films, network = data.films, deepcopy(model.network)
    rows = FilmRows(films.encoded, data.fitted.scale.forward(films.actual), films.rows.train)
    batch = rows[list(range(len(rows)))]
    scaled = network.each(batch.dense, batch.labels, batch.offsets, batch.weights, batch.inputs)
    assert scaled.shape == (len(rows), 6)
    losses = [(scaled[:, column] - batch.target).square().mean() for column in range(6)]
    (sum(losses) / 2).backward()
    trainer = quick_trainer(max_epochs=1)
    trainer.fit(model, datamodule=data)
    assert float(trainer.callback_metrics["train/loss"]) == pytest.approx(sum(losses).item() / 6, rel=1e-5)
    for name, weights in network.named_parameters():
        stepped = model.network.get_parameter(name)
        torch.testing.assert_close(stepped, weights - weights.grad, atol=1e-5, rtol=1e-4, msg=name)


def test_a_loaded_checkpoint_has_heads_encoded_numbers_and_inputs_and_needs_no_data(film_data, quick_trainer, tmp_path):
    model = MLPRegressor([16, 8], heads=2, members=2, activation="silu", dropout=0.1)
    keep, data = ModelCheckpoint(tmp_path / "kept", "last"), film_data(features=RECIPE)
    trainer = quick_trainer(max_epochs=2, callbacks=[keep], enable_checkpointing=True)
    trainer.fit(model, datamodule=data)
    loaded = MLPRegressor.load_from_checkpoint(tmp_path / "kept" / "last.ckpt")
    for name, weights in model.network.state_dict().items():
        assert torch.equal(loaded.network.state_dict()[name], weights), name
    assert loaded.network.sizes == model.network.sizes
    assert loaded.network.first.values.any()
    new = replace(data.films.encoded, inputs=None)
    predicted = [predict_scaled(each.network.eval(), new)[0] for each in (model, loaded)]
    assert np.ptp(predicted[0]) > 0.1
    assert predicted[0].tolist() == predicted[1].tolist()
    held_out = predict_scaled(model.network, data.films.encoded)[0][data.films.rows.test]
    np.testing.assert_allclose(held_out, predicted[0][data.films.rows.test], atol=1e-5)


@pytest.mark.parametrize("optimiser", ["adamw", "sgd"])
def test_weights_without_a_gradient_shrink_by_rate_times_decay(optimiser, films, quick_trainer):
    options = {"first_weight_decay": 0.1, "tail_weight_decay": 0.3, "learning_rate": 0.5}
    model, before = (MLPRegressor(hidden=[8, 4], **given) for given in ({"optimiser": optimiser, **options}, {}))
    for network in (model, before):
        network.build(films)
    for part in model.parameters():
        part.grad = torch.zeros_like(part)
    model.trainer = quick_trainer()
    model.configure_optimizers().step()
    torch.testing.assert_close(model.network.first.label_weight, before.network.first.label_weight * 0.95)
    torch.testing.assert_close(model.network.tail[2].weight, before.network.tail[2].weight * 0.85)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"dropout": 1.0}, r"model\.dropout must be at least 0 and below 1, got 1$"),
        ({"label_dropout": 1.5}, r"model\.label_dropout must be at least 0 and below 1, got 1\.5$"),
        ({"hidden": [8, 0]}, r"model\.hidden must be one or more widths from 1 to 65,536, got \[8, 0\]$"),
        ({"seed": 2**63}, r"model\.seed must be 0 or more and below 2\*\*63, got 9223372036854775808$"),
        ({"heads": 0}, r"model\.heads must be from 1 to 1,000, got 0$"),
        ({"activation": "tanh"}, r"model\.activation must be one of relu, silu, got 'tanh'$"),
        ({"label_decay": -1.0}, r"model\.label_decay must be 0 or more and finite, got -1$"),
        ({"members": 0}, r"model\.members must be from 1 to 1,000, got 0$"),
        ({"learning_rate": 0.0}, r"model\.learning_rate must be above 0 and finite, got 0$"),
        ({"learning_rate": float("nan")}, r"model\.learning_rate must be above 0 and finite, got nan$"),
        ({"first_weight_decay": -1.0}, r"model\.first_weight_decay must be .*0.*, got -1$"),
    ],
)
def test_options_that_make_no_sense_are_refused(options, message):
    with pytest.raises(InputError, match=message):
        MLPRegressor(**options)


@pytest.mark.parametrize(("summed", "n_films"), [(torch.tensor(1), 13), (torch.ones(1), 2**70)])
def test_a_checkpoint_with_another_sum_of_losses_is_refused(summed, n_films):
    with pytest.raises(TypeError, match=f"train_loss must be a sum of each device and a count, got .*{n_films}"):
        MLPRegressor().on_load_checkpoint({"train_loss": {"summed": summed, "films": n_films}})


def test_all_bad_options_are_in_one_message():
    with pytest.raises(InputError) as problem:
        MLPRegressor(hidden=[0], dropout=2, label_dropout=-1, learning_rate=-3)
    names = [line.split()[0].removeprefix("model.") for line in str(problem.value).splitlines()]
    assert names == ["dropout", "label_dropout", "hidden", "learning_rate"]
