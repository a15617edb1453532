"""From a command's words to its settings and the run that it works on."""

import os
import re
from itertools import zip_longest
from pathlib import Path

from greenlight_films.commands.parser.by_column import with_options_together
from greenlight_films.commands.parser.errors import PREFIXES
from greenlight_films.commands.parser.help import OWN_OPTIONS
from greenlight_films.commands.parser.quiet import quieten
from greenlight_films.datamodules.errors import InputError
from greenlight_films.studies.checkpoints import Checkpoint
from greenlight_films.studies.run_folder import RunFolder
from greenlight_films.studies.settings.class_paths import CLASS_LIMIT
from greenlight_films.studies.settings.config_file import check_config, check_value, named_config
from greenlight_films.studies.settings.film_cli import read_settings
from greenlight_films.studies.settings.settings import Settings

IDLE = ("--model.", "--early_stopping.", "--data.target")
"""Beginnings of options that change nothing of a trained run."""


def training_options(command: str, words: list[str], *, of_runs: bool = False) -> tuple[Settings, RunFolder | None]:
    """Return the settings of a command that trains, and the run that `--resume` names; see `RunFolder.open`."""
    words, path = checked(command, words, "--resume")
    run = RunFolder.open(path, "--resume", of_runs=of_runs) if path else None
    return read_settings([*config_of(run), *words]), run


def run_options(command: str, words: list[str]) -> tuple[Settings, RunFolder | None, Checkpoint]:
    """Return the settings of a command that needs a trained network, the run that `--run` names, and the checkpoint."""
    words, path = checked(command, words, "--run")
    has_checkpoint = any(word.startswith("--ckpt_path") for word in words)
    if not path and not has_checkpoint and not {"--help", "--print_config"} & set(words):
        raise InputError(f"`{command}` needs a trained model: give --run runs/<study>/version_<n>")
    run = RunFolder.open(path) if path else None
    settings = read_settings([*config_of(run), *words])
    file = run.checkpoint("best") if run else settings.checkpoint
    assert file
    return settings, run, Checkpoint.read(file)


def checked(command: str, words: list[str], option: str) -> tuple[list[str], str | None]:
    """Return a command's words as the parser takes them, and the folder of `--run` or `--resume`, taken out of them."""
    quieten()
    # Not an option of the parser's: a config must not be able to allow itself.
    if any(word.startswith("--allow_any_class=") for word in words):
        raise InputError("--allow_any_class takes no value: give it alone, or not at all")
    if "--allow_any_class" in words:
        CLASS_LIMIT.lift()
    words = [word for word in words if word != "--allow_any_class"]
    words = with_options_together(words)
    for index, (word, following) in enumerate(zip_longest(words, words[1:], fillvalue="")):
        name, equals, value = word.partition("=")
        text = value or following
        if name in ("--config", "-c") and text:
            path = named_config(text)
            words[index if equals else index + 1] = f"{name}={path}" if equals else path
            if os.path.isfile(path):  # unlike Path's own, no matter how long a config in place of its path is
                check_config(Path(path), name)
            else:
                check_value(path, name)
        elif name.startswith("-"):
            check_value(text, name)
    other = "--run" if option == "--resume" else "--resume"
    if any(word.partition("=")[0] == other for word in words):
        raise InputError(f"`{command}` takes a run's folder with {option}, not with {other}")
    words, folder = taken_out(option, words, "the folder of a run, such as runs/ratings/version_0")
    if folder and any(word.startswith("--ckpt_path") for word in words):
        raise InputError(f"{option} brings its own checkpoint: give {option}, or --config and --ckpt_path")
    if folder:
        _refuse_idle(option, words)
    prefix, own = PREFIXES.get(command, ""), {name.partition(".")[0] for name in OWN_OPTIONS.get(command, {})}
    words = [f"--{prefix}{word[2:]}" if re.split(r"[=.]", word)[0] in own else word for word in words]
    return ["--help" if word == "--help-all" else word for word in words], folder


def _refuse_idle(option: str, words: list[str]) -> None:
    """Refuse words that change nothing of a run, or of a trained one, and would be taken in silence."""
    for name in (word.partition("=")[0] for word in words):
        if name == "--preset":
            raise InputError(
                f"--preset can't be given with {option}: the run's config states every setting that a preset would; "
                "give single ones by name, or begin a new run"
            )
        if option == "--run" and (name == "--refit" or name.startswith(IDLE)):
            raise InputError(f"{name} can't be given with --run: the run is trained; leave it out, or begin a new run")


def taken_out(option: str, words: list[str], needs: str) -> tuple[list[str], str | None]:
    """Take an option and its value out of the words."""
    for index, word in enumerate(words):
        name, equals, value = word.partition("=")
        if name == option:
            after = index + (1 if equals else 2)
            value = value or "".join(words[index + 1 : after])
            if not value:
                raise InputError(f"{option} needs {needs}")
            return words[:index] + words[after:], value
    return words, None


def number_taken_out(option: str, words: list[str]) -> tuple[list[str], int | None]:
    """Take an option and the whole number that it needs, 1 or more, out of the words."""
    words, text = taken_out(option, words, "a whole number")
    if text is not None and not (text.isdecimal() and int(text[:9]) > 0):
        raise InputError(f"{option} must be a whole number, 1 or more, got {text}")
    return words, None if text is None else int(text[:9])


def config_of(run: RunFolder | None) -> list[str]:
    """Return the options that take a run's config."""
    return ["--config", str(run.config)] if run else []
