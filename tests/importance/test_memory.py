import subprocess
import sys

import pytest

from greenlight_films.importance import keep_freed_memory

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
def test_a_large_block_that_is_made_again_costs_no_new_pages():
    assert page_faults("keep") * 4 < page_faults("leave")


def test_where_there_is_no_such_switch_nothing_happens(monkeypatch):
    monkeypatch.setattr("ctypes.CDLL", lambda name: object())
    keep_freed_memory()
