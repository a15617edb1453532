"""What a command leaves in a run's folder and says."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from rich.console import Console
from sklearn.metrics import mean_absolute_error, root_mean_squared_error

from greenlight_films.baselines import Comparison
from greenlight_films.lightning_modules.mlp_regressor import MLPRegressor
from greenlight_films.studies.run_folder import RunFolder
from greenlight_films.studies.run_record import RunRecord

pytestmark = pytest.mark.filterwarnings("ignore:.*predict returned None.*")


@pytest.fixture
def model(films, quick_trainer) -> MLPRegressor:
    """Return a model that has scored its films and predicted all of them."""
    model, trainer = MLPRegressor(hidden=[8]), quick_trainer()
    trainer.fit(model, datamodule=films)
    trainer.test(model, datamodule=films, verbose=False)
    trainer.predict(model, datamodule=films, return_predictions=False)
    assert {"val", "test"} == set(model.scores)
    return model


@pytest.fixture
def record(folder, films, console) -> RunRecord:
    """Return the record of a run that has just begun."""
    record = RunRecord(None, console)
    assert record.open(folder, "name: ratings\n", films, [8]) == folder.path
    return record


def text_of(console: Console) -> str:
    return console.file.getvalue()


def names_in(folder: RunFolder) -> list[str]:
    return sorted(path.name for path in folder.path.iterdir())


def test_a_new_run_begins_with_its_config_and_what_is_known_of_the_data(record, folder, films):
    assert names_in(folder) == ["config.yaml", "metrics.json"]
    assert folder.config.read_text() == "name: ratings\n"
    metrics = folder.read_json("metrics.json")
    assert metrics["study"] == "ratings"
    assert metrics["models"] == {}
    assert metrics["rows"] == {side: len(getattr(films.films.rows, side)) for side in ("train", "val", "test")}
    assert min(metrics["rows"].values()) > 10


def test_a_new_run_says_what_it_learns_from(record, console):
    assert text_of(console).startswith("ratings: rating of 198 films (")
    assert "MLP 8\n" in text_of(console)


def test_a_finished_run_is_opened_without_a_word_and_as_it_was(folder, films, console):
    folder.write_text("config.yaml", "mine\n")
    folder.write_json("metrics.json", {"mine": 1})
    RunRecord(folder, console).open(folder, "other\n", films, [8])
    assert folder.config.read_text() == "mine\n"
    assert json.loads((folder.path / "metrics.json").read_text()) == {"mine": 1}
    assert text_of(console) == ""


def test_a_new_run_that_comes_to_nothing_is_removed(record, folder):
    record.discard()
    assert not folder.path.exists()


def test_a_new_run_with_a_checkpoint_stays(record, folder):
    folder.write_text("checkpoints/last.ckpt", "")
    record.discard()
    assert names_in(folder) == ["checkpoints", "config.yaml", "metrics.json"]


def test_a_finished_run_is_never_removed(folder, films, console):
    folder.write_text("config.yaml", "mine\n")
    record = RunRecord(folder, console)
    record.open(folder, "", films, [8])
    record.discard()
    assert names_in(folder) == ["config.yaml"]


def test_nothing_is_removed_where_no_run_was_opened(console, tmp_path):
    RunRecord(None, console).discard()
    assert list(tmp_path.iterdir()) == []


def test_a_fit_leaves_no_scores_and_says_how_to_get_them(record, folder, model, films, console):
    before = (folder.path / "metrics.json").read_bytes()
    record.close("fit", model, films, None)
    assert (folder.path / "metrics.json").read_bytes() == before
    assert names_in(folder) == ["config.yaml", "metrics.json"]
    assert f"{folder.path}/\n" in text_of(console)
    assert "python cli.py test" not in text_of(console)
    (folder.path / "checkpoints").mkdir()
    (folder.path / "checkpoints" / "best.ckpt").touch()
    record.close("fit", model, films, None)
    assert f"python cli.py test --run {folder.path}\n" in text_of(console)


def test_a_study_fits_the_models_that_it_is_to_be_compared_with(record, folder, model, films, console):
    record.close("study", model, films, None, Comparison(models=["ridge", "knn"]))
    metrics, board = folder.read_json("metrics.json"), pd.read_csv(folder.path / "leaderboard.csv")
    assert set(metrics["models"]) == set(board["model"]) == {"mlp", "mean", "ridge", "knn"}
    assert set(metrics["fits"]) == {"mlp", "mean", "ridge", "knn"}
    assert board["rmse"].is_monotonic_increasing
    assert metrics["models"]["ridge"]["rmse"] == pytest.approx(board.set_index("model")["rmse"]["ridge"])
    assert "ridge" in text_of(console)


def test_a_test_fits_none_but_the_mean(record, folder, model, films):
    record.close("test", model, films, None, Comparison(models=["ridge", "knn"]))
    assert set(folder.read_json("metrics.json")["models"]) == {"mlp", "mean"}


def test_a_test_writes_the_scores_of_all_models(record, folder, model, films, console):
    record.close("test", model, films, None)
    metrics = folder.read_json("metrics.json")
    assert set(metrics["models"]) == {"mlp", "mean"}
    tested, trained = films.films.rows.test, films.films.rows.train
    actual, mean = films.films.actual, films.films.actual[trained].mean()
    expected = root_mean_squared_error(actual[tested], model.predicted[tested])
    assert metrics["models"]["mlp"]["rmse"] == pytest.approx(expected, rel=1e-6)
    assert metrics["models"]["mean"]["mae"] == pytest.approx(np.abs(actual[tested] - mean).mean())
    assert "50 held-out test films" in text_of(console)
    assert not (folder.path / "predictions.csv").exists()


def test_a_test_leaves_what_else_is_in_the_metrics(record, folder, model, films):
    ridge = {"rmse": 1.0, "mse": 1.0, "mae": 0.5, "r2": 0.1}
    kept = {**folder.read_json("metrics.json"), "mine": [1, 2], "models": {"ridge": ridge}}
    folder.write_json("metrics.json", kept)
    record.close("test", model, films, None)
    metrics = folder.read_json("metrics.json")
    assert set(metrics["models"]) == {"mlp", "mean", "ridge"}
    assert metrics["models"]["ridge"] == ridge
    assert {**metrics, "models": kept["models"], "fits": {}} == kept


def test_a_validation_adds_its_scores_beside_those_of_the_test(record, folder, model, films, console):
    record.close("test", model, films, None)
    tested = folder.read_json("metrics.json")
    record.close("validate", model, films, None)
    validated = folder.read_json("metrics.json")
    assert validated.pop("validation") == {"mlp": model.scores["val"]}
    assert validated == tested
    assert "30 validation films" in text_of(console)


def test_a_study_writes_scores_and_predictions(record, folder, model, films):
    record.close("study", model, films, None)
    assert names_in(folder) == [
        "artifacts",
        "baselines",
        "config.yaml",
        "leaderboard.csv",
        "metrics.json",
        "predictions.csv",
    ]
    written = pd.read_csv(folder.path / "predictions.csv")
    assert written["predicted"].tolist() == model.predicted.tolist()
    assert len(set(model.predicted)) > 50
    assert set(folder.read_json("metrics.json")["models"]) == {"mlp", "mean"}


def test_a_prediction_of_the_runs_own_films_says_nothing_of_new_ones(record, folder, model, films, console):
    record.close("predict", model, films, None)
    assert names_in(folder) == ["config.yaml", "metrics.json", "predictions.csv"]
    assert "unknown to the model" not in text_of(console)
    assert folder.read_json("metrics.json")["models"] == {}


def test_importances_are_written_and_printed_where_there_are_any(folder, console, measured):
    done = measured()
    record = RunRecord(None, console)
    record.open(folder, "name: ratings\n", done.films, [8])
    before, begun = (folder.path / "metrics.json").read_bytes(), set(names_in(folder))
    record.close("importance", done.model, done.films, done.result)
    assert (folder.path / "metrics.json").read_bytes() == before
    written = {"Permu_importance_df.csv", "aggregated_importance.csv", "Aggregated_importanceNN.txt"}
    written |= {
        "contributions.parquet",
        "employee_with_importance.csv",
        "importance.json",
        "importance.png",
    }
    assert set(names_in(folder)) == begun | written
    assert "What the predictions of 50 test films rest on" in text_of(console)
    assert text_of(console).endswith(f"{folder.path}/\n")


@pytest.fixture
def predict_new(record, film_data, films, model, quick_trainer, tmp_path):
    """Return what predicts a table of new films and closes the record on them."""

    def predict(frame: pd.DataFrame, name: str) -> None:
        frame.to_csv(tmp_path / name, index=False)
        new = film_data(table=str(tmp_path / name))
        new.load_state_dict(films.state_dict())
        quick_trainer().predict(model, datamodule=new, return_predictions=False)
        record.close("predict", model, new, None)

    return predict


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("new.csv", "predictions_new.csv"),
        ("new.films.csv", "predictions_new.films.csv"),
        ("Ünü.csv.gz", "predictions_Ünü.csv"),
    ],
)
def test_predictions_of_new_films_are_named_after_their_table(
    predict_new, folder, films_frame, record, model, films, name, written
):
    record.close("predict", model, films, None)
    own = (folder.path / "predictions.csv").read_bytes()
    predict_new(films_frame.head(12).drop(columns="rating"), name)
    assert len(pd.read_csv(folder.path / written)) == 12
    assert (folder.path / "predictions.csv").read_bytes() == own


def test_new_films_with_a_target_are_scored_and_the_scores_not_kept(predict_new, folder, films_frame, console):
    rows = films_frame.iloc[30:60].copy()
    rows.loc[[31, 33], "rating"] = np.nan
    predict_new(rows, "new.csv")
    found = pd.read_csv(folder.path / "predictions_new.csv").dropna(subset="actual")
    assert len(found) == 28
    assert "28 have a target" in text_of(console)
    assert f"{mean_absolute_error(found['actual'], found['predicted']):.4g}" in text_of(console)
    assert folder.read_json("metrics.json")["models"] == {}


def test_scores_that_can_not_be_told_are_null_and_still_json(predict_new, folder, films_frame, console, record):
    predict_new(films_frame.iloc[[30]], "one.csv")
    assert "1 film predicted" in text_of(console) or "1 films predicted" in text_of(console)
    assert "–" in text_of(console)


def test_metrics_hold_no_word_that_json_does_not_know(record, folder, model, films):
    model.scores["test"] = {**model.scores["test"], "r2": float("nan"), "rmse": float("inf")}
    record.close("test", model, films, None)
    text = Path(folder.path / "metrics.json").read_text(encoding="utf-8")
    scores = json.loads(text, parse_constant=lambda word: pytest.fail(word))["models"]["mlp"]
    assert (scores["r2"], scores["rmse"]) == (None, None)
