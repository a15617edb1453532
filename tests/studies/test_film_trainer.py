import lightning.pytorch as pl
import numpy as np
import pytest
import torch
from lightning.fabric.utilities.exceptions import MisconfigurationException
from lightning.pytorch.callbacks import EarlyStopping, ModelCheckpoint
from sklearn.metrics import root_mean_squared_error

from greenlight_films.lightning_modules.mlp_regressor import MLPRegressor

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*predict returned None.*"),  # predictions are gathered at the end
    pytest.mark.filterwarnings("ignore:.*Checkpoint directory .* exists and is not empty.*"),  # a resumed run's own
]


class Epochs(pl.Callback):
    """Counts the epochs trained."""

    count = 0

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self.count += 1


@pytest.fixture
def keep(tmp_path) -> list[ModelCheckpoint]:
    """Keep the epoch with the highest validation loss, which is not the last one of a training that learns."""
    best = ModelCheckpoint(tmp_path / "kept", "best", monitor="val/loss", mode="max")
    # `save_last=True` would keep the last of the best ones.
    return [best, ModelCheckpoint(tmp_path / "kept", "last")]


@pytest.fixture
def model() -> MLPRegressor:
    return MLPRegressor(hidden=[16], learning_rate=0.01)


@pytest.fixture
def studied(film_data, quick_trainer, keep, model):
    data = film_data()
    trainer = quick_trainer(max_epochs=6, callbacks=keep, enable_checkpointing=True)
    trainer.study(model, data)
    return model, data


def test_a_study_trains_tests_and_predicts(studied):
    model, data = studied
    assert set(model.scores) == {"val", "test"}
    assert model.predicted.shape == (data.films.n_rows,)
    assert np.isfinite(model.predicted).all()


def test_a_study_goes_on_with_the_best_weights_and_not_the_last(studied, tmp_path):
    model, _ = studied
    best, last = (
        torch.load(tmp_path / "kept" / f"{name}.ckpt", weights_only=True)["state_dict"] for name in ("best", "last")
    )
    assert not torch.equal(best["network.first.label_weight"], last["network.first.label_weight"])
    for name, weights in model.state_dict().items():
        assert torch.equal(weights, best[name])


def test_its_test_scores_are_those_of_its_predictions(studied):
    model, data = studied
    rows = data.films.rows.test
    expected = root_mean_squared_error(data.films.actual[rows], model.predicted[rows])
    assert expected > 0
    assert model.scores["test"]["rmse"] == pytest.approx(expected)


def test_a_study_leaves_nothing_but_checkpoints(studied, tmp_path):
    found = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file())
    assert found == ["films.csv", "kept/best.ckpt", "kept/last.ckpt"]


def test_a_study_goes_on_from_a_checkpoint(film_data, quick_trainer, tmp_path):
    def study(max_epochs, **given):
        keep = ModelCheckpoint(tmp_path / "kept", "last", enable_version_counter=False)
        model = MLPRegressor(hidden=[16], dropout=0.3)
        trainer = quick_trainer(max_epochs=max_epochs, callbacks=[keep], enable_checkpointing=True)
        trainer.study(model, film_data(), **given)
        return model.predicted, trainer.global_step

    undisturbed, steps = study(4)
    study(2)
    resumed, resumed_steps = study(4, ckpt_path=str(tmp_path / "kept" / "last.ckpt"))
    assert resumed_steps == steps == 16
    assert np.ptp(undisturbed) > 0
    assert resumed.tolist() == undisturbed.tolist()


def test_training_stops_when_validation_no_longer_improves(film_data, quick_trainer, keep):
    stop, epochs = EarlyStopping("val/loss", patience=2, min_delta=1e9), Epochs()
    trainer = quick_trainer(max_epochs=50, callbacks=[*keep, stop, epochs], enable_checkpointing=True)
    trainer.study(MLPRegressor(hidden=[8]), film_data())
    assert epochs.count == 3


def test_importance_needs_the_callback_that_measures_it(film_data, quick_trainer):
    with pytest.raises(MisconfigurationException, match="PermutationImportance"):
        quick_trainer().importance(MLPRegressor(hidden=[8]), film_data())
