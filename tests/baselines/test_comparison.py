import numpy as np
import pytest

from greenlight_films.baselines import Comparison, Sample, fit
from greenlight_films.datamodules import InputError
from greenlight_films.datamodules.declared import Declared
from greenlight_films.datamodules.films import fit_films
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
