import os
import signal

import pytest

from greenlight_films.lightning_modules.callbacks.stop import ECHO, STOP, deaf, each_hears

pytestmark = pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])


def tell(number: int) -> None:
    STOP.heard = -ECHO  # or it would be the echo of the one before
    os.kill(os.getpid(), number)


def test_a_signal_stops_what_is_at_work(number):
    with STOP:
        with pytest.raises(KeyboardInterrupt):
            tell(number)
        assert STOP.told == number


def test_what_must_not_be_left_is_not_and_the_signal_is_remembered(number):
    with STOP:
        with deaf():
            tell(number)
            tell(number)
        assert STOP.told == number
        with pytest.raises(KeyboardInterrupt):
            tell(number)


def test_the_first_process_hears_for_the_others_but_where_each_is_by_itself(monkeypatch, number):
    monkeypatch.setenv("LOCAL_RANK", "1")
    with STOP:
        tell(number)
        assert STOP.told is None
        with pytest.raises(KeyboardInterrupt), each_hears():
            tell(number)
        assert STOP.told == number
