import subprocess
import sys

import pytest
import torch

from greenlight_films.importance.cpu import in_threads, keep_freed_memory, one_thread_a_step

MADE_AGAIN = """
import resource, sys, torch
from greenlight_films.importance import keep_freed_memory
if sys.argv[1] == "keep":
    keep_freed_memory()
for _ in range(10):
    torch.ones(10_000_000)
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(20):
    torch.ones(10_000_000)
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def page_faults(how: str) -> int:
    done = subprocess.run([sys.executable, "-c", MADE_AGAIN, how], capture_output=True, text=True, check=True)
    return int(done.stdout)


@pytest.mark.skipif(sys.platform != "linux", reason="glibc's own")
@pytest.mark.slow
def test_a_large_block_that_is_made_again_costs_no_new_pages():
    assert page_faults("keep") * 4 < page_faults("leave")


def test_where_there_is_no_such_switch_nothing_happens(monkeypatch):
    monkeypatch.setattr("ctypes.CDLL", lambda name: object())
    keep_freed_memory()


def test_a_step_uses_one_thread_and_the_others_are_given_back(three_threads):
    def fail() -> None:
        with one_thread_a_step() as threads:
            assert (threads, torch.get_num_threads()) == (3, 1)
            raise KeyError("a step")

    with pytest.raises(KeyError, match="a step"):
        fail()
    assert torch.get_num_threads() == 3


def test_threads_give_the_slices_in_order_and_in_inference_mode(three_threads):
    def work(part: slice) -> tuple[int, int, bool, int]:
        return part.start, part.stop, torch.is_inference_mode_enabled(), torch.get_num_threads()

    assert in_threads(work, 7, 3, torch.device("cpu")) == [(0, 3, True, 1), (3, 6, True, 1), (6, 7, True, 1)]
    assert in_threads(work, 0, 3, torch.device("cpu")) == []
    assert torch.get_num_threads() == 3
