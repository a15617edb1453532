"""An audit as a function; as a command it is in tests/commands/test_audit.py."""

import pandas as pd
import pytest

from greenlight_films.datamodules.errors import InputError
from greenlight_films.studies.audit import Audit, AuditResult, audit
from greenlight_films.studies.settings.film_cli import read_settings


@pytest.fixture
def read(study_config, films_frame, tmp_path):
    """Return what reads the small study on a table with two rows a film."""
    pd.concat([films_frame, films_frame.assign(title="again")]).to_csv(tmp_path / "twice.csv", index=False)
    words = [
        "--config",
        str(study_config),
        "--data.table",
        str(tmp_path / "twice.csv"),
        "--runs",
        str(tmp_path / "runs"),
    ]
    return lambda *more: read_settings([*words, *more])


def test_models_are_scored_under_each_split_and_written(read, console):
    settings = read("--trainer.max_epochs", "1", "--trainer.logger", "false")
    result = audit(settings, Audit(models=["tree", "mlp"], repeats=2), console)
    lines = pd.read_csv(result.folder.path / "audit.csv")
    splits = ["rows at random", "by film", "by time (year)"]
    assert lines["split"].unique().tolist() == result.summary["split"].unique().tolist() == splits
    assert len(lines) == (2 + 2 + 1) * 2
    assert lines["seed"].dropna().unique().tolist() == [3, 4]
    shares = result.summary.set_index(["split", "model"])["film_seen"]
    assert shares["rows at random", "tree"] > 0.5
    assert shares["by film", "tree"] == 0
    assert "R² of tree falls from" in next(iter(result.drops))
    content = result.folder.read_json("audit.json")
    assert [line["split"] for line in content["splits"][::2]] == splits
    assert sorted(path.name for path in result.folder.path.iterdir()) == ["audit.csv", "audit.json", "config.yaml"]


def test_a_fall_of_the_score_that_is_small_is_no_sentence(folder):
    summary = pd.DataFrame({"split": ["rows at random", "by film"], "model": "tree", "r2": [0.8, 0.75]})
    assert list(AuditResult(folder, summary, [], []).drops) == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"repeats": 0}, "audit.repeats must be 1 or more, got 0"),
        ({"models": []}, r"audit.models must name a model, got \[\]; leave it out for tree and ridge"),
        ({"people": ["star"]}, "no column 'star'"),
        ({"people": ["year"]}, "audit.people must be columns of Labels or Category, 'year' is none"),
        ({"year": "yaer"}, "no column 'yaer', did you mean 'year'"),
    ],
)
def test_what_cannot_be_audited_is_refused_and_leaves_nothing(read, console, tmp_path, options, message):
    with pytest.raises(InputError, match=message):
        audit(read(), Audit(**options), console)
    assert not (tmp_path / "runs").exists()


def test_an_audit_that_fails_leaves_no_folder(read, console, tmp_path):
    with pytest.raises(InputError):
        audit(read("--data.table", str(tmp_path / "nowhere.csv")), Audit(), console)
    with pytest.raises(InputError):
        audit(read("--model.learning_rate", "1e30"), Audit(models=["mlp"], repeats=1), console)
    assert list(tmp_path.glob("runs/*/*")) == []
