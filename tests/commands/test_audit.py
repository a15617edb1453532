"""`audit` as a user meets it: what it says and leaves of tables with leaks and without, and what it refuses."""

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import yaml

from tests.conftest import refused

STUDY = """\
name: small
preset: seed
data:
  table: {table}
  film: id
  target: {{class_path: Target, init_args: {{column: revenue, unit: US dollars}}}}
  features:
    - {{class_path: Number, init_args: {{column: runtime}}}}
    - {{class_path: Category, init_args: {{column: person}}}}
  split: {{class_path: RandomSplit, init_args: {{val: 0.1, test: 0.2, seed: 3}}}}
  batch_size: 128
model: {{hidden: [8]}}
trainer: {{max_epochs: 1, accelerator: cpu, devices: 1, enable_progress_bar: false}}
"""
VOTES = "\n    - {class_path: Number, init_args: {column: votes}}\n"


@pytest.fixture(scope="module")
def config(tmp_path_factory) -> Path:
    """Return a config for 80 films with a row for each of ten people, who were in no other film.

    A film's revenue has nothing to do with its runtime, which is its own. The config's own split puts films on both
    sides, without leave to.
    """
    folder = tmp_path_factory.mktemp("audited")
    random = np.random.default_rng(5)
    films = pd.DataFrame(
        {
            "id": [f"tt{number:03d}" for number in range(80)],
            "year": 1930 + random.permutation(80),
            "made": 1930 + random.permutation(80),
            "runtime": random.permutation(80) + 70,
            "revenue": random.normal(5e6, 1e6, 80).round(),
            "votes": random.integers(10, 10_000, 80),
        }
    )
    rows = films.loc[films.index.repeat(10)].reset_index(drop=True)
    rows["person"] = [f"Person {number}" for number in range(800)]
    rows.to_csv(folder / "people.csv", index=False)
    films.assign(person="Ann").to_csv(folder / "films.csv", index=False)
    (folder / "study.yaml").write_text(STUDY.format(table=folder / "people.csv"), encoding="utf-8")
    (folder / "votes.yaml").write_text(
        (folder / "study.yaml").read_text(encoding="utf-8").replace("\n  split:", VOTES + "  split:"), encoding="utf-8"
    )
    return folder / "study.yaml"


@pytest.fixture(scope="module")
def audit(command, config, tmp_path_factory):
    """Return what audits in a folder of its own."""

    def run(*options: object, config: Path = config) -> SimpleNamespace:
        runs = tmp_path_factory.mktemp("runs")
        answer = command("audit", "--config", config, "--runs", runs, *options)
        assert (answer.code, answer.err) == (0, "")
        path = runs / "small-audit/version_0"
        record = json.loads((path / "audit.json").read_text(encoding="utf-8"))
        return SimpleNamespace(path=path, out=answer.out, lines=pd.read_csv(path / "audit.csv"), record=record)

    return run


@pytest.fixture(scope="module")
def audited(audit) -> SimpleNamespace:
    return audit("--models", "[tree]", "--repeats", 2)


def summary_of(done: SimpleNamespace) -> dict[str, dict]:
    return {split["split"]: split for split in done.record["splits"]}


def test_a_tree_knows_films_by_heart_with_rows_at_random_and_nothing_of_new_ones(audited):
    r2 = audited.lines.groupby("split")["r2"]
    assert r2.min()["rows at random"] > 0.9
    assert r2.max()["by film"] < 0.3
    assert r2.max()["by time (year)"] < 0.3
    summary = summary_of(audited)
    assert list(summary) == ["rows at random", "by film", "by time (year)"]
    for split, scores in summary.items():
        assert scores["r2"] == pytest.approx(r2.mean()[split])
        assert scores["r2_sd"] == (None if split == "by time (year)" else pytest.approx(r2.std()[split]))
        assert scores["repeats"] == (1 if split == "by time (year)" else 2)
    by_film = f"to {summary['by film']['r2']:.3f} by film: rows at random tell it of films that it has seen."
    assert f"R² of tree falls from {summary['rows at random']['r2']:.3f} with rows at random {by_film}" in audited.out
    assert f"{audited.path}/" in audited.out


def test_each_repeat_is_a_line_with_the_next_seed_and_exact_shares_of_rows(audited):
    lines = audited.lines
    random, by_time = lines[lines["split"] == "rows at random"], lines[lines["split"] == "by time (year)"]
    assert random["repeat"].tolist() == [0, 1]
    assert random["seed"].tolist() == lines.loc[lines["split"] == "by film", "seed"].tolist() == [3, 4]
    assert ",0,3,tree," in (audited.path / "audit.csv").read_text(encoding="utf-8")
    assert random["r2"].nunique() == 2
    assert by_time["seed"].isna().tolist() == [True]
    assert lines[["train_rows", "test_rows", "person_seen"]].drop_duplicates().values.tolist() == [[560, 160, 0]]
    assert lines.groupby("split", sort=False)["film_seen"].mean().tolist() == [1, 0, 0]


def test_a_text_that_means_missing_is_no_person(audit, config):
    others = [f"--data.table={config.with_name('films.csv')}", "--data.missing.person=[Ann]"]
    done = audit("--models", "[tree]", "--repeats", 1, *others)
    assert done.lines["person_seen"].tolist() == [0] * len(done.lines)


@pytest.mark.slow
def test_the_folder_holds_the_studys_config_and_the_results(audited, config, command, tmp_path):
    assert sorted(path.name for path in audited.path.iterdir()) == ["audit.csv", "audit.json", "config.yaml"]
    written = yaml.safe_load((audited.path / "config.yaml").read_text(encoding="utf-8"))
    given = yaml.safe_load(config.read_text(encoding="utf-8"))
    assert "audit" not in written
    assert written["data"]["split"]["init_args"] == given["data"]["split"]["init_args"]
    assert written["data"]["allow_leak"] == []
    words = ["--data.split", "GroupSplit", "--data.split.by", "id", "--compare.models", "[]"]
    answer = command("study", "--config", audited.path / "config.yaml", "--runs", tmp_path, *words)
    assert answer.code == 0, answer.err


def test_another_column_can_be_the_year(audited, audit):
    done = audit("--models", "[tree]", "--repeats", 1, "--year", "made")
    assert summary_of(done)["by time (made)"]["r2"] != summary_of(audited)["by time (year)"]["r2"]
    assert done.record["notes"] == []


FILMS_OF_A_ROW = "not split by film: every film has one row, so that rows at random are films at random"


def without_two_ids(films: pd.DataFrame) -> pd.DataFrame:
    return films.assign(id=films["id"].mask(films.index.isin([3, 5])))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "options", "splits", "notes"),
    [
        (pd.DataFrame.copy, ["--people", "[person]"], ["rows at random", "by time (year)"], [FILMS_OF_A_ROW]),
        (without_two_ids, [], ["rows at random", "by time (year)"], [FILMS_OF_A_ROW]),
        (
            lambda films: films.drop(columns="year"),
            ["--data.film", "null"],
            ["rows at random"],
            [
                "not split by film: data.film names no column with a film's id",
                "not split by time: no column is named year or release date; audit.year names another",
            ],
        ),
        (
            lambda films: films.assign(year="long ago"),
            [],
            ["rows at random"],
            [FILMS_OF_A_ROW, "not split by time (year): column 'year' must hold numbers or dates"],
        ),
    ],
)
def test_a_split_that_cannot_be_made_is_a_note(audit, config, tmp_path, change, options, splits, notes):
    change(pd.read_csv(config.with_name("films.csv"))).to_csv(tmp_path / "films.csv", index=False)
    done = audit("--repeats", 1, "--data.table", tmp_path / "films.csv", *options)
    assert done.lines["model"].tolist() == ["tree", "ridge"] * len(splits)
    assert list(summary_of(done)) == splits
    assert all(note.startswith(start) for note, start in zip(done.record["notes"], notes, strict=True))
    assert all(note in done.out for note in done.record["notes"])
    assert ("its film in training" in done.out) is ("--data.film" not in options)
    assert (summary_of(done)["rows at random"]["film_seen"] is None) is ("--data.film" in options)


def test_rows_without_an_id_or_a_year_are_left_out_of_those_splits(audit, config, tmp_path):
    rows = pd.read_csv(config.with_name("people.csv"))
    rows.loc[:6, "id"], rows.loc[100:109, "year"] = None, None
    rows.to_csv(tmp_path / "rows.csv", index=False)
    done = audit("--models", "[tree]", "--repeats", 1, "--data.table", tmp_path / "rows.csv")
    notes = ["by film: 7 rows without id left out", "by time: 10 rows without year left out"]
    assert done.record["notes"] == notes
    assert (done.lines["train_rows"] + done.lines["test_rows"]).between(650, 730).all()


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_the_studys_own_network_is_trained_and_leaves_no_checkpoint(audit, audited):
    done = audit("--models", "[tree,mlp]", "--repeats", 1)
    assert done.lines["model"].tolist() == ["tree", "mlp"] * 3
    assert done.lines.loc[done.lines["model"] == "mlp", "r2"].nunique() == 3
    trees, before = done.lines.query("model == 'tree'"), audited.lines.query("repeat == 0")
    assert trees["r2"].tolist() == before["r2"].tolist()
    assert sorted(path.name for path in done.path.iterdir()) == ["audit.csv", "audit.json", "config.yaml"]


LATE = "Known only after release: votes. It goes with revenue, and can't tell it of a film to come: leave it out of"


@pytest.mark.slow
def test_votes_are_reported_by_audit_and_study_and_the_run_can_be_audited(audit, audited, command, config, tmp_path):
    votes = config.with_name("votes.yaml")
    done = audit("--models", "[tree]", "--repeats", 1, config=votes)
    assert LATE in done.out
    assert done.record["known_after_release"] == ["votes"]
    assert audited.record["known_after_release"] == []
    assert "Known only after release" not in audited.out

    options = ["--data.split", "GroupSplit", "--data.split.by", "id", "--compare.models", "[]"]
    answer = command("study", "--config", votes, "--runs", tmp_path / "runs", *options)
    assert answer.code == 0, answer.err
    assert LATE in answer.out
    run = tmp_path / "runs/small/version_0"
    metrics = json.loads((run / "metrics.json").read_text(encoding="utf-8"))
    assert metrics["known_after_release"] == ["votes"]

    before = {path: path.read_bytes() for path in run.rglob("*") if path.is_file()}
    words = ["--models", "[tree]", "--repeats", 1, "--data.split.seed", 3, "--data.split.val", 0.1]
    answer = command("audit", "--run", run, *words, "--data.split.test", 0.2)
    assert answer.code == 0, answer.err
    lines = pd.read_csv(tmp_path / "runs/small-audit/version_0/audit.csv").drop(columns="seed")
    pd.testing.assert_frame_equal(lines[:2], done.lines.drop(columns="seed")[:2])
    assert {path: path.read_bytes() for path in run.rglob("*") if path.is_file()} == before


MISTAKES = [
    (("--repeats", 0), "--repeats must be 1 or more, got 0"),
    (("--models", "[]"), "--models must name a model, got []"),
    (("--models", "[trea]"), "must be one of tree, ridge, boosting, knn, mlp, got ['trea']"),
    (("--year", "person"), "'person' must hold numbers or dates"),
    (("--people", "[runtime]"), "--people must be columns of Labels or Category, 'runtime'"),
    (("--data.film", "nope"), "no column 'nope'"),
    (("--resume", "runs/small/version_0"), "`audit` takes a run's folder with --run"),
]


@pytest.mark.parametrize(("options", "message"), MISTAKES)
def test_a_mistake_ends_in_a_single_message_and_leaves_nothing(command, config, tmp_path, options, message):
    refused(command("audit", "--config", config, "--runs", tmp_path / "runs", *options), message)
    assert not list(tmp_path.rglob("version_*"))


def test_without_a_config_it_needs_one(command):
    refused(command("audit"), "--config configs/ratings.yaml")
