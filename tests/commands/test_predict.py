"""`predict`: a run's own films, and new ones."""

import shlex
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import mean_absolute_error, root_mean_squared_error

from tests.conftest import UNLOGGED, Answer, awkward_films
from tests.runs import metrics_of, predictions_of, versions_in

INTERVALS = [f"{end}_{level}" for level in (80, 95) for end in ("lower", "upper")]


@pytest.fixture
def new_films(films_frame, tmp_path) -> Path:
    """Return films 11 to 20 without target and id, and without known names in the first of them."""
    new = films_frame.iloc[10:20].drop(columns=["rating", "id"])
    new.loc[10, ["genre", "cast", "company"]] = ["Giallo", "No Body, Zoë Li, Any One", "Unheard Of"]
    new.to_csv(tmp_path / "new.csv", index=False)
    return tmp_path / "new.csv"


def predict(command, run: Path, table: Path) -> tuple[Answer, pd.DataFrame]:
    """Predict a table with a run; return the answer and the predictions."""
    answer = command("predict", "--run", run, "--data.table", table)
    assert answer.code == 0, answer.err
    return answer, predictions_of(run, f"predictions_{table.stem}.csv")


def test_new_films_are_predicted_without_target_and_id_and_unknown_labels_counted(study, copied, command, new_films):
    answer, table = predict(command, copied.path, new_films)
    # Giallo, No Body, Any One, and Unheard Of; the other films have known labels only.
    assert "10 films predicted, 4 labels unknown to the model: predictions_new.csv" in answer.text
    assert "RMSE" not in answer.out
    assert list(table.columns) == ["title", "row", "split", "actual", "predicted", *INTERVALS]
    assert table["row"].tolist() == list(range(1, 11))
    assert set(table["split"]) == {"new"}
    assert table["actual"].isna().all()
    own = study.predictions.set_index("row")["predicted"].loc[12:20].tolist()
    assert len(set(own)) > 5
    assert table["predicted"].tolist()[1:] == pytest.approx(own, rel=1e-6)
    assert metrics_of(copied.path) == study.metrics


def test_out_names_a_file_and_leaves_the_run_as_it_is(copied, command, new_films, tmp_path):
    before = {path: path.read_bytes() for path in copied.path.rglob("*") if path.is_file()}
    for words in (("--data.table", new_films), ()):
        answer = command("predict", "--run", copied.path, "--out", tmp_path / "some.csv", *words)
        assert answer.code == 0, answer.err
        after = {path: path.read_bytes() for path in copied.path.rglob("*") if path.is_file()}
        assert after == before
        predicted = pd.read_csv(tmp_path / "some.csv")
        assert {"row", "predicted", *INTERVALS} <= set(predicted)
    assert predicted["predicted"].tolist() == pytest.approx(copied.predictions["predicted"].tolist())
    for out in (tmp_path / "gone" / "some.csv", tmp_path / "some.txt"):
        answer = command("predict", "--run", copied.path, "--out", out)
        assert (answer.code, answer.err) == (
            2,
            f"error: --out must be a .csv file in a folder that is there, got {out}\n",
        )


def test_a_number_that_no_new_film_has_is_named(copied, command, new_films):
    pd.read_csv(new_films).assign(runtime="unknown").to_csv(new_films, index=False)
    answer = predict(command, copied.path, new_films)[0]
    assert "'runtime' is missing in all of the 10 rows: the model takes its usual value." in answer.text
    assert "'year' is missing" not in answer.text


def test_how_new_cells_are_written_can_be_said(copied, command, new_films, tmp_path):
    new = pd.read_csv(new_films).assign(runtime="97.5")
    new["year"] = new["year"].astype(str).mask(new.index == 4, "19x4")
    new.to_csv(new_films, index=False)
    words = ("predict", "--run", copied.path, "--data.table", new_films)
    refused = command(*words)
    assert refused.code == 2
    assert "row 5 has '19x4'; correct it, or declare it missing by" in refused.err
    missing = shlex.split(refused.err.partition("missing by ")[2])
    assert missing == ["--data.missing", "{year: ['19x4']}"]
    assert command(*words, *missing).code == 0
    first = predictions_of(copied.path, "predictions_new.csv")["predicted"]
    new.assign(runtime="97,5").to_csv(new_films, index=False)
    more = ["--data.missing", "{company: ['?']}"]
    assert command(*words, *missing, *more, "--data.decimal", "{runtime: ','}").code == 0
    assert predictions_of(copied.path, "predictions_new.csv")["predicted"].tolist() == first.tolist()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--model.dropout", "0.9"], "--model.dropout can't be given with --run: the run is trained; leave it out, or"),
        (["--data.target=x"], "--data.target can't be given with --run: the run is trained"),
        (["--preset", "best"], "--preset can't be given with --run: the run's config states every setting that"),
    ],
)
def test_options_that_would_change_nothing_are_refused(copied, command, words, message):
    answer = command("predict", "--run", copied.path, *words)
    assert answer.code == 2
    assert answer.err.startswith(f"error: {message}")


def test_what_a_condition_leaves_out_of_new_films_is_said(copied, command, new_films):
    command("predict", "--run", copied.path, "--data.table", new_films)
    years = predictions_of(copied.path, "predictions_new.csv")["row"]
    answer = command("predict", "--run", copied.path, "--data.table", new_films, "--data.where", "year > 1990")
    assert answer.code == 0, answer.err
    kept = predictions_of(copied.path, "predictions_new.csv")["row"]
    assert 0 < len(kept) < len(years)
    assert f"{len(years) - len(kept)} of 10 rows" in answer.text
    assert "year > 1990" in answer.text


@pytest.fixture(scope="module")
def semicolons(command, study_config, tmp_path_factory) -> Path:
    """Return a run on a table with semicolons in utf-16, below a line, as its config says."""
    folder = tmp_path_factory.mktemp("semicolons")
    cells = awkward_films().to_csv(index=False, sep=";")
    (folder / "films.csv").write_bytes(("Kinofilme;;\n" + cells).encode("utf-16"))
    layout = ["--data.table", folder / "films.csv", "--data.delimiter", ";", "--data.encoding", "utf-16"]
    answer = command("study", "--config", study_config, "--runs", folder, *layout, "--data.skip", 1, *UNLOGGED)
    assert answer.code == 0, answer.err
    return folder / "small/version_0"


@pytest.mark.parametrize("kind", ["as the run's", "commas in UTF-8", "no line above", "JSON lines", "Parquet"])
def test_a_new_table_may_be_written_otherwise_than_the_runs(semicolons, command, films_frame, tmp_path, kind):
    new, path = films_frame.iloc[:30].drop(columns="rating"), tmp_path / "new.csv"
    if kind == "as the run's":
        path.write_bytes(("Kinofilme;;\n" + new.to_csv(index=False, sep=";")).encode("utf-16"))
    elif kind == "JSON lines":
        path = tmp_path / "new.jsonl"
        new.to_json(path, orient="records", lines=True)
    elif kind == "Parquet":
        path = tmp_path / "new.parquet"
        new.to_parquet(path)
    else:
        new.to_csv(path, index=False, sep=";" if kind == "no line above" else ",")
    answer = command("predict", "--run", semicolons, "--data.table", path)
    assert answer.code == 0, answer.err
    own = predictions_of(semicolons).set_index("row")["predicted"]
    predicted = predictions_of(semicolons, "predictions_new.csv").set_index("row")["predicted"]
    held_out = predictions_of(semicolons).query("split == 'test' and row <= 30")["row"]
    assert len(held_out) > 1
    assert predicted[held_out].to_numpy() == pytest.approx(own[held_out].to_numpy(), rel=1e-5)


def test_a_runs_own_films_may_be_in_a_file_of_another_kind(semicolons, command, tmp_path):
    awkward_films().to_parquet(tmp_path / "films.parquet")
    scores = [
        command("test", "--run", semicolons, *table) for table in ((), ("--data.table", tmp_path / "films.parquet"))
    ]
    assert [answer.code for answer in scores] == [0, 0], scores[1].err
    assert scores[0].out.splitlines()[-5:] == scores[1].out.splitlines()[-5:]


def test_of_a_new_table_that_can_be_read_in_neither_way_both_are_told(semicolons, command, films_frame, tmp_path):
    films_frame.drop(columns="genre").to_csv(tmp_path / "new.csv", index=False)
    answer = command("predict", "--run", semicolons, "--data.table", tmp_path / "new.csv")
    assert answer.code == 2
    assert "nor can it be read otherwise than the run's table is written: " in answer.err
    assert "no column 'genre'" in answer.err


def test_new_films_with_a_target_are_scored(copied, command, films_frame, tmp_path):
    films_frame.iloc[15:40].to_csv(tmp_path / "some.csv", index=False)
    answer, table = predict(command, copied.path, tmp_path / "some.csv")
    known = table.dropna(subset="actual")
    assert (len(table), len(known)) == (25, 23)
    assert "23 have a target" in answer.out
    assert f"{root_mean_squared_error(known['actual'], known['predicted']):.4g}" in answer.out
    assert f"{mean_absolute_error(known['actual'], known['predicted']):.4g}" in answer.out


def test_new_films_are_encoded_as_in_training(copied, command, films_frame, tmp_path):
    later = films_frame.assign(year=films_frame["year"] + 1000)
    later.to_csv(tmp_path / "later.csv", index=False)
    _, table = predict(command, copied.path, tmp_path / "later.csv")
    # Had the scale been fitted anew, the years, and predictions, would be where they were.
    shift = table.set_index("row")["predicted"] - copied.predictions.set_index("row")["predicted"]
    assert len(table) == 203
    assert np.abs(shift.mean()) > 3


def test_the_runs_own_table_is_known_wherever_it_stands(study, copied, command, study_config, tmp_path):
    copy = shutil.copy(study_config.with_name("films.csv"), tmp_path / "copy.csv")
    (copied.path / "predictions.csv").unlink()
    answer = command("predict", "--run", copied.path, "--data.table", copy)
    assert (answer.code, "unknown to the model" in answer.out) == (0, False)
    pd.testing.assert_frame_equal(predictions_of(copied.path), study.predictions)
    assert not (copied.path / "predictions_copy.csv").exists()
    assert versions_in(copied.runs) == ["small/version_0"]
