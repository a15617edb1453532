"""The quick help, held against the real parser so that the two can't drift apart."""

import re
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from greenlight_films.commands.main import main
from greenlight_films.commands.parser.errors import PREFIXES
from greenlight_films.commands.parser.help import (
    BASELINES,
    COMMANDS,
    EXAMPLES,
    IMPORTANCE,
    OPTIONS,
    RUNS,
    TABLE,
    WITH_FEW_OPTIONS,
    show_command,
)
from greenlight_films.studies.audit import Audit
from greenlight_films.studies.settings.film_cli import FilmCLI
from greenlight_films.studies.settings.film_parser import option_names
from greenlight_films.studies.tune.search_space import Search

ROOT = Path(__file__).parents[3]
OPTION = r"--[a-z][\w.]*[a-z]"
OWN_PARSER = WITH_FEW_OPTIONS
RESUMED, WRITTEN = ("study", "fit", "tune"), ("look", "prepare", "report", "encode")
FOLDERS = dict.fromkeys(RESUMED, "--resume") | dict.fromkeys(WRITTEN, "--out")
"""The option that names a folder, `--run` with other commands, which the command line takes out for the parser."""
OUTSIDE = {
    "study": {option.split()[0] for option in (*TABLE, *RUNS)},
    "refresh": {"--table"},
    "predict": {"--out"},
    "tune": {"--workers", "--storage"},
}
"""By command, options that are taken out before the parser."""


def shown(show, *arguments, width: int = 200) -> str:
    text = StringIO()
    show(*arguments, Console(file=text, width=width))
    return text.getvalue()


@pytest.fixture(scope="module")
def accepted_by(study_config):
    """Return what tells the options that the parser of a command takes, asked of the parser itself."""

    def ask(command: str) -> set[str]:
        group = {"tune": ("search", Search), "audit": ("audit", Audit)}.get(command)
        options = option_names(FilmCLI(["--config", str(study_config)], group).parser)
        assert "data.table" in options
        return {f"--{option}" for option in options}

    return ask


def test_every_command_has_a_module_a_page_and_an_example():
    modules = {path.stem for path in Path(show_command.__code__.co_filename).parents[1].glob("[a-z]*.py")}
    assert set(COMMANDS) == modules - {"main"} == set(OPTIONS) == set(EXAMPLES)


@pytest.mark.parametrize("command", [name for name in COMMANDS if name not in OWN_PARSER])
def test_every_option_on_a_page_is_an_option_of_the_parser(accepted_by, command):
    named = set(re.findall(OPTION, "\n".join([*OPTIONS[command], *OPTIONS[command].values(), EXAMPLES[command]])))
    assert len(named) >= 2
    accepted = accepted_by(command) | OUTSIDE.get(command, set())
    if prefix := PREFIXES.get(command):  # which take their own options without their prefix
        accepted |= {
            f"--{option.removeprefix(f'--{prefix}')}" for option in accepted if option.startswith(f"--{prefix}")
        }
    own = {FOLDERS.get(command, "--run"), "--allow_any_class"}
    assert named - own <= accepted


@pytest.mark.parametrize(("prefix", "page"), [("permutation_importance", IMPORTANCE), ("compare", BASELINES)])
def test_every_setting_of_a_command_is_shown_and_no_other(accepted_by, prefix, page):
    prefixed = {option for option in accepted_by("study") if option.startswith(f"--{prefix}.")}
    assert len(prefixed) >= 5
    settings = {option for option in prefixed if not any(other.startswith(f"{option}.") for other in prefixed)}
    assert settings == {f"--{prefix}.{option[2:]}" for option in page}


def test_every_setting_of_a_search_but_its_space_is_shown(accepted_by):
    settings = {option for option in accepted_by("tune") if option.startswith("--search.")}
    assert settings - {"--search.space"} == set(re.findall(r"--search\.\w+", "\n".join(OPTIONS["tune"])))


@pytest.mark.parametrize("command", COMMANDS)
def test_a_page_shows_every_option_with_its_meaning_and_an_example(command):
    text = shown(show_command, command)
    assert text.startswith(f"python cli.py {command}: {COMMANDS[command]}")
    for option, meaning in OPTIONS[command].items():
        assert option in text
        assert meaning in text
    assert EXAMPLES[command] in text
    assert EXAMPLES[command].split()[0] == command
    assert all((ROOT / config).is_file() for config in re.findall(r"configs/\S+", EXAMPLES[command]))
    assert (f"python cli.py {command} --help-all" in text) == (command not in OWN_PARSER)
    assert FOLDERS.get(command, "--run") in text
    assert "[bold]" not in text
    assert "\\" not in text
    assert max(map(len, shown(show_command, command, width=80).splitlines())) <= 80


@pytest.mark.parametrize("words", [(), ("--help",), ("-h",), ("help",)])
def test_the_overview_answers_to_every_word_for_help_with_every_command(command, words):
    answer = command(*words)
    assert (answer.code, answer.err) == (0, "")
    assert "python cli.py COMMAND" in answer.out
    assert "python cli.py study --config configs/ratings.yaml" in answer.out
    text = " ".join(answer.out.split())  # at any width of a terminal
    assert all(f"{name} {meaning}" in text for name, meaning in COMMANDS.items())


@pytest.mark.parametrize("words", [("study", "-h"), ("study", "--config", "none.yaml", "--help")])
def test_a_commands_page_answers_wherever_help_stands(command, words):
    answer = command(*words)
    assert (answer.code, answer.err) == (0, "")
    assert "--model.hidden '[128,64]'" in answer.out


def test_the_full_help_is_the_parsers(accepted_by, capsys):
    with pytest.raises(SystemExit) as end:
        main(["fit", "--help-all"])
    assert end.value.code == 0
    absent = accepted_by("fit") - {word.rstrip(",") for word in re.findall(r"--[\w.-]+", capsys.readouterr().out)}
    assert all(option.startswith("--data.split.") for option in absent)  # of the default split, which may be another
