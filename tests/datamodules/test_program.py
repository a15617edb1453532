"""Messages name the command that was typed, and values as they are typed."""

import sys

import pytest

from greenlight_films.datamodules.program import as_typed, command


@pytest.mark.parametrize(
    ("started", "typed"),
    [
        ("/usr/local/bin/greenlight", "greenlight test"),
        (r"greenlight.exe", "greenlight test"),
        ("/home/ann/greenlight_films/__main__.py", "python -m greenlight_films test"),
        ("/home/ann/other/__main__.py", "python cli.py test"),
        ("cli.py", "python cli.py test"),
        ("/usr/bin/pytest", "python cli.py test"),
    ],
)
def test_a_command_is_named_as_the_program_was_started(monkeypatch, started, typed):
    monkeypatch.setattr(sys, "argv", [started, "study"])
    assert command("test") == typed


@pytest.mark.parametrize(
    ("value", "typed"),
    [("Amélie", "Amélie"), (["Amélie", 1], '["Amélie", 1]'), (None, "null"), (True, "true"), (0.5, "0.5")],
)
def test_values_are_typed_as_text_or_json(value, typed):
    assert as_typed(value) == typed
