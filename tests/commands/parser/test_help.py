"""The quick help, held against the real parser so that the two can't drift apart."""

import re
from contextlib import suppress
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

import cli
from cli import TAKES_A_RUN
from greenlight_films.commands.parser.help import COMMANDS, EXAMPLES, IMPORTANCE, OPTIONS, show_command, show_overview
from greenlight_films.datamodules.errors import InputError
from greenlight_films.studies.auditing import AuditCLI
from greenlight_films.studies.settings.film_cli import FilmCLI
from greenlight_films.studies.settings.film_parser import FilmArgumentParser
from greenlight_films.studies.settings.prefixes import PREFIXES
from greenlight_films.studies.tune.tuning import SearchCLI

OPTION = r"--[a-z][\w.]*[a-z]"
PREFIX = "--permutation_importance."


def shown(show, *arguments, width: int = 200) -> str:
    text = StringIO()
    show(*arguments, Console(file=text, width=width))
    return text.getvalue()


def accepted_by(command: str) -> set[str]:
    """Return the options that the command's own parser has, read from the parser."""
    FilmArgumentParser.options = ()
    with suppress(InputError):  # the config is missing
        if command == "tune":
            SearchCLI([])
        elif command == "audit":
            AuditCLI([])
        else:
            FilmCLI([command], open_run=lambda _: Path())
    assert "data.table" in FilmArgumentParser.options
    return {f"--{option}" for option in FilmArgumentParser.options}


def test_every_command_of_the_parser_is_shown_and_no_other():
    assert (
        set(COMMANDS) == {*FilmCLI.subcommands(), "tune", "audit", "prepare", "report"} == set(OPTIONS) == set(EXAMPLES)
    )
    assert {*TAKES_A_RUN, "prepare", "report"} == set(COMMANDS)


def test_the_overview_names_every_command_with_its_meaning():
    text = shown(show_overview)
    assert {"study", "fit", "validate", "test", "predict", "importance"} <= set(COMMANDS)
    for command, meaning in COMMANDS.items():
        assert re.search(rf"^ +{command} +{re.escape(meaning)}", text, re.MULTILINE)


@pytest.mark.parametrize("command", TAKES_A_RUN)
def test_every_option_on_a_page_is_one_of_the_parser(command):
    named = set(re.findall(OPTION, "\n".join([*OPTIONS[command], *OPTIONS[command].values(), EXAMPLES[command]])))
    assert len(named) >= 2
    accepted = accepted_by(command)
    if command in ("importance", "audit"):  # which take their own options without their prefix
        prefix = f"--{PREFIXES[command]}"
        accepted |= {f"--{option.removeprefix(prefix)}" for option in accepted if option.startswith(prefix)}
    assert named - {TAKES_A_RUN[command], "--allow_any_class"} <= accepted  # which the command line takes out


@pytest.mark.parametrize("command", ["study", "importance"])
def test_every_setting_of_importance_is_shown_and_every_one_shown_is_an_option_with_a_prefix(command):
    prefixed = {option for option in accepted_by(command) if option.startswith(PREFIX)}
    assert prefixed == {PREFIX + option[2:] for option in IMPORTANCE}
    assert len(prefixed) == 7


def test_every_setting_of_a_search_but_its_space_is_shown():
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
    assert (f"python cli.py {command} --help-all" in text) == (command not in ("prepare", "report"))  # have no others
    assert TAKES_A_RUN.get(command, "--out") in text


@pytest.mark.parametrize("command", COMMANDS)
def test_an_example_runs_its_own_command_on_what_is_there(command):
    words = EXAMPLES[command].split()
    assert words[:3] == ["python", "cli.py", command]
    for config in re.findall(r"configs/\S+", EXAMPLES[command]):
        assert (Path(cli.__file__).parent / config).is_file()


@pytest.mark.parametrize("command", COMMANDS)
def test_brackets_are_shown_and_no_markup(command):
    text = shown(show_command, command)
    assert "[bold]" not in text
    assert "\\" not in text
    assert ("[128,64]" in text) == (command in ("study", "fit"))


@pytest.mark.parametrize("command", COMMANDS)
def test_a_page_fits_a_narrow_terminal(command):
    assert max(map(len, shown(show_command, command, width=80).splitlines())) <= 80


@pytest.mark.parametrize("words", [(), ("--help",), ("-h",), ("help",)])
def test_the_overview_answers_to_every_word_for_help(command, words):
    said = command(*words)
    assert (said.code, said.err) == (0, "")
    assert "python cli.py COMMAND" in said.out
    assert "python cli.py study --config configs/ratings.yaml" in said.out


@pytest.mark.parametrize("words", [("study", "--help"), ("study", "-h"), ("study", "--config", "none.yaml", "--help")])
def test_a_commands_page_answers_wherever_help_stands(command, words):
    said = command(*words)
    assert (said.code, said.err) == (0, "")
    assert "--model.hidden [128,64]" in said.out


def test_the_full_help_is_the_parsers(capsys):
    with pytest.raises(SystemExit) as end:
        cli.main(["fit", "--help-all"])
    assert end.value.code == 0
    text = capsys.readouterr().out
    assert accepted_by("fit") <= {word.rstrip(",") for word in re.findall(r"--[\w.-]+", text)} | {"--subcommand"}
