"""From words to settings and runs."""

import pytest

from greenlight_films.commands.parser.options import checked, run_options, training_options
from greenlight_films.datamodules.errors import InputError
from greenlight_films.studies.settings.config_file import CONFIGS


@pytest.mark.parametrize(
    ("command", "words", "expected"),
    [
        ("importance", ["--run", "r", "--n_repeats=3", "--seed", "1"], ["--n_repeats=3", "--seed", "1"]),
        ("importance", ["--groups.Anns", "[x]", "--run=r"], ["--groups.Anns", "[x]"]),
        ("importance", ["--run", "r", "--contributions.films=9"], ["--contributions.films=9"]),
    ],
)
def test_a_run_is_taken_out_and_own_settings_get_their_prefix(command, words, expected):
    prefixed = [f"--permutation_importance.{word[2:]}" if word.startswith("--") else word for word in expected]
    assert checked(command, words, "--run") == (prefixed, "r")


def test_other_words_stay_as_they_are():
    words = ["--data.batch_size", "8", "--name=a=b"]
    assert checked("study", words, "--resume") == (words, None)
    assert checked("study", [], "--resume") == ([], None)
    assert checked("study", ["--help-all"], "--resume") == (["--help"], None)


@pytest.mark.parametrize("words", [["--config", "ratings"], ["--config=ratings"], ["-c", "ratings"]])
def test_a_config_is_also_named_without_its_folder(words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert checked("fit", words, "--resume")[0][-1].endswith(str(CONFIGS / "ratings.yaml"))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--run"], "--run needs the folder of a run, such as runs/ratings/version_0"),
        (["--run="], "--run needs the folder of a run"),
        (["--run", "r", "--ckpt_path=x"], "--run brings its own checkpoint: give --run, or --config and --ckpt_path"),
        (["--resume", "r"], "`test` takes a run's folder with --run, not with --resume"),
        (["--allow_any_class=true"], "--allow_any_class takes no value: give it alone, or not at all"),
        (["--model.hidden", "[" * 99], "--model.hidden, line 1, column 41: a config must be nested 40 levels deep"),
    ],
)
def test_words_that_do_not_go_together_are_refused(words, message):
    with pytest.raises(InputError) as problem:
        checked("test", words, "--run")
    assert str(problem.value).startswith(message)


def test_the_config_of_a_run_comes_before_the_words(study):
    words = ["--resume", str(study.path), "--model.dropout", "0.05"]
    settings, run = training_options("fit", words)
    assert run is not None
    assert run.path == study.path
    assert (settings.name, settings.model.hparams["dropout"], settings.model.hparams["hidden"]) == ("small", 0.05, [16])


def test_a_command_without_a_run_is_refused():
    with pytest.raises(InputError, match="`predict` needs a trained model: give --run runs/<study>/version_<n>"):
        run_options("predict", [])


@pytest.mark.parametrize("words", [["--config"], ["-c"], ["--name"], ["--config="]])
def test_an_option_without_its_value_is_left_to_the_parser(words):
    assert checked("fit", words, "--resume") == (words, None)
