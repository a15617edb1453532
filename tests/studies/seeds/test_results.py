"""The folder of several runs, read back."""

import json

import pandas as pd
import pytest

from greenlight_films.datamodules.errors import InputError
from greenlight_films.studies.results import Results
from greenlight_films.studies.run_folder import RunFolder
from greenlight_films.studies.seeds.results import Spread
from tests.runs import metrics_of


def test_the_tables_hold_the_scores_of_every_run(seeds):
    spread = Spread.open(str(seeds.path), "--run")
    assert list(spread.runs) == [3, 4, 5]
    for seed in spread.runs:
        models = metrics_of(seeds.path / f"seeds/{seed}")["models"]
        scores = spread.scores[spread.scores["seed"] == seed].set_index("model")
        assert scores["rmse"].to_dict() == pytest.approx({name: models[name]["rmse"] for name in models})
    assert spread.scores["test_rows"].unique() == [45]
    assert spread.scores["rmse"].nunique() == 9


def test_importances_are_means_of_those_of_the_runs(seeds):
    spread = Spread.open(str(seeds.path), "--run")
    of_year = [run.features.set_index("feature").loc["year", "importance"] for run in spread.runs.values()]
    table = spread.importance.set_index(["feature", "level"])
    assert table.loc[("year", "number"), "importance"] == pytest.approx(pd.Series(of_year).mean())
    assert table.loc[("year", "number"), "sd"] == pytest.approx(pd.Series(of_year).std())


def test_the_folder_of_one_run_is_refused(study):
    with pytest.raises(InputError, match=r"^Spread must be the folder of `study --seeds N` or .*, got .*, a run"):
        Spread.open(str(study.path), "Spread")


def test_runs_that_test_the_same_films_have_no_differences(seeds, tmp_path):
    spread = Spread(RunFolder(seeds.path))
    assert len(spread.differences)
    record = {**spread.record, "same_split": True}
    copy = RunFolder(tmp_path)
    copy.write_json("spread.json", record)
    (tmp_path / "seeds").symlink_to(seeds.path / "seeds")
    Spread(copy).write()
    assert Spread(copy).differences.empty
    assert json.loads((tmp_path / "spread.json").read_text())["ranking"] == spread.record["ranking"]


def test_a_run_of_the_folder_is_a_run_as_any_other(seeds):
    run = RunFolder.open(f"{seeds.path}/seeds/4")
    assert (run.study, run.version) == ("small", "version_0/seeds/4")
    assert not Results(run).features.empty
