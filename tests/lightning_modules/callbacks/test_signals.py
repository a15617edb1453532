"""Signals: when they interrupt, when they wait, and which process takes them."""

import os
import signal

import pytest

from greenlight_films.lightning_modules.callbacks.signals import REPEAT, STOP, interrupted_alone, uninterrupted

pytestmark = pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])


def send(number: int) -> None:
    STOP.last_time = -REPEAT  # or it would be a copy of the signal before
    os.kill(os.getpid(), number)


def test_a_signal_interrupts(number):
    with STOP:
        with pytest.raises(KeyboardInterrupt):
            send(number)
        assert STOP.number == number


def test_what_must_be_whole_is_not_interrupted_and_the_signal_is_kept(number):
    with STOP:
        with uninterrupted():
            send(number)
            send(number)
        assert STOP.number == number
        with pytest.raises(KeyboardInterrupt):
            send(number)


def test_the_first_process_takes_signals_for_the_others_unless_each_is_alone(monkeypatch, number):
    monkeypatch.setenv("LOCAL_RANK", "1")
    with STOP:
        send(number)
        assert STOP.number is None
        with pytest.raises(KeyboardInterrupt), interrupted_alone():
            send(number)
        assert STOP.number == number


def test_a_copy_of_a_signal_right_after_it_is_none(number):
    with STOP:
        with pytest.raises(KeyboardInterrupt):
            send(number)
        os.kill(os.getpid(), number)
        assert STOP.number == number


def test_training_looks_for_itself_and_only_a_second_ctrl_c_interrupts(number):
    with STOP:
        STOP.waits = True
        send(number)
        assert STOP.number == number
        if number == signal.SIGTERM:
            send(number)
        else:
            with pytest.raises(KeyboardInterrupt):
                send(number)


def test_handlers_are_those_of_before_afterwards_and_ignored_signals_stay_so(number):
    before = signal.signal(number, signal.SIG_IGN)
    try:
        with STOP:
            assert signal.getsignal(number) == signal.SIG_IGN
    finally:
        signal.signal(number, before)
    with STOP:
        assert signal.getsignal(number) not in (before, signal.SIG_IGN)
    assert signal.getsignal(number) == before
