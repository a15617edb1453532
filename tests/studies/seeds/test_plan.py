"""Which runs are made, and with which config each."""

from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from greenlight_films.datamodules.errors import InputError
from greenlight_films.studies.run_folder import RECORD, RunFolder
from greenlight_films.studies.seeds.plan import (
    Plan,
    Request,
    plan_of,
    plan_to_resume,
    refuse_several_processes,
)
from greenlight_films.studies.settings.film_cli import read_settings
from greenlight_films.studies.settings.settings import Settings

BY_TIME = ["--data.split", "TimeSplit", "--data.split.by", "year"]
GROUPS = ["--data.split", "GroupSplit", "--data.split.by", "company"]


@pytest.fixture
def settings(study_config):
    """Return what reads the settings of the small study with some options; its split has seed 3."""

    def read(*options: object) -> Settings:
        return read_settings(["--config", str(study_config), *map(str, options)])

    return read


def test_seeds_begin_with_the_splits_own_and_go_to_all_that_is_drawn(settings):
    plan = plan_of(settings(), Request("seeds", 3))
    assert plan == Plan("seeds", (3, 4, 5))
    config = yaml.safe_load(plan.config(settings(), 4))
    seeds = [config["seed_everything"], config["data"]["split"]["init_args"]["seed"]]
    seeds += [config[group]["seed"] for group in ("data", "model", "permutation_importance")]
    assert seeds == [4, 4, 4, 4, 4]


def test_without_a_seed_of_the_split_they_begin_with_that_of_the_study_and_the_split_stays(settings):
    of_time = settings(*BY_TIME, "--seed_everything", 7)
    plan = plan_of(of_time, Request("seeds", 2))
    assert plan.values == (7, 8)
    split = yaml.safe_load(of_time.config)["data"]["split"]
    assert yaml.safe_load(plan.config(of_time, 8))["data"]["split"] == split


def test_what_has_nothing_to_do_with_seeds_is_as_in_the_study(settings):
    before, config = (yaml.safe_load(text) for text in (settings().config, Plan("seeds", (9,)).config(settings(), 9)))
    for whole in (before, config):
        for key in ("seed_everything", "permutation_importance"):
            del whole[key]
        del whole["data"]["seed"], whole["model"]["seed"], whole["data"]["split"]["init_args"]["seed"]
    assert config == before


@pytest.mark.slow
@pytest.mark.parametrize(("options", "by"), [([], None), (GROUPS, "company")])
def test_folds_keep_together_what_the_split_does_and_validate_the_same_share(settings, options, by):
    plan = plan_of(settings(*options), Request("folds", 4))
    assert plan.values == (0, 1, 2, 3)
    split = settings(*options).data.declared.split
    read = read_settings(yaml.safe_load(plan.config(settings(*options), 2))).data.declared.split
    assert (read.folds, read.fold, read.by, read.seed) == (4, 2, by, split.seed)
    assert read.val * 3 / 4 == pytest.approx(split.val)


def test_one_device_is_enough_for_a_run(settings):
    config = Plan("seeds", (1,)).config(settings("--trainer.devices", "auto"), 1)
    assert yaml.safe_load(config)["trainer"]["devices"] == 1


@pytest.mark.parametrize(
    ("options", "request_", "message"),
    [
        ([], Request("seeds", 1), "--seeds must be from 2 to 100, got 1; a single run is `study` without it"),
        ([], Request("folds", 101), "--folds must be from 2 to 100, got 101"),
        ([], Request(workers=2), "--workers says how many runs of --seeds or --folds"),
        (BY_TIME, Request("folds", 3), "TimeSplit must not: it would learn from films to come; --seeds 3 keeps"),
    ],
)
def test_what_cannot_be_planned_is_refused_with_what_can(settings, options, request_, message):
    with pytest.raises(InputError, match=message):
        plan_of(settings(*options), request_)


def test_seeds_and_folds_are_not_asked_for_together():
    with pytest.raises(InputError, match="give one of them"):
        Request.of(2, 3, None)
    assert Request.of(None, 3, 2) == Request("folds", 3, 2)


def test_runs_of_several_devices_are_refused(settings):
    with pytest.raises(InputError, match=r"trainer\.devices must be 1 or auto with --seeds and --folds, got 2"):
        refuse_several_processes(settings("--trainer.devices", 2))


def test_a_checkpoint_to_begin_with_is_refused(settings):
    with pytest.raises(InputError, match="leave --ckpt_path out"):
        refuse_several_processes(replace(settings(), checkpoint=Path("last.ckpt")))


def test_torchrun_is_refused(settings, monkeypatch):
    for name in ("TORCHELASTIC_RUN_ID", "GROUP_RANK", "WORLD_SIZE"):
        monkeypatch.setenv(name, "1")
    with pytest.raises(InputError, match="leave torchrun out"):
        refuse_several_processes(settings())


@pytest.fixture
def begun(seeds) -> tuple[RunFolder, Settings]:
    run = RunFolder(seeds.path)
    return run, read_settings(["--config", str(run.config)])


def test_runs_are_resumed_as_they_began_or_with_more_seeds(begun):
    assert plan_to_resume(*begun, Request()).values == (3, 4, 5)
    assert plan_to_resume(*begun, Request("seeds", 5)).values == (3, 4, 5, 6, 7)


def test_runs_that_began_before_there_were_presets_are_resumed(begun, tmp_path):
    run, settings = begun
    older = yaml.safe_load(settings.config)
    del older["preset"], older["model"]["heads"], older["permutation_importance"]["pairs"]
    copied = RunFolder(tmp_path)
    copied.write_text("config.yaml", yaml.safe_dump(older))
    copied.write_json(RECORD, run.read_json(RECORD))
    resumed = read_settings(["--config", str(copied.config)])
    assert plan_to_resume(copied, resumed, Request()).values == (3, 4, 5)


@pytest.mark.parametrize("request_", [Request("seeds", 2), Request("folds", 3)])
def test_fewer_or_other_runs_are_refused(begun, request_):
    with pytest.raises(InputError, match=f"as they began, 3 seeds, got --{request_.kind} {request_.number}"):
        plan_to_resume(*begun, request_)


def test_other_settings_are_refused_by_name(begun):
    run, _ = begun
    other = read_settings(["--config", str(run.config), "--model.hidden", "[4]", "--report", "true"])
    with pytest.raises(InputError, match=r"got other settings of model; leave them"):
        plan_to_resume(run, other, Request())


def test_a_single_run_is_not_resumed_as_several(study, settings):
    with pytest.raises(InputError, match="is a single run: leave --seeds out"):
        plan_to_resume(RunFolder(study.path), settings(), Request("seeds", 3))
