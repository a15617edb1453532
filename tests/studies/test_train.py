"""Training as a function: which weights it returns, what it leaves, how it goes on, what it refuses."""

import lightning.pytorch as pl
import numpy as np
import pandas as pd
import pytest
import torch
from lightning.pytorch.callbacks import EarlyStopping, ModelCheckpoint
from lightning.pytorch.loggers import TensorBoardLogger

from greenlight_films.datamodules import FilmDataModule, Labels, Number, Target
from greenlight_films.datamodules.errors import InputError
from greenlight_films.lightning_modules.callbacks.early_stopping import Patience
from greenlight_films.lightning_modules.mlp_regressor import MLPRegressor
from greenlight_films.studies.checkpoints import Checkpoint
from greenlight_films.studies.settings.presets import with_preset
from greenlight_films.studies.train import build_trainer, load_trained, running, train
from greenlight_films.studies.training import Training
from tests.runs import files_in

pytestmark = pytest.mark.filterwarnings("ignore:.*Checkpoint directory .* exists and is not empty.*")  # a run's own

QUIET = {"accelerator": "cpu", "devices": 1, "logger": False, "enable_progress_bar": False}
QUIET |= {"enable_model_summary": False}


def training(max_epochs: int = 4, patience: int = 50, **trainer) -> Training:
    return Training({**QUIET, "max_epochs": max_epochs, **trainer}, Patience("val/loss", patience=patience))


def network(**given) -> MLPRegressor:
    return MLPRegressor(**{"hidden": [16], "dropout": 0.3, "learning_rate": 0.01, **given})


def weights_in(path) -> dict[str, torch.Tensor]:
    return torch.load(path, weights_only=True)["state_dict"]


def same(model: MLPRegressor, weights: dict[str, torch.Tensor]) -> bool:
    return all(torch.equal(value, weights[name]) for name, value in model.state_dict().items())


def test_the_network_has_the_weights_of_its_best_epoch_and_two_checkpoints_are_left_to_load(film_data, tmp_path):
    data = film_data()
    trained = train(data, network(learning_rate=0.1, dropout=0.0), training(12), tmp_path)
    best, last = (weights_in(tmp_path / "checkpoints" / f"{name}.ckpt") for name in ("best", "last"))
    assert not torch.equal(best["network.first.label_weight"], last["network.first.label_weight"])
    assert same(trained.model, best)
    assert trained.finished == ""
    assert files_in(tmp_path) == ["checkpoints/best.ckpt", "checkpoints/last.ckpt", "films.csv"]
    loaded = load_trained(network(), training(), tmp_path, Checkpoint.read(tmp_path / "checkpoints" / "best.ckpt"), [])
    assert same(loaded.model, best)
    other = network()
    other.build(data)
    assert other.network.first.label_weight.shape == loaded.model.network.first.label_weight.shape


def test_one_batch_alone_leaves_no_checkpoint(film_data, tmp_path):
    assert train(film_data(), network(), training(1, fast_dev_run=True), tmp_path).trainer.fast_dev_run
    assert files_in(tmp_path) == ["films.csv"]


def test_the_trainer_logs_for_tensorboard_in_the_runs_folder_and_keeps_what_a_config_gives(tmp_path):
    given = [ModelCheckpoint(dirpath=tmp_path / "a" / "b"), EarlyStopping("val/loss")]
    folder = tmp_path / "small" / "version_3"
    plan = training(logger=None, enable_progress_bar=None, callbacks=given, plugins=[])
    trainer = build_trainer(plan, folder, [])
    assert isinstance(trainer.logger, TensorBoardLogger)
    assert trainer.logger.log_dir == str(folder)
    assert trainer.default_root_dir == str(folder)
    assert set(given) <= set(trainer.callbacks)
    assert any(type(callback).__name__ == "RichProgressBar" for callback in trainer.callbacks)
    assert (tmp_path / "a" / "b").is_dir()
    silent = build_trainer(training(), folder, [])
    assert (silent.loggers, silent.progress_bar_callback) == ([], None)


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("accelerator", "warp", "warp"),
        ("strategy", "ddp_spawn", "trainer.strategy must be one whose processes are commands of their own"),
        ("precision", "99", r"^trainer: "),
    ],
)
def test_settings_that_lightning_refuses_are_refused(tmp_path, option, value, message):
    with pytest.raises(InputError, match=message):
        build_trainer(training(**{option: value}), tmp_path, [])


class Raises(pl.Callback):
    """Raises in the first step."""

    def __init__(self, problem: BaseException) -> None:
        self.problem = problem

    def on_train_batch_start(self, *arguments: object) -> None:
        raise self.problem


@pytest.mark.parametrize("problem", [KeyboardInterrupt(), ValueError("a callback's own"), InputError("a refusal")])
def test_what_callbacks_raise_passes_as_it_is(film_data, tmp_path, problem):
    with pytest.raises(type(problem)) as raised:
        train(film_data(), network(), training(), tmp_path, [Raises(problem)])
    assert str(raised.value) == str(problem)


def test_a_checkpoint_with_other_entries_is_one_message(film_data, tmp_path):
    train(film_data(), network(), training(1), tmp_path)
    last = Checkpoint.read(tmp_path / "checkpoints" / "last.ckpt")
    last.entries["optimizer_states"] = [{}]
    with pytest.raises(InputError, match=r"last\.ckpt is not a checkpoint of Greenlight, or its entries were changed"):
        train(film_data(), network(), training(2), tmp_path, resume=last)


def test_an_exit_that_lightning_makes_of_a_signal_is_a_keyboard_interrupt(tmp_path):
    trainer = build_trainer(training(), tmp_path, [])
    end = SystemExit(1)
    end.__context__ = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt), running(trainer):
        raise end


@pytest.mark.parametrize(("hidden", "expected"), [([128, 64], 1), ([129], 2)])
def test_a_small_network_takes_one_thread_a_step_however_many_there_are(film_data, tmp_path, hidden, expected):
    class Threads(pl.Callback):
        def on_train_batch_end(self, *_):
            seen.add(torch.get_num_threads())

    seen, before = set(), torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        train(film_data(), network(hidden=hidden), training(1), tmp_path, [Threads()])
        assert (seen, torch.get_num_threads()) == ({expected}, 2)
    finally:
        torch.set_num_threads(before)


def test_a_small_network_has_the_same_weights_with_any_number_of_threads(tmp_path):
    random, n = np.random.default_rng(1), 1500
    names = pd.DataFrame(random.integers(0, 2000, (n, 4))).astype(str).agg("|".join, axis=1)
    frame = pd.DataFrame({"cast": names, "genre": random.choice(["Drama", "War"], n)})
    frame = frame.assign(year=random.integers(1970, 2020, n), rating=random.normal(size=n))
    declared = [Number("year"), Labels("genre"), Labels("cast", separator="|", role="actor")]
    features, weights, before = with_preset("recipe", declared, None), [], torch.get_num_threads()
    try:
        for threads in (1, 2):
            torch.set_num_threads(threads)
            folder = tmp_path / str(threads)
            folder.mkdir()
            data = FilmDataModule(frame=frame, features=features, target=Target("rating"), batch_size=64)
            weights.append(train(data, network(hidden=[128]), training(1), folder).model.state_dict())
    finally:
        torch.set_num_threads(before)
    # A product of so few columns is rounded differently by two threads.
    assert 5 <= len(weights[0]["network.first.input_weight"]) <= 7
    assert all(torch.equal(value, weights[1][name]) for name, value in weights[0].items())
