"""The command line as a user meets it: nearly everything in this process, what needs processes of its own in those."""

import os
import pickle
import pty
import re
import select
import shutil
import signal
import subprocess
import sys
import textwrap
import warnings
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch
import yaml
from PIL import Image
from sklearn.metrics import mean_absolute_error, r2_score, root_mean_squared_error
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from greenlight_films.importance.contributions import Contributions
from tests.conftest import IMPORTANCES
from tests.processes import CLI, ENVIRONMENT, in_a_process
from tests.runs import (
    LEFT_BY_A_STUDY,
    checkpoint_of,
    described,
    expected_scores,
    files_in,
    hyperparameters_of,
    metrics_of,
    predictions_of,
    scalars_of,
    scored_by_test,
    tables_of,
    texts_of,
    versions_in,
)

KEYS = {
    *("study", "target", "unit", "films", "rows", "left_out", "features", "leak", "known_after_release"),
    *("unseen_labels", "models", "fits"),
}
MODELS = {"mlp", "mean", "ridge"}


@pytest.fixture(scope="module")
def train(command, study_config, tmp_path_factory) -> Callable[..., SimpleNamespace]:
    """Return what trains the small study in a folder of its own and returns the run's folder and what was said."""

    def run(word: str = "fit", *options: object) -> SimpleNamespace:
        runs = tmp_path_factory.mktemp("runs")
        said = command(word, "--config", study_config, "--runs", runs, *options)
        assert said.code == 0, said.err
        return SimpleNamespace(path=runs / "small" / "version_0", runs=runs, said=said)

    return run


@pytest.fixture(scope="module")
def study(train) -> SimpleNamespace:
    """Return a finished study; `written` is what it left, whatever later commands add."""
    done = train("study")
    done.written, done.metrics, done.predictions = files_in(done.path), metrics_of(done.path), predictions_of(done.path)
    done.tables = tables_of(done.path)
    return done


@pytest.fixture(scope="module")
def stopped(train) -> SimpleNamespace:
    """Return a run that stopped early, two epochs behind its best one."""
    return train("fit", "--model.learning_rate", 0.1, "--early_stopping.patience", 2, "--trainer.max_epochs", 80)


@pytest.fixture
def films(study_config) -> pd.DataFrame:
    return pd.read_csv(study_config.with_name("films.csv"))


# --- a study -----------------------------------------------------------------------------------------------------


def test_a_study_writes_these_files_and_no_others(study):
    events = [name for name in study.written if name.startswith("events.out.tfevents.")]
    assert events
    assert set(study.written) - set(events) - {"hparams.yaml"} == set(LEFT_BY_A_STUDY)


def test_a_study_says_what_it_learns_from_and_how_well(study):
    said = " ".join(study.said.out.split())
    assert "small: rating of 198 films (123 train, 30 validate, 45 test, 5 without rating left out)" in said
    assert "45 held-out test films" in said
    assert "RMSE, points" in said
    assert f"{study.metrics['models']['mlp']['rmse']:.4g}" in said
    assert study.said.err == ""


def test_what_one_may_copy_is_printed_on_one_line_where_no_terminal_is(train):
    name = "a" * 100
    done = train("fit", "--name", name, "--trainer.max_epochs", 1)
    lines, path = done.said.out.splitlines(), done.runs / name / "version_0"
    assert f"{path}/" in lines
    assert f"score the held-out films: python cli.py test --run {path}" in lines
    assert any(line.startswith(f"{name}: rating of 198 films") and line.endswith("MLP 16") for line in lines)


def test_metrics_have_the_documented_keys_and_no_others(study):
    assert set(study.metrics) == KEYS
    assert set(study.metrics["models"]) == MODELS
    assert set(study.metrics["fits"]) == MODELS | {"pca"}
    for scores in study.metrics["models"].values():
        assert set(scores) == {"rmse", "mse", "mae", "r2", "spearman"}


def test_metrics_tell_what_was_learnt_from(study, films):
    kept = films["rating"].notna()
    assert study.metrics["study"] == "small"
    assert study.metrics["target"] == "rating"
    assert study.metrics["unit"] == "points"
    assert study.metrics["films"] == kept.sum() == 198
    assert study.metrics["left_out"] == (~kept).sum() == 5
    assert study.metrics["rows"] == study.predictions["split"].value_counts().to_dict()
    assert study.metrics["leak"] is False


def test_features_and_unseen_labels_are_those_counted_by_hand(study, films):
    sides = study.predictions.set_index("row")["split"]
    rows = films.loc[sides.index - 1]
    train, test = rows[(sides == "train").to_numpy()], rows[(sides == "test").to_numpy()]
    minimum = {"genre": 1, "cast": 2, "company": 1}
    names = {
        column: lambda cell, column=column: {cell} if column == "company" else set(cell.split(", "))
        for column in minimum
    }
    unseen, n_labels = {}, 0
    for column, least in minimum.items():
        counts = pd.Series([name for cell in train[column].dropna() for name in names[column](cell)]).value_counts()
        known = set(counts.index[counts >= least])
        n_labels += len(known)
        unseen[column] = sum(name not in known for cell in test[column].dropna() for name in names[column](cell))
    assert study.metrics["unseen_labels"] == unseen
    n_dense = 2 + int(train["year"].isna().any()) + int(train["runtime"].isna().any())
    assert n_dense == 3
    # Category keeps a column for what is not known.
    assert study.metrics["features"]["dense"] == n_dense
    assert n_labels <= study.metrics["features"]["labels"] <= n_labels + 1


def test_every_film_with_a_target_is_predicted_on_a_line_of_its_own(study, films):
    predictions = study.predictions
    kept = films[films["rating"].notna()]
    assert list(predictions.columns) == ["film", "title", "row", "split", "actual", "predicted"]
    assert predictions["row"].tolist() == (kept.index + 1).tolist()
    assert predictions["film"].tolist() == kept["id"].tolist()
    assert predictions["actual"].tolist() == kept["rating"].tolist()
    assert predictions["predicted"].nunique() > 100
    assert predictions["predicted"].notna().all()


def test_titles_are_those_of_the_table_and_no_formulas(study, films):
    titles = dict(zip(study.predictions["row"], study.predictions["title"], strict=True))
    expected = films["title"].fillna("")
    assert titles[2] == expected[1] == 'A "quoted", title'
    assert titles[4] == "'-"
    plain = {row: title for row, title in titles.items() if row > 6}
    assert plain == {row: expected[row - 1] for row in plain}


def test_the_test_rows_are_those_of_scikit_learns_split(study):
    from sklearn.model_selection import train_test_split

    _, expected = train_test_split(np.arange(198), test_size=45, random_state=3)
    assert np.flatnonzero(study.predictions["split"] == "test").tolist() == sorted(expected)


def test_scores_are_those_that_scikit_learn_computes_from_the_predictions(study):
    tested = study.predictions[study.predictions["split"] == "test"]
    assert len(tested) == 45
    scores = study.metrics["models"]["mlp"]
    assert 0 < scores["rmse"] < 5
    assert scores == expected_scores(tested["actual"], tested["predicted"])


def test_the_mean_is_that_of_the_training_films(study):
    actual = study.predictions.set_index("split")["actual"]
    errors = actual["test"] - actual["train"].mean()
    mse = (errors**2).mean()
    assert study.metrics["models"]["mean"] == {
        "rmse": pytest.approx(mse**0.5),
        "mse": pytest.approx(mse),
        "mae": pytest.approx(errors.abs().mean()),
        "r2": pytest.approx(1 - (errors**2).sum() / ((actual["test"] - actual["test"].mean()) ** 2).sum()),
        "spearman": None,
    }


def test_the_network_beats_the_mean_on_a_target_that_can_be_learnt(study):
    assert study.metrics["models"]["mlp"]["rmse"] < study.metrics["models"]["mean"]["rmse"]


def test_tensorboard_reads_the_curves(study):
    scalars = scalars_of(study.path)
    scores = {f"{side}/{name}" for side in ("val", "test") for name in ("loss", "rmse", "mse", "mae", "r2")}
    assert {"train/loss", *scores} <= set(scalars)
    assert "hp_metric" not in scalars
    assert len(scalars["train/loss"]) == len(scalars["val/rmse"]) == 4
    assert len(scalars["test/rmse"]) == 1
    assert scalars["test/rmse"][0][1] == pytest.approx(study.metrics["models"]["mlp"]["rmse"], rel=1e-6)


def test_tensorboard_shows_steps_and_gradients_of_each_epoch(study):
    scalars = scalars_of(study.path)
    tags = ("train/learning_rate", "train/gradient_norm_mean", "train/gradient_norm_max")
    rates, means, highest = ([value for _, value in scalars[tag]] for tag in tags)
    assert rates == pytest.approx([0.01] * 4)
    assert len(means) == len(highest) == 4
    assert all(0 < mean <= most for mean, most in zip(means, highest, strict=True))


def test_tensorboard_shows_config_data_and_settings_once(study):
    texts, config = texts_of(study.path), (study.path / "config.yaml").read_text(encoding="utf-8")
    assert texts["config"] == [f"```yaml\n{config.strip()}\n```"]
    (data,) = texts["data"]
    assert "| test | 45 | 45 |" in data
    (told,) = hyperparameters_of(study.path)
    config = yaml.safe_load(config)
    assert {name for name in told if name.startswith("model.")} == {f"model.{name}" for name in config["model"]}
    assert told["data.batch_size"] == 32
    assert (told["model.hidden"], told["model.dropout"], told["model.seed"]) == ("[16]", 0.3, 42)
    assert (told["data.split"], told["data.split.seed"]) == ("RandomSplit", 3)


def test_tensorboard_shows_predictions_of_the_test_films(study):
    found = [EventAccumulator(str(path), size_guidance={"images": 0}).Reload() for path in study.path.glob("events.*")]
    (events,) = [one for one in found if one.Tags()["images"]]
    (image,) = events.Images("test/predictions")
    with Image.open(BytesIO(image.encoded_image_string)) as picture:
        assert picture.format == "PNG"
        colours = {colour: n for n, colour in picture.convert("RGB").getcolors(1 << 20)}
    assert colours[255, 255, 255] > 1000
    green = sum(n for (red, green, blue), n in colours.items() if green > red + 40)
    assert 45 < green < 0.1 * sum(colours.values())


def test_a_resumed_run_has_its_texts_once_and_all_its_curves(train, command):
    part = train("fit", "--trainer.max_epochs", 2)
    assert command("fit", "--resume", part.path, "--trainer.max_epochs", 4).code == 0
    assert {name: len(texts) for name, texts in texts_of(part.path).items()} == {"config": 1, "data": 1}
    assert [step for step, _ in scalars_of(part.path)["train/gradient_norm_max"]] == [3, 7, 11, 15]
    assert command("test", "--run", part.path).code == 0
    assert len(hyperparameters_of(part.path)) == 1
    assert len(texts_of(part.path)["data"]) == 1


def test_a_run_resumed_in_a_new_folder_has_its_texts_there(study, command, study_config, tmp_path):
    options = ["--ckpt_path", study.path / "checkpoints" / "last.ckpt", "--trainer.max_epochs", 5]
    assert command("fit", "--config", study_config, "--runs", tmp_path, *options).code == 0
    assert set(texts_of(tmp_path / "small" / "version_0")) == {"config", "data"}


def test_the_runs_config_is_whole(study, study_config):
    given, kept = yaml.safe_load(study_config.read_text()), yaml.safe_load((study.path / "config.yaml").read_text())
    parts = {"name", "runs", "seed_everything", "trainer", "model", "data", "early_stopping"}
    assert set(kept) == {*parts, "permutation_importance", "tensorboard", "compare", "report"}
    assert kept["tensorboard"] == {"gradient_norms": 20, "histograms": False}
    assert kept["seed_everything"] == given["seed_everything"] == 7
    assert kept["model"]["hidden"] == [16]
    assert kept["model"]["loss"] == "mse"
    assert kept["data"]["split"]["init_args"] == {"val": 0.15, "test": 0.225, "seed": 3}


def test_a_run_is_repeated_bit_for_bit_from_its_config(study, command, tmp_path):
    assert command("study", "--config", study.path / "config.yaml", "--runs", tmp_path).code == 0
    again = predictions_of(tmp_path / "small" / "version_0")
    assert again["predicted"].tolist() == study.predictions["predicted"].tolist()


def test_another_seed_makes_another_model(study, train):
    other = predictions_of(train("study", "--model.seed", 8).path)
    assert other["split"].tolist() == study.predictions["split"].tolist()
    assert other["predicted"].tolist() != study.predictions["predicted"].tolist()


def test_runs_of_a_study_stand_side_by_side(train, command, study_config):
    first = train("fit", "--trainer.max_epochs", 1)
    assert command("fit", "--config", study_config, "--runs", first.runs, "--trainer.max_epochs", 1).code == 0
    assert versions_in(first.runs) == ["small/version_0", "small/version_1"]


def test_a_study_works_without_tensorboard(train):
    done = train("study", "--trainer.logger", "false", "--trainer.max_epochs", 1)
    assert files_in(done.path) == LEFT_BY_A_STUDY


def test_scores_are_in_the_targets_unit_whatever_the_network_sees(train):
    done = train("study", "--data.target.transform", "log1p", "--trainer.max_epochs", 2)
    tested = predictions_of(done.path).query("split == 'test'")
    on_the_scale = r2_score(np.log1p(tested["actual"]), np.log1p(tested["predicted"]))
    expected = expected_scores(tested["actual"], tested["predicted"])
    assert metrics_of(done.path)["models"]["mlp"] == {**expected, "r2_log1p": pytest.approx(on_the_scale, rel=1e-6)}


# --- importance ----------------------------------------------------------------------------------------------------


def test_tensorboard_shows_importances(study):
    found = [EventAccumulator(str(path), size_guidance={"images": 0}).Reload() for path in study.path.glob("events.*")]
    (events,) = [one for one in found if one.Tags()["images"]]
    assert set(events.Tags()["images"]) == {"importance/values", "importance/columns", "test/predictions"}
    assert all(event.encoded_image_string for tag in events.Tags()["images"] for event in events.Images(tag))
    aggregated = pd.read_csv(study.path / "aggregated_importance.csv").query("level == 'role'")
    assert set(aggregated["name"]) == {"year", "runtime", "genre", "actor", "company"}
    for role, importance in zip(aggregated["name"], aggregated["importance"], strict=True):
        (event,) = events.Scalars(f"importance/role/{role}")
        assert event.value == pytest.approx(importance, rel=1e-4)


def test_a_study_says_what_its_predictions_rest_on(study):
    table = pd.read_csv(study.path / "Permu_importance_df.csv")
    assert "What the predictions of 45 test films rest on" in study.said.out
    assert table["importance"][0] > 0.05
    assert table["feature"][0] in study.said.out


@pytest.fixture
def finished(study, tmp_path) -> Path:
    """Return the run of the study, a test's own to change."""
    return shutil.copytree(study.path, tmp_path / "small" / "version_0")


def test_importances_are_measured_again_from_a_runs_folder(study, command, finished):
    kept = {name: (finished / name).read_bytes() for name in files_in(finished) if name not in IMPORTANCES}
    for name in IMPORTANCES:
        (finished / name).unlink()
    said = command("importance", "--run", finished)
    assert (said.code, said.err) == (0, "")
    assert "What the predictions of 45 test films rest on" in said.out
    assert tables_of(finished) == study.tables
    assert {name: (finished / name).read_bytes() for name in kept} == kept
    assert versions_in(finished.parent) == ["version_0"]


SETTINGS = {
    "shuffles": ["--estimator", "shuffle", "--n_repeats", "3", "--seed", "5"],
    "all rows": ["--off_rows=all", "--loss", "mae"],
    "groups": ["--groups", '{"Anns": ["cast=Ann *"], "Old": ["year"]}', "--estimator=shuffle", "--loss=rmse"],
}


@pytest.mark.parametrize("settings", SETTINGS.values(), ids=list(SETTINGS))
def test_settings_after_a_study_do_what_they_do_in_it(study, train, command, finished, settings):
    in_study = [re.sub("^--", "--permutation_importance.", word) for word in settings]
    expected = tables_of(train("study", *in_study).path)
    assert expected["Permu_importance_df.csv"] != study.tables["Permu_importance_df.csv"]
    assert command("importance", "--run", finished, *settings).code == 0
    assert tables_of(finished) == expected


@pytest.mark.parametrize(("side", "films"), [("test", 45), ("val", 30)])
def test_importances_are_those_of_the_side_named(command, finished, side, films):
    assert command("importance", "--run", finished, "--split", side).code == 0
    assert {**described(finished), "split": side, "films": films} == described(finished)


def test_a_study_measures_the_side_named_too(train):
    done = train("study", "--permutation_importance.split", "val", "--trainer.max_epochs", 1)
    assert {**described(done.path), "split": "val", "films": 30} == described(done.path)


def test_features_are_estimable_or_not(study):
    table, found = pd.read_csv(study.path / "Permu_importance_df.csv"), described(study.path)
    assert found["features"] == len(table) == sum(study.metrics["features"].values())
    assert found["estimable"] == table["importance"].notna().sum() > 10
    assert found["estimable"] + found["not_estimable"] == found["features"]
    assert found["missing"] == 0
    assert found["r2"] == pytest.approx(study.metrics["models"]["mlp"]["r2"], rel=1e-5)


@pytest.mark.parametrize("word", ["fit", "validate", "test", "predict"])
def test_other_commands_measure_nothing(train, command, finished, word):
    if word == "fit":
        path = train("fit", "--trainer.max_epochs", 1).path
    else:
        for name in IMPORTANCES:
            (finished / name).unlink()
        path = finished
        assert command(word, "--run", path).code == 0
    assert not set(files_in(path)) & set(IMPORTANCES)


def test_a_run_whose_config_knows_nothing_of_importance_takes_the_defaults(study, command, finished):
    config = yaml.safe_load((finished / "config.yaml").read_text())
    del config["permutation_importance"]
    (finished / "config.yaml").write_text(yaml.safe_dump(config))
    assert command("importance", "--run", finished).code == 0
    assert tables_of(finished) == study.tables


def test_a_checkpoint_file_and_its_config_do_for_importances_too(study, command, study_config, tmp_path):
    best = study.path / "checkpoints" / "best.ckpt"
    said = command("importance", "--config", study_config, "--runs", tmp_path, "--ckpt_path", best)
    assert said.code == 0
    assert tables_of(tmp_path / "small" / "version_0") == study.tables


def test_a_model_no_better_than_the_mean_is_told_to_explain_nothing(command, study_config, films, tmp_path):
    films["rating"] = np.random.default_rng(0).normal(6, 1, len(films))
    films.to_csv(tmp_path / "noise.csv", index=False)
    options = ["--data.table", tmp_path / "noise.csv", "--model.learning_rate", 0.1, "--trainer.max_epochs", 10]
    said = command("study", "--config", study_config, "--runs", tmp_path / "runs", *options)
    path = tmp_path / "runs" / "small" / "version_0"
    assert metrics_of(path)["models"]["mlp"]["r2"] < 0
    first = (path / "Aggregated_importanceNN.txt").read_text(encoding="utf-8").splitlines()[0]
    assert "R² is not above 0" in first
    assert "mean nothing" in first
    assert described(path)["warning"] == first
    assert first in " ".join(said.out.split())


def test_names_of_any_script_are_drawn_without_a_word(command, study_config, films, tmp_path):
    films["genre"] = films["genre"].replace({"Horror": "恐怖映画", "Drama": "💥"}, regex=True)
    films.to_csv(tmp_path / "names.csv", index=False)
    options = ["--data.table", tmp_path / "names.csv", "--trainer.max_epochs", 2]
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        said = command("study", "--config", study_config, "--runs", tmp_path / "runs", *options)
    assert (said.code, said.err) == (0, "")
    assert "恐怖映画" in (tmp_path / "runs/small/version_0/Permu_importance_df.csv").read_text(encoding="utf-8")
    assert [str(warning.message) for warning in warned if "Glyph" in str(warning.message)] == []


# --- the commands on a run -----------------------------------------------------------------------------------------


def test_fit_leaves_no_scores_validate_adds_those_of_its_films_and_test_those_of_the_models(train, command):
    done = train("fit")
    assert not (done.path / "predictions.csv").exists()
    before = metrics_of(done.path)
    assert set(before) == KEYS
    assert before["models"] == {}
    assert not any(tag.startswith("test/") for tag in scalars_of(done.path))

    said = command("validate", "--run", done.path)
    assert said.code == 0
    assert "30 validation films" in said.out
    validated = metrics_of(done.path)
    assert set(validated["validation"]) == {"mlp"}
    best = min(value for _, value in scalars_of(done.path)["val/mse"])
    assert validated["validation"]["mlp"]["mse"] == pytest.approx(best, rel=1e-5)
    assert {key: validated[key] for key in before} == before

    said = command("test", "--run", done.path)
    assert said.code == 0
    assert "45 held-out test films" in said.out
    tested = metrics_of(done.path)
    assert set(tested["models"]) == {"mlp", "mean"}
    assert {**tested, "models": {}, "fits": {}} == validated
    assert versions_in(done.runs) == ["small/version_0"]


@pytest.fixture(scope="module")
def new_films(study_config, tmp_path_factory) -> Path:
    """Return films 11 to 20 without target, id or known names in the first of them."""
    new = pd.read_csv(study_config.with_name("films.csv")).iloc[10:20].drop(columns=["rating", "id"])
    new.loc[10, ["genre", "cast", "company"]] = ["Giallo", "No Body, Zoë Li, Any One", "Unheard Of"]
    path = tmp_path_factory.mktemp("new") / "new.csv"
    new.to_csv(path, index=False)
    return path


@pytest.fixture(scope="module")
def predicted(study, command, new_films) -> SimpleNamespace:
    """Return what a prediction of new films says and writes."""
    before = (study.path / "metrics.json").read_bytes()
    said = command("predict", "--run", study.path, "--data.table", new_films)
    assert said.code == 0, said.err
    assert (study.path / "metrics.json").read_bytes() == before
    return SimpleNamespace(out=" ".join(said.out.split()), table=predictions_of(study.path, "predictions_new.csv"))


def test_new_films_are_predicted_without_target_and_id(predicted):
    assert "10 films predicted" in predicted.out
    assert "predictions_new.csv" in predicted.out
    assert "RMSE" not in predicted.out
    assert list(predicted.table.columns) == ["title", "row", "split", "actual", "predicted"]
    assert predicted.table["row"].tolist() == list(range(1, 11))
    assert set(predicted.table["split"]) == {"new"}
    assert predicted.table["actual"].isna().all()
    assert predicted.table["predicted"].notna().all()


def test_labels_unknown_to_the_model_are_counted(predicted):
    # Giallo, No Body, Any One, and Unheard Of; the other films have known ones only.
    assert "10 films predicted, 4 labels unknown to the model" in predicted.out


def test_a_film_is_predicted_alike_in_a_new_table_and_in_its_own(predicted, study):
    own = study.predictions.set_index("row")["predicted"].loc[12:20].tolist()
    assert len(set(own)) > 5
    assert predicted.table["predicted"].tolist()[1:] == pytest.approx(own, rel=1e-6)


def test_new_films_with_a_target_are_scored(study, command, films, tmp_path):
    films.iloc[15:40].to_csv(tmp_path / "some.csv", index=False)
    said = command("predict", "--run", study.path, "--data.table", tmp_path / "some.csv")
    found = predictions_of(study.path, "predictions_some.csv")
    known = found.dropna(subset="actual")
    assert len(found) == 25
    assert len(known) == 23
    assert "23 have a target" in said.out
    assert f"{root_mean_squared_error(known['actual'], known['predicted']):.4g}" in said.out
    assert f"{mean_absolute_error(known['actual'], known['predicted']):.4g}" in said.out


def test_the_runs_own_table_is_known_wherever_it_stands(study, command, study_config, tmp_path):
    copy = shutil.copy(study_config.with_name("films.csv"), tmp_path / "copy.csv")
    (study.path / "predictions.csv").unlink()
    assert command("predict", "--run", study.path, "--data.table", copy).code == 0
    pd.testing.assert_frame_equal(predictions_of(study.path), study.predictions)
    assert not (study.path / "predictions_copy.csv").exists()
    assert versions_in(study.runs) == ["small/version_0"]


@pytest.mark.parametrize("where", ["elsewhere/version_5", "elsewhere/the best one"])
def test_a_moved_run_works_as_before(study, train, command, tmp_path, where):
    done = train("fit")
    moved = tmp_path / where
    moved.parent.mkdir()
    shutil.move(done.path, moved)
    for word in ("test", "predict"):
        assert command(word, "--run", moved).code == 0
    assert metrics_of(moved)["models"] == scored_by_test(study.metrics)
    pd.testing.assert_frame_equal(predictions_of(moved), study.predictions)
    assert versions_in(done.runs) == []
    assert [path.name for path in moved.parent.iterdir()] == [moved.name]


def test_a_run_is_opened_from_within_its_folder(study, command, monkeypatch):
    monkeypatch.chdir(study.path)
    assert command("validate", "--run", ".").code == 0
    assert versions_in(study.runs) == ["small/version_0"]


def test_a_checkpoint_file_and_its_config_do_in_place_of_a_run(study, command, study_config, tmp_path):
    best = study.path / "checkpoints" / "best.ckpt"
    said = command("test", "--config", study_config, "--runs", tmp_path, "--ckpt_path", best)
    assert said.code == 0
    assert metrics_of(tmp_path / "small" / "version_0")["models"] == scored_by_test(study.metrics)


def test_a_checkpoint_file_predicts_new_films(study, command, study_config, new_films, tmp_path):
    best = study.path / "checkpoints" / "best.ckpt"
    options = ["--runs", tmp_path / "runs", "--ckpt_path", best, "--data.table", new_films]
    said = command("predict", "--config", study_config, *options)
    assert said.code == 0
    (path,) = (tmp_path / "runs").rglob("predictions_new.csv")
    assert len(predictions_of(path.parent, path.name)) == 10


# --- going on ------------------------------------------------------------------------------------------------------


def test_training_stops_when_its_patience_ends_and_keeps_the_best_and_the_last(stopped):
    best, last = checkpoint_of(stopped.path, "best"), checkpoint_of(stopped.path, "last")
    losses = [value for _, value in scalars_of(stopped.path)["val/loss"]]
    assert len(losses) < 80
    assert best["epoch"] == int(np.argmin(losses))
    assert last["epoch"] == len(losses) - 1 == best["epoch"] + 2
    name = "network.first.label_weight"
    assert not torch.equal(best["state_dict"][name], last["state_dict"][name])


def test_a_study_that_stops_early_scores_its_best_epoch_and_goes_on_with_more_patience(train, command):
    hasty = ["--model.learning_rate", 0.1, "--early_stopping.patience", 2, "--trainer.max_epochs", 80]
    done = train("study", *hasty)
    epochs = checkpoint_of(done.path, "last")["epoch"]
    assert checkpoint_of(done.path, "best")["epoch"] < epochs < 79
    assert metrics_of(done.path)["models"]["mlp"]["rmse"] > 0
    said = command("study", "--resume", done.path, "--early_stopping.patience", 4)
    assert said.code == 0, said.err
    assert checkpoint_of(done.path, "last")["epoch"] > epochs


def test_a_run_is_resumed_where_it_stopped_bit_for_bit(train, command):
    whole = train("fit")
    part = train("fit", "--trainer.max_epochs", 2)
    halfway = checkpoint_of(part.path, "last")
    assert command("fit", "--resume", part.path, "--trainer.max_epochs", 4).code == 0
    resumed, expected = checkpoint_of(part.path, "last"), checkpoint_of(whole.path, "last")
    assert (halfway["epoch"], resumed["epoch"], expected["epoch"]) == (1, 3, 3)
    assert resumed["global_step"] == expected["global_step"] == 16
    assert set(resumed["state_dict"]) == set(expected["state_dict"])
    for name, weights in expected["state_dict"].items():
        assert not torch.equal(weights, halfway["state_dict"][name]), name
        assert torch.equal(weights, resumed["state_dict"][name]), name
    for one, other in zip(resumed["optimizer_states"], expected["optimizer_states"], strict=True):
        assert one["state"].keys() == other["state"].keys()
        for key, state in other["state"].items():
            assert all(torch.equal(state[part], one["state"][key][part]) for part in state)
    assert versions_in(part.runs) == ["small/version_0"]


def test_networks_side_by_side_are_resumed_bit_for_bit_and_tested(train, command):
    whole = train("fit", "--model.members", 2)
    part = train("fit", "--model.members", 2, "--trainer.max_epochs", 2)
    assert " labels, 2 MLPs 16\n" in part.said.out
    assert command("fit", "--resume", part.path, "--trainer.max_epochs", 4).code == 0
    resumed, expected = checkpoint_of(part.path, "last")["state_dict"], checkpoint_of(whole.path, "last")["state_dict"]
    assert expected["network.tail.2.weight"].shape == (2, 16, 1)
    assert set(resumed) == set(expected)
    for name, weights in expected.items():
        assert torch.equal(weights, resumed[name]), name
    assert command("test", "--run", part.path).code == 0
    assert metrics_of(part.path)["models"]["mlp"]["rmse"] > 0


@pytest.mark.parametrize(
    "options",
    [
        "--trainer.val_check_interval 4 --early_stopping.patience 1 --early_stopping.min_delta 10",
        "--trainer.callbacks+ lightning.pytorch.callbacks.LearningRateFinder --trainer.callbacks.num_training_steps 10",
    ],
    ids=["stopped in an epoch", "rates tried first"],
)
def test_an_epoch_may_end_before_its_last_batch(train, options):
    done = train("fit", "--data.batch_size", 8, "--trainer.max_epochs", 2, *options.split())
    losses = [value for _, value in scalars_of(done.path)["train/loss"]]
    assert len(losses) in (1, 2)
    assert all(0 < loss < 2 for loss in losses)


def test_a_study_scores_its_best_epoch_whatever_checkpoints_a_config_adds(train, command, tmp_path):
    theirs = tmp_path / "a" / "b"
    added = f"--trainer.callbacks+ lightning.pytorch.callbacks.ModelCheckpoint --trainer.callbacks.dirpath {theirs}"
    hasty = ["--model.learning_rate", 0.1, "--early_stopping.patience", 2, "--trainer.max_epochs", 80]
    done = train("study", *added.split(), "--trainer.callbacks.filename", "own", *hasty)
    best, own = checkpoint_of(done.path, "best"), torch.load(theirs / "own.ckpt", weights_only=True)
    assert best["epoch"] < own["epoch"]
    scores = metrics_of(done.path)["models"]
    assert command("test", "--run", done.path).code == 0
    assert scored_by_test(metrics_of(done.path)) == {name: scores[name] for name in ("mlp", "mean")}


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_stop_while_single_values_are_measured_comes_when_they_are(
    study_config, command, tmp_path, monkeypatch, number, code
):
    def of(*given):
        os.kill(os.getpid(), number)
        return measure(*given)

    measure = Contributions.of
    monkeypatch.setattr(Contributions, "of", of)
    said = command("study", "--config", study_config, "--runs", tmp_path, "--trainer.max_epochs", 1)
    path = tmp_path / "small" / "version_0"
    assert (said.code, said.err) == (code, f"stopped; go on with: python cli.py study --resume {path}\n")
    assert {"contributions.parquet", "predictions.csv", "leaderboard.csv"} <= set(files_in(path))
    assert not (path / "report.html").exists()
    assert set(metrics_of(path)["models"]) == {"mlp", "mean"}


def test_a_clock_and_averaged_weights_go_on_with_the_run(train, command):
    clock = ["--trainer.callbacks+", "lightning.pytorch.callbacks.Timer", "--trainer.callbacks.interval", "step"]
    mean = [
        "--trainer.callbacks+",
        "lightning.pytorch.callbacks.EMAWeightAveraging",
        "--trainer.callbacks.decay",
        "0.9",
    ]
    whole, plain = train("fit", *clock, *mean), train("fit")
    part = train("fit", *clock, *mean, "--trainer.max_epochs", 2)
    said = command("fit", "--resume", part.path, "--trainer.max_epochs", 4)
    assert said.code == 0, said.err
    resumed, expected = checkpoint_of(part.path, "last"), checkpoint_of(whole.path, "last")
    unaveraged = checkpoint_of(plain.path, "last")["state_dict"]
    for name, weights in unaveraged.items():
        assert torch.equal(resumed["state_dict"][name], expected["state_dict"][name]), name
        assert torch.equal(weights, expected["current_model_state"][name]), name
        assert not torch.equal(weights, expected["state_dict"][name]), name


def test_a_resumed_study_ends_as_one_in_one_go(study, train, command):
    part = train("fit", "--trainer.max_epochs", 2)
    assert command("study", "--resume", part.path, "--trainer.max_epochs", 4).code == 0
    assert metrics_of(part.path)["models"] == study.metrics["models"]
    assert predictions_of(part.path)["predicted"].tolist() == study.predictions["predicted"].tolist()


@pytest.fixture(scope="module")
def overfitted(train) -> SimpleNamespace:
    """Return a run whose best epoch lies well behind it."""
    return train("fit", "--model.learning_rate", 0.1, "--model.dropout", 0, "--trainer.max_epochs", 20)


def test_a_run_resumed_elsewhere_keeps_its_best_epoch(overfitted, command, tmp_path):
    best, last = checkpoint_of(overfitted.path, "best"), checkpoint_of(overfitted.path, "last")
    assert best["epoch"] < last["epoch"] - 1
    losses = [value for _, value in scalars_of(overfitted.path)["val/loss"]]
    assert best["epoch"] == int(np.argmin(losses))
    moved = tmp_path / "moved" / "version_0"
    shutil.copytree(overfitted.path, moved)
    assert command("fit", "--resume", moved, "--trainer.max_epochs", 21).code == 0
    resumed = [value for _, value in scalars_of(moved)["val/loss"]]
    assert len(resumed) == 21
    assert resumed[-1] > min(losses)
    assert checkpoint_of(moved, "last")["global_step"] == last["global_step"] * 21 / 20
    assert checkpoint_of(moved, "best")["epoch"] == best["epoch"]


def test_a_study_resumed_elsewhere_scores_the_best_of_its_own_folder(train, command, tmp_path):
    done = train("study")
    moved = tmp_path / "moved" / "version_0"
    moved.parent.mkdir()
    shutil.move(done.path, moved)
    scores = metrics_of(moved)["models"]
    assert command("study", "--resume", moved).code == 0
    assert metrics_of(moved)["models"] == scores


def test_a_resumed_run_takes_the_patience_given(stopped, command, tmp_path):
    own = tmp_path / "own" / "version_0"
    shutil.copytree(stopped.path, own)
    last = checkpoint_of(own, "last")["epoch"]
    options = ["--early_stopping.patience", 50, "--trainer.max_epochs", last + 4]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert command("fit", "--resume", own, *options).code == 0
    assert checkpoint_of(own, "last")["epoch"] == last + 3


def test_a_finished_run_says_what_resuming_it_needs(train, command):
    done = train("fit")
    said = command("fit", "--resume", done.path)
    assert "max_epochs" in said.out + said.err


# --- leaks ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def people(films, tmp_path) -> Path:
    """Return a table with two or three rows a film, a person each."""
    rows = [films.assign(person=f"Person {number}") for number in range(2)]
    pd.concat([*rows, films.iloc[::3].assign(person="Person 2")]).to_csv(tmp_path / "people.csv", index=False)
    return tmp_path / "people.csv"


def test_a_film_on_two_sides_is_refused(command, study_config, people, tmp_path):
    said = command("study", "--config", study_config, "--runs", tmp_path / "runs", "--data.table", people)
    assert said.code == 2
    assert "RandomSplit puts rows of the same film on several sides" in said.err
    assert "use GroupSplit with `by: id`" in said.err
    assert "data.allow_leak" in said.err
    assert not versions_in(tmp_path / "runs")


def test_a_leak_that_is_wanted_is_told_in_the_terminal_and_the_metrics(command, study_config, people, tmp_path):
    options = ["--data.table", people, "--data.allow_leak", "true", "--trainer.max_epochs", 1]
    said = command("study", "--config", study_config, "--runs", tmp_path, *options)
    assert said.code == 0
    assert "The same films stand on both sides of this split" in said.out
    assert metrics_of(tmp_path / "small" / "version_0")["leak"] is True


def test_a_split_by_film_passes_and_is_no_leak(command, study_config, people, tmp_path):
    split = ["--data.split", "GroupSplit", "--data.split.by", "id", "--data.split.test", 0.2]
    options = ["--runs", tmp_path / "runs", "--data.table", people, *split, "--trainer.max_epochs", 1]
    said = command("study", "--config", study_config, *options)
    assert said.code == 0, said.err
    assert "both sides" not in said.out
    run = tmp_path / "runs" / "small" / "version_0"
    assert metrics_of(run)["leak"] is False
    assert metrics_of(run)["films"] == 198
    predictions = predictions_of(run)
    assert len(predictions) > 2 * 198
    assert predictions.groupby("film")["split"].nunique().max() == 1
    assert "198 films in" in said.out


# --- what can't be used --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def bad(tmp_path_factory, study_config) -> Path:
    """Return a folder of tables and configs with one thing wrong in each."""
    folder = tmp_path_factory.mktemp("bad")
    films = pd.read_csv(study_config.with_name("films.csv"))

    def changed(column: str, row: int, value: object) -> pd.DataFrame:
        cells = films[column].astype(object)
        cells[row] = value
        return films.assign(**{column: cells})

    tables = {
        "constant": films.assign(rating=5.5),
        "once": films.assign(rating=films["rating"].where(films.index == 9)),
        "never": films.assign(rating=np.nan),
        "text_number": changed("year", 7, "about 1970"),
        "text_target": changed("rating", 12, "seven"),
        "infinite_number": changed("runtime", 30, np.inf),
        "infinite_target": changed("rating", 31, -np.inf),
        "no_genre": films.drop(columns="genre"),
        "few": films.iloc[5:7],
    }
    for name, table in tables.items():
        table.to_csv(folder / f"{name}.csv", index=False)
    texts = {
        "empty.csv": "",
        "header.csv": "id,title,year,runtime,genre,cast,company,rating\n",
        "ragged.csv": "title,rating\nAlien,8\nAliens,8,4\n",
        "fake.parquet": "not a table",
        "fake.sqlite": "not a table either, though it is longer",
        "films.xlsx": "a workbook",
        "key.yaml": "model: {hiden: [8]}\n",
        "class.yaml": "data: {target: {class_path: Taget, init_args: {column: rating}}}\n",
        "code.yaml": "data: {target: {class_path: os.system, init_args: {command: exit}}}\n",
        "literal.yaml": "data: {target: {class_path: Target, init_args: {column: rating, transform: logp1}}}\n",
        "literal.ckpt": "not a checkpoint",
    }
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    (folder / "bytes.csv").write_bytes(b"title,rating\n" + bytes(range(128, 256)) * 3 + b"\n")
    torch.save({"state_dict": {"weight": torch.ones(2)}}, folder / "foreign.ckpt")
    return folder


MISTAKES = {
    "a table that is not there": ("--data.table {bad}/nowhere.csv", ["nowhere.csv does not exist"]),
    "a misspelt table": ("--data.table {bad}/constnt.csv", ["constnt.csv", "did you mean 'constant.csv'?"]),
    "a misspelt source": ("--data.table wikidata-film", ["wikidata-film ", "did you mean 'wikidata-films'?"]),
    "a folder": ("--data.table {bad}", ["--data.table must be a file, got the folder {bad}"]),
    "an empty table": ("--data.table {bad}/empty.csv", ["empty.csv is empty", "a header line and rows"]),
    "a table of a header": ("--data.table {bad}/header.csv", ["header.csv has a header and no rows"]),
    "a ragged table": ("--data.table {bad}/ragged.csv", ["ragged.csv, line 3", "2 cells, got 3"]),
    "a workbook": ("--data.table {bad}/films.xlsx", ["must end in one of .csv", "got {bad}/films.xlsx"]),
    "no Parquet": ("--data.table {bad}/fake.parquet", ["fake.parquet is not a Parquet file"]),
    "no database": ("--data.table {bad}/fake.sqlite", ["fake.sqlite: SQLite says: file is not a database"]),
    "bytes that are no text": ("--data.table {bad}/bytes.csv", ["bytes.csv, line 2", "--data.encoding"]),
    "a feature's missing column": (
        "--data.table {bad}/no_genre.csv",
        ["no column 'genre'", "the table has: id, title"],
    ),
    "a misspelt target": ("--data.target.column ratng", ["no column 'ratng', did you mean 'rating'?"]),
    "a misspelt id": ("--data.film idd", ["no column 'idd', did you mean 'id'?"]),
    "a constant target": ("--data.table {bad}/constant.csv", ["'rating' is 5.5 in all 126 training rows"]),
    "one target": ("--data.table {bad}/once.csv", ["'rating' must be there for 2 rows or more, got 1 of 203"]),
    "no target": ("--data.table {bad}/never.csv", ["must be there for 2 rows or more, got 0 of 203"]),
    "text in a number": ("--data.table {bad}/text_number.csv", ["'year' must hold numbers, row 8 has 'about 1970'"]),
    "text in the target": ("--data.table {bad}/text_target.csv", ["'rating' must hold numbers, row 13 has 'seven'"]),
    "an infinite number": ("--data.table {bad}/infinite_number.csv", ["'runtime' must hold finite", "row 31", "'inf'"]),
    "an infinite target": ("--data.table {bad}/infinite_target.csv", ["'rating' must hold finite", "row 32", "'-inf'"]),
    "too few rows": ("--data.table {bad}/few.csv", ["2 rows", "too few for val 0.15 and test 0.225"]),
    "a column for log1p": ("--data.target.transform log1p --data.target.shift -9", ["must be above 8", "shift -9"]),
    "a config that is not there": ("--config {bad}/nowhere.yaml", ["--config: no file", "nowhere.yaml"]),
    "an unknown key": ("--config {bad}/key.yaml", ["'model.hiden'", "did you mean 'model.hidden'?"]),
    "an unknown option": ("--data.tabel x.csv", ["no option '--data.tabel', did you mean '--data.table'?"]),
    "a stray word": ("now", ["no option 'now'"]),
    "an unknown class": ("--config {bad}/class.yaml", ["no class 'Taget', did you mean 'Target'?", "ProfitRatio"]),
    "a class of another kind": ("--config {bad}/code.yaml", ["data.target", "os.system"]),
    "an unknown word": ("--config {bad}/literal.yaml", ["must be one of none, log1p, got logp1"]),
    "no features": ("--data.features []", ["data.features must declare at least one column"]),
    "two wrong hyperparameters": ("--model.dropout 2 --model.learning_rate 0", ["got 2", "got 0"]),
    "no film in a batch": ("--data.batch_size 0", ["data.batch_size must be 1 or more, got 0"]),
    "a share above 1": ("--data.split.test 1.2", ["data.split.test must be between 0 and 1, got 1.2"]),
    "shares that leave none to train on": ("--data.split.test 0.9", ["must leave rows to train on, got 0.15 + 0.9"]),
    "a split by an unknown column": (
        "--data.split TimeSplit --data.split.by yeer",
        ["data.split.by: no column 'yeer', did you mean 'year'?"],
    ),
    "a negative seed of the data": ("--data.seed -1", ["data.seed", "got -1"]),
    "a negative seed of the split": ("--data.split.seed -5", ["data.split.seed must be from 0 to 4294967295, got -5"]),
    "a seed of the folds too large": (
        "--data.split KFold --data.split.seed 4294967296",
        ["data.split.seed must be from 0 to 4294967295, got 4294967296"],
    ),
    "a whole number of 33 characters": (
        "--seed_everything 0xfffffffffffffffffffffffffffffff",
        ["--seed_everything, line 1, column 1: a whole number must have 30 characters or fewer, got 33"],
    ),
    "keys twice on the command line": (
        '--data.split.init_args {{"val":0.1,"val":0.2}}',
        ["--data.split.init_args, line 1, column 12: the key 'val' stands there a second time"],
    ),
    "a name that is no text": ("--name a\udcff", [r"a word must be UTF-8 text, got 'a\udcff'; rename what it stands"]),
    "a width that none has": ("--model.hidden [0xfffffffffffffffffff]", ["model.hidden", "from 1 to 65,536"]),
    "no epoch": ("--trainer.max_epochs 0", ["trainer.max_epochs 1 or more"]),
    "a name that is none": ("--name a/b", ["--name must be fit for a folder's name, got 'a/b'"]),
    "an unknown score to stop by": ("--early_stopping.monitor val/los", ["val/los", "val/loss"]),
    "nothing to validate with": ("--trainer.limit_val_batches 0", ["limit_val_batches"]),
    "averages that no checkpoint has": (
        "--trainer.callbacks+ lightning.pytorch.callbacks.StochasticWeightAveraging --trainer.callbacks.swa_lrs 0.1 "
        "--trainer.callbacks.device null",
        ["trainer.callbacks: StochasticWeightAveraging", "EMAWeightAveraging"],
    ),
    "single rows to overfit": ("--trainer.overfit_batches 2", ["trainer.overfit_batches must be 0, got 2"]),
    "a function for a callback to call": (
        "--trainer.callbacks+=LambdaCallback --trainer.callbacks.on_fit_start os.system",
        ["trainer.callbacks: class_path must be a class", "got os.system; --allow_any_class lets a config import"],
    ),
    "batches beyond any number": (
        "--trainer.accumulate_grad_batches 0xffffffffffffffffffffff",
        ["error: trainer: int too big to convert\n"],
    ),
    "validation after more batches than there are": (
        "--trainer.val_check_interval 100000000000",
        ["error: trainer: `val_check_interval` (100000000000) must be less than or equal"],
    ),
    "a callback that waits for no score": (
        "--trainer.callbacks+ EarlyStopping --trainer.callbacks.monitor nosuch",
        ["error: trainer: Early stopping conditioned on metric `nosuch` which is not available", "`val/loss`"],
    ),
    "an end before the first score": (
        "--trainer.max_steps 2",
        ["error: trainer: Early stopping conditioned on metric `val/loss` which is not available"],
    ),
    "an unknown accelerator": ("--trainer.accelerator warp", ["warp", "cpu"]),
    "an unknown strategy": ("--trainer.strategy warp", ["warp", "ddp"]),
    "no devices": ("--trainer.devices 0", ["devices='0'"]),
    "a text for a checkpoint": ("--ckpt_path {bad}/literal.ckpt", ["literal.ckpt is not a checkpoint of Greenlight"]),
    "another project's checkpoint": ("--ckpt_path {bad}/foreign.ckpt", ["foreign.ckpt is not a checkpoint", "`fit`"]),
    "a checkpoint that is not there": ("--ckpt_path {bad}/nowhere.ckpt", ["--ckpt_path must be a checkpoint file"]),
    "a word for a checkpoint": ("--ckpt_path best", ["must be a checkpoint file, got best"]),
    "a run to resume that is none": ("--resume {bad}", ["--resume must be the folder of a run", "{bad}"]),
    "no run to resume": ("--resume", ["--resume needs the folder of a run"]),
    "another command's option": ("--run {bad}", ["--run", "--resume"]),
    "a split without its column": ("--data.split GroupSplit", ["data.split", "by"]),
}


def refused(said, *fragments: str) -> None:
    """Check that a command was refused in one message, in words for its user."""
    assert said.code == 2
    assert said.err.startswith("error: ")
    assert (said.out + said.err).count("error:") == 1
    for fragment in fragments:
        assert fragment in said.err
    for inner in ("Traceback", "Subtypes", "<class", "jsonargparse"):
        assert inner not in said.out + said.err


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_told_in_one_message_and_leaves_nothing(command, study_config, bad, tmp_path, mistake):
    words, fragments = MISTAKES[mistake]
    given = words.format(bad=bad).split()
    said = command("study", "--config", study_config, "--runs", tmp_path / "runs", *given)
    refused(said, *(fragment.format(bad=bad) for fragment in fragments))
    assert not versions_in(tmp_path / "runs")
    assert not versions_in(bad)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_gpu_that_is_not_there_is_told(command, study_config, tmp_path):
    said = command("study", "--config", study_config, "--runs", tmp_path, "--trainer.accelerator", "gpu")
    refused(said, "gpu")
    assert not versions_in(tmp_path)


def test_an_unknown_command_is_refused_with_the_nearest(command):
    said = command("stduy", "--config", "x.yaml")
    refused(
        said,
        "no command 'stduy', did you mean 'study'?",
        "study, fit, tune, validate, test, predict, importance, baselines",
    )


@pytest.mark.parametrize("word", ["validate", "test", "predict", "importance"])
def test_a_command_that_needs_a_run_says_so(command, word):
    refused(command(word), f"`{word}` needs a trained model: give --run")


@pytest.mark.parametrize("word", ["fit", "study"])
def test_training_without_a_config_says_what_is_needed(command, word):
    refused(command(word), "--data.table, --data.features, --data.target", "--config configs/ratings.yaml")


ON_A_RUN = {
    "no folder": ("test --run", ["--run needs the folder of a run"]),
    "an empty word": ("test --run=", ["--run needs the folder of a run"]),
    "a folder that is none": ("test --run {bad}", ["--run must be the folder of a run", "{bad} has no config.yaml"]),
    "a misspelt run": ("test --run {runs}/small/version_1", ["did you mean 'version_0'?"]),
    "a study for a run": ("test --run {runs}/small", ["small has no config.yaml", "version_0"]),
    "a table gone bad": ("test --run {run} --data.table {bad}/text_number.csv", ["row 8 has 'about 1970'"]),
    "another table's rows": ("test --run {run} --data.table {bad}/few.csv", ["not the one", "`predict`"]),
    "a new table without a column": ("predict --run {run} --data.table {bad}/no_genre.csv", ["no column 'genre'"]),
    "a new table with text": ("predict --run {run} --data.table {bad}/text_number.csv", ["row 8 has 'about 1970'"]),
    "an empty new table": ("predict --run {run} --data.table {bad}/empty.csv", ["empty.csv is empty"]),
    "another width": ("test --run {run} --model.hidden [8]", ["model.hidden [16]", "the config says [8]"]),
    "more members": ("test --run {run} --model.members 3", ["model.members 1", "the config says 3"]),
    "another split": ("test --run {run} --data.split.seed 9", ["data.split", "'seed': 3", "train anew"]),
    "an unknown key": ("test --run {run} --config {bad}/key.yaml", ["did you mean 'model.hidden'?"]),
    "an unknown accelerator": ("test --run {run} --trainer.accelerator warp", ["warp", "cpu"]),
    "a run and a checkpoint": ("test --run {run} --ckpt_path {bad}/literal.ckpt", ["--run", "--ckpt_path"]),
    "the option of training": ("test --resume {run}", ["--run"]),
    "a word for a checkpoint": ("test --config {run}/config.yaml --ckpt_path best", ["got best", "`--run`"]),
    "another table's importances": ("importance --run {run} --data.table {bad}/few.csv", ["not the one"]),
    "an unknown estimator": ("importance --run {run} --estimator guess", ["one of expected, shuffle, got guess"]),
    "a misspelt setting": (
        "importance --run {run} --estimater shuffle",
        ["no option '--estimater', did you mean '--estimator'?"],
    ),
    "a setting of importance in a test": ("test --run {run} --estimator shuffle", ["no option '--estimator'"]),
    "no shuffle": ("importance --run {run} --n_repeats 0", ["--n_repeats must be 1 or more, got 0"]),
    "half a shuffle": ("importance --run {run} --n_repeats 1.5", ["--n_repeats: must be a whole number, got 1.5"]),
    "one row without a label": (
        "importance --run {run} --off_rows=1",
        ["--off_rows must be `all`, or 2 or more, got 1"],
    ),
    "some rows without a label": ("importance --run {run} --off_rows some", ["a whole number or one of all, got some"]),
    "a loss without a closed form": (
        "importance --run {run} --loss rmse",
        ["--loss rmse has no closed form", "--estimator shuffle"],
    ),
    "an unknown loss": ("importance --run {run} --loss mape", ["one of mse, mae, r2, rmse, got mape"]),
    "training films": ("importance --run {run} --split train", ["one of test, val, got train"]),
    "a negative seed of shuffles": ("importance --run {run} --seed -1", ["seed must be 0 or more", "got -1"]),
    "a group of nothing": (
        'importance --run {run} --groups {{"G":["genre=Dramma"]}}',
        ["groups.G: 'genre=Dramma' fits no feature, did you mean 'genre=Drama'?"],
    ),
    "a group that is no list": ('importance --run {run} --groups {{"G":"genre=*"}}', ["groups", "list, got genre=*"]),
    "groups without names": ("importance --run {run} --groups genre=*", ["groups", "got genre=*"]),
}


@pytest.mark.parametrize("mistake", ON_A_RUN)
def test_a_mistake_with_a_run_is_told_in_one_message_and_changes_nothing(study, command, bad, mistake):
    words, fragments = ON_A_RUN[mistake]
    names = {"bad": bad, "run": study.path, "runs": study.runs}
    before = {path: (study.path / path).read_bytes() for path in ("metrics.json", "config.yaml", "importance.json")}
    said = command(*words.format(**names).split())
    refused(said, *(fragment.format(**names) for fragment in fragments))
    assert versions_in(study.runs) == ["small/version_0"]
    assert {path: (study.path / path).read_bytes() for path in before} == before


def test_a_run_without_a_checkpoint_says_how_to_train_it(command, study, tmp_path):
    run = tmp_path / "small" / "version_0"
    run.mkdir(parents=True)
    shutil.copy(study.path / "config.yaml", run)
    for word in ("test", "importance"):
        refused(command(word, "--run", run), "best.ckpt does not exist", f"--config {run / 'config.yaml'}")
    assert files_in(run) == ["config.yaml"]


@pytest.mark.parametrize("word", ["fit", "test"])
def test_a_checkpoint_of_other_features_is_refused_with_what_differs(study, command, study_config, tmp_path, word):
    config = yaml.safe_load(study_config.read_text())
    config["data"]["features"].pop(0)
    (tmp_path / "fewer.yaml").write_text(yaml.safe_dump(config))
    best = study.path / "checkpoints" / "best.ckpt"
    said = command(word, "--config", tmp_path / "fewer.yaml", "--runs", tmp_path / "runs", "--ckpt_path", best)
    refused(said, "another feature space", "only the checkpoint has", "'year'", "train anew")
    assert not versions_in(tmp_path / "runs")


def test_a_run_is_not_resumed_on_another_table(study, command, films, tmp_path):
    films.assign(rating=films["rating"] + 1).to_csv(tmp_path / "other.csv", index=False)
    before = (study.path / "checkpoints" / "last.ckpt").read_bytes()
    said = command("fit", "--resume", study.path, "--data.table", tmp_path / "other.csv", "--trainer.max_epochs", 6)
    refused(said, "another table than data.table")
    assert (study.path / "checkpoints" / "last.ckpt").read_bytes() == before


class Touches:
    """Creates a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


@pytest.fixture(params=["torch", "pickle", "within a checkpoint"])
def malicious(request, study, tmp_path) -> tuple[Path, Path]:
    """Return a checkpoint that would create a file, and that file."""
    touched, path = tmp_path / "touched", tmp_path / "malicious.ckpt"
    if request.param == "pickle":
        path.write_bytes(pickle.dumps(Touches(touched)))
    else:
        base = checkpoint_of(study.path, "best") if request.param == "within a checkpoint" else {}
        torch.save({**base, "extra": Touches(touched)}, path)
    pickle.loads(pickle.dumps(Touches(touched)))
    assert touched.exists()
    touched.unlink()
    return path, touched


@pytest.mark.parametrize("word", ["fit", "test"])
def test_code_in_a_checkpoint_does_not_run(command, study_config, tmp_path, malicious, word):
    path, touched = malicious
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        said = command(word, "--config", study_config, "--runs", tmp_path / "runs", "--ckpt_path", path)
    refused(said, "malicious.ckpt is not a checkpoint of Greenlight")
    assert not touched.exists()
    assert not versions_in(tmp_path / "runs")
    assert [str(warning.message) for warning in warned] == []


def test_a_run_whose_checkpoint_was_swapped_is_refused(study, command, tmp_path):
    run = tmp_path / "small" / "version_0"
    shutil.copytree(study.path, run)
    touched = tmp_path / "touched"
    torch.save({"extra": Touches(touched)}, run / "checkpoints" / "best.ckpt")
    refused(command("test", "--run", run), "best.ckpt is not a checkpoint of Greenlight")
    assert not touched.exists()


@pytest.mark.parametrize("word", ["fit", "study"])
def test_a_training_that_diverged_is_told_and_scores_nothing(command, study_config, tmp_path, word):
    words = ["--config", study_config, "--runs", tmp_path, "--model.learning_rate", 1e30]
    said = command(word, *words)
    refused(said)
    assert said.err == (
        "error: training diverged, no epoch has a finite val/loss: give a smaller --model.learning_rate\n"
    )
    run = tmp_path / "small" / "version_0"
    assert {"checkpoints/best.ckpt", "checkpoints/last.ckpt", "metrics.json"} <= set(files_in(run))
    assert metrics_of(run)["models"] == {}
    refused(command(word, "--resume", run), "training diverged")


# --- being stopped -------------------------------------------------------------------------------------------------


@pytest.fixture
def interrupting(tmp_path, monkeypatch):
    """Make `interrupting.Stop` importable, which stops training as Ctrl-C does; and undo what Lightning then sets."""
    (tmp_path / "interrupting.py").write_text(
        textwrap.dedent(
            """
            from lightning.pytorch import Callback

            class Stop(Callback):
                def __init__(self, epoch: int) -> None:
                    self.epoch = epoch

                def on_train_epoch_start(self, trainer, pl_module):
                    if trainer.current_epoch == self.epoch:
                        raise KeyboardInterrupt
            """
        )
    )
    monkeypatch.syspath_prepend(tmp_path)
    handler = signal.getsignal(signal.SIGINT)
    yield
    signal.signal(signal.SIGINT, handler)
    sys.modules.pop("interrupting", None)


@pytest.mark.parametrize(("epoch", "kept"), [(0, []), (2, ["small/version_0"])])
def test_a_stopped_run_ends_with_130_and_stays_if_it_has_an_epoch(
    command, study_config, tmp_path, interrupting, epoch, kept
):
    options = ["--allow_any_class", "--trainer.callbacks+", "interrupting.Stop", "--trainer.callbacks.epoch", epoch]
    said = command("study", "--config", study_config, "--runs", tmp_path / "runs", *options)
    assert said.code == 130
    assert "stopped" in said.err
    assert "Traceback" not in said.err
    assert versions_in(tmp_path / "runs") == kept


def in_a_terminal(*words: object, cwd: Path, threads: int) -> SimpleNamespace:
    """Run a command in a terminal, and press Ctrl-C once the bar of importances is at 10 %."""
    ours, theirs = pty.openpty()
    environment = {**ENVIRONMENT, "OMP_NUM_THREADS": str(threads), "TERM": "xterm", "COLUMNS": "200"}
    line = [sys.executable, str(CLI), *map(str, words)]
    process = subprocess.Popen(line, cwd=cwd, env=environment, stdout=theirs, stderr=theirs, start_new_session=True)
    os.close(theirs)
    shown, pressed = b"", False
    while select.select([ours], [], [], 120)[0]:
        try:
            shown += os.read(ours, 2**16)
        except OSError:  # the other end is closed
            break
        text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown.decode("utf-8", errors="ignore"))
        if not pressed and re.search(r"Importance[^%]*[1-9]\d %", text):
            process.send_signal(signal.SIGINT)
            pressed = True
    else:
        process.kill()
    os.close(ours)
    return SimpleNamespace(code=process.wait(), shown=" ".join(text.split()), pressed=pressed)


def test_importances_that_are_stopped_keep_what_is_finished(finished, tmp_path):
    shuffles = ["--estimator", "shuffle", "--n_repeats", 5_000]
    options = ["--trainer.enable_progress_bar", "true", "--trainer.logger", "false"]
    said = in_a_terminal("importance", "--run", finished, *shuffles, *options, cwd=tmp_path, threads=1)
    assert said.pressed
    assert said.code == 130, said.shown
    assert "Traceback" not in said.shown
    found = described(finished)
    missing = f"{found['missing']:,} features and {found['missing_columns']:,} columns, roles or groups"
    assert f"Stopped: {missing} are missing" in said.shown
    assert (found["estimator"], found["n_repeats"]) == ("shuffle", 5_000)

    features, sets = (
        pd.read_csv(finished / f"{name}.csv") for name in ("Permu_importance_df", "aggregated_importance")
    )
    known = features["importance"].notna()
    assert found["estimable"] == known.sum() > 0
    assert known[features["feature"] == "year"].all()  # what comes first
    assert found["missing"] == (~known).sum() - found["not_estimable"]
    assert found["missing_columns"] == sets["importance"].isna().sum()
    assert found["missing"] + found["missing_columns"] > 0
    is_value = features["level"] == "value"
    assert (features["n_films"] > 0)[~known & is_value].sum() == found["missing"] - (~known & ~is_value).sum()
    assert set(IMPORTANCES) & set(files_in(finished)) == set(IMPORTANCES) - {"contributions.parquet"}
    assert features["direction"].isna().all()


def test_a_study_that_is_stopped_while_it_measures_has_its_scores_and_predictions_and_begins_no_more(
    study_config, study, tmp_path
):
    how = ["--permutation_importance.estimator", "shuffle", "--permutation_importance.n_repeats", 5_000]
    options = ["--runs", tmp_path / "runs", "--trainer.enable_progress_bar", "true", "--trainer.logger", "false"]
    said = in_a_terminal("study", "--config", study_config, *options, *how, cwd=tmp_path, threads=2)
    assert said.pressed
    assert said.code == 130, said.shown
    path = tmp_path / "runs" / "small" / "version_0"
    later = {"contributions.parquet", "report.html"}
    later |= {name for name in LEFT_BY_A_STUDY if "/pca" in name or "/ridge" in name}
    assert files_in(path) == [name for name in LEFT_BY_A_STUDY if name not in later]
    assert described(path)["missing"] + described(path)["missing_columns"] > 0
    assert metrics_of(path)["models"] == scored_by_test(study.metrics)
    assert predictions_of(path)["predicted"].tolist() == study.predictions["predicted"].tolist()


# --- processes -----------------------------------------------------------------------------------------------------


HEAVY = {"torch", "lightning", "pandas", "numpy", "pyarrow", "sklearn", "jsonargparse"}


@pytest.mark.parametrize(
    ("words", "code", "heavy"),
    [
        (["--help"], 0, HEAVY),
        ([], 0, HEAVY),
        (["study", "--help"], 0, HEAVY),
        (["predict", "--run", "r", "-h"], 0, HEAVY),
        (["importance", "--help"], 0, HEAVY),
        (["stduy"], 2, HEAVY),
        (["test"], 2, {"torch", "lightning", "jsonargparse"}),
        (["test", "--run", "nowhere"], 2, {"torch", "lightning", "jsonargparse"}),
    ],
)
def test_help_and_mistakes_do_not_wait_for_torch(tmp_path, words, code, heavy):
    done = in_a_process(*words, cwd=tmp_path, options=("-X", "importtime"))
    imported = {line.rsplit("|", 1)[1].strip() for line in done.stderr.splitlines() if line.startswith("import time:")}
    assert done.returncode == code
    assert {"rich.console", "greenlight_films.commands.parser.help"} <= imported
    roots = {name.split(".")[0] for name in imported}
    assert not roots & heavy


def test_a_network_that_memory_does_not_hold_is_one_line(study_config, tmp_path):
    limit = ("bash", "-c", 'ulimit -v 4194304; exec "$@"', "bash")
    done = in_a_process("fit", "--config", study_config, "--model.hidden", "[65536,65536]", cwd=tmp_path, within=limit)
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line.startswith("error: out of memory: ")
    assert "more min_films of a feature" in line
    assert versions_in(tmp_path) == []
