"""What TensorBoard reads of a training, held against a plain loop."""

from collections.abc import Callable, Iterator
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

PLAIN: dict[str, Any] = {"hidden": [16, 8], "learning_rate": 0.02}
"""A network without dropout, whose steps a plain loop can repeat."""


class Events:
    """What the event files of a folder hold, those of a later process after those of an earlier process."""

    def __init__(self, folder: Path) -> None:
        everything = {"images": 0, "tensors": 0, "scalars": 0, "histograms": 0}
        paths = sorted(folder.glob("events.out.tfevents.*"))
        self.files = [EventAccumulator(str(path), everything).Reload() for path in paths]

    def _of(self, kind: str, tag: str) -> Iterator[Any]:
        return (event for file in self.files if tag in file.Tags()[kind.lower()] for event in getattr(file, kind)(tag))

    def tags(self, kind: str) -> set[str]:
        return {tag for file in self.files for tag in file.Tags()[kind]}

    def scalars(self, tag: str) -> list[float]:
        return [event.value for event in self._of("Scalars", tag)]

    def texts(self, tag: str) -> list[str]:
        return [event.tensor_proto.string_val[0].decode() for event in self._of("Tensors", f"{tag}/text_summary")]

    def histograms(self, tag: str) -> list[Any]:
        return [event.histogram_value for event in self._of("Histograms", tag)]

    def hparams(self, part: str) -> list[Any]:
        tag = f"_hparams_/{part}"
        files = [file.summary_metadata for file in self.files if tag in file.summary_metadata]
        return [getattr(HParamsPluginData.FromString(file[tag].plugin_data.content), part) for file in files]


@pytest.fixture
def fit(tmp_path, film_data, quick_trainer) -> Callable[..., Events]:
    """Return what trains a network under the callback and returns what TensorBoard reads."""

    def run(callback: TensorBoard, model: dict[str, Any], data: FilmDataModule | None = None, **trainer) -> Events:
        board = TensorBoardLogger(tmp_path / "logs", "small", "version_0", default_hp_metric=False)
        quick_trainer(callbacks=[callback], logger=board, **trainer).fit(MLPRegressor(**model), data or film_data())
        return Events(Path(board.log_dir))

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
    events = fit(TensorBoard(gradient_norms=1), {**PLAIN, "members": members}, films, max_epochs=3)
    expected = norms_by_hand(films, 3, members)
    assert len(expected[0]) == 4
    assert all(max(epoch) > 1.05 * np.mean(epoch) for epoch in expected)
    assert events.scalars("train/gradient_norm_mean") == pytest.approx([np.mean(epoch) for epoch in expected], rel=1e-4)
    assert events.scalars("train/gradient_norm_max") == pytest.approx([max(epoch) for epoch in expected], rel=1e-4)


def test_norms_are_those_before_clipping(fit, film_data):
    films = film_data()
    events = fit(TensorBoard(), PLAIN, films, limit_train_batches=1, gradient_clip_val=0.01)
    (norm,) = events.scalars("train/gradient_norm_max")
    assert norm == pytest.approx(norms_by_hand(films)[0][0], rel=1e-5)
    assert norm > 0.1


def test_norms_are_taken_at_every_so_many_steps(fit, film_data):
    films = film_data()
    events = fit(TensorBoard(gradient_norms=3), PLAIN, films, max_epochs=2)
    first, second = norms_by_hand(films, 2)
    taken = [[norms[0], norms[3]] for norms in (first, second)]
    assert events.scalars("train/gradient_norm_mean") == pytest.approx([np.mean(some) for some in taken], rel=1e-4)


def test_the_network_learns_the_same_under_the_callback(fit, film_data, quick_trainer):
    alone = MLPRegressor(**PLAIN)
    quick_trainer(max_epochs=2).fit(alone, film_data())
    events = fit(TensorBoard(histograms=True), PLAIN, max_epochs=2)
    assert events.scalars("train/loss")[-1] == float(alone.trainer.callback_metrics["train/loss"])


@pytest.mark.parametrize("schedule", ["none", "cosine"])
def test_learning_rates_are_those_of_each_epochs_first_step(fit, schedule):
    events = fit(TensorBoard(), {**PLAIN, "schedule": schedule}, max_epochs=3)
    cosine = [0.02 * (1 + cos(pi * 4 * epoch / 12)) / 2 for epoch in range(3)]
    expected = cosine if schedule == "cosine" else [0.02] * 3
    assert events.scalars("train/learning_rate") == pytest.approx(expected, rel=1e-5)


def test_histograms_hold_every_weight_of_the_tail_once_an_epoch(fit):
    events = fit(TensorBoard(histograms=True), PLAIN, max_epochs=2)
    sizes = {"2.weight": 128, "2.bias": 8, "5.weight": 8, "5.bias": 1}
    assert events.tags("histograms") == {f"tail/{name}" for name in sizes}
    for name, size in sizes.items():
        assert [histogram.num for histogram in events.histograms(f"tail/{name}")] == [size] * 2


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
    events = fit(TensorBoard(), PLAIN)
    (text,) = events.texts("data")
    assert "**rating**, of 198 films" in text
    assert events.texts("config") == []


def test_settings_stand_beside_the_scores_as_plain_values(film_data, quick_trainer, tmp_path):
    board = TensorBoardLogger(tmp_path, "logs", "run", default_hp_metric=False)
    split = RandomSplit(val=0.15, test=0.25, seed=3)
    model, films = MLPRegressor(**PLAIN), film_data(split=split, target=Target("rating", unit="points"))
    trainer = quick_trainer(callbacks=[TensorBoard()], logger=board)
    trainer.fit(model, films)
    trainer.test(model, films, verbose=False)
    events = Events(Path(board.log_dir))
    (start,) = events.hparams("session_start_info")
    shown = {name: getattr(value, value.WhichOneof("kind")) for name, value in start.hparams.items()}
    assert shown == {
        **{f"model.{name}": value for name, value in model.hparams.items() if name != "hidden"},
        "model.hidden": "[16, 8]",
        "data.batch_size": 32,
        "data.seed": 42,
        "data.split": "RandomSplit",
        "data.split.val": 0.15,
        "data.split.test": 0.25,
        "data.split.seed": 3,
    }
    (experiment,) = events.hparams("experiment")
    metrics = [info.name.tag for info in experiment.metric_infos]
    assert metrics == ["test/rmse", "test/mae", "test/r2"]
    for tag in metrics:
        assert events.scalars(tag) == [pytest.approx(model.scores["test"][tag.removeprefix("test/")], rel=1e-6)]
    assert "hp_metric" not in events.tags("scalars")
