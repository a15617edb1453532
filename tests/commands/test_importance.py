"""`importance`: measured again from a run's folder, as in a study."""

import re

import pytest
import yaml

from tests.conftest import UNLOGGED
from tests.runs import IMPORTANCES, described, files_in, tables_of, versions_in


@pytest.mark.slow
def test_importances_are_measured_again_from_a_runs_folder(study, copied, command):
    kept = {name: (copied.path / name).read_bytes() for name in files_in(copied.path) if name not in IMPORTANCES}
    for name in IMPORTANCES:
        (copied.path / name).unlink()
    answer = command("importance", "--run", copied.path)
    assert (answer.code, answer.err) == (0, "")
    assert "What the predictions of 45 test films rest on" in answer.out
    assert tables_of(copied.path) == tables_of(study.path)
    assert {name: (copied.path / name).read_bytes() for name in kept} == kept
    assert versions_in(copied.runs) == ["small/version_0"]


SETTINGS = {
    "shuffles": ["--estimator", "shuffle", "--n_repeats", "3", "--seed", "5"],
    "all rows of the validation films": ["--off_rows=all", "--loss", "mae", "--split", "val"],
    "groups": ["--groups", '{"Anns": ["cast=Ann *"], "Old": ["year"]}', "--estimator=shuffle", "--loss=rmse"],
}


@pytest.mark.slow
@pytest.mark.parametrize("settings", SETTINGS.values(), ids=list(SETTINGS))
def test_settings_after_a_study_do_what_they_do_in_it(study, train, copied, command, settings):
    in_study = [re.sub("^--", "--permutation_importance.", word) for word in settings]
    expected = train("study", *in_study, "--compare.models", "[]", *UNLOGGED).path
    assert tables_of(expected)["Permu_importance_df.csv"] != tables_of(study.path)["Permu_importance_df.csv"]
    assert command("importance", "--run", copied.path, *settings).code == 0
    assert tables_of(copied.path) == tables_of(expected)
    side = ("val", 30) if "--split" in settings else ("test", 45)
    assert (described(copied.path)["split"], described(copied.path)["films"]) == side


def test_other_commands_measure_nothing(fitted, copied, command):
    for name in IMPORTANCES:
        (copied.path / name).unlink()
    for word in ("validate", "test", "predict"):
        assert command(word, "--run", copied.path).code == 0
    assert not set(files_in(copied.path)) & set(IMPORTANCES)
    assert not set(files_in(fitted.path)) & set(IMPORTANCES)


@pytest.mark.slow
def test_a_run_whose_config_knows_nothing_of_importance_takes_the_defaults(study, copied, command):
    config = yaml.safe_load((copied.path / "config.yaml").read_text())
    del config["permutation_importance"]
    (copied.path / "config.yaml").write_text(yaml.safe_dump(config))
    assert command("importance", "--run", copied.path).code == 0
    assert tables_of(copied.path) == tables_of(study.path)
