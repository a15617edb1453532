import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingRegressor

from greenlight_films.baselines import Boosting, Comparison, Mean, Sample, fit
from greenlight_films.baselines.knn import KNN
from greenlight_films.datamodules import InputError
from greenlight_films.datamodules.declared import Declared
from greenlight_films.datamodules.films import fit_films, refit_films
from greenlight_films.datamodules.scores import regression_scores
from greenlight_films.datamodules.splits import GroupSplit, TimeSplit
from greenlight_films.datamodules.targets import Target


@pytest.fixture
def sides(films_frame, film_features):
    declared = Declared(film_features, Target("rating"), GroupSplit(by="id"), film="id")
    films, fitted = fit_films(films_frame, declared)
    return tuple(Sample.of(films, fitted, side) for side in ("train", "test"))


def names(comparison: Comparison) -> list[str]:
    return [model.name for model in comparison.baselines()]


def test_a_model_is_fitted_to_training_rows_and_scored_on_both_sides(sides):
    for model in Comparison().possible(sides[0])[0]:
        fitted = fit(model, *sides)
        assert fitted.seconds > 0
        if fitted.test is None:
            assert model.name in ("kmeans", "pca")
            continue
        for side, scores in zip(sides, (fitted.train, fitted.test), strict=True):
            expected = regression_scores(side.actual, fitted.model.predict(side.films))
            assert scores == pytest.approx(expected, nan_ok=True, rel=0, abs=0)


@pytest.mark.parametrize(
    ("models", "fitted"),
    [(None, ["ols", "ridge", "knn", "boosting", "kmeans", "pca"]), (["pca", "ridge"], ["ridge", "pca"]), ([], [])],
)
def test_models_are_chosen_by_name_the_quick_ones_by_default(models, fitted):
    assert names(Comparison(models=models)) == fitted


def test_linear_regressions_have_names_of_their_own(sides):
    comparison = Comparison(models=["ols"], ols={"full": ["*"], "numeric": ["year", "runtime"]})
    assert names(comparison) == ["ols_full", "ols_numeric"]
    widths = [fit(model, *sides).model.design.n_columns for model in comparison.baselines()]
    space = sides[0].space
    assert widths == [space.n_dense + space.n_labels + 1, 4]  # no first company is left out: some films have none


def test_settings_reach_their_models():
    comparison = Comparison(models=["knn", "kmeans", "pca"], grid=True, clusters=7, describe=["year", "runtime"])
    knn, kmeans, pca = comparison.baselines()
    assert (knn.grid, kmeans.k) == (True, 7)
    assert pca.columns == kmeans.columns == ["year", "runtime"]


@pytest.fixture
def rows_of_a_film(sample):
    return sample(np.arange(6)[:, None] * [1.0, 2.0, 3.0], np.arange(6.0), film=np.zeros(6, int))


def test_a_default_model_that_cannot_be_fitted_is_left_out_with_the_reason(rows_of_a_film):
    models, refused = Comparison(clusters=4).possible(rows_of_a_film)
    assert [model.name for model in models] == ["mean", "ols", "kmeans", "pca"]
    assert set(refused) == {"ridge", "knn", "boosting"}
    assert "2 training films or more, got 1" in refused["knn"]


def test_of_many_films_neighbours_are_left_out_where_nobody_asks_for_them(sample, monkeypatch):
    films = sample(np.arange(30)[:, None] * [1.0, 2.0, 3.0], np.arange(30.0))
    monkeypatch.setattr(KNN, "most_rows", 29)
    refused = Comparison().possible(films)[1]
    assert list(refused) == ["knn"]
    assert "long for 30 training rows (29 are quick)" in refused["knn"]
    assert [model.name for model in Comparison(models=["knn"]).possible(films)[0]] == ["mean", "knn"]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"models": ["knn"]}, "2 training films or more, got 1"),
        ({"models": ["kmeans"], "clusters": 9}, "at most the 6 training films that differ, got 9"),
        ({"ols": {"full": ["n7"]}}, "compare.ols.full: 'n7' fits no column"),
        ({"models": ["pca"], "describe": ["n1"]}, "compare.describe must leave 2 columns"),
    ],
)
def test_a_requested_model_that_cannot_be_fitted_is_refused(rows_of_a_film, given, message):
    with pytest.raises(InputError, match=message):
        Comparison(**given).possible(rows_of_a_film)


@pytest.mark.parametrize("name", ["", "../up", ".hidden"])
def test_a_linear_regressions_name_is_fit_for_a_folder(name):
    with pytest.raises(InputError, match=f"a name must be letters, digits, - and _, as of a folder, got '{name}'"):
        Comparison(ols={name: ["*"]})


@pytest.mark.parametrize("given", [{"ols": {}}, {"describe": []}, {"clusters": 1}])
def test_empty_settings_are_refused(given):
    with pytest.raises(InputError, match=f"compare.{next(iter(given))} must"):
        Comparison(**given)


def test_training_rows_come_with_the_validation_rows_of_the_split_later_ones_of_a_split_by_time(
    films_frame, film_features
):
    films, fitted = fit_films(films_frame, Declared(film_features, Target("rating"), TimeSplit("year")))
    training, test = (Sample.of(films, fitted, side) for side in ("train", "test"))
    assert training.validation.number.tolist() == films.number[films.rows.val].tolist()
    years = [side.films.unscaled[:, 0] for side in (training, training.validation, test)]
    assert years[0].max() < years[1].min()
    assert years[1].max() < years[2].min()
    assert test.validation is None


@pytest.fixture
def refitted(films_frame, film_features):
    """Return training rows with validation rows, test rows, and all rows that a refit learns from."""
    declared = Declared(film_features, Target("rating"), GroupSplit(by="id"), film="id")
    films, fitted = fit_films(films_frame, declared)
    films, fitted = refit_films(films_frame, declared, films, fitted)
    return tuple(Sample.of(films, fitted, side) for side in ("train", "test", "learnt"))


def test_a_refit_learns_from_validation_rows_too_with_the_settings_that_these_chose(refitted):
    training, test, learnt = refitted
    assert learnt.n_rows == training.n_rows + training.validation.n_rows
    chosen = {"ridge": ("alpha",), "knn": ("k", "weights", "metric"), "lightgbm": ("encoding", "size", "n_trees")}
    for model in Comparison(models=["ridge", "knn", "boosting", "lightgbm", "tree"]).possible(training)[0]:
        first = fit(model, training, test)
        settings = [getattr(model, name) for name in chosen.get(model.name, ())]
        of_training, of_validation = first.predicted, model.predict(training.validation.films)
        again = fit(model, training, test, learnt)
        assert [getattr(model, name) for name in chosen.get(model.name, ())] == settings
        assert again.validated.tolist() == first.validated.tolist() == of_validation.tolist()
        assert again.predicted.tolist() != of_training.tolist()
        assert again.predicted.tolist() == model.predict(test.films).tolist()


def test_refitted_boosting_has_as_many_trees_as_the_validation_rows_chose_and_is_scikit_learns(refitted):
    training, test, learnt = refitted
    model = Boosting()
    fit(model, training, test)
    n_trees = model.model.n_iter_
    assert 1 < n_trees < 500
    fit(model, training, test, learnt)
    assert model.model.n_iter_ == n_trees
    theirs = HistGradientBoostingRegressor(max_iter=n_trees, early_stopping=False, random_state=0)
    theirs.fit(np.hstack([learnt.films.dense, learnt.films.labels.toarray()]), learnt.target)
    expected = theirs.predict(np.hstack([test.films.dense, test.films.labels.toarray()]))
    assert model.predict(test.films) == pytest.approx(test.scale.inverse(expected))


def test_the_refitted_mean_is_that_of_all_rows_learnt_from(refitted):
    training, test, learnt = refitted
    fitted = fit(Mean(), training, test, learnt)
    assert fitted.predicted == pytest.approx(learnt.actual.mean())
    assert fitted.validated == pytest.approx(training.actual.mean())
