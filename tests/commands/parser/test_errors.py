"""Messages of what a user can mend; whole commands are in tests/commands/test_main.py."""

import errno

import pytest

from greenlight_films.commands.parser.errors import first_process_has_reported, message_of
from greenlight_films.datamodules.errors import InputError


@pytest.mark.parametrize(
    ("command", "problem", "message"),
    [
        ("importance", "permutation_importance.off_rows must be 2", "--off_rows must be 2"),
        ("importance", "permutation_importance.else must be 2", "permutation_importance.else must be 2"),
        ("study", "permutation_importance.off_rows must be 2", "permutation_importance.off_rows must be 2"),
        ("baselines", "compare.grid: must be true", "--grid: must be true"),
        ("audit", "audit.repeats must be 1 or more, got 0", "--repeats must be 1 or more, got 0"),
        ("importance", "no option '--estimater'", "no option '--estimater', did you mean '--estimator'?"),
        ("study", "no option '--estimater'", "no option '--estimater'"),
        ("predict", "say data.day_first: {day: false}", 'say --data.day_first "{day: false}"'),
        ("study", "say data.day_first: {day: false}", "say data.day_first: {day: false}"),
        ("look", "say data.day_first: {day: false}", 'say --day_first "{day: false}"'),
    ],
)
def test_settings_are_named_as_the_command_takes_them(command, problem, message):
    assert message_of(InputError(problem), command) == message


def test_a_full_disk_is_a_message_less_than_the_problem_before_it_and_a_fault_of_ours_is_none():
    assert message_of(RuntimeError("index out of bounds"), "fit") is None
    problem = OSError(errno.ENOSPC, "No space left on device", "runs/x")
    assert "runs/x" in message_of(problem, "fit")
    problem.__context__ = InputError("the first problem")
    assert message_of(problem, "fit") == "the first problem"


@pytest.mark.parametrize(
    ("problem", "detail"),
    [
        (MemoryError(), "no more is left"),
        (MemoryError("Unable to allocate 9 GiB\nmore"), "Unable to allocate 9 GiB"),
        (
            RuntimeError("[enforce fail at alloc_cpu.cpp:1] err == 0. DefaultCPUAllocator: can't allocate memory: 8"),
            "DefaultCPUAllocator: can't allocate memory: 8",
        ),
    ],
)
def test_memory_that_is_out_is_a_message_with_what_needs_less(problem, detail):
    remedy = "more min_films of a feature, a smaller --data.batch_size and --compare.models '[]' need less"
    assert message_of(problem, "fit") == f"out of memory: {detail}; {remedy}"


def test_the_first_process_reports_itself(monkeypatch):
    monkeypatch.delenv("LOCAL_RANK", raising=False)
    assert not first_process_has_reported()
