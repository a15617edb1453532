"""Which classes configs may name; whole configs with code in them are in tests/test_security.py."""

import os

import pytest
from jsonargparse import Namespace

from greenlight_films.datamodules.errors import InputError
from greenlight_films.studies.settings import class_paths
from greenlight_films.studies.settings.class_paths import (
    CLASS_LIMIT,
    ClassLimit,
    refusal,
    refuse_functions,
    with_current_names,
)


@pytest.fixture
def limit(monkeypatch) -> tuple[ClassLimit, list[dict]]:
    """Return a limit of its own, and what it would set in the parser, which is left alone."""
    settings = []
    monkeypatch.setattr(class_paths, "set_parsing_settings", lambda **given: settings.append(given))
    return ClassLimit(), settings


def test_only_listed_parts_may_be_imported_unless_the_limit_is_lifted(limit):
    classes, settings = limit
    classes.enforce()
    assert settings[-1]["import_path_denylist"] == ["*"]
    assert "greenlight_films" in settings[-1]["import_path_allowlist"]
    assert not any(part in ("torch", "torch.hub", "lightning") for part in settings[-1]["import_path_allowlist"])
    other = ClassLimit()
    other.lift()
    other.enforce()
    assert not settings[-1]["instantiate_subclass_spec_in_any"]
    assert settings[-1].get("import_path_denylist") is None


def test_a_process_that_limits_classes_cannot_lift_the_limit(limit):
    classes, _ = limit
    classes.enforce()
    with pytest.raises(InputError, match="--allow_any_class must be given to a process of its own: this one limits"):
        classes.lift()


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("datamodules.Number", "greenlight_films.datamodules.Number"),
        ("lightning_modules.MLPRegressor", "greenlight_films.lightning_modules.MLPRegressor"),
        ("Number", "Number"),
        ("torch.nn.ReLU", "torch.nn.ReLU"),
        (7, 7),
    ],
)
def test_class_paths_of_older_configs_get_todays_names(path, expected):
    config = {"data": {"features": [{"class_path": path, "init_args": {"column": "datamodules.x"}}]}}
    after = {"data": {"features": [{"class_path": expected, "init_args": {"column": "datamodules.x"}}]}}
    assert with_current_names(config) == after


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"data": {"class_path": "os.system"}}, f"data: {refusal('os.system')}"),
        (Namespace(a=[{"b": os.system}]), f"a.b: {refusal('posix.system')}"),
        ({"a": ("x", print)}, f"a: {refusal('builtins.print')}"),
    ],
)
def test_functions_are_refused_with_their_key(config, message):
    assert not CLASS_LIMIT.is_lifted
    with pytest.raises(InputError) as problem:
        refuse_functions(config)
    assert str(problem.value) == message
