"""The table of all features, and the explorer of a single film, whose numbers add up as they are shown."""

import json

import numpy as np
import pandas as pd
import pytest

from greenlight_films.reports.explorer import explained, explorer_data, factor_of, feature_values
from greenlight_films.studies.results import Results


@pytest.fixture
def explained_run(results) -> Results:
    """Return the run with contributions to 30 of its test films that add up."""
    run, test, random = results.run, results.test.head(30), np.random.default_rng(0)
    average, parts = 5.9, []
    names = [("genre", "Drama"), ("cast", "Ann Ames"), ("cast", None), ("year", "1994"), ("genre", None)]
    for row, predicted in zip(test["row"], test["predicted"], strict=True):
        changes = random.normal(size=5)
        changes[4] += predicted - average - changes.sum()
        parts += [(row, *name, change, 0.0) for name, change in zip(names, changes, strict=True)]
    table = pd.DataFrame(parts, columns=["row", "column", "value", "contribution", "alone"])
    table.to_parquet(run.path / "contributions.parquet")
    run.write_json("importance.json", {**results.importance, "average_prediction": average})
    return Results(run)


def test_every_estimable_feature_has_a_row(results):
    rows = feature_values(results.estimable)
    known = results.features.dropna(subset=["importance"])
    assert [row[0] for row in rows] == known["feature"].tolist()
    assert {len(row) for row in rows} == {8}


def test_a_films_contributions_add_up_to_its_prediction_in_whole_steps(explained_run):
    data = explorer_data(explained_run)
    films = explained_run.test.set_index("row")
    assert len(data["films"]) == len(data["moved"]) == 30
    assert data["of"] == len(films) == 45
    assert (data["step"], data["decimals"], data["letter"], data["log"]) == (0.01, 2, "", False)
    assert data["average"] == 590
    for row, (_, _, _, total, _), moved in zip(films.index, data["films"], data["moved"], strict=False):
        assert total == round(films["predicted"][row] * 100)
        assert data["average"] + sum(moved[1::2]) == total
        sizes = np.abs(moved[1::2])
        assert (np.diff(sizes) <= 0).all()
        own = explained_run.contributions.query("row == @row")
        exact = {(c, None if pd.isna(v) else v): x for c, v, x in own[["column", "value", "contribution"]].to_numpy()}
        named = {name: exact[key] for name, key in NAMES.items()}
        for part, steps in zip(moved[::2], moved[1::2], strict=True):
            assert steps / 100 == pytest.approx(named[data["parts"][part][0]], abs=0.0101)
    assert [part[1:] for part in data["parts"] if part[0] == "cast=Ann Ames"] == [["cast", "actor"]]
    assert "30 of 45 test films" in explained(explained_run, data)
    assert factor_of(data) == ""


NAMES = {
    "genre=Drama": ("genre", "Drama"),
    "cast=Ann Ames": ("cast", "Ann Ames"),
    "cast: instead of the usual names": ("cast", None),
    "year=1994": ("year", "1994"),
    "genre: instead of the usual names": ("genre", None),
}


@pytest.mark.parametrize(
    ("scale", "unit", "expected"),
    [
        ({"transform": "log1p", "std": 1.7, "mean": 16.0}, "US dollars", (0.01, 2, "", "the prediction")),
        ({"transform": "log1p", "std": 0.6, "mean": 1.0, "shift": 1.0}, "", (0.001, 3, "", "the prediction plus 2")),
        ({"std": 2.3e8}, "US dollars", (1.0, 0, "M", "")),
        ({"std": 5e7}, "US dollars", (0.1, 1, "M", "")),
    ],
)
def test_numbers_are_written_by_the_scale_that_was_learnt(explained_run, scale, unit, expected):
    run = explained_run.run
    metadata = json.loads((run.path / "artifacts/metadata.json").read_text(encoding="utf-8"))
    metadata["target_scale"] |= scale
    run.write_json("artifacts/metadata.json", metadata)
    run.write_json("metrics.json", {**explained_run.metrics, "unit": unit})
    data = explorer_data(Results(run))
    assert (data["step"], data["decimals"], data["letter"], factor_of(data)) == pytest.approx(expected)
    assert data["log"] == ("transform" in scale)
    expected = 5.9 if "transform" not in scale else np.exp(5.9) - data["shift"]
    assert data["typical"] == pytest.approx(expected, rel=0.01)
    for (_, _, _, total, _), moved in zip(data["films"], data["moved"], strict=True):
        assert data["average"] + sum(moved[1::2]) == total


def test_a_run_whose_contributions_do_not_add_up_has_no_explorer(results):
    assert (results.run.path / "contributions.parquet").is_file()
    assert explorer_data(results)["films"] == []
    assert len(results.labels_of("genre")) > 20
