"""The whole road as a function; as a command it is in tests/commands/test_study.py."""

import pytest

from greenlight_films.datamodules.errors import InputError
from greenlight_films.studies.settings.film_cli import read_settings
from greenlight_films.studies.study import study as run_study
from tests.runs import LEFT_BY_A_STUDY, files_in

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*predict returned None.*"),
    pytest.mark.filterwarnings("ignore:.*Checkpoint directory .* exists and is not empty.*"),
]


@pytest.fixture
def read(study_config, tmp_path):
    return lambda *words: read_settings(["--config", str(study_config), "--runs", str(tmp_path / "runs"), *words])


@pytest.mark.slow
def test_the_function_and_the_command_leave_the_same(study, read, console, tmp_path):
    results = run_study(read("--trainer.logger", "false"), None, console)
    assert results is not None
    assert results.run.path == tmp_path / "runs" / "small" / "version_0"
    assert files_in(results.run.path) == LEFT_BY_A_STUDY
    assert results.metrics["models"] == study.metrics["models"]
    assert results.predictions["predicted"].tolist() == study.predictions["predicted"].tolist()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--trainer.limit_test_batches", "1"], "trainer.limit_test_batches is for `fit` alone"),
        (["--compare.models", "[kmeans]", "--compare.clusters", "9999"], "compare.clusters must be at most the "),
        (
            ["--permutation_importance.groups", '{"G": ["genre=Dramma"]}'],
            r"groups\.G: 'genre=Dramma' fits no role, column or feature, did you mean 'genre=Drama'\?",
        ),
    ],
)
def test_what_cannot_be_finished_is_refused_before_a_folder_is_made(read, console, tmp_path, words, message):
    with pytest.raises(InputError, match=message):
        run_study(read(*words), None, console)
    assert not (tmp_path / "runs").exists()
