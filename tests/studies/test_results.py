"""What a run left, read back; what it does not have is empty."""

import numpy as np
import pandas as pd
import pytest

from greenlight_films.datamodules import TargetScale
from greenlight_films.datamodules.errors import InputError
from greenlight_films.studies.results import Results, with_films
from greenlight_films.studies.run_folder import RunFolder


@pytest.fixture
def results(study) -> Results:
    return Results(RunFolder(study.path))


def test_files_are_frames_and_mappings(results, study):
    assert results.name == "small/version_0"
    assert (results.target, results.unit, results.learnt_unit) == ("rating", "points", "points")
    assert results.metrics == study.metrics
    assert results.config["name"] == "small"
    assert (results.side, results.importance["films"]) == ("test", 45)
    assert results.features["importance"].is_monotonic_decreasing
    assert set(results.aggregated["level"]) == {"column", "role"}
    assert len(results.predictions) == 198
    assert len(results.test) == len(results.measured) == 45


def test_predictions_of_all_models_stand_side_by_side(results):
    assert results.models == ["mlp", "mean", "ridge"]
    mine = results.test.set_index("row")["predicted"]
    pd.testing.assert_series_equal(results.predicted.set_index("row")["mlp"], mine, check_names=False)
    actual = results.predicted["actual"]
    rmse = {name: float(((results.predicted[name] - actual) ** 2).mean() ** 0.5) for name in results.models}
    assert rmse == pytest.approx({name: results.metrics["models"][name]["rmse"] for name in results.models}, rel=1e-5)


def test_differences_are_of_the_learnt_scale_with_the_weights_of_the_rows(results):
    lines = results.differences.set_index("model")
    rmse = {name: results.metrics["models"][name]["rmse"] for name in results.models}
    assert set(lines.index) == {"mlp", "mean", "ridge"}
    assert set(lines["compared"]) == {"rmse"}
    expected = {name: rmse["mlp"] - value for name, value in rmse.items()}
    assert lines["difference"].to_dict() == pytest.approx(expected, rel=1e-4, abs=1e-9)
    assert lines.loc["mlp", "difference_low_95":"difference_p"].tolist() == [0, 0, 1]
    weighted = Results(results.run)
    weights = np.arange(45) % 3
    weighted.__dict__["predicted"] = results.predicted.assign(weight=weights)
    weighted.__dict__["scale"] = TargetScale("log1p", 0.0, 2.0, 0.2)
    learnt = {name: np.log1p(results.predicted[name]) for name in ("actual", "mlp", "ridge")}
    errors = [np.average((learnt[name] - learnt["actual"]) ** 2, weights=weights) ** 0.5 for name in ("mlp", "ridge")]
    line = weighted.differences.set_index("model").loc["ridge"]
    assert line["compared"] == "rmse_log1p"
    assert line["difference"] == pytest.approx(errors[0] - errors[1])
    assert weighted.leaderboard.set_index("model").loc["ridge", "difference"] == line["difference"]


def test_the_year_of_a_film_is_that_of_its_date(study, monkeypatch):
    results = Results(RunFolder(study.path))
    feature = {"class_path": "Date", "init_args": {"column": "shown on"}}
    results.__dict__["config"] = {"data": {"features": [feature], "day_first": {"shown on": True}}}
    dates = pd.DataFrame({"shown on": ["03/04/2011", "May 1994", None, "1/2/68"]})
    monkeypatch.setattr(Results, "table", lambda *_: dates)
    assert results.year.name == "shown on"
    assert results.year.fillna(0).to_dict() == {1: 2011, 2: 1994, 3: 0, 4: 1968}


def test_years_and_labels_of_a_role_are_those_of_the_test_rows(results, films_frame):
    rows = results.test["row"]
    assert results.year.loc[rows].tolist() == films_frame["year"].loc[rows - 1].tolist()
    labels = results.labels_of("actor").groupby("row")["value"].agg(set)
    known = set(results.features.loc[results.features["role"] == "actor", "value"])
    for row, names in labels.items():
        assert names <= set(films_frame["cast"][row - 1].split(", ")) & known
    assert len(labels) > 20


def test_what_a_run_does_not_have_is_empty(fitted):
    results = Results(RunFolder(fitted.path))
    tables = (results.predictions, results.test, results.predicted, results.features, results.aggregated)
    assert all(table.empty for table in (*tables, results.contributions, results.labels_of("actor")))
    assert (results.importance, results.models, results.year) == ({}, [], None)


def test_a_model_whose_predictions_are_no_numbers_is_none_to_show(copied):
    run = RunFolder(copied.path)
    predictions = run.read_csv("predictions.csv")
    run.write_csv("predictions.csv", predictions.assign(predicted=np.inf))
    assert Results(run).models == ["mean", "ridge"]


def test_rows_without_a_film_id_are_films_of_their_own():
    rows = pd.DataFrame({"film": ["a", None, "a", None, "b"]})
    assert with_films(rows)["film"].tolist() == [0, 2, 0, 3, 1]
    assert with_films(pd.DataFrame({"row": [4, 5]}))["film"].tolist() == [0, 1]


def test_a_table_of_another_format_is_refused_with_its_file(copied):
    (copied.path / "contributions.parquet").write_bytes(b"no parquet")
    with pytest.raises(InputError, match=r"contributions\.parquet can't be read: .*importance --run "):
        _ = Results(RunFolder(copied.path)).contributions
