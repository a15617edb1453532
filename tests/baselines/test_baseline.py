"""The contract of every classical model; new classes are discovered and tested as well."""

import inspect
import json
from dataclasses import replace
from importlib import import_module
from pkgutil import iter_modules

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from sklearn.base import BaseEstimator
from sklearn.linear_model import Ridge as SklearnRidge

from greenlight_films import baselines
from greenlight_films.baselines import Baseline, Comparison, KMeans, Predictor, fit
from greenlight_films.baselines.boosted_trees import BoostedTrees
from greenlight_films.datamodules import InputError
from greenlight_films.datamodules.scores import regression_scores

KINDS = {
    kind
    for module in iter_modules(baselines.__path__)
    for _, kind in inspect.getmembers(import_module(f"greenlight_films.baselines.{module.name}"), inspect.isclass)
    if issubclass(kind, Baseline) and not inspect.isabstract(kind)
}
IN_ORDER = sorted(KINDS, key=lambda kind: kind.__name__)
every = pytest.mark.parametrize("kind", IN_ORDER, ids=lambda kind: kind.__name__)
predictors = pytest.mark.parametrize(
    "kind", [kind for kind in IN_ORDER if issubclass(kind, Predictor)], ids=lambda kind: kind.__name__
)


@pytest.fixture(autouse=True)
def few_trees(monkeypatch):
    monkeypatch.setattr(BoostedTrees, "most_trees", 60)
    monkeypatch.setattr(baselines.CatBoost, "sizes", (2,))


@pytest.fixture
def films(sample):
    """Return 300 films whose target depends on a number and two labels."""

    def make(transform="none"):
        random = np.random.default_rng(0)
        dense, labels = random.normal(size=(300, 3)), (random.random((300, 12)) < 0.3) * 1.0
        actual = np.exp(0.4 * dense[:, 0] + labels[:, 0] - 0.5 * labels[:, 3] + random.normal(0, 0.2, 300))
        return sample(dense, actual, labels, transform=transform)

    return make


def answer(model: Baseline, films) -> np.ndarray:
    """Return the model's predictions, clusters or components of films."""
    method = next(getattr(model, name) for name in ("predict", "assign", "transform") if hasattr(model, name))
    return method(films)


def test_every_model_can_be_requested_by_its_name():
    models = ["ols", "ridge", "knn", "boosting", "lightgbm", "catboost", "tree", "sklearn_mlp", "kmeans", "pca"]
    by_name = {type(model) for model in Comparison(models=models).baselines()}
    assert by_name | {baselines.Mean} == KINDS
    assert len(KINDS) == 11


@pytest.mark.slow
@predictors
@pytest.mark.parametrize("transform", ["none", "log1p"])
def test_predictions_are_in_the_targets_own_unit(kind, films, transform):
    whole = films(transform)
    model = kind().fit(whole.take(np.arange(200)))
    predicted = model.predict(whole.films.take(np.arange(200, 300)))
    assert predicted.shape == (100,)
    assert predicted.dtype == np.float64
    scores = regression_scores(whole.actual[200:], predicted)
    assert scores["r2"] > (0.4 if model.name != "mean" else -0.1)
    assert abs(predicted.mean() / whole.actual.mean() - 1) < 0.2


@pytest.mark.slow
@every
def test_fitting_again_changes_nothing_and_films_are_left_as_they_are(kind, films):
    whole, untouched = films(), films()
    model = kind().fit(whole)
    first = answer(model, whole.films)
    model.tables(whole, whole)
    assert first.tolist() == answer(kind().fit(whole), whole.films).tolist()
    for name in ("dense", "unscaled"):
        assert (getattr(whole.films, name) == getattr(untouched.films, name)).all()
    assert (whole.films.labels != untouched.films.labels).nnz == 0
    assert (whole.actual == untouched.actual).all()


@pytest.mark.slow
@every
def test_nothing_outside_of_training_moves_what_was_fitted(kind, films):
    whole = films()
    training, held_out = whole.take(np.arange(200)), whole.take(np.arange(200, 300))
    model = kind().fit(training)
    before = model.tables(training, held_out)
    first = answer(model, training.films)
    held_out.actual[:] = 1e6
    held_out.films.unscaled[:] = 7
    again = kind().fit(training)
    assert (answer(again, training.films) == first).all()
    for name in set(before) - {"importance.csv", "correlations.csv"}:  # of held-out films
        after = again.tables(training, held_out)[name]
        assert str(before[name]).splitlines()[10:] == str(after).splitlines()[10:]


@pytest.mark.slow
@every
def test_tables_are_named_as_files_and_hold_no_lists(kind, films):
    for name, table in kind().fit(films()).tables(films(), films()).items():
        if isinstance(table, str):
            assert name.endswith(".txt")
            assert table.strip()
        else:
            assert name.endswith(".csv")
            assert len(table)
            assert all(pd.api.types.is_scalar(cell) for cell in table.iloc[0])


@pytest.mark.slow
@every
def test_a_state_of_arrays_plain_data_and_estimators_brings_it_back(kind, films):
    model = kind().fit(films())
    state = model.to_state()
    parts = {name: value for name, value in state.items() if not isinstance(value, np.ndarray | BaseEstimator)}
    state |= json.loads(json.dumps(parts))
    restored = kind.from_state(state)
    np.testing.assert_allclose(answer(restored, films().films), answer(model, films().films), rtol=1e-12)


@predictors
def test_numbers_alone_and_labels_alone_will_do(kind, sample):
    random = np.random.default_rng(1)
    dense, labels = random.normal(size=(60, 2)), (random.random((60, 4)) < 0.5) * 1.0
    for given in ((dense, None), (None, labels)):
        actual = (given[0] if given[1] is None else labels)[:, 0] + random.normal(0, 0.1, 60)
        films = sample(given[0], actual, given[1])
        model = kind().fit(films)
        model.tables(films, films)
        assert model.name == "mean" or np.corrcoef(model.predict(films.films), actual)[0, 1] > 0.6


@every
def test_constant_columns_and_labels_of_no_film_do_no_harm(kind, sample):
    random = np.random.default_rng(2)
    dense, labels = np.column_stack([np.full(40, 7.0), random.normal(size=(40, 2))]), np.zeros((40, 70))
    labels[:, 3], actual = 1, dense[:, 1] + 5
    films = sample(dense, actual, labels)
    model = kind().fit(films)
    model.tables(films, films)
    assert np.isfinite(answer(model, films.films)).all()


@every
@pytest.mark.parametrize("n_rows", [2, 3, 4, 7])
def test_a_handful_of_films_is_enough_or_clearly_refused(kind, sample, n_rows):
    dense, actual = np.arange(n_rows)[:, None] / n_rows + [0, 1, 5], np.arange(n_rows) + 1.0
    dense[:, 1] **= 2
    films = sample(dense, actual)
    refused = (
        (kind.__name__ == "OLS" and n_rows < 5) or (kind is KMeans and n_rows < 4) or issubclass(kind, BoostedTrees)
    )
    if refused:
        with pytest.raises(InputError, match=rf"compare\..*{n_rows} training"):
            kind().check(films)
        return
    kind().check(films)
    model = kind().fit(films)
    model.tables(films, films)
    assert np.isfinite(answer(model, films.films)).all()


@every
def test_a_single_film_is_refused_before_anything_is_trained_or_does(kind, sample):
    films = sample(np.arange(24)[:, None] / 24 * [1, 2, 3], np.arange(24) + 1.0, film=np.zeros(24, int))
    if kind.__name__ in ("Ridge", "KNN", "Boosting", "LightGBM", "CatBoost"):
        with pytest.raises(InputError, match="chosen among 2 training films or more, got 1"):
            kind().check(films)
    else:
        answer(kind(2).fit(films) if kind is KMeans else kind().fit(films), films.films)


@pytest.mark.parametrize("kind", [baselines.Mean, baselines.OLS], ids=lambda kind: kind.__name__)
def test_weights_are_films_that_stand_there_so_many_times(kind, films):
    whole, weights = films(), np.random.default_rng(5).integers(0, 4, 300)
    weighted = kind().fit(replace(whole, weights=weights / weights.mean()))
    repeated = kind().fit(whole.take(np.repeat(np.arange(300), weights)))
    expected = repeated.predict(whole.films)
    assert weighted.predict(whole.films) == pytest.approx(expected, rel=1e-6)
    assert kind().fit(whole).predict(whole.films) != pytest.approx(expected, rel=1e-3)


def test_a_weighted_ridge_is_scikit_learns(films):
    whole, weights = films(), np.random.default_rng(5).exponential(size=300)
    model = baselines.Ridge().fit(replace(whole, weights=weights / weights.mean()))
    reference = SklearnRidge(model.alpha).fit(whole.films.matrix().toarray(), whole.target, weights / weights.mean())
    assert model.coefficients == pytest.approx(reference.coef_, abs=1e-5)


def test_errors_of_a_weighted_ols_are_those_of_statsmodels(films):
    whole, weights = films(), np.random.default_rng(5).exponential(size=300)
    weights /= weights.mean()
    model = baselines.OLS().fit(replace(whole, weights=weights))
    table = model.tables(whole, whole)["coefficients.csv"]
    robust = sm.WLS(model.model.model.endog, model.model.model.exog, weights).fit(cov_type="HC3")
    known = table["left_out"] == ""
    assert table["se_hc3"][known].to_numpy() == pytest.approx(robust.bse, rel=1e-9)
    exog = model.model.model.exog
    mean = np.average(exog, axis=0, weights=weights)
    spread = (weights[:, None] * (exog - mean) ** 2).sum(0)  # of each column, with which it would stand alone
    inflation = np.diag(np.linalg.inv(exog.T @ (weights[:, None] * exog))) * spread
    assert table["vif"][known].to_numpy()[1:] == pytest.approx(inflation[1:], rel=1e-9)
    std = np.sqrt(spread / weights.sum())
    target = model.model.model.endog
    target_std = np.sqrt(np.average((target - np.average(target, weights=weights)) ** 2, weights=weights))
    expected = model.model.params * std / target_std
    assert table["standardised"][known].to_numpy()[1:] == pytest.approx(expected[1:], rel=1e-9)


@predictors
def test_every_predictor_takes_weights_and_is_scored_by_them(kind, films):
    whole = films()
    weights = np.random.default_rng(5).exponential(size=300)
    training, test = (
        replace(whole.take(rows), weights=weights[rows]) for rows in (np.arange(200), np.arange(200, 300))
    )
    outcome = fit(kind(), training, test)
    assert outcome.test["mae"] == regression_scores(test.actual, outcome.predicted, test.weights)["mae"]
    assert outcome.test["mae"] != regression_scores(test.actual, outcome.predicted)["mae"]
