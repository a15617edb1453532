"""Means of a target that is learnt as its logarithm."""

import numpy as np
import pytest
from sklearn.metrics import r2_score, root_mean_squared_error

from greenlight_films.baselines import Comparison, Sample, fit
from greenlight_films.baselines.ridge import Ridge
from greenlight_films.datamodules import InputError
from greenlight_films.datamodules.targets import Target
from greenlight_films.studies.compare import compare
from greenlight_films.studies.load import refuse_impossible
from greenlight_films.studies.results import Results


@pytest.fixture
def money(film_data, films_frame, tmp_path):
    """Return films whose target is lognormal about their rating, learnt as its logarithm."""
    noise = np.random.default_rng(0).normal(0, 1, len(films_frame))
    films_frame["gross"] = np.exp(films_frame["rating"] + noise)
    films_frame.to_csv(tmp_path / "money.csv", index=False)
    data = film_data(table=str(tmp_path / "money.csv"), target=Target("gross", transform="log1p", unit="US dollars"))
    data.setup("fit")
    return data


def test_means_are_medians_times_the_factor_of_the_validation_films(money, folder, console):
    compare(folder, money, Comparison(models=["ridge"], smearing=True), console)
    scores = folder.read_json("metrics.json")["means"]["ridge"]
    training, validation = (Sample.of(money.films, money.fitted, side) for side in ("train", "val"))
    medians = fit(Ridge(), training, validation).predicted
    assert scores["smearing"] == pytest.approx(np.mean((1 + validation.actual) / (1 + medians)), rel=1e-5)
    assert abs(scores["smearing"] - 1) > 0.02
    table = Results(folder).table("baselines/predictions.csv")
    means = scores["smearing"] * (1 + table["ridge"]) - 1
    assert scores["rmse_of_mean"] == pytest.approx(root_mean_squared_error(table["actual"], means), rel=1e-6)
    assert scores["r2_of_mean"] == pytest.approx(r2_score(table["actual"], means), rel=1e-5)
    board = folder.read_csv("leaderboard.csv").set_index("model")
    assert board.loc["ridge", "smearing"] == pytest.approx(scores["smearing"])


def test_medians_stay_and_means_are_given_on_request_alone(money, folder, console):
    compare(folder, money, Comparison(models=["ridge"]), console)
    assert "means" not in folder.read_json("metrics.json")


def test_a_target_that_is_learnt_as_it_is_has_no_use_for_it(films):
    with pytest.raises(InputError, match=r"compare\.smearing needs a target .* got data\.target\.transform none"):
        refuse_impossible(Comparison(smearing=True), films)


def test_the_factor_of_a_refitted_model_is_of_its_first_fit(money, folder, console):
    training, validation = (Sample.of(money.films, money.fitted, side) for side in ("train", "val"))
    money.refit()
    compare(folder, money, Comparison(models=["mean"], smearing=True), console)
    factor = folder.read_json("metrics.json")["means"]["mean"]["smearing"]
    assert factor == pytest.approx(np.mean((1 + validation.actual) / np.exp(np.log1p(training.actual).mean())))
