"""`Spread` and `study(..., seeds=...)`: several runs from Python."""

import pytest
import yaml

import greenlight_films as gl
from greenlight_films.studies.seeds import seeds as several
from tests.conftest import awkward_films, run_here


def test_its_frames_are_those_of_the_folder(seeds):
    spread = gl.Spread(seeds.path)
    assert spread.path == seeds.path
    assert list(spread.runs) == [3, 4, 5]
    board = spread.runs[4].leaderboard.set_index("model")
    scores = spread.scores.set_index(["seed", "model"])
    assert scores.loc[(4, "mlp"), "rmse"] == board.loc["mlp", "rmse"]
    r2 = spread.summary.set_index(["model", "score"]).loc[("mlp", "r2")]
    assert r2["mean"] == pytest.approx(spread.scores.query("model == 'mlp'")["r2"].mean())
    assert repr(spread).endswith(f"3 seeds, R² of the network {r2['mean']:.3f} ± {r2['sd']:.3f}")
    assert set(spread.differences["model"]) == {"mean", "ridge"}
    changed = spread.scores
    changed["rmse"] = 0.0
    assert spread.scores["rmse"].min() > 0
    assert spread.importance["importance"].is_monotonic_decreasing
    assert -1 <= spread.ranking["rank_correlation"]["mean"] <= 1


@pytest.mark.slow
def test_a_frame_is_studied_by_folds_and_every_film_is_tested_once(study_config, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(several, "run_studies", run_here)
    keys = yaml.safe_load(study_config.read_text(encoding="utf-8")) | {"compare": {"models": []}, "report": True}
    keys["trainer"]["logger"] = False
    keys["data"]["target"]["init_args"]["transform"] = "log1p"
    spread = gl.study(awkward_films(), keys, folds=3, out=tmp_path / "runs")
    tested = [run.predictions.query("split == 'test'")["row"] for run in spread.runs.values()]
    rows = sorted(row for part in tested for row in part)
    assert len(rows) == len(set(rows)) == 198
    r2 = spread.summary.set_index(["model", "score"]).loc[("mlp", "r2_log1p")]
    assert repr(spread).endswith(f"3 folds, R² of log1p of the network {r2['mean']:.3f} ± {r2['sd']:.3f}")
    assert "mean ± standard deviation over 3 folds" in capsys.readouterr().out
    assert (spread.path / "report.html").is_file()


def test_the_folder_of_one_run_is_refused_by_the_name_of_the_class(study):
    with pytest.raises(gl.InputError, match="Spread must be the folder of"):
        gl.Spread(study.path)
