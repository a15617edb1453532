import numpy as np
import pytest
import yaml

from tests.conftest import refused
from tests.messy import messy_films, write
from tests.runs import checkpoint_of, versions_in

QUICK = ["--trainer.max_epochs", "2", "--trainer.accelerator", "cpu", "--compare.models", "[]", "--report", "false"]


@pytest.fixture
def table(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return write(messy_films(), tmp_path / "messy.csv", encoding="cp1252").relative_to(tmp_path)


@pytest.mark.slow
def test_a_study_of_a_table_is_that_of_the_config_that_look_writes(command, table, tmp_path):
    answer = command("study", "--table", table, "--target", "rating", *QUICK)
    assert (answer.code, answer.err) == (0, "")
    summary = answer.out.split("messy: rating of 120 films")[0]
    assert len(summary.splitlines()) <= 10
    for words in ("predicted: rating", "film_id (an id)", "rating_of_20 (rating_of_20 is the target times 2)"):
        assert words in summary
    looked_at = tmp_path / "runs/messy/version_0"
    assert command("look", table, "--target", "rating").code == 0
    assert command("study", "--config", "messy.yaml", *QUICK).code == 0
    config = tmp_path / "runs/messy/version_1"
    keys, theirs = (yaml.safe_load(path.read_text()) for path in (looked_at / "look.yaml", tmp_path / "messy.yaml"))
    assert keys == theirs
    assert keys["data"]["encoding"] == "cp1252"
    assert (looked_at / "config.yaml").read_text() == (config / "config.yaml").read_text()
    weights, others = (checkpoint_of(run, "best")["state_dict"] for run in (looked_at, config))
    assert weights
    assert all(np.array_equal(weights[name], others[name]) for name in weights)


MISTAKES = {
    "--table": ["argument --table: expected one argument"],
    "--table msy.csv": ["msy.csv does not exist", "did you mean 'messy.csv'?"],
    "--table messy.csv --target ratng": ["no column 'ratng', did you mean 'rating'?"],
    "--table messy.csv --target rating --modl.hidden 1": ["no option '--modl.hidden'"],
    "--table messy.csv --target rating --data.where title": ["data.where"],
    "--table messy.csv --config messy.yaml": ["give --table, or --config with --data.table"],
    "--table messy.csv --resume runs/messy/version_0": ["give --table, or --config with --data.table"],
    "--table=messy.csv --target rating --data.decimal ;": ["data.decimal must be '.' or ',', got ';'"],
}


@pytest.mark.parametrize("words", MISTAKES)
def test_a_mistake_is_refused_in_one_message_and_leaves_no_run(command, table, tmp_path, words):
    refused(command("study", *words.split()), *MISTAKES[words])
    assert not versions_in(tmp_path / "runs")
    assert [path.name for path in tmp_path.iterdir()] == ["messy.csv"]
