"""Refreshing a run: the network stays, what it knows of names is new, and the new run is one like any other."""

import shutil

import numpy as np
import pandas as pd
import pytest
import torch

import greenlight_films as gl
from greenlight_films.studies.checkpoints import Checkpoint
from greenlight_films.studies.results import Results
from greenlight_films.studies.run_folder import RunFolder
from tests.conftest import STUDY, UNLOGGED, Run, awkward_films, refused
from tests.runs import metrics_of, predictions_of

INPUTS = "".join(
    f"    - {{class_path: {name}, init_args: {{column: {column}{more}}}}}\n"
    for name, column, more in (
        ("RidgeByColumn", "cast", ""),
        ("TrackRecord", "cast", ", min_labels: 1"),
        ("Size", "cast", ", role: actor"),
        ("RidgeByColumn", "genre", ""),
    )
)


def newer_films() -> pd.DataFrame:
    """Return 60 films of 2020 and 2021, half of them of a person whom the run doesn't know."""
    films = awkward_films().dropna(subset=["rating", "cast"]).iloc[20:80].copy()
    films["id"] = [f"new{number}" for number in range(len(films))]
    films["year"] = 2020 + np.arange(len(films)) % 2
    films.loc[films.index[::2], "cast"] += ", Ann Newly"
    films.loc[films.index[::2], "rating"] += 2.5
    return films


@pytest.fixture(scope="module")
def trained(command, tmp_path_factory):
    folder = tmp_path_factory.mktemp("refresh")
    awkward_films().to_csv(folder / "films.csv", index=False)
    newer_films().to_csv(folder / "newer.csv", index=False, sep=";")
    config = STUDY.format(table=folder / "films.csv").replace("  split:", f"{INPUTS}  split:")
    (folder / "study.yaml").write_text(config + "refit: true\n", encoding="utf-8")
    answer = command("study", "--config", folder / "study.yaml", "--runs", folder / "runs", *UNLOGGED)
    assert answer.code == 0, answer.err
    return Run(folder / "runs" / "small" / "version_0", answer)


@pytest.fixture(scope="module")
def newer(trained):
    return trained.runs.parent / "newer.csv"


@pytest.fixture(scope="module")
def fresh(command, trained, newer):
    answer = command("refresh", "--run", trained.path, "--table", newer)
    assert answer.code == 0, answer.err
    return Run(trained.path.with_name("version_1"), answer)


def test_a_card_is_written_though_no_page_is_wanted(fresh):
    assert "## How good it is" in (fresh.path / "model_card.md").read_text(encoding="utf-8")
    assert not (fresh.path / "report.html").exists()


def network_of(run: Run) -> dict[str, torch.Tensor]:
    state = Checkpoint.read(run.path / "checkpoints" / "best.ckpt").entries["state_dict"]
    return {name.removeprefix("network."): weights for name, weights in state.items()}


def test_the_network_stays_bit_for_bit_and_what_is_known_of_names_does_not(trained, fresh):
    before, after = network_of(trained), network_of(fresh)
    assert before.keys() == after.keys()
    changed = {name for name in before if not torch.equal(before[name], after[name])}
    assert changed == {"first.values", "first.label_weight"}  # the latter by a row of zeros for names without one
    rows = before["first.label_weight"]
    assert torch.equal(after["first.label_weight"][: len(rows)], rows)
    assert not after["first.label_weight"][len(rows) :].any()
    assert len(after["first.values"]) == len(before["first.values"]) + 1


def test_no_label_is_further_than_those_that_the_network_learnt_from(trained, fresh):
    before, after = (network_of(run)["first.values"] for run in (trained, fresh))
    limits = [before.amin(0).clamp(max=0), before.amax(0).clamp(min=0)]
    assert torch.equal(after, after.clamp(*limits))
    at_limit = ((after == limits[0]) | (after == limits[1])) & (after != 0)
    assert at_limit.any()
    assert fresh.metrics["refreshed"]["limited"] == 11
    assert "11 labels would lie beyond all that the network learnt from" in fresh.answer.text
    predicted = fresh.predictions.set_index("film")["predicted"]
    assert predicted[predicted.index.str.startswith("new")].between(0, 12).all()


def test_what_was_refreshed_is_printed_and_kept_and_scores_of_validation_films_are_those_before(trained, fresh):
    assert "60 newer films to learn from" in fresh.answer.text
    assert "made anew with 60 newer films, until 2021; the network is as it was" in fresh.answer.text
    assert fresh.metrics["refreshed"] == {"films": 60, "until": 2021, "later_than_tested": False, "limited": 11}
    assert fresh.metrics["rows"]["train"] == trained.metrics["rows"]["train"] + 60
    before, after = (run.predictions.set_index("film") for run in (trained, fresh))
    sides = before["split"]
    assert after["predicted"][sides.index[sides == "val"]].equals(before["predicted"][sides == "val"])
    tested = sides.index[sides == "test"]
    assert (after.loc[tested, "split"] == "test").all()
    assert not after["predicted"][tested].equals(before["predicted"][tested])
    assert (fresh.path / "intervals.json").is_file()


def test_a_refreshed_runs_years_are_those_of_its_table_with_the_newer_films(fresh):
    years = Results(RunFolder(fresh.path)).year
    films = pd.concat([awkward_films(), newer_films()], ignore_index=True)
    rows = fresh.predictions.set_index("film")["row"]
    known = films.drop_duplicates("id").set_index("id")["year"].dropna()
    assert {2020, 2021} <= set(years.dropna())
    for film in ("new0", "new31"):
        assert years[rows[film]] == known[film]


@pytest.mark.slow
def test_a_refreshed_run_is_a_run_like_any_other(command, fresh, tmp_path):
    copy = Run(shutil.copytree(fresh.path, tmp_path / "small" / "version_1"), fresh.answer)
    for words in (("test",), ("predict",), ("importance",), ("baselines", "--models", "[ridge]"), ("report",)):
        answer = command(words[0], "--run", copy.path, *words[1:])
        assert answer.code == 0, answer.err
    assert metrics_of(copy.path)["models"]["mlp"] == fresh.metrics["models"]["mlp"]
    assert predictions_of(copy.path)["predicted"].equals(fresh.predictions["predicted"])
    parts = pd.read_csv(copy.path / "importance_parts.csv")
    assert set(parts["name"]) == {"actor", "genre"}
    assert set(parts.loc[parts["name"] == "actor", "part"]) == {"name", "linear effect", "record", "number of names"}
    page = (copy.path / "report.html").read_text(encoding="utf-8")
    assert "made anew with 60 newer films" in page
    assert "What it is in a name" in page


def test_films_to_come_profit_from_names_that_only_newer_films_have(command, trained, fresh, tmp_path):
    films = newer_films().iloc[1:2].assign(id="next")
    table = tmp_path / "next.csv"
    pd.concat([films.assign(cast=name) for name in ("Ann Newly", "Nobody Known")]).to_csv(table, index=False)
    old, new = gl.FilmRegressor.load(trained.path).predict(table), gl.FilmRegressor.load(fresh.path).predict(table)
    assert old[0] == pytest.approx(old[1])
    assert new[0] > new[1] + 0.05
    answer = command("predict", "--run", fresh.path, "--data.table", table)
    assert answer.code == 0, answer.err
    assert "2 films predicted, 1 label unknown" in answer.text
    (fresh.path / "predictions_next.csv").unlink()


def test_a_refreshed_run_can_be_refreshed_again(command, fresh, tmp_path):
    table, runs = tmp_path / "more.csv", tmp_path / "runs"
    more = newer_films().iloc[:10]
    pd.concat([more, more.assign(id="x" + more["id"], year=2022)]).to_csv(table, index=False)
    answer = command("refresh", "--run", fresh.path, "--table", table, "--runs", runs)
    assert answer.code == 0, answer.err
    assert "10 newer films to learn from; 10 rows of the run replaced by newer ones" in answer.text
    again = Run(runs / "small" / "version_0", answer)
    assert again.metrics["refreshed"] == {"films": 10, "until": 2022, "later_than_tested": False, "limited": 14}
    assert torch.equal(network_of(again)["first.label_weight"], network_of(fresh)["first.label_weight"])
    assert torch.equal(network_of(again)["first.centre"], network_of(fresh)["first.centre"])


def test_from_python_a_frame_does_as_its_file(fresh, trained, tmp_path):
    copy = tmp_path / "small" / "version_0"
    shutil.copytree(trained.path, copy)
    text = (copy / "config.yaml").read_text(encoding="utf-8")
    (copy / "config.yaml").write_text(text.replace(str(trained.runs), str(tmp_path)), encoding="utf-8")
    results = gl.Results(copy).refresh(newer_films())
    assert results.path == tmp_path / "small" / "version_1"
    assert results.predictions["predicted"].to_numpy() == pytest.approx(fresh.predictions["predicted"].to_numpy())


def test_a_study_of_a_frame_is_refreshed_with_the_frame(fresh, trained, tmp_path):
    results = gl.study(awkward_films(), trained.runs.parent / "study.yaml", out=tmp_path, verbose=False)
    with pytest.raises(gl.InputError, match=r"is of a frame, which no run keeps: give it, refresh\(newer, table="):
        results.refresh(newer_films())
    assert results.predictions["predicted"].equals(trained.predictions["predicted"])
    refreshed = results.refresh(newer_films(), table=awkward_films())
    assert refreshed.predictions["predicted"].to_numpy() == pytest.approx(fresh.predictions["predicted"].to_numpy())


@pytest.mark.slow
def test_under_a_split_by_time_the_run_says_that_test_films_are_older(command, trained, tmp_path):
    config = (trained.runs.parent / "study.yaml").read_text(encoding="utf-8")
    start, _, rest = config.partition("  split:")
    split = "  split: {class_path: TimeSplit, init_args: {by: year, val: 0.15, test: 0.2}}\n"
    (tmp_path / "study.yaml").write_text(start + split + rest.partition("\n")[2], encoding="utf-8")
    answer = command("fit", "--config", tmp_path / "study.yaml", "--runs", tmp_path)
    assert answer.code == 0, answer.err
    run, table = tmp_path / "small" / "version_0", trained.runs.parent / "newer.csv"
    answer = command("refresh", "--run", run, "--table", table)
    assert answer.code == 0, answer.err
    assert "Test films came out before newer films" in answer.text
    without = tmp_path / "without.csv"
    newer_films().drop(columns="year").assign(year=None).to_csv(without, index=False)
    refused(command("refresh", "--run", run, "--table", without), "without.csv", "a row has no 'year'")


def test_a_run_without_records_is_refused_and_nothing_is_left(command, study, newer):
    before = sorted(study.path.parent.iterdir())
    refused(command("refresh", "--run", study.path, "--table", newer), "needs a run with TrackRecord, RidgeByColumn")
    assert sorted(study.path.parent.iterdir()) == before
