import math
from types import SimpleNamespace

import pytest
from optuna import TrialPruned

from greenlight_films.datamodules.errors import InputError
from greenlight_films.studies.tune.search_space import Axis, Search
from greenlight_films.studies.tune.tuning import SearchCLI, TrialWatch, rehearse

SEARCH = "search:\n  space: {model.hidden: [[4], [8]]}\n"


@pytest.fixture
def config(study_config, tmp_path):
    path = tmp_path / "search.yaml"
    path.write_text(study_config.read_text(encoding="utf-8") + SEARCH, encoding="utf-8")
    return path


def parse(config, *more: str) -> SearchCLI:
    return SearchCLI(["--config", str(config), *more])


def watched(watch: TrialWatch, scores: list[float]) -> None:
    for epoch, score in enumerate(scores):
        found = {"val/loss": score, "val/rmse": 10 * score, "val/r2": epoch}
        trainer = SimpleNamespace(sanity_checking=False, current_epoch=epoch, callback_metrics=found, loggers=[])
        watch.on_validation_end(trainer, None)


def test_a_search_is_parsed_with_the_projects_defaults(config):
    cli = parse(config, "--search.trials", "7")
    assert cli.search == Search(trials=7, space={"model.hidden": [[4], [8]]})
    assert (cli.monitor, cli.mode) == ("val/loss", "min")
    assert cli.axes() == [Axis(("model.hidden",), ([4], [8]))]


def test_a_trials_config_is_without_the_search(config):
    cli = parse(config)
    assert "search:" in cli.whole_yaml()
    assert "search:" not in cli.config_yaml()
    assert cli.whole_yaml().startswith(cli.config_yaml())


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("--early_stopping.monitor", "train/loss", "must be a score of validation films, got train/loss"),
        ("--trainer.devices", "2", "trainer.devices must be 1 or auto for `tune`, got 2"),
        ("--ckpt_path", __file__, "leave --ckpt_path out"),
        ("--search.space", "{model.hiden: [1]}", "no key 'model.hiden' .* did you mean 'model.hidden'"),
    ],
)
def test_what_a_search_can_not_run_with_is_refused(config, option, value, message):
    with pytest.raises(InputError, match=message):
        parse(config, option, value).axes()


@pytest.mark.parametrize(("mode", "score", "r2"), [("min", 1.0, 2), ("max", 4.0, 1)])
def test_the_score_is_that_of_the_best_epoch_and_others_are_of_the_same(mode, score, r2):
    watch = TrialWatch("val/loss", mode, {})
    watched(watch, [3.0, 4.0, 1.0, 2.0, math.nan])
    assert (watch.score, watch.beside, watch.epochs) == (score, {"val/rmse": 10 * score, "val/r2": r2}, 5)


def test_every_finite_score_is_reported_and_an_answer_stops_the_trial():
    told = []
    watch = TrialWatch("val/loss", "min", {}, lambda *said: told.append(said) or len(told) == 3)
    with pytest.raises(TrialPruned):
        watched(watch, [3.0, math.inf, 1.0, 2.0, 0.5])
    assert told == [(3.0, 0), (1.0, 1), (2.0, 2)]
    assert (watch.score, watch.epochs) == (1.0, 4)


def test_scores_before_training_do_not_count():
    watch = TrialWatch("val/loss", "min", {})
    watch.on_validation_end(SimpleNamespace(sanity_checking=True), None)
    assert watch.score is None


def test_all_values_that_a_key_refuses_are_told_before_any_trial(config, tmp_path):
    axes = [
        Axis(("model.hidden",), ([4], [0])),
        Axis(("model.dropout",), bounds=(0.5, 1.5)),
        Axis(("data.batch_size",), (8, "many")),
        Axis(("trainer.accelerator",), ("cpu", "abacus")),
    ]
    with pytest.raises(InputError) as told:
        rehearse(parse(config).config_yaml(), axes)
    lines = str(told.value).splitlines()
    assert lines[:3] == [
        "search.space, model.hidden [0]: model.hidden must be one or more widths from 1 to 65,536, got [0]",
        "search.space, model.dropout 1.5: model.dropout must be at least 0 and below 1, got 1.5",
        "search.space, data.batch_size many: data.batch_size: must be a whole number, got many",
    ]
    assert lines[3].startswith("search.space, trainer.accelerator abacus: ")
    assert [path.name for path in tmp_path.iterdir()] == ["search.yaml"]


def test_a_config_that_can_not_be_trained_is_refused_as_it_is(config):
    with pytest.raises(InputError, match=r"^model\.dropout must be"):
        rehearse(parse(config, "--model.dropout", "2").config_yaml(), [Axis(("model.hidden",), ([4],))])
