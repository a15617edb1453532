"""A network that is trained anew on training and validation films, and the models beside it."""

import shutil
from pathlib import Path

import lightning.pytorch as pl
import numpy as np
import pytest
import torch
from lightning.pytorch.callbacks import EMAWeightAveraging

from greenlight_films.datamodules import FilmDataModule, InputError, Labels, Number
from greenlight_films.datamodules.features import RidgeByColumn, Size, TrackRecord
from greenlight_films.history import History
from greenlight_films.lightning_modules.callbacks.early_stopping import EpochLimit, Patience
from greenlight_films.lightning_modules.mlp_regressor import MLPRegressor
from greenlight_films.studies.checkpoints import Checkpoint, checkpoint_to_resume
from greenlight_films.studies.train import Trained, train
from greenlight_films.studies.training import Training
from tests.runs import files_in, metrics_of, predictions_of

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*Checkpoint directory .* exists and is not empty.*"),
    pytest.mark.filterwarnings("ignore:.*predict returned None.*"),
]

QUIET = {"accelerator": "cpu", "devices": 1, "logger": False, "enable_progress_bar": False}
QUIET |= {"enable_model_summary": False, "max_epochs": 6}
RECIPE = {"hidden": [16, 8], "heads": 2, "dropout": 0.2, "learning_rate": 0.03, "schedule": "cosine"}
FEATURES = [
    Number("year"),
    *(kind("cast") for kind in (Labels, RidgeByColumn, Size)),
    TrackRecord("cast", 1, near=["year"]),
]
FEATURES += [Labels("genre"), RidgeByColumn("genre")]


@pytest.fixture
def fresh(film_data):
    return lambda **given: film_data(**{"features": FEATURES, **given})


def trained(data, folder, resume: Checkpoint | None = None, *, refit: bool = True, watch=(), **trainer) -> Trained:
    folder.mkdir(exist_ok=True)
    plan = Training({**QUIET, **trainer}, Patience("val/loss", patience=50))
    return train(data, MLPRegressor(**RECIPE), plan, folder, watch, resume, refit)


def weights_of(model: MLPRegressor) -> dict[str, torch.Tensor]:
    return {name: weight.clone() for name, weight in model.state_dict().items()}


def weights_in(folder, name: str) -> dict[str, torch.Tensor]:
    return Checkpoint.read(folder / "checkpoints" / f"{name}.ckpt").entries["state_dict"]


def same(first: dict[str, torch.Tensor], second: dict[str, torch.Tensor]) -> bool:
    return set(first) == set(second) and all(torch.equal(weight, second[name]) for name, weight in first.items())


def predicted(result: Trained, data: FilmDataModule) -> np.ndarray:
    result.trainer.predict(result.model, datamodule=data, return_predictions=False)
    return result.model.predicted


def test_all_is_learnt_from_training_and_validation_films_but_sides_and_penalty_stay(fresh, films_frame):
    sides = fresh()
    sides.setup("fit")
    row = sides.films.rows.val[0]
    films_frame.loc[sides.films.number[row] - 1, "cast"] = "Only Here"
    data = fresh(table=None, frame=films_frame)
    data.setup("fit")
    before, penalty = data.films.rows, data.fitted.penalty
    assert "cast=Only Here" not in data.fitted.encoder.space.label_names()
    data.refit()
    rows, space = data.films.rows, data.fitted.encoder.space
    assert np.array_equal(rows.sides(), before.sides())
    assert (data.fitted.penalty, data.fitted.refitted) == (penalty, True)
    table = films_frame[films_frame["rating"].notna()]
    learnt = table.iloc[np.sort(np.concatenate([rows.train, rows.val]))]
    assert data.fitted.scale.mean == pytest.approx(learnt["rating"].mean(), rel=1e-12)
    assert data.fitted.scale.std == pytest.approx(learnt["rating"].std(ddof=0), rel=1e-12)
    cast = {name for cell in learnt["cast"].dropna() for name in cell.split(", ")}
    assert {name.removeprefix("cast=") for name in space.label_names() if name.startswith("cast=")} == cast
    year = data.films.encoded.dense[:, 0]
    assert year == pytest.approx((table["year"] - learnt["year"].mean()) / learnt["year"].std(ddof=0), abs=1e-5)
    assert np.array_equal(data.films.crossed.train, data.films.learnt)
    inputs, label = data.films.crossed.labels, space.label_names().index("cast=Only Here")
    is_known = inputs.names.index("known")
    assert inputs.values[label, is_known] > 0
    own = data.films.crossed.drawn[:, data.films.learnt.searchsorted(row), is_known]
    assert own == pytest.approx(-inputs.centre[is_known])  # the film itself doesn't count
    again = fresh(table=None, frame=films_frame)
    again.load_state_dict(data.state_dict())
    again.setup("test")
    assert np.array_equal(again.films.encoded.inputs, data.films.encoded.inputs)
    assert np.array_equal(again.films.learnt, data.films.learnt)


def test_a_refit_takes_the_rows_that_were_read_and_reads_no_file(fresh):
    data, again = fresh(), fresh()
    data.setup("fit")
    table = Path(data.table)
    written = table.read_bytes()
    table.unlink()
    data.refit()
    table.write_bytes(written)
    again.load_state_dict(data.state_dict())
    again.setup("test")  # which encodes the file anew
    for name in ("dense", "unscaled", "inputs"):
        assert np.array_equal(getattr(again.films.encoded, name), getattr(data.films.encoded, name))
    assert (again.films.encoded.labels != data.films.encoded.labels).nnz == 0


@pytest.mark.slow
def test_the_first_fit_is_that_of_a_run_without_refit_and_its_validation_predictions_stay(fresh, tmp_path):
    data, plain = fresh(), fresh()
    without = trained(plain, tmp_path / "plain", refit=False)
    refitted = trained(data, tmp_path / "refit")
    assert files_in(tmp_path / "plain") == ["checkpoints/best.ckpt", "checkpoints/last.ckpt"]
    assert files_in(tmp_path / "refit") == [f"checkpoints/{name}.ckpt" for name in ("best", "first_fit", "last")]
    first = weights_in(tmp_path / "refit", "first_fit")
    assert same(first, weights_in(tmp_path / "plain", "best"))
    assert same(weights_in(tmp_path / "refit", "last"), weights_in(tmp_path / "plain", "last"))
    assert same(weights_of(refitted.model), weights_in(tmp_path / "refit", "best"))
    assert not torch.equal(refitted.model.network.first.dense_weight, first["network.first.dense_weight"])
    rows, theirs, own = data.films.rows, predicted(without, plain), predicted(refitted, data)
    assert np.array_equal(own[rows.val], theirs[rows.val])
    assert not np.isclose(own[rows.test], theirs[rows.test]).any()
    assert refitted.model.first_fit.scores == plain.fitted.scale.scores(plain.films.actual[rows.val], theirs[rows.val])
    refitted.trainer.validate(refitted.model, datamodule=data, verbose=False)
    assert refitted.model.scores["val"] == pytest.approx(refitted.model.first_fit.scores, rel=1e-9)


class Until(pl.Callback):
    """Ends training after some epochs."""

    def __init__(self, n_epochs: int) -> None:
        self.n_epochs = n_epochs

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        trainer.should_stop = trainer.current_epoch == self.n_epochs - 1


def test_a_refit_is_a_training_from_the_start_for_the_epochs_and_by_the_schedule_of_the_first_fit(
    fresh, quick_trainer, tmp_path
):
    history = History()
    refitted = trained(fresh(), tmp_path, watch=[history])
    losses = [epoch["val_loss"] for epoch in history.epochs]
    n_epochs = losses.index(min(losses)) + 1
    assert len(losses) == QUIET["max_epochs"] > n_epochs > 1
    assert refitted.model.first_fit.epochs == n_epochs
    data, model = fresh(), MLPRegressor(**RECIPE)
    data.setup("fit")
    data.refit()
    trainer = quick_trainer(max_epochs=6, callbacks=[Until(n_epochs)], limit_val_batches=0, num_sanity_val_steps=0)
    trainer.fit(model, datamodule=data)
    assert trainer.optimizers[0].param_groups[0]["lr"] == pytest.approx(0.015 * (1 + np.cos(np.pi * n_epochs / 6)))
    assert same(weights_of(model), weights_of(refitted.model))


@pytest.mark.slow
def test_targets_of_test_films_are_not_learnt_from(fresh, films_frame, tmp_path):
    data = fresh()
    refitted = trained(data, tmp_path / "given")
    test = data.films.number[data.films.rows.test] - 1
    shuffled = films_frame.copy()
    shuffled.loc[test, "rating"] = films_frame.loc[test, "rating"].sample(frac=1, random_state=1).to_numpy()
    assert not shuffled["rating"].equals(films_frame["rating"])
    other = trained(fresh(table=None, frame=shuffled), tmp_path / "shuffled")
    assert same(weights_of(other.model), weights_of(refitted.model))
    assert other.model.first_fit.intervals == refitted.model.first_fit.intervals


@pytest.mark.slow
def test_an_interrupted_refit_begins_anew_from_the_first_fit_and_a_finished_one_is_kept(fresh, tmp_path, monkeypatch):
    whole = trained(fresh(), tmp_path / "whole")

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(EpochLimit, "on_train_epoch_end", interrupt)
        with pytest.raises(KeyboardInterrupt):
            trained(fresh(), tmp_path / "cut")
    assert files_in(tmp_path / "cut") == ["checkpoints/first_fit.ckpt", "checkpoints/last.ckpt"]
    last = tmp_path / "cut" / "checkpoints" / "last.ckpt"
    resumed = trained(fresh(), tmp_path / "cut", Checkpoint.read(last))
    assert same(weights_of(resumed.model), weights_of(whole.model))
    monkeypatch.setattr(EpochLimit, "on_train_epoch_end", interrupt)  # nothing is trained any more
    kept = trained(fresh(), tmp_path / "cut", Checkpoint.read(last))
    assert same(weights_of(kept.model), weights_of(whole.model))
    assert torch.equal(kept.model.first_fit.predicted, whole.model.first_fit.predicted)


@pytest.mark.slow
def test_a_refit_can_be_added_to_a_run_and_taken_back(fresh, tmp_path):
    folder = tmp_path / "run"
    without = weights_of(trained(fresh(), folder, refit=False).model)
    last = folder / "checkpoints" / "last.ckpt"
    refitted = trained(fresh(), folder, Checkpoint.read(last))
    assert same(weights_in(folder, "first_fit"), without)
    assert same(weights_of(refitted.model), weights_of(trained(fresh(), tmp_path / "other").model))
    back = trained(fresh(), folder, Checkpoint.read(last), refit=False)
    assert same(weights_of(back.model), without)
    assert same(weights_in(folder, "best"), without)


@pytest.mark.parametrize(
    ("option", "value"), [("max_steps", 50), ("max_time", "00:01:00:00"), ("limit_predict_batches", 1)]
)
def test_what_would_cut_a_refit_short_is_refused(fresh, tmp_path, option, value):
    with pytest.raises(InputError, match=rf"trainer\.{option} must be left out .*got {value}"):
        trained(fresh(), tmp_path, **{option: value})


def test_averaged_weights_are_averaged_anew_in_a_refit(fresh, quick_trainer, tmp_path):
    refitted = trained(fresh(), tmp_path, callbacks=[EMAWeightAveraging(decay=0.9)])
    data, model = fresh(), MLPRegressor(**RECIPE)
    data.setup("fit")
    data.refit()
    model.build(data)
    own = [EMAWeightAveraging(decay=0.9), Until(refitted.model.first_fit.epochs)]
    trainer = quick_trainer(max_epochs=6, callbacks=own, limit_val_batches=0, num_sanity_val_steps=0)
    trainer.fit(model, datamodule=data)
    assert same(weights_of(model), weights_of(refitted.model))
    assert same(weights_of(model), weights_in(tmp_path, "best"))


def test_a_refit_is_no_checkpoint_to_train_on(fresh, tmp_path):
    trained(fresh(), tmp_path)
    with pytest.raises(InputError, match=r"best\.ckpt is of a refit, .* give last\.ckpt"):
        checkpoint_to_resume(None, tmp_path / "checkpoints" / "best.ckpt")


@pytest.mark.slow
def test_a_refitted_study_shows_validation_films_and_intervals_as_the_first_fit_has_them(
    command, study, study_config, tmp_path
):
    words = ("--config", study_config, "--runs", tmp_path / "runs", "--refit", "true")
    answer = command("study", *words)
    assert answer.code == 0, answer.err
    assert "Refit: once validation films had chosen" in answer.text
    run = tmp_path / "runs" / "small" / "version_0"
    metrics, table, before = metrics_of(run), predictions_of(run), study.predictions
    assert metrics["refit"] is True
    assert metrics["models"].keys() == study.metrics["models"].keys()
    assert all(metrics["models"][name] != study.metrics["models"][name] for name in ("mlp", "ridge", "mean"))
    is_val = table["split"] == "val"
    assert (table["split"] == before["split"]).all()
    assert table["predicted"][is_val].equals(before["predicted"][is_val])
    assert not table["predicted"][~is_val].equals(before["predicted"][~is_val])
    assert command("predict", "--run", run).code == 0
    assert predictions_of(run).equals(table)
    scores = command("validate", "--run", run), metrics_of(run)["validation"]["mlp"]
    assert scores[0].code == 0
    plain = shutil.copytree(study.path, tmp_path / "plain" / "version_0")
    assert command("validate", "--run", plain).code == 0
    assert scores[1] == pytest.approx(metrics_of(plain)["validation"]["mlp"], rel=1e-6)
    refused = command("importance", "--run", run, "--permutation_importance.split", "val")
    assert refused.code == 2
    assert "split must be test where models are refitted, got val" in refused.err
