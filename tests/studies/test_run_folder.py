import json
import os
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from io import StringIO
from multiprocessing import get_context
from threading import Barrier

import numpy as np
import pandas as pd
import pytest

from greenlight_films.datamodules.errors import InputError
from greenlight_films.studies.folder import DANGEROUS
from greenlight_films.studies.run_folder import RunFolder


@pytest.fixture
def run(tmp_path) -> RunFolder:
    return RunFolder.create(str(tmp_path / "runs"), "ratings")


def files_of(run: RunFolder) -> list[str]:
    return sorted(path.name for path in run.path.rglob("*"))


def test_runs_are_numbered_from_0(tmp_path):
    made = [RunFolder.create(str(tmp_path / "runs"), "ratings") for _ in range(3)]
    assert [run.version for run in made] == ["version_0", "version_1", "version_2"]
    assert {run.study for run in made} == {"ratings"}
    assert all(run.path.is_dir() and not files_of(run) for run in made)


def test_studies_are_numbered_apart(tmp_path):
    made = [RunFolder.create(str(tmp_path), study) for study in ("ratings", "profits")]
    assert [run.path.relative_to(tmp_path).as_posix() for run in made] == ["ratings/version_0", "profits/version_0"]


def test_the_number_behind_the_last_is_taken_whatever_is_missing(tmp_path):
    for name in ("version_3", "version_10", "version_x", "version_", "notes"):
        (tmp_path / "ratings" / name).mkdir(parents=True)
    assert RunFolder.create(str(tmp_path), "ratings").version == "version_11"


def test_a_file_in_the_way_is_passed_over(tmp_path):
    (tmp_path / "ratings").mkdir()
    (tmp_path / "ratings" / "version_0").write_text("mine")
    assert RunFolder.create(str(tmp_path), "ratings").version == "version_1"
    assert (tmp_path / "ratings" / "version_0").read_text() == "mine"


def test_threads_that_start_at_once_get_folders_of_their_own(tmp_path):
    barrier = Barrier(16)

    def claim(_):
        barrier.wait()
        return RunFolder.create(str(tmp_path), "ratings").path

    with ThreadPoolExecutor(16) as pool:
        claimed = list(pool.map(claim, range(16)))
    assert len(set(claimed)) == 16
    assert all(path.is_dir() for path in claimed)


def test_processes_that_start_at_once_get_folders_of_their_own(tmp_path):
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        claims = [pool.submit(RunFolder.create, str(tmp_path), "ratings") for _ in range(40)]
        versions = {claim.result().version for claim in claims}
    assert versions == {f"version_{number}" for number in range(40)}


@pytest.mark.parametrize("study", ["", "a/b", "..", ".hidden", "a\\b", "what?", "a:b"])
def test_a_name_that_is_no_folders_name_is_refused(tmp_path, study):
    with pytest.raises(InputError) as problem:
        RunFolder.create(str(tmp_path / "runs"), study)
    assert str(problem.value) == f"--name must be fit for a folder's name, got {study!r}"
    assert not (tmp_path / "runs").exists()


def test_a_file_in_place_of_the_runs_is_refused(tmp_path):
    (tmp_path / "runs").write_text("")
    with pytest.raises(InputError, match=r"--runs must be a folder, .*runs is a file"):
        RunFolder.create(str(tmp_path / "runs"), "ratings")


def test_a_lock_goes_with_its_process_and_not_with_the_workers_it_leaves(run):
    waits, ends = os.pipe()
    with run.locked():
        worker = os.fork()
        if not worker:
            os.close(ends)
            os.read(waits, 1)
            os._exit(0)
        time.sleep(0.1)
    with run.locked():
        pass
    os.close(ends)
    os.close(waits)
    assert os.waitpid(worker, 0) == (worker, 0)


def test_a_run_is_opened_by_its_config(run):
    run.write_text("config.yaml", "name: ratings\n")
    opened = RunFolder.open(str(run.path))
    assert opened == run
    assert opened.config.read_text() == "name: ratings\n"


def test_a_folder_that_is_no_run_is_refused_with_those_beside_it(run, tmp_path):
    run.write_text("config.yaml", "")
    RunFolder.create(str(tmp_path / "runs"), "ratings")
    with pytest.raises(InputError) as problem:
        RunFolder.open(str(run.path.parent / "version_9"))
    message = str(problem.value)
    assert message.startswith("--run must be the folder of a run, such as runs/ratings/version_0; ")
    assert message.endswith("version_9 has no config.yaml, did you mean 'version_0'? There are: version_0.")


@pytest.mark.parametrize("name", ["nowhere", "no/such/place", "a file"])
def test_what_is_no_run_is_refused_by_its_path(tmp_path, name):
    (tmp_path / "a file").write_text("")
    with pytest.raises(InputError, match=rf"{name} has no config\.yaml\.$"):
        RunFolder.open(str(tmp_path / name))


@pytest.mark.parametrize("name", ["best", "last"])
def test_a_run_without_a_checkpoint_says_how_to_train_it(run, name):
    with pytest.raises(
        InputError, match=rf"{name}\.ckpt does not exist.*`python cli\.py fit --config .*version_0.config\.yaml`"
    ):
        run.checkpoint(name)


@pytest.mark.parametrize("name", ["best", "last"])
def test_a_checkpoint_is_found_by_its_name(run, name):
    run.write_text("checkpoints/best.ckpt", "")
    run.write_text("checkpoints/last.ckpt", "")
    assert run.checkpoint(name) == run.path / "checkpoints" / f"{name}.ckpt"


def test_a_refusal_names_the_option_as_it_was_typed(tmp_path):
    with pytest.raises(InputError, match=r"^--resume must be the folder of a run"):
        RunFolder.open(str(tmp_path / "nowhere"), option="--resume")


def test_a_run_that_came_to_nothing_is_removed(run):
    run.write_text("config.yaml", "")
    run.discard()
    assert not run.path.exists()


def test_a_run_with_a_checkpoint_is_kept(run):
    run.write_text("checkpoints/last.ckpt", "")
    run.discard()
    assert files_of(run) == ["checkpoints", "last.ckpt"]


def test_text_is_written_as_it_is(run):
    run.write_text("notes.txt", "Amélie\nКино\r\n")
    assert (run.path / "notes.txt").read_bytes() == "Amélie\nКино\r\n".encode()
    assert files_of(run) == ["notes.txt"]


def test_a_file_is_replaced_as_a_whole(run):
    run.write_text("notes.txt", "a long first version")
    run.write_text("notes.txt", "short")
    assert (run.path / "notes.txt").read_text() == "short"
    assert files_of(run) == ["notes.txt"]


def test_a_write_that_fails_leaves_the_old_file_and_no_other(run):
    run.write_text("notes.txt", "old")
    with pytest.raises(UnicodeEncodeError):
        run.write_text("notes.txt", "new " * 100_000 + "\ud800")
    assert (run.path / "notes.txt").read_text() == "old"
    assert files_of(run) == ["notes.txt"]


def test_a_first_write_that_fails_leaves_nothing(run):
    with pytest.raises(UnicodeEncodeError):
        run.write_text("notes.txt", "\ud800")
    assert files_of(run) == []


def test_a_folder_in_the_way_stays_and_nothing_is_left_beside_it(run):
    (run.path / "notes.txt").mkdir()
    with pytest.raises(InputError, match=r"notes\.txt can't be written: Is a directory$"):
        run.write_text("notes.txt", "new")
    assert files_of(run) == ["notes.txt"]


def test_json_comes_back(run):
    content = {"study": "Кино", "models": {"mlp": {"r2": None, "rmse": 0.25}}, "rows": [1, 2]}
    run.write_json("notes.json", content)
    assert run.read_json("notes.json") == content
    assert "Кино" in (run.path / "notes.json").read_text(encoding="utf-8")


def test_json_that_is_not_there_is_empty(run):
    assert run.read_json("metrics.json") == {}


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_json_without_a_word_for_it_is_refused_and_the_old_file_kept(run, value):
    run.write_json("metrics.json", {"r2": 0.5})
    with pytest.raises(ValueError, match="not JSON compliant"):
        run.write_json("metrics.json", {"r2": value})
    assert json.loads((run.path / "metrics.json").read_text()) == {"r2": 0.5}
    assert files_of(run) == ["metrics.json"]


RISKY = [
    "\n=1+1",
    "＝1+1",
    "＋1",
    "－1",
    "＠SUM(1)",
    "=1+1",
    "+44",
    "-",
    "@SUM(A1)",
    "\ttab",
    "\rreturn",
    '=HYPERLINK("x")',
    "-Minus, with a comma",
]


@pytest.mark.parametrize("text", RISKY)
@pytest.mark.parametrize("kind", ["str", object])
def test_a_text_that_is_a_formula_is_defused(run, text, kind):
    titles = pd.Series([text, "Amélie", None, "1 = 1"], dtype=kind)
    run.write_csv("films.csv", pd.DataFrame({"title": titles}))
    read = pd.read_csv(run.path / "films.csv", keep_default_na=False, lineterminator="\n", skip_blank_lines=False)
    assert read["title"].tolist() == ["'" + text, "Amélie", "", "1 = 1"]


@pytest.mark.parametrize("text", ["=1+1", "@SUM(A1)", "-x"])
def test_a_heading_that_is_a_formula_is_defused(run, text):
    table = pd.DataFrame({text: [1, 2], "title": ["a", "b"]})
    run.write_csv("films.csv", table)
    assert (run.path / "films.csv").read_text().splitlines()[0] == f"'{text},title"
    assert list(table.columns) == [text, "title"]


def test_no_cell_begins_like_a_formula(run):
    assert {text[0] for text in RISKY} == set(DANGEROUS)
    run.write_csv("films.csv", pd.DataFrame({"film": RISKY, "title": RISKY[::-1]}))
    read = pd.read_csv(run.path / "films.csv", lineterminator="\n")
    assert len(read) == len(RISKY)
    assert not any(cell.startswith(DANGEROUS) for column in read for cell in read[column])


def test_numbers_stay_numbers(run):
    table = pd.DataFrame({"row": [1, 2, 3], "actual": [-1.5, np.nan, 0.1], "seen": [True, False, True]})
    run.write_csv("films.csv", table)
    text = (run.path / "films.csv").read_text()
    assert text == "row,actual,seen\n1,-1.5,True\n2,,False\n3,0.1,True\n"
    pd.testing.assert_frame_equal(pd.read_csv(StringIO(text)), table)


def test_floats_are_written_in_full(run):
    values = np.random.default_rng(0).normal(size=50)
    run.write_csv("films.csv", pd.DataFrame({"predicted": values}))
    assert pd.read_csv(run.path / "films.csv")["predicted"].tolist() == values.tolist()


def test_the_table_given_is_left_unchanged(run):
    table = pd.DataFrame({"title": ["=1+1", "plain"]})
    run.write_csv("films.csv", table)
    assert table["title"].tolist() == ["=1+1", "plain"]


def test_a_column_of_gaps_is_written_empty(run):
    run.write_csv("films.csv", pd.DataFrame({"title": [None, None], "row": [1, 2]}))
    assert (run.path / "films.csv").read_text() == "title,row\n,1\n,2\n"
