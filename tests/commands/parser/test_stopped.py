"""The end of a command that got a signal after its results were written."""

from types import SimpleNamespace

import pytest

from greenlight_films.commands.parser.stopped import raise_if_stopped
from greenlight_films.lightning_modules.callbacks.signals import STOP

RUN = SimpleNamespace(path="runs/small/version_0")


def test_a_command_without_a_signal_that_measured_everything_goes_on():
    raise_if_stopped(SimpleNamespace(importance={"missing": 0, "missing_columns": 0}, run=RUN), "study")
    raise_if_stopped(SimpleNamespace(importance={}, run=RUN))


@pytest.mark.parametrize(
    ("number", "importance"), [(15, {}), (None, {"missing": 3}), (None, {"missing": 0, "missing_columns": 2})]
)
@pytest.mark.parametrize("resume", ["study", ""])
def test_a_signal_or_missing_importances_end_the_command_with_what_goes_on(monkeypatch, number, importance, resume):
    monkeypatch.setattr(STOP, "number", number)
    with pytest.raises(KeyboardInterrupt) as stop:
        raise_if_stopped(SimpleNamespace(importance=importance, run=RUN), resume)
    assert stop.value.args == (("go on with: python cli.py study --resume runs/small/version_0",) if resume else ())
