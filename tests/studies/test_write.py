"""What is written of a network: scores, predictions, and new films."""

import json

import pandas as pd
import pytest
from sklearn.metrics import root_mean_squared_error

from greenlight_films.studies.write import read_metrics, scores_of_new_films, write_predictions, write_test
from tests.runs import files_in

pytestmark = pytest.mark.filterwarnings("ignore:.*predict returned None.*")
RIDGE = {"rmse": 1.0, "mse": 1.0, "mae": 0.5, "r2": 0.1}


def test_scores_come_to_what_else_is_in_the_metrics(folder, model, films):
    before = {**read_metrics(folder, films), "models": {"ridge": RIDGE}}
    folder.write_json("metrics.json", before)
    write_test(folder, model, films)
    metrics = folder.read_json("metrics.json")
    judged = metrics.pop("verdict")
    assert {**metrics, "models": {"ridge": RIDGE}, "fits": {}} == before
    assert (judged["n_test"], judged["r2"]) == (len(films.films.rows.test), metrics["models"]["mlp"]["r2"])
    rows, actual = films.films.rows, films.films.actual
    expected = root_mean_squared_error(actual[rows.test], model.predicted[rows.test])
    assert metrics["models"]["mlp"]["rmse"] == pytest.approx(expected, rel=1e-6)
    expected = root_mean_squared_error(actual[rows.train], model.predicted[rows.train])
    assert metrics["fits"]["mlp"]["train"]["rmse"] == pytest.approx(expected, rel=1e-6)
    assert metrics["fits"]["mlp"]["seconds"] > 0
    assert {"artifacts/mlp.npz", "artifacts/metadata.json", "metrics.json"} <= set(files_in(folder.path))


def test_metrics_hold_no_word_that_json_does_not_know(folder, model, films):
    model.scores["test"] = {**model.scores["test"], "r2": float("nan"), "rmse": float("inf")}
    write_test(folder, model, films)
    text = (folder.path / "metrics.json").read_text(encoding="utf-8")
    scores = json.loads(text, parse_constant=pytest.fail)["models"]["mlp"]
    assert (scores["r2"], scores["rmse"]) == (None, None)


@pytest.fixture
def predict_new(film_data, films, model, quick_trainer, tmp_path):
    """Return what predicts a table of new films and returns their data."""

    def predict(frame: pd.DataFrame, name: str = "new.csv"):
        frame.to_csv(tmp_path / name, index=False)
        new = film_data(table=str(tmp_path / name))
        new.load_state_dict(films.state_dict())
        quick_trainer().predict(model, datamodule=new, return_predictions=False)
        return new

    return predict


@pytest.mark.parametrize(
    ("name", "written"), [("new.films.csv", "predictions_new.films.csv"), ("Ünü.csv.gz", "predictions_Ünü.csv")]
)
def test_predictions_of_new_films_are_named_after_their_table(predict_new, folder, films_frame, model, name, written):
    new = predict_new(films_frame.head(12).drop(columns="rating"), name)
    assert write_predictions(folder, model, new) == written
    assert len(pd.read_csv(folder.path / written)) == 12
    assert files_in(folder.path) == [written]
    assert scores_of_new_films(model, new) == (0, {})


def test_a_score_that_a_single_new_film_cannot_have_is_null(predict_new, films_frame, model):
    n_known, scores = scores_of_new_films(model, predict_new(films_frame.iloc[[30]]))
    assert (n_known, scores["r2"]) == (1, None)
    assert scores["rmse"] > 0
