"""A config for a case of `tests/data/cases`, as a study of it takes it."""

from pathlib import Path
from typing import Any

import yaml

from tests.cases import path_of


def config_of(case: dict[str, Any], folder: Path) -> Path:
    """Write a config of what the case is given into the folder, and return its path."""
    given = case["given"]
    data = {"table": str(path_of(case)), "target": _object(given["target"])}
    data["features"] = [_feature(feature) for feature in given["features"]]
    data |= {"split": _object(given["split"])} if "split" in given else {}
    data |= {name: given[name] for name in ("batch_size", "allow_leak") if name in given}
    trainer = {"max_epochs": given.get("max_epochs", 2), "accelerator": "cpu", "devices": 1}
    config = {
        "name": "case",
        "preset": "seed",
        "data": data,
        "trainer": {**trainer, "enable_progress_bar": False, "logger": False},
    }
    config |= {"model": given["model"]} if "model" in given else {}
    path = folder / "case.yaml"
    path.write_text(yaml.safe_dump({**config, "compare": {"models": []}}), encoding="utf-8")
    return path


def _object(given: Any) -> dict[str, Any]:
    if isinstance(given, str) or "column" in given:
        return {"class_path": "Target", "init_args": {"column": given} if isinstance(given, str) else given}
    ((kind, arguments),) = given.items()
    return {"class_path": kind, "init_args": arguments}


def _feature(given: dict[str, Any]) -> dict[str, Any]:
    (kind, column), *arguments = given.items()
    return {"class_path": kind, "init_args": {"column": column, **dict(arguments)}}
