"""The parser in this process: what options and configs become, and what it refuses."""

import pytest
import yaml

from greenlight_films.datamodules.errors import InputError
from greenlight_films.studies.audit import Audit
from greenlight_films.studies.settings.film_cli import KEPT, FilmCLI, read_settings


@pytest.fixture
def read(study_config):
    """Return what reads the small study's config and more words."""
    return lambda *words: read_settings(["--config", str(study_config), *words])


def test_options_and_config_become_settings(read, study_config):
    settings = read("--model.dropout", "0.05", "--early_stopping.monitor", "val/rmse")
    assert (settings.name, settings.runs, settings.report, settings.checkpoint) == ("small", "runs", False, None)
    assert (settings.model.hparams["hidden"], settings.model.hparams["dropout"]) == ([16], 0.05)
    assert settings.data.table == str(study_config.with_name("films.csv"))
    assert [feature.column for feature in settings.data.declared.features][:2] == ["year", "runtime"]
    assert settings.training.trainer["max_epochs"] == 4
    assert (settings.training.early_stopping.monitor, settings.training.early_stopping.patience) == ("val/rmse", 50)
    assert settings.comparison.models == ["ridge", "pca"]
    assert settings.tensorboard.config == settings.config


def test_a_config_may_be_mappings_and_the_defaults_are_the_projects(read, study_config):
    config = yaml.safe_load(study_config.read_text(encoding="utf-8"))
    assert read_settings(config).config == read().config
    bare = {"data": {name: config["data"][name] for name in ("table", "features", "target")}}
    settings = read_settings(bare)
    assert (settings.name, settings.runs, settings.report) == ("films", "runs", True)
    assert (settings.training.early_stopping.monitor, settings.training.early_stopping.patience) == ("val/loss", 10)
    trainer = settings.training.trainer
    assert (trainer["max_epochs"], trainer["enable_model_summary"]) == (30, False)
    assert yaml.safe_load(settings.config)["seed_everything"] == 42


def test_the_config_holds_what_every_command_takes_and_comes_back_as_it_was(read, tmp_path):
    config = read("--model.loss", "huber", "--data.target.unit", "балл").config
    assert tuple(yaml.safe_load(config)) == KEPT
    assert "loss: huber" in config
    assert "unit: балл" in config
    (tmp_path / "config.yaml").write_text(config, encoding="utf-8")
    assert read_settings(["--config", str(tmp_path / "config.yaml")]).config == config


def test_a_further_group_is_parsed_beside_the_study(study_config):
    cli = FilmCLI(["--config", str(study_config), "--audit.repeats", "2"], ("audit", Audit))
    assert cli.config_init["audit"] == Audit(repeats=2)
    assert "audit" not in cli.settings.config


@pytest.mark.parametrize("option", ["--trainer.callbacks", "--trainer.callbacks+"])
def test_callbacks_of_a_user_are_kept(read, option):
    name = "lightning.pytorch.callbacks.GradientAccumulationScheduler"
    (callback,) = read(option, name, "--trainer.callbacks.scheduling", "{0: 2}").training.callbacks
    assert type(callback).__name__ == "GradientAccumulationScheduler"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--ckpt_path", "last"], "--ckpt_path must be a checkpoint file, got last; `--run` takes a run's folder"),
        (["--seed_everything", "-1"], "seed_everything must be from 0 to 4294967295, got -1"),
        (["--compare", "7"], "compare"),
    ],
)
def test_what_cannot_be_used_is_refused(read, words, message):
    with pytest.raises(InputError) as problem:
        read(*words)
    assert message in str(problem.value)
