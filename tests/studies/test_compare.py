"""Classical models on the network's films: their tables, scores and predictions in the run's folder."""

import pandas as pd
import pytest

from greenlight_films.baselines import Comparison
from greenlight_films.datamodules import InputError, Number, regression_scores
from greenlight_films.studies.compare import compare
from greenlight_films.studies.load import refuse_impossible


@pytest.fixture
def run(films, folder, console):
    """Return what fits models of the films and returns what was printed."""

    def fit(data=films, **given) -> str:
        compare(folder, data, Comparison(**given), console)
        return console.file.getvalue()

    return fit


def test_nothing_is_said_of_the_mean_alone(run):
    assert run(models=[]).strip() == ""


def test_tables_of_an_earlier_fit_are_removed(run, folder):
    for grid in (True, False):
        run(models=["knn"], grid=grid)
        assert (folder.path / "baselines/knn/grid.csv").exists() is grid


def test_a_model_that_is_left_out_is_named_with_the_reason(film_data, run, folder):
    data = film_data(features=[Number("year")])
    data.setup("fit")
    assert "pca left out: compare.describe must leave 2 columns or more that vary, got 1; " in run(data)
    assert set(folder.read_json("metrics.json")["fits"]) == {"mean", "ols", "ridge", "knn", "boosting"}


def test_scores_and_predictions_stand_beside_those_of_earlier_fits(films, run, folder):
    for models in (["ridge", "pca"], ["tree"]):
        run(models=models)
    table, metrics = pd.read_csv(folder.path / "baselines/predictions.csv"), folder.read_json("metrics.json")
    assert set(table) == {"film", "title", "row", "actual", "mean", "ridge", "tree"}
    test = films.films.rows.test
    assert table["row"].tolist() == films.films.number[test].tolist()
    for name, scores in metrics["models"].items():
        expected = regression_scores(table["actual"].to_numpy(), table[name].to_numpy())
        known = {key: value for key, value in scores.items() if value is not None}
        assert known == pytest.approx({key: expected[key] for key in known})


def test_predictions_of_films_without_ids_or_titles_have_their_rows(film_data, run, folder):
    data = film_data(film=None, title=None)
    data.setup("fit")
    run(data, models=[])
    assert list(pd.read_csv(folder.path / "baselines/predictions.csv")) == ["row", "actual", "mean"]


def test_films_that_share_a_value_of_the_column_are_a_cluster(films, films_frame, run, folder):
    run(models=["ridge"], cluster="company")
    table = pd.read_csv(folder.path / "baselines/predictions.csv")
    company = films_frame["company"].loc[table["row"] - 1].reset_index(drop=True)
    known = company.notna()
    assert (table[known].groupby("cluster").size().to_numpy() > 1).sum() == company.nunique() == 3
    assert (table["cluster"][known].groupby(company[known]).nunique() == 1).all()
    assert table["cluster"][~known].is_unique
    run(models=["tree"])
    assert "cluster" not in pd.read_csv(folder.path / "baselines/predictions.csv")


def test_a_column_that_is_none_is_refused_before_anything_is_fitted(films):
    with pytest.raises(
        InputError, match=r"compare\.cluster: the table has no column 'compani', did you mean 'company'\?"
    ):
        refuse_impossible(Comparison(cluster="compani"), films)
