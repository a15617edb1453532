from io import StringIO

import pandas as pd
import pytest
from rich.console import Console

from greenlight_films.datamodules.errors import InputError
from greenlight_films.reports.trials_table import TrialRecord, best_trials, trial_table
from greenlight_films.studies.run_folder import RunFolder
from greenlight_films.studies.tune.trial_store import TrialResult


def result(place: int, state="complete", score=0.5, **more) -> TrialResult:
    point = {"model.hidden": [16 + place], "model.a, model.b": 0.1}
    return TrialResult(place, state, point, score, {"val/rmse": 0.7}, 12, 3.25, **more)


FAILED = TrialResult(9, "failed", {"model.hidden": [1], "model.a, model.b": 9.0}, problem="too much")


@pytest.fixture
def shown():
    return StringIO()


@pytest.fixture
def record(tmp_path, shown):
    folder = RunFolder.create(str(tmp_path), "small-tune")
    for place in range(20):
        folder.write_text(f"trial_{place}/config.yaml", f"name: trial {place}\n")
    return TrialRecord(folder, "val/loss", 20, Console(file=shown, width=100))


def test_a_line_a_trial_has_a_column_for_each_tied_key():
    table = trial_table([result(3), FAILED])
    assert list(table.columns) == [
        *("number", "state", "model.hidden", "model.a", "model.b", "score", "val/rmse", "epochs", "seconds", "problem")
    ]
    assert table["model.hidden"].tolist() == ["[19]", "[1]"]
    assert table["model.b"].tolist() == [0.1, 9.0]
    assert table["problem"].tolist() == ["", "too much"]


def test_files_are_written_after_each_trial_and_the_best_config_is_the_first_ones(record):
    record.add(result(1), [result(1)])
    record.add(result(4, score=0.4), [result(4, score=0.4), result(1)])
    assert pd.read_csv(record.folder.path / "trials.csv")["number"].tolist() == [4, 1]
    assert (record.folder.path / "best.yaml").read_text() == "name: trial 4\n"


def test_without_a_complete_trial_there_is_no_best_one(record, shown):
    record.add(FAILED, [FAILED])
    assert not (record.folder.path / "best.yaml").exists()
    assert "failed, too much" in shown.getvalue()
    with pytest.raises(InputError, match="none of 20 trials has a score; trial 9: too much"):
        record.close([FAILED])


def test_the_end_shows_ten_trials_and_how_to_go_on(record, shown):
    results = [result(place, score=place + 0.125) for place in range(12)] + [FAILED]
    record.close(results)
    text = shown.getvalue()
    assert "13 trials by val/loss: 12 complete, 1 failed; 10 of them" in text
    assert "9.125" in text
    assert "10.125" not in text
    assert f"python cli.py study --config {record.folder.path / 'best.yaml'}" in text.splitlines()[-2]
    assert f"tensorboard --logdir {record.folder.path}" in text.splitlines()[-1]


def test_a_search_that_is_stopped_says_how_to_go_on(record, shown):
    record.interrupted([result(0)])
    assert shown.getvalue() == (
        f"1 of 20 trials are finished; go on with\npython cli.py tune --resume {record.folder.path}\n"
    )


def test_a_table_says_nothing_of_more_where_there_are_no_more():
    assert "of them" not in str(best_trials("a title", "val/loss", [result(0)]).title)
