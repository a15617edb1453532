"""Fixtures of the short samples, for the long tests, and which of these run."""

import os

import pytest

from tests.test_devices import study_alone
from tests.test_interruptions import ended, quick, undisturbed

__all__ = ["ended", "quick", "study_alone", "undisturbed"]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep a single case of each test where GREENLIGHT_SOAK is `short`."""
    if os.environ.get("GREENLIGHT_SOAK") == "short":
        cases = {item.nodeid.partition("[")[0]: item for item in reversed(items)}  # the first of each
        config.hook.pytest_deselected(items=[item for item in items if item not in cases.values()])
        items[:] = [item for item in items if item in cases.values()]
