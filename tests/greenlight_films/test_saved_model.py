"""A saved model is the same model: JSON and arrays alone, refused where a byte was changed; runs load as well."""

import errno
import json
import pickle
from pathlib import Path
from shutil import copytree

import numpy as np
import pandas as pd
import pytest
import torch
import yaml
from lightning.pytorch.callbacks import Timer
from sklearn.base import clone

import greenlight_films as gl
from greenlight_films.datamodules.features import completed
from tests.conftest import awkward_films
from tests.greenlight_films.conftest import same_weights, small, weights

FRAME = awkward_films()
OLD_RUN = Path(__file__).parents[1] / "data/run_3395fed/small/version_0"
FILES = [
    *("artifacts/features.json", "artifacts/metadata.json", "artifacts/mlp.npz"),
    *("background.npz", "checksums.json", "model.json"),
]


@pytest.fixture(scope="module")
def saved(fitted, tmp_path_factory) -> Path:
    """Return the folder of a saved model; tests that change it take a copy."""
    folder = tmp_path_factory.mktemp("saved") / "model"
    fitted.save(folder)
    return folder


def test_a_loaded_model_is_the_same_bit_for_bit(fitted, saved):
    state = torch.get_rng_state()
    model = gl.FilmRegressor.load(saved)
    assert torch.equal(torch.get_rng_state(), state)
    assert same_weights(weights(model), weights(fitted))
    assert np.array_equal(model.predict(FRAME), fitted.predict(FRAME))
    tested = FRAME.iloc[model.test_rows_]
    assert len(tested) == 45
    assert np.array_equal(model.test_rows_, fitted.test_rows_)
    pd.testing.assert_frame_equal(model.importance(tested).to_frame(), fitted.importance(tested).to_frame())
    assert np.array_equal(model.predict(FRAME, interval=0.8), fitted.predict(FRAME, interval=0.8))
    assert repr(model.explain(tested)) == repr(fitted.explain(tested))
    pd.testing.assert_frame_equal(model.history_, fitted.history_)
    assert list(model.feature_names_in_) == list(fitted.feature_names_in_)


def test_settings_are_kept_so_that_a_loaded_model_can_be_trained_again(fitted, saved):
    model = gl.FilmRegressor.load(saved)
    assert model.get_params() == fitted.get_params()
    assert same_weights(weights(model.fit(FRAME)), weights(fitted))


def test_a_model_can_be_saved_again_over_another(fitted, saved, tmp_path):
    small().fit(FRAME).save(tmp_path)
    gl.FilmRegressor.load(saved).save(tmp_path)
    assert np.array_equal(gl.FilmRegressor.load(tmp_path).predict(FRAME), fitted.predict(FRAME))


def test_every_file_is_json_or_plain_arrays(saved):
    assert sorted(path.relative_to(saved).as_posix() for path in saved.rglob("*") if path.is_file()) == FILES
    for name in FILES:
        if name.endswith(".json"):
            json.loads((saved / name).read_text(encoding="utf-8"))
        else:
            with np.load(saved / name, allow_pickle=False) as arrays:
                assert all(arrays[key].dtype.kind in "fiu" for key in arrays)


def test_nothing_is_unpickled(fitted, saved, monkeypatch):
    def fail(*_, **__):
        raise AssertionError("something was unpickled")

    for name in ("load", "loads", "Unpickler", "_Unpickler"):
        monkeypatch.setattr(pickle, name, fail)
    with pytest.raises(AssertionError, match="unpickled"):
        pickle.loads(b"")
    assert np.array_equal(gl.FilmRegressor.load(saved).predict(FRAME), fitted.predict(FRAME))


@pytest.mark.parametrize("name", FILES)
def test_a_changed_file_is_refused(saved, tmp_path, name):
    folder = copytree(saved, tmp_path / "model")
    content = bytearray((folder / name).read_bytes())
    content[len(content) // 2] ^= 1
    (folder / name).write_bytes(content)
    with pytest.raises(gl.InputError, match=r"model .*; save the model anew") as caught:
        gl.FilmRegressor.load(folder)
    assert str(folder) in str(caught.value)


@pytest.mark.parametrize("name", [name for name in FILES if name != "model.json"])
def test_a_missing_file_is_refused(saved, tmp_path, name):
    folder = copytree(saved, tmp_path / "model")
    (folder / name).unlink()
    with pytest.raises(gl.InputError, match=rf"model can't be read: .*{Path(name).name}.*; save the model anew"):
        gl.FilmRegressor.load(folder)


def rewritten(saved: Path, folder: Path, **changes: object) -> Path:
    """Return a copy whose `model.json` says something else, with its checksum."""
    from greenlight_films.saved_model import _checksum

    copytree(saved, folder)
    content = json.loads((folder / "model.json").read_text(encoding="utf-8"))
    (folder / "model.json").write_text(json.dumps(content | changes), encoding="utf-8")
    checksums = json.loads((folder / "checksums.json").read_text(encoding="utf-8"))
    checksums["model.json"] = _checksum(folder / "model.json")
    (folder / "checksums.json").write_text(json.dumps(checksums), encoding="utf-8")
    return folder


def test_another_format_and_other_classes_are_refused(saved, tmp_path):
    with pytest.raises(gl.InputError, match=r"model\.json must have format 1, got 2; save it anew"):
        gl.FilmRegressor.load(rewritten(saved, tmp_path / "format", format=2))
    target = {"class": "InputError", "arguments": {"message": "no"}}
    with pytest.raises(gl.InputError, match=r"model\.json must name classes among Bins, .*, got InputError"):
        gl.FilmRegressor.load(rewritten(saved, tmp_path / "class", target=target))


def test_a_model_that_was_saved_before_there_were_intervals_has_none(fitted, saved, tmp_path):
    model = gl.FilmRegressor.load(rewritten(saved, tmp_path / "older", intervals=None))
    assert np.array_equal(model.predict(FRAME), fitted.predict(FRAME))
    with pytest.raises(gl.InputError, match="the model has no intervals"):
        model.predict(FRAME, interval=0.8)


def test_a_model_that_was_saved_before_there_were_presets_has_the_first(fitted, saved, tmp_path):
    settings = json.loads((saved / "model.json").read_text(encoding="utf-8"))["settings"]
    older = {name: value for name, value in settings.items() if name not in ("preset", "heads", "activation")}
    model = gl.FilmRegressor.load(rewritten(saved, tmp_path / "older", settings=older))
    assert model.preset == "seed"
    assert same_weights(weights(model.fit(FRAME)), weights(fitted))


def test_a_folder_without_a_model_is_refused(tmp_path):
    with pytest.raises(gl.InputError, match=r"empty holds no model: give the folder of `FilmRegressor\.save`, or"):
        gl.FilmRegressor.load(tmp_path / "empty")


def test_a_setting_that_is_no_plain_value_is_refused_and_nothing_is_written(tmp_path):
    model = small(trainer={"callbacks": [Timer()]}).fit(FRAME)
    with pytest.raises(gl.InputError, match=r"trainer must be numbers, text or Greenlight's own classes .*Timer.*None"):
        model.save(tmp_path / "model")
    assert not (tmp_path / "model").exists()


def test_scores_that_are_not_known_are_kept_as_such(tmp_path):
    model = small(split=gl.RandomSplit(val=1 / 60, test=0)).fit(FRAME.iloc[:60])  # a film has no R²
    assert model.history_["val_r2"].isna().all()
    model.history_.loc[0, "train_loss"] = np.inf
    model.save(tmp_path / "model")
    pd.testing.assert_frame_equal(gl.FilmRegressor.load(tmp_path / "model").history_, model.history_)


def test_a_setting_that_is_no_number_of_json_is_refused_with_its_name(tmp_path):
    model = small().fit(FRAME).set_params(dropout=np.nan)
    with pytest.raises(gl.InputError, match=r"dropout must be numbers, text or .* got nan"):
        model.save(tmp_path / "model")
    assert not (tmp_path / "model").exists()


@pytest.mark.parametrize("failing", ["features.json", "checksums.json"])
def test_a_model_that_cannot_be_written_whole_leaves_what_was_there(fitted, saved, tmp_path, monkeypatch, failing):
    copytree(saved, tmp_path / "before")
    opened = Path.open

    def full(path, *arguments, **named):
        if tmp_path in path.parents and failing in path.name and "wb" in arguments:
            raise OSError(errno.ENOSPC, "No space left on device", str(path))
        return opened(path, *arguments, **named)

    monkeypatch.setattr(Path, "open", full)
    for name in ("new", "before"):
        with pytest.raises(gl.InputError, match="can't be written: No space left on device"):
            fitted.save(tmp_path / name)
    monkeypatch.undo()
    assert [path.name for path in tmp_path.iterdir()] == ["before"]
    kept = (path.relative_to(tmp_path / "before").as_posix() for path in (tmp_path / "before").rglob("*.*"))
    assert sorted(kept) == FILES
    assert np.array_equal(gl.FilmRegressor.load(tmp_path / "before").predict(FRAME), fitted.predict(FRAME))


def test_numbers_of_a_search_are_written(tmp_path):
    model = small(learning_rate=np.float32(0.5), members=np.int64(2)).fit(FRAME)
    model.save(tmp_path / "model")
    assert gl.FilmRegressor.load(tmp_path / "model").get_params()["members"] == 2


def test_a_runs_folder_loads_with_its_settings(run, fitted, tmp_path):
    state = torch.get_rng_state()
    model = gl.FilmRegressor.load(run)
    assert torch.equal(torch.get_rng_state(), state)
    assert same_weights(weights(model), weights(fitted))
    stated = {name: value for name, value in fitted.get_params().items() if value is not None}
    differing = {name for name, value in stated.items() if model.get_params()[name] != value}
    assert differing == {"features", "trainer", "verbose"}
    assert model.get_params()["features"] == completed(stated["features"])
    assert model.test_rows_ is None
    assert model.background_.dense.tolist() == fitted.background_.dense.tolist()
    assert (model.background_.labels != fitted.background_.labels).nnz == 0
    predictions = gl.Results(run).predictions
    assert model.predict(FRAME)[predictions["row"] - 1] == pytest.approx(predictions["predicted"].to_numpy())
    ends = model.predict(FRAME.iloc[predictions["row"] - 1], interval=0.95)
    assert ends.lower == pytest.approx(predictions["lower_95"].to_numpy(), rel=1e-4)
    assert ends.upper == pytest.approx(predictions["upper_95"].to_numpy(), rel=1e-4)
    model.save(tmp_path / "model")
    assert np.array_equal(gl.FilmRegressor.load(tmp_path / "model").predict(FRAME), model.predict(FRAME))


def test_a_model_of_a_run_that_is_trained_again_reads_cells_as_the_run_did(study_config, tmp_path):
    keys = yaml.safe_load(study_config.read_text(encoding="utf-8"))
    cells = {"missing": {"runtime": ["0"]}, "decimal": {"runtime": "."}, "day_first": True}
    keys |= {
        "data": {**keys["data"], **cells},
        "trainer": {**keys["trainer"], "max_epochs": 1},
        "compare": {"models": []},
    }
    frame = FRAME.assign(runtime=FRAME["runtime"].where(FRAME["year"] % 3 > 0, 0))
    model = gl.FilmRegressor.load(gl.study(frame, keys, out=tmp_path, verbose=False).path)
    assert {name: model.get_params()[name] for name in cells} == cells
    again = clone(model).set_params(verbose=False).fit(frame)
    assert again.fitted_.encoder.formats == model.fitted_.encoder.formats
    assert same_weights(weights(again), weights(model))


def test_a_run_of_an_older_version_loads(tmp_path):
    model = gl.FilmRegressor.load(OLD_RUN)
    predictions = gl.Results(OLD_RUN).predictions
    films = gl.read_table(OLD_RUN.parents[1] / "films.csv")
    assert model.predict(films)[predictions["row"] - 1] == pytest.approx(predictions["predicted"].to_numpy())
    with pytest.raises(gl.InputError, match=r"interval must be left out, got 0\.95: .* after `predict --run`"):
        model.predict(films, interval=0.95)
    with pytest.raises(gl.InputError, match="the run's folder has none; measure them with `importance --run`"):
        model.explain(films.head(3))


def test_a_run_without_a_checkpoint_is_refused(run, tmp_path):
    (tmp_path / "small").mkdir()
    (tmp_path / "small" / "config.yaml").write_text((run / "config.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    with pytest.raises(gl.InputError, match="small has no network: none was trained in it; train one by `"):
        gl.FilmRegressor.load(tmp_path / "small")
    (tmp_path / "small" / "checkpoints").mkdir()
    (tmp_path / "small" / "checkpoints" / "last.ckpt").touch()
    with pytest.raises(gl.InputError, match=r"best\.ckpt does not exist: no epoch was finished"):
        gl.FilmRegressor.load(tmp_path / "small")
