"""`Results`: the frames and figures of a run, for a notebook."""

import json
from shutil import copytree

import pandas as pd
import pytest

import greenlight_films as gl
from tests.runs import metrics_of, predictions_of


@pytest.fixture(scope="module")
def results(run):
    return gl.Results(run)


def test_the_leaderboard_has_every_model_the_lowest_rmse_first(results, run):
    table = results.leaderboard
    assert set(table["model"]) == set(metrics_of(run)["models"]) == {"mlp", "mean", "ridge"}
    assert table["rmse"].is_monotonic_increasing
    scores = metrics_of(run)["models"]["ridge"]
    assert table.set_index("model").loc["ridge", "r2"] == pytest.approx(scores["r2"])


def test_tables_are_those_of_the_folder(results, run):
    assert results.predictions["predicted"].tolist() == predictions_of(run)["predicted"].tolist()
    assert {"feature", "importance", "q"} <= set(results.importance)
    assert set(results.columns["level"]) == {"column", "role"}
    assert list(results.contributions) == ["row", "column", "value", "contribution", "alone"]
    assert all(map(len, (results.predictions, results.importance, results.contributions)))


def test_a_changed_frame_changes_no_result(run):
    results, names = gl.Results(run), ("predictions", "importance", "columns", "contributions", "groups", "pairs")
    before = {name: getattr(results, name).copy() for name in names}
    for name in names:
        frame = getattr(results, name)
        frame[frame.columns[0]] = "changed"
    for name in names:
        pd.testing.assert_frame_equal(getattr(results, name), before[name])


def test_figures_are_drawn(results):
    assert "points" in results.plot_importance().layout.xaxis.title.text
    assert len(results.plot_predictions().data[0].x) == 45
    assert "points" in results.plot_pairs().layout.xaxis2.title.text


def test_groups_and_pairs_are_those_of_the_folder(results, run):
    for table, name in ((results.groups, "groups"), (results.pairs, "pairs")):
        assert table.equals(pd.read_csv(run / f"importance_{name}.csv"))
        assert len(table)
    assert results.conditional.empty


def test_the_text_has_the_scores(results, run):
    r2 = metrics_of(run)["models"]["ridge"]["r2"]
    assert repr(results).startswith(f"Results('{run}'): ")
    assert f"ridge R² {r2:.3f}" in repr(results)


def test_a_run_that_was_only_begun_has_empty_tables_and_says_what_makes_the_others(run, tmp_path):
    folder = tmp_path / "small"
    folder.mkdir()
    (folder / "config.yaml").write_bytes((run / "config.yaml").read_bytes())
    results = gl.Results(folder)
    assert results.importance.empty
    assert results.contributions.empty
    assert repr(results).endswith("no scores yet")
    for call, message in (
        (lambda: results.leaderboard, r"small has no scores yet: score it with `test --run"),
        (results.plot_importance, r"small has no importances yet: measure them with `importance --run"),
        (results.plot_pairs, r"small has no pairs of labels: measure them with `importance --run"),
        (results.plot_predictions, r"small has no predictions yet: make them with `predict --run"),
    ):
        with pytest.raises(gl.InputError, match=message):
            call()


def test_another_folder_is_refused(tmp_path):
    with pytest.raises(gl.InputError, match=r"Results must be the folder of a run, .* has no config\.yaml"):
        gl.Results(tmp_path)


def test_a_changed_table_is_refused(run, tmp_path):
    folder = copytree(run, tmp_path / "small" / "version_0")
    (folder / "metrics.json").write_text(json.dumps([]), encoding="utf-8")
    with pytest.raises(gl.InputError, match=r"metrics\.json"):
        _ = gl.Results(folder).leaderboard
