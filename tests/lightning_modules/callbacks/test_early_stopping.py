"""Patience: that of the resumed run counts, not that of the run before."""

from types import SimpleNamespace

import pytest
import torch
from lightning.pytorch.callbacks.early_stopping import EarlyStoppingReason

from greenlight_films.lightning_modules.callbacks.early_stopping import EpochLimit, Patience

EXHAUSTED = EarlyStoppingReason.PATIENCE_EXHAUSTED


def state(reason: EarlyStoppingReason, waited: int = 3) -> dict:
    before = Patience("val/loss", patience=3)
    before.wait_count, before.stopped_epoch, before.best_score = waited, 7, torch.tensor(0.5)
    before.stopping_reason = reason
    return before.state_dict()


@pytest.mark.parametrize(
    ("patience", "reason", "has_ended"),
    [
        (3, EXHAUSTED, True),
        (2, EXHAUSTED, True),
        (4, EXHAUSTED, False),
        (4, EarlyStoppingReason.NON_FINITE_METRIC, True),
        (3, EarlyStoppingReason.NOT_STOPPED, False),
    ],
)
def test_a_resumed_run_takes_the_patience_given_and_trains_no_further_where_that_has_ended(patience, reason, has_ended):
    stop, trainer = Patience("val/loss", patience=patience), SimpleNamespace(should_stop=False)
    stop.load_state_dict(state(reason))
    assert (stop.patience, stop.wait_count, float(stop.best_score)) == (patience, 3, 0.5)
    assert stop.has_ended is has_ended
    assert (stop.stopping_reason == EarlyStoppingReason.NOT_STOPPED) is not has_ended
    stop.on_fit_start(trainer, None)
    assert trainer.should_stop is has_ended


def test_a_stop_of_another_callback_stays():
    trainer = SimpleNamespace(should_stop=True)
    Patience("val/loss").on_fit_start(trainer, None)
    assert trainer.should_stop


@pytest.mark.parametrize(("epoch", "stops"), [(1, False), (2, True)])
def test_training_ends_after_a_number_of_epochs(epoch, stops):
    trainer = SimpleNamespace(should_stop=False, current_epoch=epoch)
    EpochLimit(3).on_train_epoch_end(trainer, None)
    assert trainer.should_stop is stops
