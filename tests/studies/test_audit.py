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


def test_a_fall_of_the_score_that_is_small_is_no_sentence(folder):
    summary = pd.DataFrame({"split": ["rows at random", "by film"], "model": "tree", "r2": [0.8, 0.75]})
    assert list(AuditResult(folder, summary, [], []).drops) == []


def test_an_audit_that_fails_leaves_no_folder(read, console, tmp_path):
    with pytest.raises(InputError):
        audit(read("--data.table", str(tmp_path / "nowhere.csv")), Audit(), console)
    with pytest.raises(InputError):
        audit(read("--model.learning_rate", "1e30"), Audit(models=["mlp"], repeats=1), console)
    assert list(tmp_path.glob("runs/*/*")) == []


def test_a_recipe_is_audited_by_time_and_a_recipe_by_time_at_random(read, console):
    options = Audit(models=["tree"], repeats=1, year="year")
    for split in ("RandomSplit", "TimeSplit"):
        by = ["--data.split.by", "year"] if split == "TimeSplit" else []
        settings = read("--preset", "recipe", "--data.split", split, *by)
        assert any("Profile" in str(feature) for feature in settings.data.declared.features) == (split == "RandomSplit")
        summary = audit(settings, options, console).summary
        assert summary["split"].tolist() == ["rows at random", "by film", "by time (year)"]
