"""What TensorBoard reads of a training, held against a plain loop."""

from collections.abc import Callable
from math import cos, pi
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from lightning.pytorch.loggers import CSVLogger, TensorBoardLogger
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData

from greenlight_films.datamodules import FilmDataModule, InputError, RandomSplit, Target
from greenlight_films.lightning_modules.additive_mlp import AdditiveMLP
from greenlight_films.lightning_modules.callbacks.tensorboard import TensorBoard
from greenlight_films.lightning_modules.mlp_regressor import MLPRegressor
from tests.runs import hyperparameters_of, scalars_of, texts_of

PLAIN: dict[str, Any] = {"hidden": [16, 8], "learning_rate": 0.02}
"""A network without dropout, whose steps a plain loop can repeat."""


def values_of(run: Path, tag: str) -> list[float]:
    """Return a scalar's values in the order of steps."""
    return [value for _, value in scalars_of(run)[tag]]


@pytest.fixture
def fit(tmp_path, film_data, quick_trainer) -> Callable[..., Path]:
    """Return what trains a network under the callback and returns the folder that TensorBoard reads."""

    def run(callback: TensorBoard, model: dict[str, Any], data: FilmDataModule | None = None, **trainer) -> Path:
        board = TensorBoardLogger(tmp_path / "logs", "small", "version_0", default_hp_metric=False)
        quick_trainer(callbacks=[callback], logger=board, **trainer).fit(MLPRegressor(**model), data or film_data())
        return Path(board.log_dir)

    return run


def norms_by_hand(films: FilmDataModule, epochs: int = 1, members: int = 1) -> list[list[float]]:
    """Train as `PLAIN` says with a plain loop, and return the norm of all gradients at each step of each epoch."""
    space = films.fitted.encoder.space
    network = AdditiveMLP(space.n_dense, space.n_labels, PLAIN["hidden"], seed=42, members=members)
    optimiser = torch.optim.Adam(network.parameters(), lr=PLAIN["learning_rate"])
    loader, norms = films.train_dataloader(), []
    for epoch in range(epochs):
        loader.sampler.set_epoch(epoch)
        norms.append([])
        for batch in loader:
            optimiser.zero_grad()
            predicted = network.each(batch.dense, batch.labels, batch.offsets, batch.weights)
            ((predicted - batch.target[:, None]) ** 2).mean(0).sum().backward()
            squares = [weights.grad.numpy().astype(np.float64) ** 2 for weights in network.parameters()]
            norms[-1].append(float(np.sqrt(sum(square.sum() for square in squares))))
            optimiser.step()
    return norms


@pytest.mark.parametrize("members", [1, 3])
def test_gradient_norms_are_those_of_a_plain_loop(fit, film_data, members):
    films = film_data()
    run = fit(TensorBoard(gradient_norms=1), {**PLAIN, "members": members}, films, max_epochs=3)
    expected = norms_by_hand(films, 3, members)
    assert len(expected[0]) == 4
    assert all(max(epoch) > 1.05 * np.mean(epoch) for epoch in expected)
    assert values_of(run, "train/gradient_norm_mean") == pytest.approx([np.mean(epoch) for epoch in expected], rel=1e-4)
    assert values_of(run, "train/gradient_norm_max") == pytest.approx([max(epoch) for epoch in expected], rel=1e-4)


def test_norms_are_those_before_clipping(fit, film_data):
    films = film_data()
    run = fit(TensorBoard(), PLAIN, films, limit_train_batches=1, gradient_clip_val=0.01)
    (norm,) = values_of(run, "train/gradient_norm_max")
    assert norm == pytest.approx(norms_by_hand(films)[0][0], rel=1e-5)
    assert norm > 0.1


def test_norms_are_taken_at_every_so_many_steps(fit, film_data):
    films = film_data()
    run = fit(TensorBoard(gradient_norms=3), PLAIN, films, max_epochs=2)
    first, second = norms_by_hand(films, 2)
    taken = [[norms[0], norms[3]] for norms in (first, second)]
    assert values_of(run, "train/gradient_norm_mean") == pytest.approx([np.mean(some) for some in taken], rel=1e-4)


def test_the_network_learns_the_same_under_the_callback(fit, film_data, quick_trainer):
    alone = MLPRegressor(**PLAIN)
    quick_trainer(max_epochs=2).fit(alone, film_data())
    run = fit(TensorBoard(histograms=True), PLAIN, max_epochs=2)
    assert values_of(run, "train/loss")[-1] == float(alone.trainer.callback_metrics["train/loss"])


@pytest.mark.parametrize("schedule", ["none", "cosine"])
def test_learning_rates_are_those_of_each_epochs_first_step(fit, schedule):
    run = fit(TensorBoard(), {**PLAIN, "schedule": schedule}, max_epochs=3)
    cosine = [0.02 * (1 + cos(pi * 4 * epoch / 12)) / 2 for epoch in range(3)]
    expected = cosine if schedule == "cosine" else [0.02] * 3
    assert values_of(run, "train/learning_rate") == pytest.approx(expected, rel=1e-5)


def test_histograms_hold_every_weight_of_the_tail_once_an_epoch(fit):
    run = fit(TensorBoard(histograms=True), PLAIN, max_epochs=2)
    (path,) = run.glob("events.out.tfevents.*")
    events = EventAccumulator(str(path), {"histograms": 0}).Reload()
    sizes = {"2.weight": 128, "2.bias": 8, "5.weight": 8, "5.bias": 1}
    assert set(events.Tags()["histograms"]) == {f"tail/{name}" for name in sizes}
    for name, size in sizes.items():
        assert [event.histogram_value.num for event in events.Histograms(f"tail/{name}")] == [size] * 2


@pytest.mark.parametrize("logger", [False, "csv"])
def test_without_tensorboard_nothing_is_measured(film_data, quick_trainer, tmp_path, logger):
    callback, films = TensorBoard(histograms=True), film_data()
    trainer = quick_trainer(callbacks=[callback], logger=CSVLogger(tmp_path, "csv") if logger else False)
    model = MLPRegressor(**PLAIN)
    trainer.fit(model, films)
    trainer.test(model, films, verbose=False)
    assert callback.norms is None
    assert not [name for name in trainer.callback_metrics if "norm" in name or "rate" in name]
    assert not list(tmp_path.rglob("events.*"))


def test_too_few_steps_between_norms_are_refused():
    with pytest.raises(InputError, match=r"^tensorboard.gradient_norms must be 0 or more, got -1$"):
        TensorBoard(gradient_norms=-1)


def test_the_data_are_shown_once_and_without_a_config_only_they(fit):
    texts = texts_of(fit(TensorBoard(), PLAIN))
    assert set(texts) == {"data"}
    assert "**rating**, of 198 films" in texts["data"][0]
    assert len(texts["data"]) == 1


def test_settings_stand_beside_the_scores_as_plain_values(film_data, quick_trainer, tmp_path):
    board = TensorBoardLogger(tmp_path, "logs", "run", default_hp_metric=False)
    split = RandomSplit(val=0.15, test=0.25, seed=3)
    model, films = MLPRegressor(**PLAIN), film_data(split=split, target=Target("rating", unit="points"))
    trainer = quick_trainer(callbacks=[TensorBoard()], logger=board)
    trainer.fit(model, films)
    trainer.test(model, films, verbose=False)
    (shown,) = hyperparameters_of(Path(board.log_dir))
    assert shown == {
        **{f"model.{name}": value for name, value in model.hparams.items() if name != "hidden"},
        **{"model.hidden": "[16, 8]", "data.batch_size": 32, "data.seed": 42, "data.split": "RandomSplit"},
        **{"data.split.val": 0.15, "data.split.test": 0.25, "data.split.seed": 3},
    }
    scalars = scalars_of(Path(board.log_dir))
    for name in ("rmse", "mae", "r2"):
        assert [value for _, value in scalars[f"test/{name}"]] == [pytest.approx(model.scores["test"][name], rel=1e-6)]
    assert "hp_metric" not in scalars
    files = [EventAccumulator(str(path)).Reload() for path in Path(board.log_dir).glob("events.*")]
    metadata = [file.summary_metadata.get("_hparams_/experiment") for file in files]
    (experiment,) = [HParamsPluginData.FromString(part.plugin_data.content) for part in metadata if part]
    assert [info.name.tag for info in experiment.experiment.metric_infos] == ["test/rmse", "test/mae", "test/r2"]
