"""What scores mean: the sentences of each row of docs/verdicts.md, and the cases of whole studies."""

import json
from dataclasses import replace

import pytest

from greenlight_films.studies.facts import Facts, facts_in
from greenlight_films.studies.verdict import verdict
from tests.cases import cases, check_message, name_of
from tests.studies.case_study import config_of

GOOD = Facts(
    n_test=60, rmse=1.5, r2=0.8, r2_learnt=0.8, spearman=0.9, spearman_low=0.8, spearman_high=0.95,
    skill_against_training_mean=0.8, skill_low=0.7, skill_high=0.9, drift=0.0, drift_low=-0.1, drift_high=0.1,
    training_mean=45.0, test_mean=45.0, worst_row=7, worst_share=0.1, r2_without_worst=0.81,
)  # fmt: skip
NO_GAIN = {"skill_against_training_mean": 0.01, "skill_low": -0.2, "skill_high": 0.2, "r2": 0.01, "r2_learnt": 0.01}
NO_ORDER = {"spearman": 0.1, "spearman_low": -0.1, "spearman_high": 0.3}
DRIFT = {"drift": 1.8, "drift_low": 1.4, "drift_high": 2.2, "test_mean": 59.0, "r2": -2.5, "r2_learnt": -2.5}
ONE_FILM = {"worst_share": 0.97, "r2": 0.1, "r2_without_worst": 0.8}


@pytest.mark.parametrize(
    ("given", "warns", "sentences"),
    [
        ({}, False, ["The network orders the 60 test films well (R² 0.800, rank correlation 0.90). Squared"]),
        ({"spearman": 0.4}, False, ["orders the 60 test films roughly"]),
        ({"spearman": 0.2}, False, ["orders the 60 test films a little better than chance"]),
        (NO_ORDER, False, ["is better than guessing the mean on the 60 test films"]),
        ({"scale": "log1p"}, False, ["(R² of log1p 0.800, the scale that it learnt, and R² 0.800 in the unit, rank"]),
        (NO_GAIN, True, ["orders the 60 test films well (R² 0.010", "trust the order, not the amounts"]),
        (NO_GAIN | NO_ORDER, True, ["no better than guessing the mean (R² 0.010, rank correlation 0.10)"]),
        (NO_ORDER | {"skill_low": -2, "skill_high": -1, "r2": -1}, True, ["worse than guessing the mean"]),
        (NO_GAIN | {"spearman": -0.9, "spearman_low": -1, "spearman_high": -0.8}, True, ["the wrong way round"]),
        (DRIFT, True, ["orders the 60 test films well", "lie 14 million higher on the whole", "(drift)"]),
        (DRIFT | {"drift": -1.8, "drift_low": -2, "drift_high": -1, "test_mean": 31.0}, True, ["14 million lower"]),
        (ONE_FILM, True, ["A single film (row 7) makes up 97% of the squared error of million", "would be 0.800"]),
        (NO_GAIN | NO_ORDER | {"scale": "log1p", "r2": -9.0}, True, ["(R² of log1p 0.010, the scale that it learnt"]),
        (ONE_FILM | {"scale": "log1p"}, True, ["of the squared error of million; without it R² there would be 0.800"]),
        ({"n_test": 8}, True, ["8 test films are few"]),
        ({"n_test": 1, "r2": None}, True, ["There is 1 test film: no score can be given, no R²"]),
        ({"constant": 6.0, "r2": None}, True, ["All 60 test films have the same gross, 6 million: there is no R²"]),
        ({"finite": False}, True, ["predictions are no numbers: lower model.learning_rate"]),
    ],
)  # fmt: skip
def test_each_row_of_the_table_has_its_sentence(given, warns, sentences):
    found = verdict(replace(GOOD, **given), "gross", "million")
    assert found.warns is warns
    for sentence in sentences:
        assert sentence in " ".join(found.sentences)


def test_of_older_runs_the_scores_are_told():
    scores = {"rmse": 1.0, "r2": -0.1, "spearman": 0.05}
    older = {"models": {"mlp": scores}, "rows": {"test": 45}}
    assert "no better than" in verdict(facts_in(older)).sentences[0]
    assert not verdict(facts_in({**older, "models": {"mlp": {**scores, "r2": 0.4, "spearman": 0.7}}})).warns
    assert facts_in({"models": {"ridge": scores}}) is None
    assert facts_in({**older, "verdict": {**vars(GOOD), "of a later version": 1}}) == GOOD


def holds(value: object, wanted: object) -> bool:
    if not isinstance(wanted, str):
        return value == wanted
    sign, limit = wanted.split()
    return value > float(limit) if sign == ">" else value < float(limit)


@pytest.mark.parametrize("case", cases("verdicts"), ids=name_of)
def test_a_study_tells_what_its_scores_mean(case, command, tmp_path):
    answer = command("study", "--config", config_of(case, tmp_path), "--runs", tmp_path / "runs")
    assert answer.code == 0, answer.err
    run = tmp_path / "runs/case/version_0"
    metrics = json.loads((run / "metrics.json").read_text(encoding="utf-8"))
    known = {**metrics["verdict"], **metrics["models"]["mlp"]}
    for name, wanted in case["expect"]["verdict"]["facts"].items():
        assert holds(known[name], wanted), (name, known[name])
    check_message(answer.out, case["expect"]["verdict"])
    page = (run / "report.html").read_text(encoding="utf-8")
    check_message(page[page.index("<header>") : page.index("<nav")], case["expect"]["verdict"])
    assert "1 test films" not in page
