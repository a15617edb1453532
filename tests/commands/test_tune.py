"""`tune` as a user meets it: a search, what it leaves, how it goes on, and what it refuses."""

import os
import re
import shutil
import signal
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import optuna
import pandas as pd
import pytest
import yaml
from optuna.storages.journal import JournalFileBackend
from sklearn.model_selection import train_test_split
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from tests.conftest import refused
from tests.processes import run_forked

SEARCH = """\
search:
  space:
    model.hidden: [[4], [16]]
    model.first_weight_decay, model.tail_weight_decay: [0.0, 0.01]
    data.batch_size: [64]
"""
LEFT = ["best.yaml", "config.yaml", "trial_0", "trial_1", "trial_2", "trial_3", "trials.csv", "tune.journal"]


@pytest.fixture(scope="module")
def config(study_config, tmp_path_factory) -> Path:
    """Return the config of a grid of four trials of two epochs."""
    path = tmp_path_factory.mktemp("search") / "search.yaml"
    path.write_text(study_config.read_text(encoding="utf-8").replace("max_epochs: 4", "max_epochs: 2") + SEARCH)
    return path


@pytest.fixture(scope="module")
def tune(command, config, tmp_path_factory):
    """Return what runs the search in a folder of its own."""

    def run(*options: object) -> SimpleNamespace:
        runs = tmp_path_factory.mktemp("runs")
        answer = command("tune", "--config", config, "--runs", runs, *options)
        assert answer.code == 0, answer.err
        path = runs / "small-tune" / "version_0"
        return SimpleNamespace(path=path, answer=answer, trials=trials_of(path))

    return run


@pytest.fixture(scope="module")
def tuned(tune) -> SimpleNamespace:
    return tune()


def trials_of(path: Path) -> pd.DataFrame:
    return pd.read_csv(path / "trials.csv")


def came_to(trials: pd.DataFrame) -> str:
    """Return what does not depend on the time a trial took."""
    return trials.drop(columns="seconds").to_csv(index=False)


def curves_of(path: Path) -> EventAccumulator:
    (events,) = path.glob("events.out.tfevents.*")
    return EventAccumulator(str(events)).Reload()


def lowest_loss(path: Path) -> float:
    return min(event.value for event in curves_of(path).Scalars("val/loss"))


def test_every_combination_is_a_trial_without_a_checkpoint_and_the_best_comes_first(tuned):
    assert sorted(os.listdir(tuned.path)) == LEFT
    assert not list(tuned.path.rglob("*.ckpt"))
    assert tuned.trials["state"].tolist() == ["complete"] * 4
    tried = tuned.trials.sort_values("number")
    assert tried["model.hidden"].tolist() == ["[4]", "[4]", "[16]", "[16]"]
    for part in ("first", "tail"):
        assert tried[f"model.{part}_weight_decay"].tolist() == [0, 0.01, 0, 0.01]
    assert tuned.trials["score"].is_monotonic_increasing
    assert tuned.trials["score"].nunique() == 4
    assert (tuned.trials["epochs"] == 2).all()
    assert "4 trials by val/loss: 4 complete" in tuned.answer.out
    assert f"python cli.py study --config {tuned.path / 'best.yaml'}" in tuned.answer.out
    assert f"tensorboard --logdir {tuned.path}" in tuned.answer.out
    assert tuned.answer.err == ""


def test_a_score_is_the_best_one_on_tensorboards_curve_beside_what_was_tried(tuned):
    for trial in tuned.trials.itertuples():
        path = tuned.path / f"trial_{trial.number}"
        curves = curves_of(path)
        assert lowest_loss(path) == pytest.approx(trial.score, rel=1e-6)
        assert curves.Scalars("best/val/loss")[0].value == pytest.approx(trial.score, rel=1e-6)
        assert any("hparams" in name for name in curves.summary_metadata)
        assert not any(tag.startswith("test/") for tag in curves.Tags()["scalars"])


def test_the_best_config_trains_to_the_best_score(tuned, command, tmp_path):
    answer = command("fit", "--config", tuned.path / "best.yaml", "--runs", tmp_path / "runs")
    assert answer.code == 0, answer.err
    run = tmp_path / "runs" / "small" / "version_0"
    assert lowest_loss(run) == pytest.approx(tuned.trials["score"][0], rel=1e-6)
    config = yaml.safe_load((run / "config.yaml").read_text(encoding="utf-8"))
    assert str(config["model"]["hidden"]) == tuned.trials["model.hidden"][0]
    assert config["data"]["batch_size"] == 64


@pytest.mark.slow
def test_tpe_draws_from_ranges_alike_each_time(tune):
    space = "{model.learning_rate: {low: 1.0e-4, high: 0.1, log: true}, model.hidden: [[4], [8]]}"
    options = ("--search.method", "tpe", "--search.trials", 3, "--search.space", space)
    trials = tune(*options).trials
    assert trials["model.learning_rate"].between(1e-4, 0.1).all()
    assert trials["model.learning_rate"].nunique() == 3
    assert came_to(tune(*options).trials) == came_to(trials)


@pytest.mark.slow
def test_a_bad_trial_is_stopped_early_and_not_the_best(tune):
    space = "{model.learning_rate: [0.01, 0.011, 0.012, 0.013, 0.014, 0.0000001]}"
    done = tune("--search.space", space, "--trainer.max_epochs", 8)
    assert done.trials["state"].tolist() == ["complete"] * 5 + ["pruned"]
    assert done.trials.iloc[-1][["number", "epochs"]].tolist() == [5, 6]
    assert curves_of(done.path / "trial_5").Scalars("best/val/loss")
    free = tune("--search.space", space, "--trainer.max_epochs", 8, "--search.prune", "false")
    assert set(free.trials["state"]) == {"complete"}


@pytest.mark.slow
def test_a_trial_whose_values_do_not_go_together_fails_and_others_go_on(tune):
    space = "{model.schedule: [none, cosine], trainer.max_epochs: [2, -1], early_stopping.patience: [0]}"
    done = tune("--search.space", space, "--model.learning_rate", "0.1", "--trainer.max_time", "00:00:01:00")
    failed = done.trials.iloc[-1]
    assert (failed["state"], failed["number"]) == ("failed", 3)
    assert "model.schedule cosine needs an end" in failed["problem"]
    assert set(done.trials["state"][:3]) == {"complete"}


def with_other_targets(films: pd.DataFrame, shift: float = 0) -> pd.DataFrame:
    """Return films whose test films have other targets, and optionally a training film another."""
    rated = np.flatnonzero(films["rating"].notna())
    rest, tested = train_test_split(np.arange(198), test_size=45, random_state=3)
    ratings = films["rating"].to_numpy().copy()
    ratings[rated[tested]] = np.random.default_rng(0).normal(0, 1e6, 45)
    ratings[rated[rest[0]]] += shift
    return films.assign(rating=ratings)


@pytest.mark.slow
def test_with_folds_a_score_is_the_mean_of_the_folds_best_and_tells_nothing_of_test_films(tune, films_frame, tmp_path):
    options = ["--search.folds", 3, "--search.space", "{model.hidden: [[4], [16]]}"]
    done = tune(*options)
    assert done.trials["state"].tolist() == ["complete"] * 2
    assert (done.trials["epochs"] == 3 * 2).all()
    assert done.trials["score"].nunique() == 2
    for trial in done.trials.itertuples():
        path = done.path / f"trial_{trial.number}"
        assert sorted(os.listdir(path)) == ["config.yaml", "fold_0", "fold_1", "fold_2"]
        best = [lowest_loss(path / f"fold_{fold}") for fold in range(3)]
        assert len(set(best)) == 3
        assert np.mean(best) == pytest.approx(trial.score, rel=1e-6)
    assert not list(done.path.rglob("*.ckpt"))
    for shift in (0, 1):
        with_other_targets(films_frame, shift).to_csv(tmp_path / "films.csv", index=False)
        other = tune(*options, "--data.table", tmp_path / "films.csv")
        assert (came_to(other.trials) == came_to(done.trials)) == (shift == 0)


def test_a_finished_search_shows_its_table_again(tuned, command):
    before = (tuned.path / "trials.csv").read_bytes()
    answer = command("tune", "--resume", tuned.path)
    assert (answer.code, answer.err) == (0, "")
    assert "4 finished before, 0 to train" in answer.out.replace("of them ", "")
    assert "4 trials by val/loss: 4 complete" in answer.out
    assert (tuned.path / "trials.csv").read_bytes() == before
    assert sorted(os.listdir(tuned.path)) == LEFT


STOP = """
import os
from pathlib import Path

from lightning.pytorch import Callback

class Stop(Callback):
    # Sends its process a signal in the second epoch of trial 2, once.
    def __init__(self, signal: int, marker: str) -> None:
        self.signal, self.marker = signal, Path(marker)

    def on_train_epoch_start(self, trainer, pl_module):
        if trainer.current_epoch == 1 and trainer.log_dir.endswith("trial_2") and not self.marker.exists():
            self.marker.touch()
            os.kill(os.getpid(), self.signal)
"""


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL], ids=["Ctrl-C", "kill"])
def test_a_search_that_is_stopped_trains_what_is_missing(tuned, config, tmp_path, monkeypatch, number):
    (tmp_path / "stopping.py").write_text(STOP)
    monkeypatch.syspath_prepend(tmp_path)  # of the forked process too
    callback = ["--trainer.callbacks+", "stopping.Stop", "--trainer.callbacks.signal", int(number)]
    callback += ["--trainer.callbacks.marker", tmp_path / "stopped"]

    def run(*words: object) -> tuple[int, str, str]:
        return run_forked("tune", *words, "--allow_any_class", cwd=tmp_path)

    code, out, err = run("--config", config, *callback)
    path = tmp_path / "runs" / "small-tune" / "version_0"
    if number == signal.SIGINT:
        assert code == 130
        assert err.startswith("stopped; 2 of 4 trials are finished; go on with: python cli.py tune --resume runs/sma")
    else:
        assert (code, err) == (-9, "")
    assert sorted(trials_of(path)["number"]) == [0, 1]
    assert (path / "best.yaml").is_file()

    code, out, err = run("--resume", path)
    assert code == 0, err
    assert "2 of them finished before, 2 to train" in out
    assert [line.split(":")[0] for line in out.splitlines() if line.startswith("trial ")] == ["trial 2", "trial 3"]
    assert came_to(trials_of(path)) == came_to(tuned.trials)
    assert len(list((path / "trial_2").glob("events.out.tfevents.*"))) == 1
    storage = optuna.storages.JournalStorage(JournalFileBackend(str(path / "tune.journal")))
    trials = optuna.load_study(study_name="tune", storage=storage).trials
    assert sorted(trial.state.name for trial in trials) == ["COMPLETE"] * 4 + ["FAIL"]


def test_a_search_may_be_moved_and_refuses_another_space(tuned, command, tmp_path):
    moved = shutil.copytree(tuned.path, tmp_path / "elsewhere" / "the best one")
    answer = command("tune", "--resume", moved, "--search.space", "{model.hidden: [[4]]}")
    refused(answer, "search.space was {'model.hidden': [[4], [16]],")
    assert (moved / "config.yaml").read_bytes() == (tuned.path / "config.yaml").read_bytes()
    assert command("tune", "--resume", moved).code == 0
    assert came_to(trials_of(moved)) == came_to(tuned.trials)


MISTAKES = [
    (
        "--search.space={data.target.trnsform: [log1p]} --early_stopping.monitor=val/rmse",
        "search.space, data.target.trnsform log1p: data.target: no argument 'trnsform', did you mean 'transform'?",
    ),
    (
        "--search.folds=3 --data.split={class_path: TimeSplit, init_args: {by: year}}",
        "folds are drawn at random, which data.split TimeSplit must not be",
    ),
    ("--search.folds=154", "folds must be at most the 153 rows or groups to fold, got 154"),
    ("--run=runs/small/version_0", "`tune` takes a run's folder with --resume"),
    ("--name=a/b", "--name must be fit for a folder's name, got 'a/b-tune'"),
]


@pytest.mark.slow
@pytest.mark.parametrize(("options", "message"), MISTAKES)
def test_a_mistake_ends_in_a_single_message_and_leaves_nothing(command, config, tmp_path, options, message):
    answer = command("tune", "--config", config, "--runs", tmp_path / "runs", *re.split(" (?=--)", options))
    refused(answer, message)
    assert not (tmp_path / "runs").exists()


@pytest.mark.slow
def test_a_search_none_of_whose_trials_has_a_score_says_why(command, config, tmp_path):
    answer = command("tune", "--config", config, "--runs", tmp_path / "runs", "--trainer.max_epochs", 0)
    refused(answer, "none of 4 trials has a score; trial 0: no epoch was trained: trainer.max_epochs must be")


@pytest.mark.parametrize("word", ["fit", "study"])
def test_other_commands_know_no_search(command, study_config, tmp_path, word):
    (tmp_path / "search.yaml").write_text(study_config.read_text(encoding="utf-8") + SEARCH, encoding="utf-8")
    refused(command(word, "--config", tmp_path / "search.yaml"), "no key ", "search.space is for `tune` alone")
