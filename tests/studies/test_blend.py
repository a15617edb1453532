"""The blend of the network and LightGBM: its weights by a search, its row and column, and what it can't be made of."""

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from greenlight_films.baselines import Comparison, LightGBM, Sample, fit
from greenlight_films.datamodules import InputError
from greenlight_films.studies.blend import best_share, blend_sentence
from greenlight_films.studies.compare import compare
from greenlight_films.studies.write import write_predictions, write_test

pytestmark = pytest.mark.filterwarnings("ignore:.*predict returned None.*")


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("errors", [(1.0, 1.0), (0.2, 2.0), (3.0, 0.1)])
def test_the_share_has_the_smallest_squared_error_of_all_from_0_to_1(errors, weighted):
    stream = np.random.default_rng(0)
    target = stream.normal(size=300)
    shared = stream.normal(size=300)
    first, second = (target + error * (stream.normal(size=300) + shared) for error in errors)
    weights = stream.uniform(0, 3, 300) if weighted else None

    def loss(share: float) -> float:
        return np.average((target - share * first - (1 - share) * second) ** 2, weights=weights)

    best = minimize_scalar(loss, bounds=(0, 1), method="bounded", options={"xatol": 1e-9}).x
    assert best_share(target, first, second, weights) == pytest.approx(best, abs=1e-5)


def test_predictions_that_are_the_same_have_half_each():
    assert best_share(np.arange(3.0), np.ones(3), np.ones(3)) == 0.5


@pytest.fixture
def run(films, folder, model):
    """Return the folder of a run whose network has predicted its films."""
    write_test(folder, model, films)
    write_predictions(folder, model, films)
    return folder


def test_it_is_the_mean_of_both_on_the_scale_that_is_learnt_and_has_a_row_and_a_column(films, run, model, console):
    compare(run, films, Comparison(models=["lightgbm"], blend=True), console)
    metrics = run.read_json("metrics.json")
    share = metrics["fits"]["blend"]["share"]
    table = run.read_csv("baselines/predictions.csv")
    network = model.predicted[films.films.rows.test]
    assert table["blend"].to_numpy() == pytest.approx(share * network + (1 - share) * table["lightgbm"], rel=1e-5)
    training, val = (Sample.of(films.films, films.fitted, side) for side in ("train", "val"))
    trees = fit(LightGBM(), training, val).predicted
    assert share == pytest.approx(best_share(val.actual, model.predicted[films.films.rows.val], trees), abs=1e-4)
    board = run.read_csv("leaderboard.csv").set_index("model")
    rmse = np.sqrt(np.mean((table["actual"] - table["blend"]) ** 2))
    assert board.loc["blend", "rmse"] == pytest.approx(rmse, rel=1e-5)
    sentence = blend_sentence(metrics)
    assert sentence in console.file.getvalue()
    assert "it has no contributions" in sentence


def test_a_run_without_a_blend_says_nothing_of_it(films, run, console):
    compare(run, films, Comparison(models=[]), console)
    assert blend_sentence(run.read_json("metrics.json")) == ""
    assert "blend" not in run.read_csv("baselines/predictions.csv")


def test_it_needs_lightgbm_and_a_network(films, folder, console):
    for models, shown in ((None, "the usual ones"), (["ridge"], r"\['ridge'\]")):
        with pytest.raises(InputError, match=rf"compare\.blend needs lightgbm among compare\.models, got {shown}; add"):
            Comparison(models=models, blend=True)
    comparison = Comparison(models=["lightgbm"], blend=True)
    with pytest.raises(InputError, match=r"compare\.blend needs a network's predictions, got a run without"):
        compare(folder, films, comparison, console)
