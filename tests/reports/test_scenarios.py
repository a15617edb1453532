"""What the page predicts changed films by, read as the page reads it, against the run's own predictions."""

from base64 import b64decode
from shutil import copytree

import numpy as np
import pytest

from greenlight_films.reports.page import report_page
from greenlight_films.reports.scenarios import scenario_data
from greenlight_films.studies import scenarios
from greenlight_films.studies.results import Results
from greenlight_films.studies.run_folder import RunFolder
from greenlight_films.studies.scenarios import editable_columns


@pytest.fixture
def run(study, tmp_path) -> Results:
    return Results(RunFolder(copytree(study.path, tmp_path / "own/version_0")))


def unpacked(text: str, kind: str = "<f4") -> np.ndarray:
    return np.frombuffer(b64decode(text), kind).astype(np.float64)


def predicted(data: dict, film: int, names: list[list[int]]) -> float:
    """Return a prediction by the formula of the network with one member and no heads."""
    width = len(unpacked(data["base"])) // len(data["films"])
    vectors = unpacked(data["vectors"], "<i2").reshape(-1, width) * unpacked(data["sizes"])[:, None]
    sums = unpacked(data["base"]).reshape(-1, width)[film].copy()
    for column, own in zip(data["columns"], names, strict=True):
        n = len(own) + column["unknown"][film]
        sums += vectors[own].sum(axis=0) / (np.sqrt(max(n, 1)) if column["rooted"] else 1)
    values = np.maximum(sums, 0) @ unpacked(data["tail"]["outWeight"]) + unpacked(data["tail"]["outBias"])[0]
    return float(values * data["std"] + data["mean"])


def test_films_as_they_are_are_predicted_as_in_the_run(run):
    data = scenario_data(run)
    assert (data["tail"]["members"], data["tail"]["heads"], data["tail"]["layers"]) == (1, 1, [])
    titles = run.test.set_index("title")["predicted"]
    single = [film for film, title in enumerate(data["films"]) if (run.test["title"] == title).sum() == 1]
    assert len(single) > 20
    for film in single:
        own = [column["own"][film] for column in data["columns"]]
        expected = titles[data["films"][film]]
        assert predicted(data, film, own) == pytest.approx(expected, abs=1e-4 * data["std"])


def test_the_most_important_names_of_each_role_are_offered(run):
    data = scenario_data(run)
    for column in data["columns"]:
        features = run.features.query("column == @name", local_dict={"name": column["column"]})
        features = features.dropna(subset=["importance", "value"])
        offered = [data["names"][index] for index in column["offered"]]
        assert offered == features["value"].head(25).tolist()
        assert len(offered) > 2


@pytest.mark.slow
def test_columns_whose_names_cant_be_changed_are_named(run, monkeypatch):
    assert scenario_data(run)["left_out"] == []
    assert "be changed here" not in report_page([run])
    monkeypatch.setattr(scenarios, "editable_columns", lambda space: editable_columns(space)[:1])
    page = report_page([run])
    assert "Names of cast, company can't be changed here" in page
    assert f"serve --run {run.path}" in page


def test_a_run_without_explained_films_has_none(run, results):
    assert scenario_data(results) is None
    (run.run.path / "explained.npz").unlink()
    assert scenario_data(Results(run.run)) is None
