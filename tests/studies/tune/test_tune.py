"""A search as a function; as a command it is in tests/commands/test_tune.py."""

import pytest

from greenlight_films.datamodules.errors import InputError
from greenlight_films.studies.settings.film_cli import KEPT, FilmCLI
from greenlight_films.studies.settings.film_parser import option_names
from greenlight_films.studies.tune.search_space import Axis, Search
from greenlight_films.studies.tune.trial_store import TrialResult
from greenlight_films.studies.tune.tune import Plan, open_search, trial_table

SEARCH = "search:\n  space: {model.hidden: [[4], [8]]}\n"
FAILED = TrialResult(9, "failed", {"model.hidden": [1], "model.a, model.b": 9.0}, problem="too much")


@pytest.fixture
def plan(study_config, tmp_path):
    """Return what parses a search of two trials of one epoch."""
    path = tmp_path / "search.yaml"
    path.write_text(study_config.read_text(encoding="utf-8").replace("max_epochs: 4", "max_epochs: 1") + SEARCH)

    def parse(*words: str) -> Plan:
        cli = FilmCLI(["--config", str(path), "--runs", str(tmp_path / "runs"), *words], ("search", Search))
        config = cli.yaml((*KEPT, "search"))
        return Plan(cli.config_init["search"], cli.settings, config, option_names(cli.parser))

    return parse


def test_a_search_is_parsed_with_the_projects_defaults(plan):
    search = plan("--search.trials", "7")
    assert search.search == Search(trials=7, space={"model.hidden": [[4], [8]]})
    assert (search.monitor, search.settings.training.early_stopping.mode) == ("val/loss", "min")
    assert search.axes() == [Axis(("model.hidden",), ([4], [8]))]
    assert search.config.startswith(search.settings.config)
    assert ("search:" in search.config, "search:" in search.settings.config) == (True, False)
    assert {"search", "model", "data"} <= set(search.fixed())
    assert not {"name", "runs", "compare"} & set(search.fixed())
    assert "trials" not in search.fixed()["search"]


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("--early_stopping.monitor", "train/loss", "must be a score of validation films, got train/loss"),
        ("--trainer.devices", "2", "trainer.devices must be 1 or auto for `tune`, got 2"),
        ("--ckpt_path", __file__, "leave --ckpt_path out"),
        ("--search.space", "{model.hiden: [1]}", "no key 'model.hiden' .* did you mean 'model.hidden'"),
    ],
)
def test_what_a_search_cannot_run_with_is_refused(plan, option, value, message):
    with pytest.raises(InputError, match=message):
        plan(option, value).axes()


def test_a_line_a_trial_has_a_column_for_each_tied_key():
    point = {"model.hidden": [19], "model.a, model.b": 0.1}
    table = trial_table([TrialResult(3, "complete", point, 0.5, {"val/rmse": 0.7}, 12, 3.25), FAILED])
    assert list(table.columns) == [
        *("number", "state", "model.hidden", "model.a", "model.b", "score", "val/rmse", "epochs", "seconds", "problem")
    ]
    assert table["model.hidden"].tolist() == ["[19]", "[1]"]
    assert table["model.b"].tolist() == [0.1, 9.0]
    assert table["problem"].tolist() == ["", "too much"]


def test_a_folder_that_is_no_search_is_refused(study, tmp_path):
    with pytest.raises(InputError, match=r"^--resume must be the folder of a run, such as .* has no config\.yaml"):
        open_search(str(tmp_path))
    with pytest.raises(
        InputError, match=rf"{study.path} has no tune\.db; a run goes on with `python cli\.py fit --resume"
    ):
        open_search(str(study.path))
