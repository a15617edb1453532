"""How a network is trained, and what is refused before it is."""

import pytest
from lightning.pytorch.callbacks import StochasticWeightAveraging, Timer

from greenlight_films.datamodules.errors import InputError
from greenlight_films.lightning_modules.callbacks.early_stopping import Patience
from greenlight_films.studies.training import Training


@pytest.mark.parametrize(
    ("trainer", "monitor", "message"),
    [
        (
            {"callbacks": StochasticWeightAveraging(0.1, device=None)},
            "val/loss",
            "trainer.callbacks: StochasticWeightAveraging .* give lightning.pytorch.callbacks.EMAWeightAveraging",
        ),
        ({"overfit_batches": 2}, "val/loss", "trainer.overfit_batches must be 0, got 2: .*limit_train_batches"),
        ({"limit_val_batches": 0}, "val/loss", "trainer.limit_val_batches must be above 0, got 0"),
        ({}, "val/los", "early_stopping.monitor: no score 'val/los', did you mean 'val/loss'. There are: train/loss"),
        ({}, "zzz", r"early_stopping.monitor: no score 'zzz'\. There are: "),
    ],
)
def test_what_a_network_cannot_be_trained_with_is_refused(trainer, monitor, message):
    with pytest.raises(InputError, match=message):
        Training(trainer, Patience(monitor))


def test_callbacks_are_several_one_alone_or_none():
    timer = Timer()
    assert Training({"callbacks": timer}).callbacks == Training({"callbacks": [timer]}).callbacks == [timer]
    assert Training().callbacks == Training({"callbacks": None}).callbacks == []


def test_another_training_leaves_the_first_as_it_was():
    first = Training({"max_epochs": 3, "num_nodes": 2})
    assert first.with_trainer(max_epochs=1, devices=1).trainer == {"max_epochs": 1, "num_nodes": 2, "devices": 1}
    assert (first.trainer["max_epochs"], first.num_nodes, Training().num_nodes) == (3, 2, 1)
    assert (Training().early_stopping.monitor, Training().early_stopping.patience) == ("val/loss", 3)
