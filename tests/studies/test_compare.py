import pandas as pd
import pytest

from greenlight_films.baselines import Comparison
from greenlight_films.datamodules import regression_scores
from greenlight_films.studies.compare import add_fits, print_found, run_comparison, write_predictions


def run(films, folder, console, **given):
    return run_comparison(Comparison(**given), films.films, films.fitted, folder, console)


def test_models_leave_their_tables_in_folders_of_their_own(films, folder, console):
    found = run(films, folder, console, models=["ols", "knn", "pca"])
    assert list(found) == ["mean", "ols", "knn", "pca"]
    for name, one in found.items():
        written = folder.path / "baselines" / name
        assert sorted(one.tables) == (sorted(path.name for path in written.iterdir()) if one.tables else [])
    assert pd.read_csv(folder.path / "baselines/knn/sweep.csv")["k"].iloc[-1] == 50
    assert "OLS Regression Results" in (folder.path / "baselines/ols/summary.txt").read_text()


def test_tables_of_an_earlier_fit_are_gone(films, folder, console):
    for grid in (True, False):
        run(films, folder, console, models=["knn"], grid=grid)
        assert (folder.path / "baselines/knn/grid.csv").exists() is grid


def test_what_was_left_out_is_said(film_data, folder, console, films_frame):
    data = film_data()
    data.setup("fit")
    data.films.ids["film"] = "one and the same"
    found = run(data, folder, console)
    assert list(found) == ["mean", "ols", "kmeans", "pca"]
    said = console.file.getvalue()
    assert "knn left out: its settings are chosen among 2 training films or more, got 1\n" in said


def test_what_models_settled_on_is_said(films, folder, console):
    print_found(run(films, folder, console), folder, console)
    said = console.file.getvalue()
    for name in ("ols", "ridge", "knn", "boosting", "kmeans", "pca"):
        assert f"\n{name}: " in f"\n{said}"
    assert f"their tables: {folder.path}/baselines/" in said
    assert "mean:" not in said


def test_nothing_is_said_of_the_mean_alone(films, folder, console):
    print_found(run(films, folder, console, models=[]), folder, console)
    assert console.file.getvalue().strip() == ""


def test_scores_and_seconds_become_metrics(films, folder, console):
    metrics = {"models": {}, "fits": {"mlp": {"seconds": 3}}}
    add_fits(metrics, run(films, folder, console, models=["ridge", "pca"]))
    assert set(metrics["models"]) == {"mean", "ridge"}
    assert set(metrics["fits"]) == {"mlp", "mean", "ridge", "pca"}
    assert metrics["fits"]["ridge"]["train"]["rmse"] < metrics["models"]["ridge"]["rmse"]
    assert list(metrics["fits"]["pca"]) == ["seconds"]


def test_predictions_of_all_models_lie_side_by_side_also_of_those_fitted_later(films, folder, console):
    first = run(films, folder, console, models=["ridge", "pca"])
    write_predictions(folder, films.films, first)
    later = run(films, folder, console, models=["tree"])
    write_predictions(folder, films.films, later)
    table = pd.read_csv(folder.path / "baselines/predictions.csv")
    assert set(table) == {"film", "title", "row", "actual", "mean", "ridge", "tree"}
    test = films.films.rows.test
    assert table["row"].tolist() == films.films.number[test].tolist()
    for name, one in {**first, **later}.items():
        if name != "pca":
            scores = regression_scores(table["actual"].to_numpy(), table[name].to_numpy())
            assert scores == pytest.approx({key: one.test[key] for key in scores}, nan_ok=True)


def test_predictions_of_films_without_ids_or_titles_have_their_rows(film_data, folder, console):
    data = film_data(film=None, title=None)
    data.setup("fit")
    write_predictions(folder, data.films, run(data, folder, console, models=[]))
    assert list(pd.read_csv(folder.path / "baselines/predictions.csv")) == ["row", "actual", "mean"]
