"""The space of a search: keys, values and ranges, and what can't be searched."""

import re

import optuna
import pytest

from greenlight_films.datamodules.errors import InputError
from greenlight_films.studies.tune.search_space import EXAMPLE, Axis, Search, axes_of, grid, trial_seed

OPTIONS = [
    *("model", "model.hidden", "model.dropout", "model.loss", "model.learning_rate", "data", "data.target"),
    *("data.split", "data.batch_size", "trainer.limit_val_batches", "early_stopping", "early_stopping.monitor"),
    *("name", "compare"),
]


def axes(space, monitor="val/loss", **given):
    return axes_of(Search(space=space, **given), OPTIONS, monitor)


def test_values_and_ranges_become_axes_in_the_order_given():
    space = {"model.learning_rate": {"low": 0.001, "high": 0.1, "log": True}, "model.hidden": [[16], [32, 16]]}
    assert axes(space, method="tpe") == [
        Axis(("model.learning_rate",), bounds=(0.001, 0.1), log=True),
        Axis(("model.hidden",), ([16], [32, 16])),
    ]


def test_a_comma_ties_keys_to_one_value():
    (tied,) = axes({"model.dropout,  data.batch_size": [1, 2]})
    assert tied.keys == ("model.dropout", "data.batch_size")
    assert tied.name == "model.dropout, data.batch_size"
    assert tied.words(2) == ["--model.dropout=2", "--data.batch_size=2"]


def test_a_grid_is_every_combination_the_last_axis_changing_first():
    space = axes({"model.hidden": [[16], [32]], "model.dropout": [0.0, 0.1, 0.2]})
    points = grid(space)
    assert len(points) == 6
    assert points[:2] == [{"model.hidden": [16], "model.dropout": 0.0}, {"model.hidden": [16], "model.dropout": 0.1}]
    assert points[-1] == {"model.hidden": [32], "model.dropout": 0.2}
    assert [axis.words(points[-1][axis.name]) for axis in space] == [["--model.hidden=[32]"], ["--model.dropout=0.2"]]


def distribution_of(axis: Axis) -> optuna.distributions.BaseDistribution:
    """Return what Optuna draws a value from."""
    trial = optuna.create_study().ask()
    axis.suggest(trial)
    return trial.distributions[axis.name]


@pytest.mark.parametrize(
    ("bounds", "expected"),
    [
        ((1, 8), optuna.distributions.IntDistribution(1, 8)),
        ((0.0, 1.0), optuna.distributions.FloatDistribution(0.0, 1.0)),
        ((0, 0.5), optuna.distributions.FloatDistribution(0, 0.5)),
    ],
)
def test_a_range_is_of_whole_numbers_where_both_ends_are(bounds, expected):
    axis = Axis(("model.dropout",), bounds=bounds)
    assert distribution_of(axis) == expected


@pytest.mark.parametrize("value", [[32, 16], None, "none", 0.5, {"class_path": "Target"}])
def test_optuna_keeps_values_of_any_kind(value):
    axis = Axis(("data.target",), (value, "other"))
    assert axis.encode(value) in distribution_of(axis).choices
    assert axis.decode(axis.encode(value)) == value


def test_each_trial_has_a_seed_of_its_own_and_the_same_one_again():
    seeds = [trial_seed(seed, number) for seed in (1, 2) for number in range(50)]
    assert len(set(seeds)) == 100
    assert seeds == [trial_seed(seed, number) for seed in (1, 2) for number in range(50)]


TPE = {"method": "tpe"}
REFUSED = [
    ({"model.hiden": [[1]]}, {}, "no key 'model.hiden' .*, did you mean 'model.hidden'?"),
    ({"name": ["a"]}, {}, "no key 'name' that training depends on"),
    ({"model": [{}]}, {}, "no key 'model' that training depends on"),
    ({"trainer.limit_val_batches": [0.5, 1.0]}, {}, "must leave trainer.limit_val_batches as"),
    ({"data.target.init_args.column": ["a", "b"]}, {"monitor": "val/rmse"}, "must leave data.target.init_args.column"),
    ({"data.split.seed": [1, 2]}, {}, "must leave data.split as it is, got data.split.seed: "),
    ({"early_stopping.monitor": ["val/r2"]}, {}, "must leave early_stopping.monitor as it is"),
    ({"model.loss": ["mae", "mse"]}, {}, "with model.loss, val/loss is another measure"),
    ({"data.target.transform": ["none"]}, {}, "with data.target.transform, val/loss is another"),
    ({"model.dropout": 0.1}, {}, "model.dropout: must be one or more values such as .*, got 0.1"),
    ({"model.dropout": [0.1, 0.2, 0.1]}, {}, "model.dropout: each value once, got 0.1 twice"),
    ({"model.dropout": [0.1], "model.dropout,model.hidden": [1]}, {}, "names 'model.dropout' twice"),
    ({"model.dropout": {"low": 0.1, "high": 0.2}}, {}, 'got {"low": 0.1, "high": 0.2}; search.method tpe takes'),
    ({"model.dropout": {"low": 0.3, "high": 0.2}}, TPE, "model.dropout: low must be below high, got 0.3 and 0.2"),
    ({"model.dropout": {"low": 0, "high": 0.2, "log": True}}, TPE, "low must be above 0 with log, got 0"),
    ({"model.dropout": {"low": "a", "high": 1}}, TPE, 'two numbers, .*, got {"low": "a", "high": 1}'),
    ({"model.dropout": {"low": 1, "hihg": 2}}, TPE, "low, high and log, got 'hihg', did you mean 'high'?"),
    ({"model.hidden": [[1]]}, {"trials": 0}, "search.trials must be 1 or more, got 0"),
    ({"model.hidden": [[1]]}, {"folds": 0}, "search.folds must be 1 or more, got 0"),
    ({"model.hidden": [[1]]}, {"seed": -1}, "search.seed must be 0 or more, got -1"),
]


@pytest.mark.parametrize(("space", "given", "message"), REFUSED)
def test_what_can_not_be_searched_is_refused(space, given, message):
    with pytest.raises(InputError, match=re.escape(message).replace(r"\.\*", ".*")):
        axes(space, **given)


def test_all_mistakes_are_in_one_message():
    with pytest.raises(InputError) as problem:
        axes({"model.hiden": [[1]], "model.dropout": []}, trials=0)
    assert len(str(problem.value).splitlines()) == 3


def test_without_a_search_an_example_is_shown():
    with pytest.raises(InputError, match=re.escape("`tune` needs search.space, the values to try; ")) as problem:
        axes({})
    assert str(problem.value).endswith(EXAMPLE)


@pytest.mark.parametrize("key", ["model.loss", "data.target.transform"])
def test_with_a_score_in_the_targets_unit_loss_and_target_may_be_searched(key):
    assert axes({key: ["a", "b"]}, monitor="val/rmse")[0].keys == (key,)
