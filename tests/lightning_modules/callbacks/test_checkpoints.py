"""Checkpoints: whole files with a digest, found again in a moved folder, and written where a signal stops training."""

import os
import signal
from pathlib import Path

import lightning.pytorch as pl
import pytest
import torch

from greenlight_films.datamodules.errors import InputError
from greenlight_films.lightning_modules.callbacks.checkpoints import (
    DIGEST,
    LastCheckpoint,
    RunCheckpoint,
    StopHandlers,
    WholeCheckpointIO,
    digest,
)
from greenlight_films.lightning_modules.callbacks.signals import STOP
from greenlight_films.lightning_modules.mlp_regressor import MLPRegressor

ENTRIES = {"epoch": 3, "state_dict": {"weight": torch.ones(2, 3)}, "nested": [{"a": (1, None)}]}


def test_a_checkpoint_is_written_whole_with_its_digest(tmp_path):
    path = tmp_path / "last.ckpt"
    for epoch in (3, 4):
        WholeCheckpointIO().save_checkpoint({**ENTRIES, "epoch": epoch}, path)
    read = WholeCheckpointIO().load_checkpoint(path, weights_only=True)
    assert (read["epoch"], read[DIGEST]) == (4, digest(read))
    assert [file.name for file in tmp_path.iterdir()] == ["last.ckpt"]


def test_a_checkpoint_that_was_read_before_is_not_read_again(tmp_path):
    io = WholeCheckpointIO(ENTRIES)
    assert io.load_checkpoint(tmp_path / "nowhere.ckpt") is ENTRIES
    with pytest.raises(FileNotFoundError):
        io.load_checkpoint(tmp_path / "nowhere.ckpt")


@pytest.mark.parametrize(
    "changed",
    [
        {"epoch": 4},
        {"nested": [{"a": (1, 0)}]},
        {"state_dict": {"weight": torch.ones(3, 2)}},
        {"state_dict": {"weight": torch.ones(2, 3).double()}},
        {"more": 1},
    ],
)
def test_a_digest_tells_of_any_entry_that_was_changed(changed):
    assert digest({**ENTRIES, "state_dict": {"weight": torch.zeros(2, 3)}}) == digest(ENTRIES)  # files have sums
    assert digest({**ENTRIES, DIGEST: "x"}) == digest(ENTRIES)
    assert digest({**ENTRIES, **changed}) != digest(ENTRIES)


@pytest.mark.parametrize("is_there", [True, False])
def test_the_best_epoch_of_a_moved_run_is_that_of_its_own_folder(tmp_path, is_there):
    path = tmp_path / "new" / "best.ckpt"
    if is_there:
        path.parent.mkdir()
        path.touch()
    before = RunCheckpoint("/old/checkpoints", "best", monitor="val/loss")
    before.best_model_path = before.kth_best_model_path = "/old/checkpoints/best.ckpt"
    before.best_model_score = torch.tensor(0.25)
    before.best_k_models = {before.best_model_path: before.best_model_score}
    resumed = RunCheckpoint(path.parent, "best", monitor="val/loss")
    resumed.load_state_dict(before.state_dict())
    assert (resumed.best_model_path, list(resumed.best_k_models)) == (
        (str(path), [str(path)]) if is_there else ("", [])
    )


class Signals(pl.Callback):
    """Sends a signal after a step."""

    def __init__(self, step: int) -> None:
        self.step = step

    def on_train_batch_start(self, trainer: pl.Trainer, *_: object) -> None:
        if trainer.global_step == self.step:
            os.kill(os.getpid(), signal.SIGTERM)


@pytest.fixture
def fit(film_data, quick_trainer, tmp_path):
    """Return what trains two epochs of four steps with a last checkpoint, as a command does."""

    def run(*callbacks: pl.Callback, **model: float) -> pl.Trainer:
        last = LastCheckpoint(tmp_path / "kept", "last", save_on_train_epoch_end=True, enable_version_counter=False)
        best = RunCheckpoint(tmp_path / "kept", "best", monitor="val/loss", enable_version_counter=False)
        handlers = StopHandlers()
        trainer = quick_trainer(
            max_epochs=2,
            callbacks=[best, *callbacks, last, handlers],
            enable_checkpointing=True,
            plugins=[WholeCheckpointIO()],
        )
        with STOP:
            trainer.fit(MLPRegressor(**{"hidden": [8], **model}), datamodule=film_data())
        assert handlers.has_started
        return trainer

    return run


@pytest.mark.parametrize(("step", "kept"), [(1, 2), (3, 4), (5, 6)])
@pytest.mark.filterwarnings("ignore:.*Detected KeyboardInterrupt.*")
def test_a_signal_stops_training_after_its_step_with_a_checkpoint_of_it(fit, tmp_path, step, kept):
    with pytest.raises((KeyboardInterrupt, SystemExit)):
        fit(Signals(step))
    checkpoint = torch.load(tmp_path / "kept" / "last.ckpt", weights_only=True)
    assert checkpoint["global_step"] == kept
    assert not STOP.waits


def test_training_to_its_end_keeps_its_last_epoch(fit, tmp_path):
    trainer = fit()
    assert torch.load(tmp_path / "kept" / "last.ckpt", weights_only=True)["global_step"] == trainer.global_step == 8
    assert (STOP.number, STOP.waits) == (None, False)


def test_a_training_that_diverged_is_refused(fit, tmp_path):
    message = "training diverged, no epoch has a finite val/loss: give a smaller --model.learning_rate"
    with pytest.raises(InputError, match=message):
        fit(learning_rate=1e30)
    assert Path(tmp_path / "kept" / "best.ckpt").is_file()
