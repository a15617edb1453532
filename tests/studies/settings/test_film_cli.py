"""The parser in this process: what it builds, when it opens a run, and what it takes over from a checkpoint."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
import yaml
from lightning.pytorch.callbacks import EarlyStopping, ModelCheckpoint
from lightning.pytorch.cli import LightningCLI
from lightning.pytorch.loggers import TensorBoardLogger

from greenlight_films.datamodules.errors import InputError
from greenlight_films.studies.processes import is_rank_zero
from greenlight_films.studies.settings.film_cli import COMMON, FilmCLI

# What `reports.quiet` keeps from the terminal, where the command line calls it.
pytestmark = [
    pytest.mark.filterwarnings("ignore:.*predict returned None.*"),
    pytest.mark.filterwarnings("ignore:.*Checkpoint directory .* exists and is not empty.*"),
]


class Runs:
    """Opens one folder, and keeps who asked for it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.asked: list[str] = []

    def __call__(self, cli: FilmCLI) -> Path:
        self.asked.append(str(cli.subcommand))
        self.path.mkdir(parents=True, exist_ok=True)
        return self.path


@pytest.fixture
def runs(tmp_path) -> Runs:
    return Runs(tmp_path / "runs" / "small" / "version_0")


@pytest.fixture
def words(study_config) -> list[str]:
    return ["--config", str(study_config), "--trainer.max_epochs", "1"]


@pytest.fixture(scope="module")
def trained(study_config, tmp_path_factory) -> Path:
    """Return the checkpoint of two epochs."""
    folder = tmp_path_factory.mktemp("trained") / "small" / "version_0"
    FilmCLI(["fit", "--config", str(study_config), "--trainer.max_epochs", "2"], lambda _: folder)
    return folder / "checkpoints" / "last.ckpt"


@pytest.fixture
def in_place(trained) -> Runs:
    """Return the run of `trained`."""
    return Runs(trained.parent.parent)


def test_lightnings_commands_stay_and_study_and_importance_come_to_them():
    assert set(FilmCLI.subcommands()) == {*LightningCLI.subcommands(), "study", "importance", "baselines"}


def test_this_process_is_rank_zero():
    assert is_rank_zero()


@pytest.mark.parametrize("command", ["fit", "study"])
def test_a_command_opens_one_run_and_works_in_it(command, words, runs):
    cli = FilmCLI([command, *words], runs)
    assert runs.asked == [command]
    assert (runs.path / "checkpoints" / "best.ckpt").is_file()
    assert (runs.path / "checkpoints" / "last.ckpt").is_file()
    assert Path(cli.trainer.log_dir) == runs.path
    assert ("test" in cli.model.scores) == (command == "study")


@pytest.mark.parametrize(
    "more",
    [
        ["--data.target.column", "ratng"],
        ["--model.dropout", "3"],
        ["--ckpt_path", "best"],
    ],
)
def test_no_run_is_opened_for_what_can_not_be_used(words, runs, more):
    with pytest.raises(InputError):
        FilmCLI(["fit", *words, *more], runs)
    assert runs.asked == []


def test_the_defaults_are_the_projects(words, runs):
    cli = FilmCLI(["fit", *words], runs)
    (stop,) = cli.trainer.early_stopping_callbacks
    assert stop.monitor == "val/loss"
    best, last = cli.trainer.checkpoint_callbacks
    assert (best.monitor, last.monitor) == ("val/loss", None)
    assert cli.trainer.callback_metrics["val/loss"] == best.best_model_score
    assert cli.option("seed_everything") == 7
    assert isinstance(cli.trainer.logger, TensorBoardLogger)


def test_the_seed_is_42_where_none_is_given(study_config, tmp_path, runs):
    config = yaml.safe_load(study_config.read_text())
    for key in ("seed_everything", "early_stopping", "name"):
        del config[key]
    (tmp_path / "bare.yaml").write_text(yaml.safe_dump(config))
    cli = FilmCLI(["fit", "--config", str(tmp_path / "bare.yaml"), "--trainer.max_epochs", "1"], runs)
    assert cli.option("seed_everything") == 42
    assert cli.option("early_stopping")["patience"] == 3
    assert cli.option("name") == "films"
    assert cli.option("runs") == "runs"


def test_a_logger_of_the_users_own_stays(words, runs):
    cli = FilmCLI(["fit", *words, "--trainer.logger", "false"], runs)
    assert cli.trainer.loggers == []


@pytest.mark.parametrize("option", ["--trainer.callbacks", "--trainer.callbacks+"])
def test_callbacks_of_the_users_own_stay(words, runs, option):
    cli = FilmCLI(
        [
            "fit",
            *words,
            option,
            "lightning.pytorch.callbacks.GradientAccumulationScheduler",
            "--trainer.callbacks.scheduling",
            "{0: 2}",
        ],
        runs,
    )
    names = [type(callback).__name__ for callback in cli.trainer.callbacks]
    assert "GradientAccumulationScheduler" in names
    assert sum(isinstance(callback, ModelCheckpoint) for callback in cli.trainer.callbacks) == 2
    assert sum(isinstance(callback, EarlyStopping) for callback in cli.trainer.callbacks) == 1


def test_the_config_holds_what_every_command_takes(words, runs):
    written = yaml.safe_load(FilmCLI(["fit", *words], runs).config_yaml())
    assert tuple(written) == COMMON
    assert written["trainer"]["max_epochs"] == 1
    assert written["model"]["dropout"] == 0.3


def test_the_config_comes_back_as_it_was(words, runs, tmp_path):
    first = FilmCLI(["fit", *words, "--model.loss", "huber"], runs).config_yaml()
    (tmp_path / "config.yaml").write_text(first, encoding="utf-8")
    again = FilmCLI(["study", "--config", str(tmp_path / "config.yaml")], Runs(tmp_path / "b" / "version_0"))
    assert "huber" in first
    assert again.config_yaml() == first


def test_names_of_any_script_are_kept_in_the_config(words, runs):
    assert "unit: балл" in FilmCLI(["fit", *words, "--data.target.unit", "балл"], runs).config_yaml()


def test_options_win_over_the_checkpoints_hyperparameters(words, trained, in_place):
    more = ["--trainer.max_epochs", "3", "--model.dropout", "0.05"]
    cli = FilmCLI(["fit", *words, *more], in_place, trained)
    assert torch.load(trained, weights_only=True)["hyper_parameters"]["dropout"] == 0.05
    assert cli.model.hparams["dropout"] == 0.05


def test_a_checkpoint_may_be_given_as_an_option(study_config, trained, in_place):
    given = FilmCLI(["test", "--config", str(study_config), "--ckpt_path", str(trained)], in_place)
    handed = FilmCLI(["test", "--config", str(study_config)], in_place, trained)
    assert given.model.scores["test"]["rmse"] > 0
    assert given.model.scores == handed.model.scores


def test_a_models_command_encodes_as_in_training(study_config, trained, in_place, tmp_path):
    films = pd.read_csv(study_config.with_name("films.csv"))
    films.assign(year=films["year"] + 1000).drop(columns="rating").to_csv(tmp_path / "later.csv", index=False)
    words = ["predict", "--config", str(study_config), "--data.table", str(tmp_path / "later.csv")]
    cli = FilmCLI(words, in_place, trained)
    # Had the scale been fitted anew, the years would be where they were.
    assert cli.datamodule.films.encoded.dense[:, 0].mean() > 10
    assert cli.datamodule.films.rows is None
    assert np.isfinite(cli.model.predicted).all()
    assert len(cli.model.predicted) == len(films)


@pytest.mark.parametrize("command", ["fit", "test"])
def test_another_width_is_refused_with_both(command, words, trained, runs):
    with pytest.raises(InputError, match=r"last\.ckpt has model\.hidden \[16\], the config says \[8, 4\]"):
        FilmCLI([command, *words, "--model.hidden", "[8,4]"], runs, trained)
    assert runs.asked == []


@pytest.mark.parametrize("command", ["fit", "test"])
def test_another_number_of_members_is_refused_with_both(command, words, trained, runs):
    with pytest.raises(InputError, match=r"^\S+last\.ckpt has model\.members 1, the config says 3: use the same$"):
        FilmCLI([command, *words, "--model.members", "3"], runs, trained)
    assert runs.asked == []


def test_all_that_differs_from_the_checkpoint_is_told_at_once(words, trained, runs):
    with pytest.raises(InputError, match=r"model\.hidden \[16\], the config says \[9\].*\n.*model\.members 1, .* 2:"):
        FilmCLI(["test", *words, "--model.hidden", "[9]", "--model.members", "2"], runs, trained)


def test_a_checkpoint_from_before_there_were_members_has_one(words, trained, in_place, tmp_path):
    older = torch.load(trained, weights_only=True)
    assert older["hyper_parameters"].pop("members") == 1
    torch.save(older, tmp_path / "older.ckpt")
    scores = [FilmCLI(["test", *words], in_place, path).model.scores for path in (trained, tmp_path / "older.ckpt")]
    assert scores[0]["test"]["rmse"] > 0
    assert scores[0] == scores[1]
    with pytest.raises(InputError, match=r"older\.ckpt has model\.members 1, the config says 2"):
        FilmCLI(["test", *words, "--model.members", "2"], in_place, tmp_path / "older.ckpt")


@pytest.mark.parametrize(("command", "missing"), [("fit", "FilmDataModule"), ("test", "hyper_parameters")])
def test_a_checkpoint_without_its_films_or_its_model_is_refused(words, trained, runs, tmp_path, command, missing):
    content = torch.load(trained, weights_only=True)
    assert content.pop(missing)
    torch.save(content, tmp_path / "partial.ckpt")
    with pytest.raises(InputError, match=r"partial\.ckpt is not a checkpoint of Greenlight; train one"):
        FilmCLI([command, *words], runs, tmp_path / "partial.ckpt")
    assert runs.asked == []


def test_a_checkpoint_cut_short_is_refused(words, trained, runs, tmp_path):
    (tmp_path / "cut.ckpt").write_bytes(trained.read_bytes()[:2000])
    with pytest.raises(InputError, match=r"cut\.ckpt is damaged: its bytes are not those that were written"):
        FilmCLI(["test", *words], runs, tmp_path / "cut.ckpt")


@pytest.mark.parametrize("word", ["last", "hpc", "nowhere.ckpt"])
def test_a_checkpoint_must_be_a_file_that_is_there(words, runs, word):
    with pytest.raises(InputError, match=rf"--ckpt_path must be a checkpoint file, got {word}; `--run` takes"):
        FilmCLI(["test", *words, "--ckpt_path", word], runs)


@pytest.mark.parametrize("command", ["validate", "predict"])
def test_scoring_leaves_the_checkpoints_as_they_are(command, study_config, trained, in_place):
    folder = trained.parent
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert set(before) == {"best.ckpt", "last.ckpt"}
    FilmCLI([command, "--config", str(study_config)], in_place, folder / "best.ckpt")
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
