"""A `FilmRegressor` in a folder: settings as JSON, weights and films as arrays. The folder of a run is read too."""

import json
from dataclasses import asdict, is_dataclass
from hashlib import sha256
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import yaml

import greenlight_films as gl
from greenlight_films.datamodules import FilmEncoder, Fitted
from greenlight_films.datamodules.errors import InputError
from greenlight_films.datamodules.tables.formats import DECLARED, Formats
from greenlight_films.datamodules.whole_files import cannot_write
from greenlight_films.quietly import quietly
from greenlight_films.studies.artifacts import load_artifacts, save_artifacts
from greenlight_films.studies.background_file import BACKGROUND, kept_films, packed_films
from greenlight_films.studies.checkpoints import Checkpoint
from greenlight_films.studies.conformal import Intervals
from greenlight_films.studies.interval_files import read_intervals
from greenlight_films.studies.run_folder import RunFolder
from greenlight_films.studies.saved_mlp import SavedMLP
from greenlight_films.studies.settings.film_cli import read_settings

if TYPE_CHECKING:
    from greenlight_films.regressor import FilmRegressor

FORMAT = 1
ARTIFACTS = ("artifacts/features.json", "artifacts/metadata.json", "artifacts/mlp.npz")
CLASSES = (
    *("Bins", "Category", "Date", "GroupSplit", "KFold", "Labels", "Number", "Popularity", "ProfitRatio"),
    *("Profile", "RandomSplit", "RidgeByColumn", "Size", "Target", "Text", "TimeSplit", "TrackRecord"),
)
"""The classes that settings may be made of."""
OF_PROCESSES = ("shard_first",)
"""Settings of a network that several processes train, which a model here isn't."""


def save_model(model: "FilmRegressor", path: Path) -> None:
    """Write `model.json`, the films that were kept, the network into `artifacts/`, and the checksums of all of these.

    Raises:
        InputError: a setting can't be written as JSON.
    """
    content = {
        "format": FORMAT,
        "settings": {name: _plain(name, value) for name, value in model.get_params(deep=False).items()},
        "target": _plain("target", model.target_),
        "film": model.film_,
        "split": model.fitted_.split,
        "formats": model.fitted_.encoder.formats.to_state(),
        "intervals": None if model.intervals_ is None else model.intervals_.to_state(),
        "history": _records(model.history_),
        "columns": list(model.feature_names_in_),
        "test_rows": None if model.test_rows_ is None else model.test_rows_.tolist(),
    }
    is_new = not path.exists()
    try:
        path.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=".", dir=path) as parts:  # beside their names, so that they need no copy
            for name in _write(model, RunFolder(Path(parts)), content):
                (path / name).parent.mkdir(exist_ok=True)
                (Path(parts) / name).replace(path / name)
    except BaseException as problem:
        if is_new:
            rmtree(path, ignore_errors=True)
        if isinstance(problem, OSError):
            raise cannot_write(path, problem) from None
        raise


def _write(model: "FilmRegressor", folder: RunFolder, content: dict[str, Any]) -> list[str]:
    """Write all files of a model into a folder and return their names, that of their checksums last."""
    folder.write_json("model.json", content)
    save_artifacts(folder, model.fitted_, {"mlp": model.network_})
    names = ["model.json", *ARTIFACTS]
    if model.background_ is not None:
        folder.write_bytes(BACKGROUND, packed_films(model.background_))
        names.append(BACKGROUND)
    folder.write_json("checksums.json", {name: _checksum(folder.path / name) for name in names})
    return [*names, "checksums.json"]


def load_model(kind: "type[FilmRegressor]", path: Path) -> "FilmRegressor":
    """Return the model of a folder that `save_model` or a run wrote.

    Raises:
        InputError: it is neither, or was changed.
    """
    if (path / "model.json").is_file():
        return _saved(kind, path)
    if (path / "config.yaml").is_file():
        return _of_run(kind, path)
    raise InputError(
        f"{path} holds no model: give the folder of `FilmRegressor.save`, or of a run such as runs/ratings/version_0"
    )


def _saved(kind: "type[FilmRegressor]", path: Path) -> "FilmRegressor":
    checksums = _refuse_changed(path)
    content = json.loads((path / "model.json").read_text(encoding="utf-8"))
    if content["format"] != FORMAT:
        raise InputError(f"{path / 'model.json'} must have format {FORMAT}, got {content['format']}; save it anew")
    artifacts = load_artifacts(path / "artifacts")
    network = artifacts.models["mlp"]
    assert isinstance(network, SavedMLP)
    settings = {"preset": "seed", **content["settings"]}  # older ones have none
    model = kind(**{name: _object(value) for name, value in settings.items()})
    model.network_ = network
    encoder = FilmEncoder.from_space(artifacts.space, Formats.from_state(content.get("formats", {})))
    model.fitted_ = Fitted(encoder, artifacts.scale, content["split"], np.zeros(0, np.uint8), "", leak=False)
    intervals = content.get("intervals")  # older models have none
    model.intervals_ = None if intervals is None else Intervals.from_state(intervals)
    model.target_ = _object(content["target"])
    model.film_ = content.get("film", model.film)  # older models have none
    model.history_ = pd.DataFrame(content["history"]).apply(pd.to_numeric)
    model.test_rows_ = None if content["test_rows"] is None else np.array(content["test_rows"], dtype=np.int64)
    model.background_ = kept_films(RunFolder(path), BACKGROUND) if BACKGROUND in checksums else None
    model.feature_names_in_ = np.array(content["columns"], dtype=object)
    model.n_features_in_ = len(content["columns"])
    return model


def _of_run(kind: "type[FilmRegressor]", path: Path) -> "FilmRegressor":
    """Return the best network of a run, with the settings of its config."""
    run = RunFolder.open(str(path))
    checkpoint = Checkpoint.read(run.checkpoint("best"))
    with quietly():
        settings = read_settings(["--config", str(run.config)])
        config = yaml.safe_load(settings.config)
        data, network, declared = settings.data, settings.model, settings.data.declared
        checkpoint.restore_data(data, network)
        checkpoint.restore_weights(network)
    assert network.network is not None
    model = kind(
        declared.target,
        list(declared.features),
        split=declared.split,
        film=declared.film,
        allow_leak=list(declared.allow_leak) or None,
        allow_split_films=declared.allow_split_films,
        preset=config["preset"],
        **{name: config["data"].get(name) for name in DECLARED},
        batch_size=config["data"]["batch_size"],
        max_epochs=settings.training.trainer.get("max_epochs") or -1,
        patience=settings.training.early_stopping.patience,
        refit=settings.refit,
        **{name: value for name, value in network.hparams.items() if name[0] != "_" and name not in OF_PROCESSES},
    )
    model.network_ = SavedMLP(network.network, data.fitted.scale)
    model.fitted_ = data.fitted
    model.intervals_, _ = read_intervals(run, network.network)
    model.target_, model.film_ = declared.target, declared.film
    model.history_ = pd.DataFrame()
    model.test_rows_, model.background_ = None, kept_films(run, BACKGROUND, data.fitted.fingerprint)
    model.feature_names_in_ = np.array([feature.column for feature in declared.features], dtype=object)
    model.n_features_in_ = len(declared.features)
    return model


def _checksum(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest()


def _refuse_changed(path: Path) -> dict[str, str]:
    """Return the checksum of each file of a folder, all of which must be as they were written."""
    try:
        checksums: dict[str, str] = json.loads((path / "checksums.json").read_text(encoding="utf-8"))
        changed = [name for name, checksum in checksums.items() if _checksum(path / name) != checksum]
    except (ValueError, OSError, AttributeError) as problem:
        raise InputError(f"{path} can't be read: {problem}; save the model anew") from None
    if changed or not {"model.json", *ARTIFACTS} <= set(checksums):
        files = ", ".join(changed or ["checksums.json"])
        raise InputError(f"{path} must be as `save` wrote it, got changes in {files}; save the model anew")
    return checksums


def _records(history: pd.DataFrame) -> list[dict[str, Any]]:
    """Return losses and scores as JSON has them: what isn't known, such as R² of a film, as null; a text `inf`."""
    lines = history.to_dict("records")
    return [
        {name: None if np.isnan(value) else str(value) if np.isinf(value) else value for name, value in line.items()}
        for line in lines
    ]


def _plain(name: str, value: Any) -> Any:
    """Return a setting as JSON has it; features, splits and targets by class and arguments."""
    if is_dataclass(value) and not isinstance(value, type) and type(value).__name__ in CLASSES:
        return {"class": type(value).__name__, "arguments": asdict(value)}
    if isinstance(value, list | tuple | np.ndarray | pd.Index):
        return [_plain(name, item) for item in value]
    if isinstance(value, np.generic):
        return value.item()
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError):
        raise InputError(
            f"{name} must be numbers, text or Greenlight's own classes to be saved, got {value!r}; "
            f"set it to None, save, and give it again after loading"
        ) from None
    return value


def _object(value: Any) -> Any:
    if isinstance(value, dict) and set(value) == {"class", "arguments"}:
        if value["class"] not in CLASSES:
            raise InputError(f"model.json must name classes among {', '.join(CLASSES)}, got {value['class']}")
        return getattr(gl, value["class"])(**value["arguments"])
    return [_object(item) for item in value] if isinstance(value, list) else value
