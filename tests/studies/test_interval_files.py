"""What a run keeps of intervals: written with its predictions, read for new films, refused where it was changed."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from greenlight_films.datamodules import InputError, RandomSplit
from greenlight_films.lightning_modules.additive_mlp import AdditiveMLP
from greenlight_films.studies.conformal import fit_intervals
from greenlight_films.studies.coverage import coverage
from greenlight_films.studies.interval_files import (
    interval_columns,
    intervals_around,
    read_intervals,
    write_intervals,
)
from greenlight_films.studies.results import Results
from tests.runs import files_in

pytestmark = pytest.mark.filterwarnings("ignore:.*predict returned None.*")
COLUMNS = ["lower_80", "upper_80", "lower_95", "upper_95"]


def test_intervals_are_those_of_the_validation_films_and_coverage_of_the_test_films(folder, model, films):
    write_intervals(folder, model, films)
    intervals, reason = read_intervals(folder, model.network)
    predicted, spread, val = model.predicted, model.spread, films.films.rows.val
    assert reason == ""
    assert intervals.to_state() == fit_intervals(films.films, films.fitted, predicted, spread).to_state()
    columns = interval_columns(folder, model, films)
    assert list(columns) == COLUMNS
    assert (columns["lower_95"] < columns["lower_80"]).all()
    assert (columns["lower_80"] < predicted).all()
    assert (predicted < columns["upper_80"]).all()
    inside = (columns["lower_95"] <= films.films.actual) & (films.films.actual <= columns["upper_95"])
    assert inside[val].mean() > 0.9
    expected = coverage(films.films, films.fitted, predicted, intervals_around(intervals, predicted, spread, films))
    pd.testing.assert_frame_equal(folder.read_csv("coverage.csv").fillna({"group": ""}), expected, check_dtype=False)


def test_levels_that_take_more_films_are_left_out(folder, model, film_data):
    few = film_data(split=RandomSplit(val=0.05, test=0.25, seed=3))
    few.setup("fit")
    write_intervals(folder, model, few)
    assert list(interval_columns(folder, model, few)) == COLUMNS[:2]
    assert set(folder.read_csv("coverage.csv")["level"]) == {80}


@pytest.mark.parametrize(
    ("val", "leak", "reason"),
    [
        (0.15, True, "No intervals for predictions: films stand on both sides of the split"),
        (0.015, False, "No intervals for predictions: they take 4 validation films or more, got 3."),
    ],
)
def test_a_run_without_intervals_says_why_and_keeps_no_older_ones(folder, model, film_data, val, leak, reason):
    data = film_data()
    data.setup("fit")
    write_intervals(folder, model, data)
    other = film_data(split=RandomSplit(val=val, test=0.25, seed=3))
    other.setup("fit")
    other._fitted = replace(other.fitted, leak=leak)
    write_intervals(folder, model, other)
    assert files_in(folder.path) == ["intervals.json"]
    intervals, sentence = read_intervals(folder, model.network)
    assert intervals is None
    assert sentence.startswith(reason)
    assert interval_columns(folder, model, other) == {}


def test_intervals_of_another_network_are_not_taken(folder, model, films):
    _, sentence = read_intervals(folder, model.network)
    assert "a run has them once it has predicted its own films by `python cli.py predict --run FOLDER`" in sentence
    write_intervals(folder, model, films)
    other = AdditiveMLP(**{**model.network.sizes, "seed": 1})
    intervals, sentence = read_intervals(folder, other)
    assert intervals is None
    assert "are of a network that was trained on since" in sentence


@pytest.mark.parametrize("change", [{"quantiles": [1, 2]}, {"difficulty": None}, {"films": "all"}])
def test_a_changed_file_is_refused_with_the_command_that_writes_it(folder, model, films, change):
    write_intervals(folder, model, films)
    content = json.loads((folder.path / "intervals.json").read_text())
    folder.write_json("intervals.json", {**content, **change})
    again = f"python cli.py predict --run {folder.path}"
    with pytest.raises(InputError, match=rf"intervals\.json can't be read: .*`{again}` writes it anew"):
        read_intervals(folder, model.network)


def test_a_changed_coverage_is_refused(folder, model, films):
    write_intervals(folder, model, films)
    folder.write_csv("coverage.csv", folder.read_csv("coverage.csv").assign(covered="often"))
    with pytest.raises(InputError, match=r"coverage\.csv can't be read: column 'covered' must hold numbers alone"):
        _ = Results(folder).coverage


def test_predictions_of_new_films_have_the_intervals_of_the_run(copied, command, films_frame, tmp_path):
    films_frame.head(9).drop(columns="rating").to_csv(tmp_path / "new.csv", index=False)
    answer = command("predict", "--run", copied.path, "--data.table", tmp_path / "new.csv")
    assert answer.code == 0, answer.err
    assert "lie in their 80 % intervals" in answer.text
    table = pd.read_csv(copied.path / "predictions_new.csv")
    assert list(table)[-5:] == ["predicted", *COLUMNS]
    mine = pd.read_csv(copied.path / "predictions.csv").set_index("row")[COLUMNS]
    shared = table.set_index("row")[COLUMNS].drop(index=1)  # which has no rating, and is none of the run's own
    assert len(shared) == 8
    assert shared.to_numpy() == pytest.approx(mine.loc[shared.index].to_numpy(), rel=1e-4)
    (copied.path / "intervals.json").unlink()
    answer = command("predict", "--run", copied.path, "--data.table", tmp_path / "new.csv")
    assert f"once it has predicted its own films by `python cli.py predict --run {copied.path}`" in answer.out
    assert "lower_80" not in pd.read_csv(copied.path / "predictions_new.csv")


def test_a_study_says_how_its_intervals_hold(study):
    test = study.predictions.query("split == 'test'")
    inside = np.mean((test["lower_80"] <= test["actual"]) & (test["actual"] <= test["upper_80"]))
    assert f"Of 45 test films, {inside * 100:.3g} % lie in their 80 % intervals" in study.answer.text
