import json

import pandas as pd
import pytest

from greenlight_films.datamodules import InputError
from greenlight_films.studies.results import Results, refuse_broken_files
from greenlight_films.studies.run_folder import RunFolder
from greenlight_films.studies.written_files import reading

METRICS = {
    **{"study": "small", "target": "rating", "unit": "", "films": 3, "left_out": 0, "leak": False},
    **{"rows": {"train": 1, "val": 1, "test": 1}, "features": {"dense": 1, "labels": 2}, "unseen_labels": {}},
    **{"models": {"mlp": {"rmse": 1.0, "r2": 0.5}}, "fits": {}},
}
PREDICTIONS = pd.DataFrame({"row": [1, 2], "split": "test", "actual": [1.0, 2.0], "predicted": [1.5, 2.5]})


@pytest.fixture
def run(tmp_path) -> RunFolder:
    return RunFolder.create(str(tmp_path / "runs"), "small")


def test_what_a_command_wrote_is_read(run):
    run.write_json("metrics.json", METRICS)
    run.write_csv("predictions.csv", PREDICTIONS)
    refuse_broken_files(run)
    assert len(Results(run).predictions) == 2


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"rows": 7}, "'rows' must be dict, got 7; remove it, .*test --run"),
        ({"unit": None}, "'unit' must be str, got None"),
        ({"leak": 1}, "'leak' must be bool, got 1"),
        ({"rows": {"train": 1}}, "KeyError: 'val'"),
        ({"models": {"mlp": {"rmse": "x", "r2": 1}, "mean": {"rmse": 1.0, "r2": 0}}}, "TypeError: '<' not supported"),
        ({"fits": {"mlp": None}}, "AttributeError"),
    ],
)
def test_changed_metrics_are_refused_with_what_is_wrong_and_how_to_write_them_anew(run, changes, message):
    run.write_json("metrics.json", {**METRICS, **changes})
    with pytest.raises(InputError, match=message):
        refuse_broken_files(run)


@pytest.mark.parametrize("text", ["", "[]", "{", '"\\ud800"', "[" * 100_000])
def test_a_file_that_is_no_json_object_is_refused(run, text):
    run.write_text("metrics.json", text)
    with pytest.raises(InputError, match=r"metrics\.json can't be read: .*; remove it, and .*test --run"):
        refuse_broken_files(run)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (PREDICTIONS.drop(columns="split"), "no column 'split'; remove it, .*predict --run"),
        (PREDICTIONS.assign(predicted="b"), "column 'predicted' must hold numbers alone"),
        (PREDICTIONS.assign(row=1), "column 'row' must hold each number once"),
    ],
)
def test_a_changed_table_is_refused_with_its_column(run, table, message):
    run.write_csv("predictions.csv", table)
    with pytest.raises(InputError, match=rf"predictions\.csv can't be read: {message}"):
        Results(run).table("predictions.csv")


def test_a_config_can_only_be_brought_back(run):
    run.write_text("config.yaml", json.dumps({"data": []}))
    with pytest.raises(InputError, match="'data' must be dict, got \\[\\]; bring back a copy"):
        _ = Results(run).config


def test_whatever_a_changed_file_raises_is_one_message(run):
    with pytest.raises(InputError, match="command wrote: KeyError: 'x'; bring back a copy"), reading(run.path):
        raise KeyError("x")
