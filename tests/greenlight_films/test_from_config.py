"""`study`: the road of the command line from Python, with the same weights, bit for bit."""

import json
import random
from copy import deepcopy
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
import yaml

import greenlight_films as gl
from greenlight_films.from_config import as_in_a_file
from greenlight_films.studies.settings.film_cli import read_settings
from tests.conftest import awkward_films
from tests.greenlight_films.conftest import same_weights, weights
from tests.runs import LEFT_BY_A_STUDY, checkpoint_of, files_in

FRAME = awkward_films()


@pytest.fixture
def keys(study_config: Path) -> dict:
    """Return the config's keys, for an epoch, no other models and no curves."""
    keys = yaml.safe_load(study_config.read_text(encoding="utf-8"))
    return {**keys, "trainer": {**keys["trainer"], "max_epochs": 1, "logger": False}, "compare": {"models": []}}


def network_of(run: Path) -> dict[str, np.ndarray]:
    return {name: weight.numpy() for name, weight in checkpoint_of(run, "best")["state_dict"].items()}


def test_the_command_line_a_study_and_a_regressor_have_the_same_weights(run, fitted, study_config, tmp_path, capsys):
    state = torch.get_rng_state(), np.random.get_state()[1].copy(), random.getstate()
    results = gl.study(FRAME, study_config, out=tmp_path / "runs", verbose=False)
    assert capsys.readouterr().out == ""
    assert results.path == tmp_path / "runs" / "small" / "version_0"
    assert torch.equal(torch.get_rng_state(), state[0])
    assert np.array_equal(np.random.get_state()[1], state[1])
    assert random.getstate() == state[2]
    typed = network_of(run)
    assert same_weights(typed, network_of(results.path))
    assert same_weights(typed, weights(fitted))
    left, left_by_command = (
        {name for name in files_in(path) if "tfevents" not in name} for path in (results.path, run)
    )
    assert left == left_by_command >= set(LEFT_BY_A_STUDY)
    scores = (each.leaderboard.drop(columns="seconds") for each in (results, gl.Results(run)))
    pd.testing.assert_frame_equal(*scores, rtol=1e-6)
    pd.testing.assert_frame_equal(results.importance, gl.Results(run).importance, rtol=1e-4)


def test_a_dict_may_have_objects_and_numbers_of_numpy_in_it(keys):
    data = keys["data"] | {
        "target": gl.Target("rating", unit="points"),
        "features": [gl.Number("year"), gl.Labels("cast", role="actor", min_films=np.int64(2))],
        "split": gl.KFold(val=np.float32(0.25), by=["id", "title"], fold=1),
        "batch_size": np.int32(32),
    }
    given = keys | {"data": data, "model": {"hidden": np.array([8, 4])}}
    plain = as_in_a_file(given)
    assert yaml.safe_load(yaml.safe_dump(plain)) == plain
    assert given["data"] is data
    labels = {"column": "cast", "role": "actor", "min_films": 2}
    written = keys["data"] | {
        "features": [
            {"class_path": "Number", "init_args": {"column": "year"}},
            {"class_path": "Labels", "init_args": labels},
        ],
        "split": {"class_path": "KFold", "init_args": {"val": 0.25, "by": ["id", "title"], "fold": 1}},
        "batch_size": 32,
    }
    expected = read_settings(keys | {"data": written, "model": {"hidden": [8, 4]}})
    assert read_settings(plain).config == expected.config


@pytest.mark.slow
def test_a_config_is_a_path_a_dict_or_settings_and_stays_as_it_is(keys, tmp_path):
    path, settings, before = tmp_path / "config.yaml", read_settings(keys), yaml.safe_dump(keys)
    path.write_text(yaml.safe_dump({**keys, "runs": str(tmp_path / "own")}), encoding="utf-8")
    from_path = gl.study(None, path, verbose=False)
    from_keys = gl.study(keys["data"]["table"], keys, out=tmp_path / "runs", verbose=False)
    from_settings = gl.study(FRAME, settings, out=tmp_path / "runs", verbose=False)
    assert from_path.path == tmp_path / "own" / "small" / "version_0"
    assert [from_keys.path.name, from_settings.path.name] == ["version_0", "version_1"]
    first = network_of(from_path.path)
    assert all(same_weights(first, network_of(results.path)) for results in (from_keys, from_settings))
    assert yaml.safe_dump(keys) == before
    assert (settings.data.frame, settings.runs) == (None, "runs")


@pytest.mark.parametrize("missing", ["unknown", {"year": "unknown"}])
def test_a_text_that_means_missing_needs_no_list(keys, missing):
    settings = read_settings({**keys, "data": {**keys["data"], "missing": missing}})
    assert settings.data.declared.formats.of("year").missing == ("unknown",)
    assert yaml.safe_load(settings.config)["data"]["missing"] == missing


@pytest.mark.parametrize("preset", ["seed", "recipe"])
def test_a_dict_stays_as_it_is_down_to_its_features(keys, preset, tmp_path):
    number = {"class_path": "Number", "init_args": {"column": "year"}}
    keys = {**keys, "preset": preset, "data": {**keys["data"], "features": [number]}}
    before = deepcopy(keys)
    gl.study(FRAME, keys, out=tmp_path, verbose=False)
    assert json.dumps(keys) == json.dumps(before)


@pytest.mark.slow
def test_progress_scores_and_the_page_are_shown_and_written(keys, tmp_path, capsys):
    results = gl.study(FRAME, {**keys, "report": True}, out=tmp_path / "runs")
    shown = capsys.readouterr().out
    assert "R²" in shown
    assert "report.html" in shown
    assert (results.path / "report.html").is_file()
    config = yaml.safe_load((results.path / "config.yaml").read_text(encoding="utf-8"))
    assert (config["data"]["table"], config["runs"]) == ("frame", str(tmp_path / "runs"))


def test_a_config_of_greenlight_is_known_by_its_name(tmp_path):
    with pytest.raises(gl.InputError, match=r"no column '\w+'"):
        gl.study(FRAME, "ratings", out=tmp_path / "runs", verbose=False)
    with pytest.raises(gl.InputError, match=r"a name among box_office, .*, got 'rating', did you mean 'ratings'\?"):
        gl.study(FRAME, "rating", out=tmp_path / "runs", verbose=False)


def test_what_cannot_be_used_is_refused_and_leaves_no_run(keys, tmp_path):
    with pytest.raises(gl.InputError, match="frame: no column 'cast'"):
        gl.study(FRAME.drop(columns="cast"), keys, out=tmp_path / "runs", verbose=False)
    with pytest.raises(gl.InputError, match="got ndarray"):
        gl.study(np.zeros((3, 2)), keys, out=tmp_path / "runs", verbose=False)
    with pytest.raises(gl.InputError, match=r"\bhiden\b"):
        gl.study(FRAME, {**keys, "model": {"hiden": [8]}}, out=tmp_path / "runs", verbose=False)
    assert not list((tmp_path / "runs").glob("*/*"))


def test_how_a_file_is_written_is_refused_of_a_frame_unless_it_is_said_of_another_file(keys, tmp_path):
    written = {"encoding": "latin-1", "skip": 5, "sheet": "Films"}
    own = {name: value for name, value in keys["data"].items() if name != "table"}
    with pytest.raises(
        gl.InputError, match=r"--data\.sheet is for a file, got a data frame; leave it out\n--data\.enc"
    ):
        gl.study(FRAME, {**keys, "data": {**own, **written}}, out=tmp_path, verbose=False)
    of_file = {**keys, "data": {**own, **written, "table": "others.xlsx"}}
    settings = read_settings(of_file)
    first, second = (gl.study(FRAME, given, out=tmp_path, verbose=False) for given in (of_file, settings))
    assert settings.data.layout.skip == 5
    assert same_weights(network_of(first.path), network_of(second.path))
