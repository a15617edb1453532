"""A search of two trials, for tests of what plans and runs it."""

from collections.abc import Callable

import pytest

from greenlight_films.studies.tune.plan import Plan

SEARCH = "search:\n  space: {model.hidden: [[4], [8]]}\n"


@pytest.fixture
def plan(study_config, tmp_path) -> Callable[..., Plan]:
    """Return what parses a search of two trials of one epoch."""
    path = tmp_path / "search.yaml"
    path.write_text(study_config.read_text(encoding="utf-8").replace("max_epochs: 4", "max_epochs: 1") + SEARCH)

    def parse(*words: str, storage: str | None = None) -> Plan:
        return Plan.read(["--config", str(path), "--runs", str(tmp_path / "runs"), *words], storage)

    return parse
