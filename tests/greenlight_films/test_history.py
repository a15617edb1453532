"""`History` keeps what Lightning logged of each epoch."""

from types import SimpleNamespace

import torch

from greenlight_films.history import History


def test_scores_of_each_epoch_are_kept_by_side():
    history = History()
    for epoch in range(2):
        metrics = {
            "val/loss": torch.tensor(0.5 - epoch / 4),
            "train/loss": torch.tensor(1.0),
            "loss": torch.tensor(9.0),
        }
        history.on_train_epoch_end(SimpleNamespace(current_epoch=epoch, callback_metrics=metrics), None)
    assert history.epochs == [
        {"epoch": 0, "val_loss": 0.5, "train_loss": 1.0},
        {"epoch": 1, "val_loss": 0.25, "train_loss": 1.0},
    ]
