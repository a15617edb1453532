"""One trial: which score it has, when it stops, and what is refused before any trains."""

import math
from types import SimpleNamespace

import pytest
from optuna import TrialPruned

from greenlight_films.datamodules.errors import InputError
from greenlight_films.datamodules.splits import InnerFold
from greenlight_films.studies.run_folder import RunFolder
from greenlight_films.studies.settings.film_cli import read_settings
from greenlight_films.studies.tune.search_space import Axis
from greenlight_films.studies.tune.trial import Fold, TrialWatch, mean_scores, on_one_device, rehearse, train_trial


def watched(watch: TrialWatch, scores: list[float]) -> None:
    for epoch, score in enumerate(scores):
        metrics = {"val/loss": score, "val/rmse": 10 * score, "val/r2": epoch}
        trainer = SimpleNamespace(sanity_checking=False, current_epoch=epoch, callback_metrics=metrics, loggers=[])
        watch.on_validation_end(trainer, None)


@pytest.mark.parametrize(("mode", "score", "r2"), [("min", 1.0, 2), ("max", 4.0, 1)])
def test_the_score_is_that_of_the_best_epoch_and_others_are_of_the_same(mode, score, r2):
    watch = TrialWatch("val/loss", mode, {})
    watch.on_validation_end(SimpleNamespace(sanity_checking=True), None)  # before training: it doesn't count
    watched(watch, [3.0, 4.0, 1.0, 2.0, math.nan])
    assert (watch.score, watch.beside, watch.epochs) == (score, {"val/rmse": 10 * score, "val/r2": r2}, 5)


def test_every_finite_score_is_reported_and_the_report_may_stop_the_trial():
    reported = []
    watch = TrialWatch("val/loss", "min", {}, lambda *score: reported.append(score) or len(reported) == 3)
    with pytest.raises(TrialPruned):
        watched(watch, [3.0, math.inf, 1.0, 2.0, 0.5])
    assert reported == [(3.0, 0), (1.0, 1), (2.0, 2)]
    assert (watch.score, watch.epochs) == (1.0, 4)


def test_folds_have_the_mean_score_with_its_standard_error_and_none_where_one_has_none():
    watches = [TrialWatch("val/loss", "min", {}) for _ in range(3)]
    for watch, score in zip(watches, (1.0, 2.0, 6.0), strict=True):
        watched(watch, [score])
    score, beside = mean_scores(watches)
    assert (score, beside["val/rmse"]) == (3.0, 30.0)
    assert beside["score_se"] == pytest.approx(math.sqrt(7 / 3))
    assert mean_scores(watches[:1]) == (1.0, {"val/rmse": 10.0, "val/r2": 0})
    assert mean_scores([*watches, TrialWatch("val/loss", "min", {})]) == (None, {})


def test_a_trial_runs_without_a_bar_on_one_device_and_on_its_fold(study_config):
    words = ["--config", str(study_config), "--trainer.devices", "auto", "--trainer.enable_progress_bar", "true"]
    settings = on_one_device(read_settings(words), Fold(1, 3))
    trainer = settings.training.trainer
    assert (trainer["devices"], trainer["enable_progress_bar"], trainer["max_epochs"]) == (1, False, 4)
    split = settings.data.declared.split
    assert isinstance(split, InnerFold)
    assert (split.folds, split.fold) == (3, 1)


@pytest.mark.parametrize(
    ("word", "state", "problem"),
    [
        ("--model.hidden=[8]", "complete", ""),
        ("--model.learning_rate=1e30", "failed", "training diverged, no epoch has a finite val/loss: give a smaller"),
        ("--model.dropout=2", "failed", "model.dropout must be at least 0 and below 1, got 2"),
    ],
)
def test_what_came_of_a_trial_and_why_it_failed(study_config, tmp_path, word, state, problem):
    watch = TrialWatch("val/loss", "min", {})
    words = ["--config", str(study_config), "--trainer.max_epochs", "1", word]
    result = train_trial(words, RunFolder(tmp_path / "search" / "trial_0"), watch)
    assert result[0] == state
    assert result[1].startswith(problem)
    assert (watch.score is not None) == (state == "complete")
    assert not list(tmp_path.rglob("*.ckpt"))


@pytest.mark.slow
def test_all_values_that_a_key_refuses_are_in_one_message_before_any_trial(study_config, tmp_path):
    axes = [
        Axis(("model.hidden",), ([4], [0])),
        Axis(("model.dropout",), bounds=(0.5, 1.5)),
        Axis(("data.batch_size",), (8, "many")),
        Axis(("trainer.accelerator",), ("cpu", "abacus")),
    ]
    with pytest.raises(InputError) as problem:
        rehearse(read_settings(["--config", str(study_config)]).config, axes)
    lines = str(problem.value).splitlines()
    assert lines[:3] == [
        "search.space, model.hidden [0]: model.hidden must be one or more widths from 1 to 65,536, got [0]",
        "search.space, model.dropout 1.5: model.dropout must be at least 0 and below 1, got 1.5",
        "search.space, data.batch_size many: data.batch_size: must be a whole number, got many",
    ]
    assert lines[3].startswith("search.space, trainer.accelerator abacus: ")
    assert list(tmp_path.iterdir()) == []
