"""`validate`: the scores on the films that chose the best epoch."""

import pytest

from tests.runs import metrics_of, scalars_of, versions_in


def test_scores_of_the_validation_films_come_to_the_metrics(study, copied, command, monkeypatch):
    monkeypatch.chdir(copied.path)
    answer = command("validate", "--run", ".")  # a run is also opened from within its folder
    assert answer.code == 0
    assert "30 validation films" in answer.out
    validated = metrics_of(copied.path)
    scores = validated.pop("validation")
    assert set(scores) == {"mlp"}
    best = min(value for _, value in scalars_of(study.path)["val/mse"])
    assert scores["mlp"]["mse"] == pytest.approx(best, rel=1e-5)
    assert validated == study.metrics
    assert versions_in(copied.runs) == ["small/version_0"]
