"""The callback: when it measures, how it leaves the model, what it refuses and what TensorBoard gets."""

import signal
import subprocess
import sys
from contextlib import suppress
from types import SimpleNamespace

import pandas as pd
import pytest
import torch
from lightning.pytorch.loggers import TensorBoardLogger
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from greenlight_films.datamodules import InputError
from greenlight_films.lightning_modules.callbacks import permutation_importance
from greenlight_films.lightning_modules.callbacks.permutation_importance import (
    PermutationImportance,
    _exchanging,
    cluster_values,
)
from greenlight_films.lightning_modules.callbacks.signals import STOP
from greenlight_films.lightning_modules.mlp_regressor import MLPRegressor


def test_by_default_the_expectation_is_estimated_and_the_test_films_are_taken(measured_once):
    summary = measured_once.result.summary
    settings = {"estimator": "expected", "n_repeats": 20, "off_rows": 16, "loss": "mse", "split": "test", "seed": 42}
    assert {**summary, **settings} == summary
    assert PermutationImportance("shuffle").estimator.n_repeats == 2
    assert PermutationImportance(n_repeats=3).estimator.n_repeats == 3


def test_many_films_take_fewer_shuffles_unless_their_number_is_given():
    assert PermutationImportance().estimator_for(14_000).n_repeats == 7
    assert PermutationImportance(n_repeats=9).estimator_for(14_000).n_repeats == 9


def test_validation_films_are_measured_after_validate_and_not_while_training(measured):
    done = measured(split="val", estimator="shuffle")  # `measured` sees to it that training measures nothing
    assert done.callback.result is None  # nor do the test films
    done.trainer.validate(done.model, datamodule=done.films, verbose=False)
    assert done.result.films == "30 validation films"
    assert done.result.summary["baseline_loss"] == pytest.approx(done.model.scores["val"]["mse"], rel=1e-5)


def test_test_films_are_measured_after_test_where_the_callback_is_enabled(measured):
    done = measured()
    assert done.result.films == "50 test films"
    for enabled, word in ((False, "test"), (True, "validate"), (True, "test")):
        done.callback.result, done.callback.enabled = None, enabled
        getattr(done.trainer, word)(done.model, datamodule=done.films, verbose=False)
        assert (done.callback.result is not None) == (enabled and word == "test")


WITHOUT = """
import sys, lightning.pytorch, torchmetrics
from importlib.abc import MetaPathFinder

class Missing(MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name.split(".")[0] in {"rich", "plotly", "optuna", "jsonargparse", "statsmodels", "tensorboard", "jinja2"}:
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, Missing())
import greenlight_films.importance
import greenlight_films.lightning_modules.callbacks.permutation_importance
"""


@pytest.mark.slow
def test_neither_a_terminal_nor_figures_nor_a_parser_are_needed_to_import_it():
    subprocess.run([sys.executable, "-c", WITHOUT], check=True, capture_output=True, text=True)


def test_there_is_no_bar_where_rich_is_missing(measured_once, quick_trainer, monkeypatch):
    done = measured_once
    monkeypatch.setattr(permutation_importance, "find_spec", lambda name: None)
    monkeypatch.setitem(sys.modules, "rich.progress", None)
    trainer = quick_trainer(callbacks=[done.callback], enable_progress_bar=True)
    pd.testing.assert_frame_equal(done.callback.measure(trainer, done.model).features, done.result.features)


@pytest.mark.slow
@pytest.mark.parametrize("training", [True, False])
def test_the_model_is_measured_in_eval_mode_and_left_as_it_was(measured, training):
    done = measured()
    expected, device = done.result.features, done.model.device
    assert expected["importance"].abs().max() > 0.1
    weights, state = {name: part.clone() for name, part in done.model.state_dict().items()}, torch.get_rng_state()
    done.model.train(training)
    result = done.callback.measure(done.trainer, done.model)  # also when the trainer has ended
    assert result is done.callback.result
    pd.testing.assert_frame_equal(result.features, expected)
    done.callback.groups = {"G": ["genre=Giallo"]}
    with pytest.raises(InputError, match="'genre=Giallo' fits no role, column or feature"):
        done.callback.measure(done.trainer, done.model)
    assert {module.training for module in done.model.modules()} == {training}
    assert done.model.device == device
    assert torch.equal(torch.get_rng_state(), state)
    assert all(torch.equal(part, weights[name]) for name, part in done.model.state_dict().items())
    assert all(part.grad is None or not part.grad.is_inference() for part in done.model.parameters())


@pytest.mark.slow
@pytest.mark.parametrize("precision", ["bf16-mixed", "bf16-true", "64-true"])
def test_a_network_of_another_precision_is_measured_too(film_data, quick_trainer, precision):
    callback, model = PermutationImportance(), MLPRegressor(hidden=[16], learning_rate=0.02)
    trainer = quick_trainer(max_epochs=8, callbacks=[callback], precision=precision)
    data = film_data()
    trainer.fit(model, datamodule=data)
    trainer.test(model, datamodule=data, verbose=False)
    assert callback.result is not None
    assert callback.result.summary["baseline_loss"] == pytest.approx(model.scores["test"]["mse"], rel=0.1)
    assert callback.result.features.set_index("feature")["importance"]["genre=Horror"] > 0.1


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"n_repeats": 0}, r"permutation_importance\.n_repeats must be 1 or more, got 0"),
        ({"off_rows": 1}, r"permutation_importance\.off_rows must be `all`, or 2 or more, got 1"),
        ({"seed": -1}, r"permutation_importance\.seed must be 0 or more and below 2\*\*63, got -1"),
        ({"seed": 2**63}, r"permutation_importance\.seed must be .* got 9223372036854775808"),
        ({"loss": "rmse"}, r"permutation_importance\.loss rmse has no closed form"),
    ],
)
def test_settings_that_can_not_be_are_refused_with_their_value(how, message):
    with pytest.raises(InputError, match=message):
        PermutationImportance(**how)


@pytest.mark.slow
def test_tensorboard_gets_two_pictures_and_a_number_a_role(measured, tmp_path):
    done = measured(logger=TensorBoardLogger(tmp_path, "logs", "run"))
    done.trainer.logger.finalize("success")
    paths = (tmp_path / "logs" / "run").glob("events.*")
    files = [EventAccumulator(str(path), size_guidance={"images": 0}).Reload() for path in paths]
    (events,) = [events for events in files if events.Tags()["images"]]  # the training has a file of its own
    assert set(events.Tags()["images"]) == {"importance/values", "importance/columns", "contributions/films"}
    for name in events.Tags()["images"]:
        (image,) = events.Images(name)
        assert image.encoded_image_string.startswith(b"\x89PNG")
        assert image.width > 300
    roles = done.result.aggregated.query("level == 'role'").set_index("name")["importance"]
    assert set(roles.index) == {"year", "runtime", "genre", "actor", "company"}
    for role, value in roles.items():
        (event,) = events.Scalars(f"importance/role/{role}")
        assert event.value == pytest.approx(value, rel=1e-5)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU")
@pytest.mark.parametrize("how", [{"estimator": "shuffle"}, {}, {"off_rows": "all", "loss": "mae"}])
def test_a_gpu_finds_what_the_cpu_finds(measured, quick_trainer, how):
    done = measured(**how)
    expected, callback = done.result, PermutationImportance(**how)
    trainer = quick_trainer(callbacks=[callback], accelerator="gpu")
    trainer.test(done.model, datamodule=done.films, verbose=False)
    assert expected.values.mean.abs().max() > 0.05
    for ours, theirs in ((callback.result.values, expected.values), (callback.result.joint, expected.joint)):
        torch.testing.assert_close(ours.mean, theirs.mean, atol=1e-5, rtol=1e-4, equal_nan=True)


def test_clusters_are_those_of_the_rows_that_a_condition_leaves(film_data, films_frame):
    films_frame["series"] = [f" {row // 3} " if row % 4 else "N/A" for row in range(len(films_frame))]
    data = film_data(frame=films_frame, where="runtime > 60")
    data.setup("fit")
    number = data.films.number
    assert len(number) < number.max()
    expected = [str((row - 1) // 3) if (row - 1) % 4 else None for row in number]
    assert cluster_values(data, "series", number - 1).tolist() == expected
    years = cluster_values(data, "year", number - 1)
    assert len(years) == len(number)


def test_a_signal_ends_no_exchange_between_processes_but_comes_between_tasks_and_the_others_are_answered():
    seen = []
    first = SimpleNamespace(shard=object(), answer=lambda: seen.append("answered"))
    with STOP, suppress(KeyboardInterrupt), _exchanging(first) as between:
        between()
        signal.raise_signal(signal.SIGTERM)
        seen.append("exchanged")
        between()
        seen.append("another task")
    assert seen == ["exchanged", "answered"]
