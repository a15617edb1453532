"""What a run fitted, written and loaded again."""

import json
import pickle
import subprocess
import sys
from hashlib import sha256
from io import BytesIO

import numpy as np
import pytest
import skops.io
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from greenlight_films.baselines import Comparison, Sample, fit
from greenlight_films.datamodules import InputError
from greenlight_films.lightning_modules import AdditiveMLP
from greenlight_films.studies import RunFolder, load_artifacts, save_artifacts
from greenlight_films.studies.saved_mlp import SavedMLP

MODELS = ["ols", "ridge", "knn", "boosting", "tree", "sklearn_mlp", "kmeans", "pca"]


@pytest.fixture
def saved(films, folder):
    """Return the models that were written, by name."""
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


def test_what_is_loaded_predicts_what_was_saved(saved, films, folder):
    artifacts = load_artifacts(folder.path / "artifacts")
    assert set(artifacts.models) == set(saved) == {*MODELS, "mean", "mlp"}
    encoded = artifacts.encode(films.read())
    for name, model in artifacts.models.items():
        assert model.name == name
        expected = answer(saved[name], films.fitted.encoder.encode(films.read()))
        assert name == "mean" or np.ptp(expected) > 0
        np.testing.assert_allclose(answer(model, encoded), expected, rtol=0, atol=1e-9)


def test_metadata_say_what_the_files_are_and_how_to_apply_them(saved, films, folder):
    metadata = json.loads((folder.path / "artifacts/metadata.json").read_text())
    assert metadata["models"]["knn"]["arrays"]["neighbours.scaled"]["shape"] == [len(films.films.rows.train), 23]
    assert "nearest training films" in metadata["models"]["knn"]["what"]
    assert set(metadata["versions"]) == {"numpy", "scikit-learn", "torch", "skops"}
    assert metadata["features"]["numbers"] == films.fitted.encoder.space.dense_names()
    assert "load_artifacts" in metadata["how_to_apply"]


def test_loading_needs_no_pickle(saved, folder):
    """A process in which unpickling anything fails loads all of them."""
    code = (
        "import pickle, _pickle, sys\n"
        "from greenlight_films.studies.artifacts import load_artifacts\n"
        "def refuse(*_, **__): raise SystemExit('something was unpickled')\n"
        "pickle.load = pickle.loads = pickle.Unpickler = _pickle.load = _pickle.loads = refuse\n"
        "print(len(load_artifacts(sys.argv[1]).models))\n"
    )
    words = [sys.executable, "-c", code, str(folder.path / "artifacts")]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.stdout == "10\n", done.stderr


def replace(folder: RunFolder, name: str, content: bytes) -> None:
    """Put another file instead of a file, and make metadata.json agree."""
    folder.write_bytes(f"artifacts/{name}", content)
    metadata = folder.read_json("artifacts/metadata.json")
    metadata["models"][name.partition(".")[0]]["sha256"][name] = sha256(content).hexdigest()
    folder.write_json("artifacts/metadata.json", metadata)


class Bomb:
    def __reduce__(self):
        return print, ("boom",)


def test_a_pickle_instead_of_an_array_is_refused_and_not_run(saved, folder, capsys):
    packed = BytesIO()
    np.savez(packed, mean=np.array([Bomb()], dtype=object))
    replace(folder, "ridge.npz", pickle.dumps(Bomb()))
    with pytest.raises(InputError, match="artifacts can't be read"):
        load_artifacts(folder.path / "artifacts")
    packed = BytesIO()
    np.savez(packed, coefficients=np.array([Bomb()], dtype=object))
    replace(folder, "ridge.npz", packed.getvalue())
    with pytest.raises(InputError, match="Object arrays cannot be loaded"):
        load_artifacts(folder.path / "artifacts")
    assert "boom" not in capsys.readouterr().out


def test_an_estimator_that_holds_a_function_is_refused(saved, folder):
    for foreign, name in ((FunctionTransformer(func=subprocess.run), "run"), (StandardScaler(), "StandardScaler")):
        replace(folder, "boosting.model.skops", skops.io.dumps(foreign))
        with pytest.raises(InputError, match=f"holds .*{name}.*, which no model of Greenlight is made of"):
            load_artifacts(folder.path / "artifacts")


def test_files_of_different_times_are_refused(saved, folder):
    other = (folder.path / "artifacts/ols.npz").read_bytes()
    folder.write_bytes("artifacts/knn.npz", other)
    with pytest.raises(InputError, match=r"knn.npz is not the file that metadata.json tells of"):
        load_artifacts(folder.path / "artifacts")


@pytest.mark.parametrize("name", ["../knn", "/abs/knn", "..", ".knn"])
def test_a_name_that_leads_elsewhere_is_refused(saved, folder, name):
    metadata = folder.read_json("artifacts/metadata.json")
    metadata["models"] = {name: metadata["models"]["knn"]}
    folder.write_json("artifacts/metadata.json", metadata)
    with pytest.raises(InputError, match=r"a model's files are beside metadata.json, got"):
        load_artifacts(folder.path / "artifacts")


def test_those_of_other_films_are_not_kept(saved, films, folder):
    metadata = folder.read_json("artifacts/metadata.json")
    folder.write_json("artifacts/metadata.json", {**metadata, "fingerprint": "another"})
    save_artifacts(folder, films.fitted, {"mean": saved["mean"]})
    assert set(load_artifacts(folder.path / "artifacts").models) == {"mean"}


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("metadata.json", "{", "can't be read"),
        ("metadata.json", '{"format": 99}', "must have format 1, got 99"),
        ("metadata.json", '{"format": 1, "models": {}}', "can't be read"),
        ("knn.npz", "no zip", "is not the file that metadata.json tells of"),
        ("features.json", "[]", "can't be read"),
    ],
)
def test_a_broken_file_is_refused(saved, folder, name, content, message):
    folder.write_text(f"artifacts/{name}", content)
    with pytest.raises(InputError, match=message):
        load_artifacts(folder.path / "artifacts")


def test_a_folder_without_any_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"runs/ratings/version_0/artifacts; .* has none"):
        load_artifacts(tmp_path)


def test_those_of_a_later_command_come_to_those_that_are_there(films, folder):
    train, test = (Sample.of(films.films, films.fitted, side) for side in ("train", "test"))
    for names in (["ridge"], ["ols"]):
        for model in Comparison(models=names).baselines():
            save_artifacts(folder, films.fitted, {model.name: fit(model, train, test).model})
    assert set(load_artifacts(folder.path / "artifacts").models) == {"ridge", "ols"}
