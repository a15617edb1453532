"""Fixtures of the short samples, for the long tests."""

from tests.test_devices import study_alone
from tests.test_interruptions import ended, quick, undisturbed

__all__ = ["ended", "quick", "study_alone", "undisturbed"]
