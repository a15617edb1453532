"""Training with row gradients under Lightning: the steps of a loop by hand whose gradients are dense."""

import numpy as np
import pytest
import torch
from lightning.pytorch.callbacks import Callback, ModelCheckpoint, WeightAveraging
from torch.nn import functional as F

from greenlight_films.lightning_modules import MLPRegressor
from greenlight_films.lightning_modules.optimisers import optimised
from greenlight_films.lightning_modules.optimisers.rowwise import RowwiseAdagrad, RowwiseAdam

pytestmark = pytest.mark.filterwarnings("ignore:.*Checkpoint directory .* exists and is not empty.*")

KINDS = {"rowwise_adagrad": (RowwiseAdagrad, 0.1), "rowwise_adam": (RowwiseAdam, 0.01)}
MODEL = {"hidden": [16, 8], "learning_rate": 0.01, "optimiser": "rowwise_adagrad"}


def trained(data, trainer, **options) -> MLPRegressor:
    model = MLPRegressor(**{**MODEL, **options})
    trainer.fit(model, datamodule=data)
    return model


def assert_same(network, expected, **tolerance) -> None:
    for name, weights in expected.state_dict().items():
        torch.testing.assert_close(network.state_dict()[name], weights, msg=name, **tolerance)


def by_hand(data, name="rowwise_adagrad", accumulate=1, clip=None, label_decay=0.0):
    """Return a network trained for two epochs with dense gradients, of which the optimiser gets the rows."""
    model, (kind, rate) = MLPRegressor(**MODEL), KINDS[name]
    data.setup("fit")
    model.build(data)
    network, films = model.network, data.films
    table = network.first.label_weight
    dense = torch.optim.AdamW(
        [weights for weights in network.parameters() if weights is not table], 0.01, weight_decay=0
    )
    rows, counts = kind([table], rate), torch.from_numpy(films.label_films()).clamp(min=1)
    for epoch in range(2):
        loader = data.train_dataloader()
        loader.sampler.set_epoch(epoch)
        for index, batch in enumerate(loader):
            loss = F.mse_loss(network(batch.dense, batch.labels, batch.offsets, batch.weights), batch.target)
            penalty = (table.square().sum(1)[: len(counts)] / counts.sqrt()).sum() / len(films.learnt)
            ((loss + label_decay * penalty) / accumulate).backward()
            if (index + 1) % accumulate and index + 1 < len(loader):
                continue
            if clip:
                clip(network.parameters())
            table.grad = table.grad.to_sparse(1)
            dense.step()
            rows.step()
            network.zero_grad()
    return network


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("accumulate", [1, 3])
def test_steps_are_those_by_hand_with_dense_gradients(film_data, quick_trainer, name, accumulate):
    data, trainer = film_data(), quick_trainer(max_epochs=2, accumulate_grad_batches=accumulate)
    model = trained(data, trainer, optimiser=name)
    assert (trainer.global_step, model.network.first.label_weight.requires_grad) == (8 if accumulate == 1 else 4, True)
    assert_same(model.network, by_hand(film_data(), name, accumulate), atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("way", ["norm", "value"])
def test_gradients_are_clipped_as_dense_ones_are(film_data, quick_trainer, way):
    clip = {"norm": torch.nn.utils.clip_grad_norm_, "value": torch.nn.utils.clip_grad_value_}[way]
    trainer = quick_trainer(max_epochs=2, gradient_clip_val=0.02, gradient_clip_algorithm=way)
    model, expected = trained(film_data(), trainer), by_hand(film_data(), clip=lambda weights: clip(weights, 0.02))
    assert_same(model.network, expected, atol=1e-5, rtol=1e-4)
    unclipped = by_hand(film_data()).first.label_weight
    assert (model.network.first.label_weight - unclipped).abs().max() > 1e-3


def test_label_decay_is_that_of_dense_gradients_in_a_step_of_all_films(film_data, quick_trainer):
    model = trained(film_data(batch_size=1000), quick_trainer(max_epochs=2), label_decay=5.0)
    expected = by_hand(film_data(batch_size=1000), label_decay=5.0)
    assert_same(model.network, expected, atol=1e-5, rtol=1e-4)
    without = by_hand(film_data(batch_size=1000)).first.label_weight
    assert (model.network.first.label_weight - without).abs().max() > 1e-3


def test_label_decay_of_small_batches_is_on_average_that_of_all_films(film_data, quick_trainer):
    """The penalties of an epoch's batches, each over its own labels, add up to the dense one as often."""
    data = film_data(batch_size=7)
    model = MLPRegressor(**MODEL, label_decay=2.0)
    quick_trainer().fit(model, datamodule=data)
    first, films = model.network.first, data.films
    batches = list(data.train_dataloader())
    penalty = sum(first.penalty(model.decay, batch.labels) for batch in batches).item() / len(films.learnt)
    counts = np.maximum(films.label_films(), 1)
    squares = first.label_rows().square().sum(1).numpy()
    assert penalty == pytest.approx(
        2.0 * (squares / np.sqrt(counts))[films.label_films() > 0].sum() / len(films.learnt), rel=1e-5
    )


def test_bf16_learns_about_the_same(film_data, quick_trainer):
    plain, mixed = (
        trained(film_data(), quick_trainer(max_epochs=2, precision=precision)).network.first.label_weight
        for precision in ("32-true", "bf16-mixed")
    )
    assert mixed.dtype == torch.float32
    assert not torch.equal(plain, mixed)
    assert (plain - mixed).norm() < 0.1 * plain.norm()


@pytest.mark.parametrize("name", KINDS)
def test_a_resumed_training_ends_bit_for_bit_where_a_whole_one_does(film_data, quick_trainer, tmp_path, name):
    options = {"optimiser": name, "schedule": "cosine", "first_weight_decay": 0.1, "dropout": 0.1, "members": 2}
    keep = ModelCheckpoint(tmp_path / "kept", "{epoch}", save_top_k=-1)
    keeping = {"max_epochs": 4, "callbacks": [keep], "enable_checkpointing": True}
    whole = trained(film_data(), quick_trainer(**keeping), **options).network
    model = MLPRegressor(**{**MODEL, **options})
    before = torch.load(tmp_path / "kept" / "epoch=1.ckpt", weights_only=True)
    trainer = quick_trainer(**keeping)
    trainer.fit(model, datamodule=film_data(), ckpt_path=tmp_path / "kept" / "epoch=1.ckpt", weights_only=True)
    for part, weights in whole.state_dict().items():
        assert torch.equal(model.network.state_dict()[part], weights), part
        assert not torch.equal(before["state_dict"][f"network.{part}"], weights), part


class Recorded(Callback):
    def __init__(self) -> None:
        self.tables = []

    def on_train_batch_end(self, trainer, pl_module, *_) -> None:
        self.tables.append(pl_module.network.first.label_weight.detach().clone())


def test_averaged_weights_are_the_mean_over_the_steps(film_data, quick_trainer):
    data, recorded = film_data(), Recorded()
    model = MLPRegressor(**MODEL)
    data.setup("fit")
    model.build(data)
    trainer = quick_trainer(max_epochs=2, callbacks=[recorded, WeightAveraging()], limit_val_batches=0)
    trainer.fit(model, datamodule=data)
    assert len(recorded.tables) == 8
    mean = torch.stack(recorded.tables).mean(0)
    assert (mean - recorded.tables[-1]).abs().max() > 0.01
    torch.testing.assert_close(model.network.first.label_weight.detach(), mean, atol=1e-6, rtol=1e-5)


def test_auto_trains_few_labels_as_adam_does_bit_for_bit(film_data, quick_trainer):
    usual, adam = (MLPRegressor(hidden=[8], label_dropout=0.2, **options) for options in ({}, {"optimiser": "adam"}))
    for model in (usual, adam):
        quick_trainer(max_epochs=2).fit(model, datamodule=film_data())
    assert usual.optimiser_name == "adamw"
    assert not usual.has_row_gradients
    assert_same(usual.network, adam.network, atol=0, rtol=0)


def test_auto_goes_by_the_films_of_a_step(film_data, quick_trainer, monkeypatch):
    asked = []
    monkeypatch.setattr(optimised, "resolved", lambda *given: asked.append(given) or "rowwise_adagrad")
    trainer = quick_trainer(accumulate_grad_batches=4, gradient_clip_val=1.0)
    model = trained(film_data(), trainer, optimiser="auto")
    assert set(asked) == {("auto", len(model.network.first.label_weight), 128)}
    assert model.has_row_gradients
