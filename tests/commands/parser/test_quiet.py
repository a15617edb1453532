"""What the terminal is kept clear of."""

import logging
import threading
import warnings

import pytest

from greenlight_films.commands.parser.quiet import quieten


@pytest.fixture
def quiet(monkeypatch):
    monkeypatch.setattr(threading, "excepthook", threading.__excepthook__)
    with warnings.catch_warnings(record=True) as shown:
        warnings.simplefilter("always")
        quieten()
        yield shown


def test_tips_of_libraries_are_dropped_and_other_warnings_stay(quiet):
    warnings.warn("The 'train_dataloader' does not have many workers which may be slow", stacklevel=1)
    warnings.warn("the moon is full", stacklevel=1)
    assert [str(warning.message) for warning in quiet] == ["the moon is full"]
    assert not logging.getLogger("lightning.pytorch").isEnabledFor(logging.INFO)


@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize(("problem", "printed"), [(OSError("disk full"), False), (ValueError("a fault"), True)])
def test_a_thread_that_meets_a_full_disk_is_silent_since_the_command_reports_it(capsys, problem, printed):
    def fail():
        raise problem

    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()
    assert (str(problem) in capsys.readouterr().err) == printed
