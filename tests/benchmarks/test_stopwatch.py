"""Calls are timed in turn."""

from greenlight_films.benchmarks.stopwatch import seconds_of


def test_calls_are_timed_in_turn_and_a_first_round_is_not_counted():
    order = []
    times = seconds_of({"a": lambda: order.append("a"), "b": lambda: order.append("b")}, repeats=3)
    assert order == ["a", "b"] * 4
    assert set(times) == {"a", "b"}
    assert all(seconds >= 0 for seconds in times.values())
