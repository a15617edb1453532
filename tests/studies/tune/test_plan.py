"""What a search is to do, and what it can't be run with."""

import pytest
import yaml

from greenlight_films.datamodules.errors import InputError
from greenlight_films.studies.run_folder import RunFolder
from greenlight_films.studies.tune.search_space import Axis, Search


def test_a_search_is_parsed_with_the_projects_defaults(plan):
    search = plan("--search.trials", "7")
    assert search.search == Search(trials=7, space={"model.hidden": [[4], [8]]})
    assert (search.monitor, search.mode) == ("val/loss", "min")
    assert search.axes == [Axis(("model.hidden",), ([4], [8]))]
    assert search.config.startswith(search.settings.config)
    assert ("search:" in search.config, "search:" in search.settings.config) == (True, False)
    assert {"search", "model", "data"} <= set(search.fixed())
    assert not {"name", "runs", "compare"} & set(search.fixed())
    assert "trials" not in search.fixed()["search"]
    assert yaml.safe_load(search.config_of({"model.hidden": [8]}))["model"]["hidden"] == [8]


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
    search = plan(option, value)
    with pytest.raises(InputError, match=message):
        _ = search.axes


@pytest.mark.parametrize(
    ("storage", "file", "name"),
    [
        (None, "search/tune.journal", "tune"),
        ("sqlite:///{folder}/searches.db", "searches.db", "small-tune"),
        ("{folder}/shared.journal", "shared.journal", "small-tune"),
    ],
)
def test_trials_stand_in_the_folder_or_in_a_storage_under_the_studys_name(plan, tmp_path, storage, file, name):
    (folder := RunFolder(tmp_path / "search")).path.mkdir()
    store = plan(storage=storage and storage.format(folder=tmp_path)).open_store(folder)
    store.close()
    assert store.study.study_name == name
    assert (tmp_path / file).stat().st_size > 0
    assert (folder.path / "tune.journal").exists() == (storage is None)


def test_a_search_of_before_goes_on_in_its_own_file(plan, tmp_path):
    (tmp_path / "tune.db").touch()
    store = plan().open_store(RunFolder(tmp_path))
    store.close()
    assert (tmp_path / "tune.db").stat().st_size > 0
    assert not (tmp_path / "tune.journal").exists()
