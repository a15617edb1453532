"""Files of a run that were changed by hand."""

import json
import re

import pandas as pd
import pytest

from greenlight_films.datamodules import InputError
from greenlight_films.studies.results import Results
from greenlight_films.studies.run_folder import RunFolder
from tests.conftest import refused

METRICS = {
    **{"study": "small", "target": "rating", "unit": "", "films": 9, "left_out": 0, "leak": False},
    **{"rows": {"train": 5, "val": 2, "test": 2}, "features": {"dense": 1, "labels": 3}},
    **{"unseen_labels": {"genre": 0}, "models": {"mlp": {"rmse": 1, "r2": None, "mae": 0.5}}},
    "fits": {"mlp": {"seconds": 1.5, "train": {"rmse": 0.5}}},
}


@pytest.fixture
def run(tmp_path) -> RunFolder:
    return RunFolder.create(str(tmp_path / "runs"), "small")


def changed(key, value):
    *above, last = key.split(".")
    whole = json.loads(json.dumps(METRICS))
    holder = whole
    for name in above:
        holder = holder[name]
    if value is KeyError:
        del holder[last]
    else:
        holder[last] = value
    return whole


def test_what_a_command_wrote_is_read(run):
    run.write_json("metrics.json", METRICS)
    assert run.read_json("metrics.json") == METRICS
    older = {name: value for name, value in METRICS.items() if name != "fits"}
    run.write_json("metrics.json", older)
    assert run.read_json("metrics.json") == older


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("rows", KeyError, "'rows' is missing"),
        ("rows.test", KeyError, "'rows.test' is missing"),
        ("rows", 7, "'rows' must be names with what belongs to each, got 7"),
        ("rows.val", "2", "'rows.val' must be a whole number, got 2"),
        ("rows.val", True, "'rows.val' must be a whole number, got True"),
        ("rows.val", 2**70, "'rows.val' must be a whole number, got 1180591620717411303424"),
        ("unit", None, "'unit' must be a text, got None"),
        ("leak", 1, "'leak' must be true or false, got 1"),
        ("unseen_labels.genre", [], "'unseen_labels.genre' must be a whole number, got []"),
        ("models.mlp.rmse", "", "'models.mlp.rmse' must be a number, got "),
        ("models.mlp.rmse", float("nan"), "'models.mlp.rmse' must be a number, got nan"),
        ("models.mlp.mae", {}, "'models.mlp.mae' must be a number, got {}"),
        ("models.mlp.r2", KeyError, "'models.mlp.r2' is missing"),
        ("fits.mlp", None, "'fits.mlp' must be names with what belongs to each, got None"),
        ("known_after_release", "revenue", "'known_after_release' must be a list, got revenue"),
        ("known_after_release", [1], "'known_after_release' must be a text, got 1"),
    ],
)
def test_another_kind_of_value_is_refused_with_file_key_and_remedy(run, key, value, message):
    path = run.path / "metrics.json"
    path.write_text(json.dumps(changed(key, value)))
    remedy = f"remove it, and `python cli.py test --run {run.path}` writes it anew"
    with pytest.raises(InputError, match="^" + re.escape(f"{path} can't be read: {message}; {remedy}") + "$"):
        run.read_json("metrics.json")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        *(
            ("{", "not JSON: Expecting"),
            ("[" * 100_000, "not JSON: maximum recursion"),
            ("[]", "it must be names with"),
        ),
        ('{"unit": "\\ud800"}', r"not JSON: 'utf-8' codec can't encode character '\\ud800'"),
        ('{"\\udfff": 1}', r"not JSON: 'utf-8' codec can't encode character '\\udfff'"),
    ],
)
def test_what_is_no_json_of_names_is_refused_with_its_file(run, text, message):
    (run.path / "importance.json").write_text(text)
    with pytest.raises(InputError, match=rf"importance\.json can't be read: {message}.*cli\.py importance --run "):
        run.read_json("importance.json")


ROWS = pd.DataFrame({"row": [1, 2], "split": "test", "actual": [1.0, 2.0], "predicted": [1.5, 2.5]})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"row": ["1", "x"]}, "column 'row' must hold whole numbers alone"),
        ({"row": [1.0, None]}, "column 'row' must hold whole numbers alone"),
        ({"row": [1, 1]}, "column 'row' must hold each number once"),
        ({"actual": ["1", "x"]}, "column 'actual' must hold numbers alone"),
    ],
)
def test_a_table_of_other_cells_is_refused_with_file_column_and_remedy(run, changes, message):
    run.write_csv("predictions.csv", ROWS)
    assert len(Results(run).predictions) == 2
    run.write_csv("predictions.csv", ROWS.assign(**changes))
    with pytest.raises(InputError, match=rf"predictions\.csv can't be read: {message}; .*cli\.py predict --run "):
        Results(run).table("predictions.csv")


@pytest.mark.parametrize("column", ["importance", "direction", "q"])
def test_importances_that_are_no_numbers_are_refused(run, column):
    cells = {"feature": "a=b", "value": "b", "role": "a", "level": "value", "se_shuffle": 0.1, "se_sample": 0.1}
    table = pd.DataFrame({**cells, "importance": [0.5], "n_films": 3, "direction": 0.2, "q": None})
    run.write_csv("Permu_importance_df.csv", table)
    assert len(Results(run).table("Permu_importance_df.csv")) == 1
    run.write_csv("Permu_importance_df.csv", table.assign(**{column: "0.5x"}))
    with pytest.raises(InputError, match=f"column '{column}' must hold numbers alone; remove it, .* importance --run "):
        Results(run).table("Permu_importance_df.csv")


def test_a_table_without_a_column_is_refused_with_its_name(run):
    run.write_csv("predictions.csv", ROWS.drop(columns="predicted"))
    with pytest.raises(InputError, match=r"predictions\.csv can't be read: no column 'predicted'; remove it"):
        Results(run).table("predictions.csv")


def test_a_model_whose_predictions_are_no_numbers_is_refused(run):
    run.write_csv("baselines/predictions.csv", ROWS.drop(columns="split").assign(title="a", predicted="b"))
    with pytest.raises(InputError, match=r"'predicted' must hold numbers alone; remove it, .*cli\.py baselines --run "):
        Results(run).table("baselines/predictions.csv")


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        (lambda table: table.drop(columns="coefficient"), "KeyError: 'coefficient'"),
        (lambda table: table.assign(coefficient="a"), "ArrowNotImplementedError: "),
    ],
    ids=["no column", "text for numbers"],
)
def test_tables_of_a_classical_model_that_were_changed_are_refused_by_the_report(command, copied, changed, problem):
    path = copied.path / "baselines" / "ridge" / "coefficients.csv"
    changed(pd.read_csv(path)).to_csv(path, index=False)
    remedy = f"remove it, and `python cli.py baselines --run {copied.path}` writes it anew"
    answer = command("report", "--run", copied.path)
    refused(answer, f"error: {copied.path}/baselines can't be read: {problem}", f"; {remedy}\n")
    assert not (copied.path / "report.html").exists()


def test_films_with_more_cells_than_their_header_are_refused_by_the_report(command, copied):
    path = copied.path / "employee_with_importance.csv"
    header, *lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text(header.replace("id,title,", "", 1) + "".join(lines), encoding="utf-8")
    message = f"{path} can't be read: rows must have as many cells as the header; remove it"
    refused(command("report", "--run", copied.path), message)


@pytest.mark.parametrize(
    ("name", "words", "writer"),
    [
        ("metrics.json", "test", "test"),
        ("artifacts/metadata.json", "baselines --models []", "test"),
        ("baselines/predictions.csv", "baselines --models []", "baselines --models []"),
        ("importance.json", "report", "importance"),
    ],
)
def test_a_changed_file_ends_a_command_before_it_writes(command, copied, name, words, writer):
    def run(line: str):
        word, *options = line.split()
        return command(word, "--run", copied.path, *options)

    (copied.path / name).write_text("[]" if name.endswith("json") else "row\n1\n")
    before = {path: path.read_bytes() for path in copied.path.rglob("*") if path.is_file()}
    refused(run(words), f"error: {copied.path / name} can't be read: ")
    assert {path: path.read_bytes() for path in copied.path.rglob("*") if path.is_file()} == before
    (copied.path / name).unlink()
    assert run(writer).code == 0
    assert (copied.path / name).is_file()
    assert run(words).code == 0
