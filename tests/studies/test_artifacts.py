"""What a run fitted, written and loaded again."""

import _pickle
import pickle
import subprocess
from hashlib import sha256

import numpy as np
import pytest
import skops.io
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from greenlight_films.baselines import Comparison, Sample, fit
from greenlight_films.baselines.boosted_trees import BoostedTrees
from greenlight_films.datamodules import InputError
from greenlight_films.lightning_modules import AdditiveMLP
from greenlight_films.studies import RunFolder, checkpoints, load_artifacts, save_artifacts
from greenlight_films.studies.checkpoints import Checkpoint
from greenlight_films.studies.saved_mlp import SavedMLP
from greenlight_films.studies.settings.film_cli import read_settings

MODELS = ["ols", "ridge", "knn", "boosting", "lightgbm", "catboost", "tree", "sklearn_mlp", "kmeans", "pca"]


@pytest.fixture
def saved(films, folder, monkeypatch):
    """Return the models that were written, by name."""
    monkeypatch.setattr(BoostedTrees, "most_trees", 20)
    sides = [Sample.of(films.films, films.fitted, side) for side in ("train", "test")]
    models = [fit(model, *sides).model for model in Comparison(models=MODELS, grid=True).possible(sides[0])[0]]
    space = films.fitted.encoder.space
    network = AdditiveMLP(space.n_dense, space.n_labels, [8, 4], seed=1, members=2)
    by_name = {**{model.name: model for model in models}, "mlp": SavedMLP(network, films.fitted.scale)}
    save_artifacts(folder, films.fitted, by_name)
    return by_name


def answer(model, films):
    ask = next(getattr(model, name) for name in ("predict", "assign", "transform") if hasattr(model, name))
    return ask(films)


def test_what_is_loaded_predicts_what_was_saved_and_nothing_is_unpickled(saved, films, folder, monkeypatch):
    for module in (pickle, _pickle):
        for name in ("load", "loads", "Unpickler"):
            monkeypatch.setattr(module, name, lambda *_, **__: pytest.fail("something was unpickled"))
    artifacts = load_artifacts(folder.path / "artifacts")
    assert set(artifacts.models) == set(saved) == {*MODELS, "mean", "mlp"}
    encoded = artifacts.encode(films.read())
    for name, model in artifacts.models.items():
        assert model.name == name
        expected = answer(saved[name], films.fitted.encoder.encode(films.read()))
        assert name == "mean" or np.ptp(expected) > 0
        np.testing.assert_allclose(answer(model, encoded), expected, rtol=0, atol=1e-9)
    metadata = folder.read_json("artifacts/metadata.json")
    assert metadata["models"]["knn"]["arrays"]["neighbours.scaled"]["shape"] == [len(films.films.rows.train), 23]
    assert "nearest training films" in metadata["models"]["knn"]["what"]
    assert set(metadata["versions"]) == {"numpy", "scikit-learn", "torch", "skops"}
    assert metadata["features"]["numbers"] == films.fitted.encoder.space.dense_names()
    assert "load_artifacts" in metadata["how_to_apply"]


@pytest.fixture
def run(copied) -> RunFolder:
    """Return a run with the artifacts of mlp, mean, ridge and pca, a test's own to change."""
    return RunFolder(copied.path)


def refused(run: RunFolder, message: str) -> None:
    with pytest.raises(InputError, match=message):
        load_artifacts(run.path / "artifacts")


def replace(run: RunFolder, name: str, content: bytes) -> None:
    """Write other content into a file, and make metadata.json agree."""
    run.write_bytes(f"artifacts/{name}", content)
    metadata = run.read_json("artifacts/metadata.json")
    metadata["models"][name.partition(".")[0]]["sha256"][name] = sha256(content).hexdigest()
    run.write_json("artifacts/metadata.json", metadata)


def test_an_estimator_that_holds_a_function_is_refused(saved, folder):
    for foreign, name in ((FunctionTransformer(func=subprocess.run), "run"), (StandardScaler(), "StandardScaler")):
        replace(folder, "boosting.model.skops", skops.io.dumps(foreign))
        refused(folder, f"holds .*{name}.*, which no model of Greenlight is made of")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("metadata.json", "{", "can't be read"),
        ("metadata.json", '{"format": 99}', "must have format 1, got 99"),
        ("metadata.json", '{"format": 1, "models": {}}', "can't be read"),
        ("ridge.npz", "of another time", "ridge.npz is not the file that metadata.json tells of"),
        ("features.json", "[]", "can't be read"),
    ],
)
def test_a_broken_file_is_refused(run, name, content, message):
    run.write_text(f"artifacts/{name}", content)
    refused(run, message)


def test_a_folder_without_any_is_refused(tmp_path):
    refused(RunFolder(tmp_path), r"runs/ratings/version_0/artifacts; .* has none")


def test_models_of_the_same_films_are_kept_and_those_of_others_are_not(films, folder):
    train, test = (Sample.of(films.films, films.fitted, side) for side in ("train", "test"))
    models, _ = Comparison(models=["ridge", "ols"]).possible(train)
    mean, ridge, ols = (fit(model, train, test).model for model in models)
    save_artifacts(folder, films.fitted, {"ridge": ridge})
    save_artifacts(folder, films.fitted, {"ols": ols})
    assert set(load_artifacts(folder.path / "artifacts").models) == {"ridge", "ols"}
    metadata = folder.read_json("artifacts/metadata.json")
    folder.write_json("artifacts/metadata.json", {**metadata, "fingerprint": "another"})
    save_artifacts(folder, films.fitted, {"mean": mean})
    assert set(load_artifacts(folder.path / "artifacts").models) == {"mean"}


def test_a_large_network_is_not_written_beside_its_checkpoint_twice(copied, monkeypatch):
    run, folder = RunFolder(copied.path), copied.path / "artifacts"
    network = load_artifacts(folder, ["mlp"]).models["mlp"]
    checkpoint, size = Checkpoint.read(run.checkpoint("best")), (folder / "mlp.npz").stat().st_size
    settings = read_settings(["--config", str(run.config)])
    checkpoint.restore_data(settings.data, settings.model)
    monkeypatch.setattr(checkpoints, "LARGE", 1)
    save_artifacts(run, settings.data.fitted, {"mlp": network})
    assert (folder / "mlp.npz").stat().st_size < size / 10
    films = load_artifacts(folder).encode(settings.data.read())
    assert np.array_equal(load_artifacts(folder).models["mlp"].predict(films), network.predict(films))
    assert list(load_artifacts(folder).models) == list(run.read_json("artifacts/metadata.json")["models"])
    run.checkpoint("best").write_bytes(run.checkpoint("last").read_bytes())
    with pytest.raises(InputError, match=r"network whose weights are in .*best\.ckpt, as it was: bring back a copy"):
        load_artifacts(folder)
    run.checkpoint("best").unlink()
    save_artifacts(run, settings.data.fitted, {"mlp": network})
    assert (folder / "mlp.npz").stat().st_size == size
