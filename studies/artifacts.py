"""What a run fitted, in files that load without running code: JSON, arrays, and skops for whole estimators."""

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from hashlib import file_digest, sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.neural_network import MLPRegressor
from sklearn.tree import DecisionTreeRegressor

from greenlight_films.baselines import (
    KNN,
    OLS,
    PCA,
    Baseline,
    Boosting,
    CatBoost,
    KMeans,
    LightGBM,
    Mean,
    Ridge,
    SklearnMLP,
    Tree,
)
from greenlight_films.baselines.packed import Packed
from greenlight_films.datamodules import EncodedFilms, FeatureSpace, FilmEncoder, Fitted, InputError, TargetScale
from greenlight_films.studies.run_folder import RunFolder
from greenlight_films.studies.saved_mlp import SavedMLP

FOLDER, FORMAT = "artifacts", 1
CLASSICAL = (Mean, OLS, Ridge, KNN, Boosting, LightGBM, CatBoost, Tree, SklearnMLP, KMeans, PCA)
KINDS: dict[str, type[Baseline]] = {"MLP": SavedMLP, **{kind.__name__: kind for kind in CLASSICAL}}
TRUSTED = (  # types beyond skops' own list that an estimator of ours is made of: plain holders of numbers
    "sklearn.tree._tree.Tree",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    "sklearn.neural_network._stochastic_optimizers.AdamOptimizer",
)

HOW = (
    "from greenlight_films.studies.artifacts import load_artifacts; artifacts = load_artifacts(FOLDER); "
    "films = artifacts.encode(read_table(TABLE)); artifacts.models[NAME].predict(films)"
)


@dataclass(frozen=True)
class Artifacts:
    """What a run fitted, models by name: those that predict have `predict`, kmeans `assign`, pca `transform`."""

    space: FeatureSpace
    scale: TargetScale
    models: dict[str, Baseline]

    def encode(self, frame: pd.DataFrame) -> EncodedFilms:
        """Return a table's films as the models take them."""
        return FilmEncoder.from_space(self.space).encode(frame)


def save_artifacts(run: RunFolder, fitted: Fitted, models: Mapping[str, Baseline | Packed]) -> None:
    """Write models into the run's folder, beside those that are there of the same films."""
    space = fitted.encoder.space
    before = run.read_json(f"{FOLDER}/metadata.json")
    same = before.get("format") == FORMAT and before.get("fingerprint") == fitted.fingerprint
    kept = before["models"] if same else {}
    for name, model in models.items():
        packed, more = _packed(run, name, model)
        for file, content in packed.files.items():
            run.write_bytes(f"{FOLDER}/{file}", content)
        kept[name] = {**packed.entry, **more}
    run.write_text(f"{FOLDER}/features.json", space.to_json())
    metadata = {
        "format": FORMAT,
        "how_to_apply": HOW,
        "features": {"file": "features.json", "numbers": space.dense_names(), "labels": space.n_labels},
        "target_scale": asdict(fitted.scale),
        "fingerprint": fitted.fingerprint,
        "versions": {name: version(name) for name in ("numpy", "scikit-learn", "torch", "skops")},
        "models": kept,
    }
    run.write_json(f"{FOLDER}/metadata.json", metadata)


def _packed(run: RunFolder, name: str, model: Baseline | Packed) -> tuple[Packed, dict[str, Any]]:
    """Return a model packed, and what else `metadata.json` says of it: a network's kind, and where its weights are."""
    if isinstance(model, Packed):
        return model, {}
    state, more = model.to_state(), {}
    if isinstance(model, SavedMLP):
        more = {"kind": "MLP", **_weights_of_best(run, model)}
        if "weights" in more:
            state = {key: value for key, value in state.items() if not key.startswith("network.")}
    return Packed.of(name, type(model), state), more


def _weights_of_best(run: RunFolder, model: SavedMLP) -> dict[str, Any]:
    """Return the run's checkpoint file that has a network's weights, where they are large; empty without one."""
    from greenlight_films.studies.checkpoints import LARGE, n_bytes, same  # Lightning takes long

    own = {f"network.{name}": weight for name, weight in model.network.state_dict().items()}
    if n_bytes(own) < LARGE or not run.has("best"):
        return {}
    path = run.checkpoint("best")
    best = _network_of(path)
    return {"weights": {"file": f"../checkpoints/{path.name}", "sha256": _digest(path)}} if same(own, best) else {}


def _network_of(path: Path) -> dict[str, torch.Tensor]:
    weights = torch.load(path, map_location="cpu", weights_only=True, mmap=True)["state_dict"]
    return {name: weight for name, weight in weights.items() if name.startswith("network.")}


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return file_digest(stream, "sha256").hexdigest()


def load_artifacts(folder: str | Path, names: Collection[str] | None = None) -> Artifacts:
    """Load what a run fitted, from `runs/<study>/version_<n>/artifacts`. Nothing in the files is run.

    Args:
        names: of the models that are wanted; by default all.

    Raises:
        InputError: a file is missing, broken, or holds more than numbers.
    """
    folder = Path(folder)
    if not (folder / "metadata.json").is_file():
        raise InputError(
            f"artifacts are in a folder with metadata.json, such as runs/ratings/version_0/artifacts; {folder} has none"
        )
    try:
        metadata = json.loads((folder / "metadata.json").read_text(encoding="utf-8"))
        if metadata["format"] != FORMAT:
            raise InputError(f"{folder} must have format {FORMAT}, got {metadata['format']}; make them anew")
        space = FeatureSpace.from_json((folder / "features.json").read_text(encoding="utf-8"))
        wanted = {name: entry for name, entry in metadata["models"].items() if names is None or name in names}
        models = {name: _read(folder, name, entry) for name, entry in wanted.items()}
        return Artifacts(space, TargetScale(**metadata["target_scale"]), models)
    except InputError:
        raise
    except Exception as problem:  # whatever a broken or foreign file makes of its reader
        raise InputError(
            f"{folder} can't be read: {problem}; make them anew with `baselines --run`, mlp with `test --run`"
        ) from None


def _read(folder: Path, name: str, entry: dict[str, Any]) -> Baseline:
    kind = KINDS[entry["kind"]]
    with np.load(_file(folder, f"{name}.npz", entry), allow_pickle=False) as arrays:
        state = {**entry["plain"], **{key: arrays[key] for key in entry["arrays"]}}
    for key in entry["whole"]:
        import skops.io  # takes a second

        path = _file(folder, f"{name}.{key}.skops", entry)
        foreign = set(skops.io.get_untrusted_types(file=path)) - set(TRUSTED)
        state[key] = None if foreign else skops.io.load(path, trusted=list(TRUSTED))
        if not isinstance(state[key], HistGradientBoostingRegressor | MLPRegressor | DecisionTreeRegressor):
            types = ", ".join(sorted(foreign)) or type(state[key]).__name__
            raise InputError(f"{path} holds {types}, which no model of Greenlight is made of")
    if "weights" in entry:
        path = folder.parent / "checkpoints/best.ckpt"
        if not path.is_file() or _digest(path) != entry["weights"]["sha256"]:
            raise InputError(f"{folder} has a network whose weights are in {path}, as it was: bring back a copy")
        state |= {key: weight.numpy() for key, weight in _network_of(path).items()}
    model = kind.from_state(state)
    model.name = name
    return model


def _file(folder: Path, name: str, entry: dict[str, Any]) -> Path:
    """Return a file of the folder that is the one which was written."""
    path = folder / name
    if path.parent != folder or not re.fullmatch(r"\w[\w .-]*", name):
        raise InputError(f"{folder}: a model's files are beside metadata.json, got '{name}'")
    if sha256(path.read_bytes()).hexdigest() != entry["sha256"][name]:
        raise InputError(f"{path} is not the file that metadata.json tells of: they were written at different times")
    return path
