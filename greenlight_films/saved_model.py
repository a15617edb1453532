"""A `FilmRegressor` in a folder: settings as JSON, weights and films as arrays; a run's folder is read too."""

import json
from dataclasses import asdict, is_dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse import csr_array

import greenlight_films as gl
from greenlight_films.datamodules import EncodedFilms, FeatureSpace, FilmEncoder, Fitted, TargetScale
from greenlight_films.datamodules.errors import InputError
from greenlight_films.quietly import quietly
from greenlight_films.studies.artifacts import load_artifacts, save_artifacts
from greenlight_films.studies.checkpoints import Checkpoint
from greenlight_films.studies.run_folder import RunFolder
from greenlight_films.studies.saved_mlp import SavedMLP
from greenlight_films.studies.settings.film_cli import read_settings

if TYPE_CHECKING:
    from greenlight_films.regressor import FilmRegressor

FORMAT = 1
DECLARED = ("Bins", "Category", "GroupSplit", "KFold", "Labels", "Number", "Popularity", "ProfitRatio", "RandomSplit")
CLASSES = (*DECLARED, "Target", "TimeSplit")
"""The classes that settings may be made of."""


def save_model(model: "FilmRegressor", path: Path) -> None:
    """Write `model.json`, `background.npz`, and the network into `artifacts/`."""
    path.mkdir(parents=True, exist_ok=True)
    folder, fitted, films = RunFolder(path), model._fitted, model.background_
    save_artifacts(folder, fitted, {"mlp": model._network})
    packed = BytesIO()
    parts = {"dense": films.dense, "unscaled": films.unscaled, "data": films.labels.data}
    np.savez(packed, allow_pickle=False, indices=films.labels.indices, indptr=films.labels.indptr, **parts)
    folder.write_bytes("background.npz", packed.getvalue())
    settings = {name: _plain(value) for name, value in model.get_params(deep=False).items()}
    columns = [str(name) for name in getattr(model, "feature_names_in_", [])]
    content = {
        "format": FORMAT,
        "settings": settings,
        "target": _plain(model._target),
        "columns": columns,
        "split": fitted.split,
        "history": json.loads(model.history_.to_json(orient="records")),
        "test_rows": np.asarray(model.test_rows_).tolist(),
    }
    folder.write_json("model.json", content)


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
    import pandas as pd

    artifacts = load_artifacts(path / "artifacts")
    try:
        content = json.loads((path / "model.json").read_text(encoding="utf-8"))
        if content["format"] != FORMAT:
            raise InputError(f"{path / 'model.json'} must have format {FORMAT}, got {content['format']}; save it anew")
        model = kind(**{name: _object(value) for name, value in content["settings"].items()})
        network = artifacts.models["mlp"]
        assert isinstance(network, SavedMLP)
        fitted = _fitted(artifacts.space, artifacts.scale, content["split"])
        model._keep(network, fitted, _object(content["target"]))
        with np.load(path / "background.npz", allow_pickle=False) as arrays:
            shape = (len(arrays["dense"]), artifacts.space.n_labels)
            labels = csr_array((arrays["data"], arrays["indices"], arrays["indptr"]), shape=shape)
            model.background_ = EncodedFilms(arrays["dense"], arrays["unscaled"], labels, {})
        model.history_ = pd.DataFrame(content["history"])
        model.test_rows_ = np.array(content["test_rows"], dtype=np.int64)
        model.feature_names_in_ = np.array(content["columns"], dtype=object)
        model.n_features_in_ = len(content["columns"])
        return model
    except InputError:
        raise
    except (KeyError, TypeError, ValueError, AssertionError, OSError, AttributeError) as problem:
        raise InputError(f"{path} can't be read: {problem}; save the model anew") from None


def _of_run(kind: "type[FilmRegressor]", path: Path) -> "FilmRegressor":
    """Return the best network of a run, with the settings of its config; the training films are not at hand."""
    run = RunFolder.open(str(path))
    with quietly():
        settings = read_settings(["--config", str(run.config)])
    checkpoint = Checkpoint.read(run.checkpoint("best"))
    data, network, declared = settings.data, settings.model, settings.data.declared
    checkpoint.restore_data(data, network)
    checkpoint.restore_weights(network)
    assert network.network is not None
    hyperparameters = {name: value for name, value in network.hparams.items() if not name.startswith("_")}
    model = kind(
        declared.target,
        list(declared.features),
        split=declared.split,
        film=declared.film,
        allow_leak=declared.allow_leak,
        batch_size=data.batch_size,
        max_epochs=settings.training.trainer.get("max_epochs") or -1,
        patience=settings.training.early_stopping.patience,
        **hyperparameters,
    )
    model._keep(SavedMLP(network.network, data.fitted.scale), data.fitted, declared.target)
    model.background_ = None
    return model


def _fitted(space: FeatureSpace, scale: TargetScale, split: dict[str, Any]) -> Fitted:
    return Fitted(FilmEncoder.from_space(space), scale, split, np.zeros(0, np.uint8), "", leak=False)


def _plain(value: Any) -> Any:
    """Return a setting as JSON has it: features, splits and targets by class and arguments."""
    if is_dataclass(value) and not isinstance(value, type):
        return {"class": type(value).__name__, "arguments": asdict(value)}
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value


def _object(value: Any) -> Any:
    if isinstance(value, dict) and set(value) == {"class", "arguments"}:
        if value["class"] not in CLASSES:
            raise InputError(f"model.json names a class that is none of {', '.join(CLASSES)}: {value['class']}")
        return getattr(gl, value["class"])(**value["arguments"])
    return [_object(item) for item in value] if isinstance(value, list) else value
