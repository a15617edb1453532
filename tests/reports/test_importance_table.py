"""What the terminal says of importances, from the files that a run has of them."""

import numpy as np
import pandas as pd
import pytest

from greenlight_films.importance.result import BOTH_SIDES, MEAN_NOTHING
from greenlight_films.reports.importance_table import print_importance
from greenlight_films.studies.importance_files import write_importance
from greenlight_films.studies.results import Results


@pytest.fixture
def printed(measured, measured_once, folder, console):
    """Return what writes the importances of a network and returns them with what is printed."""

    def show(data=None, changes=None, **how) -> tuple[Results, str]:
        done = measured(data, **how) if data or how else measured_once
        write_importance(folder, done.result, done.films)
        folder.write_json("importance.json", {**folder.read_json("importance.json"), **(changes or {})})
        print_importance(Results(folder), console)
        return Results(folder), " ".join(console.file.getvalue().split())

    return show


def test_the_ten_most_important_features_the_columns_and_the_groups_are_shown(printed):
    results, text = printed(groups={"Anns [both]": ["cast=Ann *"]})
    features = results.features
    assert "What the predictions of 50 test films rest on: increase of the squared error when shuffled" in text
    assert f"10 of {len(features)} features" in text
    first = features.iloc[0]
    interval = f"{first['low_95']:.2g} to {first['high_95']:.2g}"
    assert f"{first['feature']} │ {first['importance']:.4g} │ {interval} │ {first['n_films']} │" in text
    for name, value in zip(features["feature"][:10], features["importance"][:10], strict=True):
        assert f"{name} │ {value:.4g} │" in text
    assert f"│ {features['feature'][10]} │" not in text
    for column in results.aggregated.query("level == 'column'").itertuples():
        assert f"│ {column.name} │ {column.importance:.4g} │" in text
    assert "groups, shuffled together" in text
    assert "│ Anns [both] │" in text
    sure = (features["q"] < 0.05).sum()
    assert f"{sure} of {features['importance'].notna().sum()} features have a q below 0.05" in text
    assert "mean nothing" not in text
    assert "Stopped" not in text


def test_groups_have_no_heading_where_there_are_none(printed):
    _, text = printed(changes={"split": "val", "films": 30})
    assert "groups, shuffled together" not in text
    assert "30 validation films" in text


def test_values_that_no_film_has_or_few_are_counted(printed, film_data, films_frame, tmp_path):
    films_frame["company"] = [f"Company {row // 2}" for row in films_frame.index]
    films_frame.to_csv(tmp_path / "own.csv", index=False)
    results, text = printed(film_data(table=str(tmp_path / "own.csv")))
    how = results.importance
    assert how["not_estimable"] > 20
    assert f"{how['not_estimable']} features are in none of the 50 test films: not estimable" in text
    assert how["fewer_than_3_films"] > 1
    assert f"{how['fewer_than_3_films']} features are in fewer than 3: too few films to tell" in text


def test_what_no_feature_has_is_not_told(printed):
    _, text = printed(changes={"not_estimable": 0})
    assert "not estimable" not in text
    assert "Measured in " in text


def test_what_is_missing_where_it_was_stopped_is_counted(printed):
    _, text = printed(changes={"missing": 1_234, "missing_columns": 2})
    assert "Stopped: 1,234 features and 2 columns, roles or groups are missing." in text


@pytest.mark.slow
@pytest.mark.parametrize("warning", [MEAN_NOTHING, BOTH_SIDES])
def test_what_makes_importances_meaningless_is_said_first(printed, warning):
    _, text = printed(changes={"warning": warning})
    assert text.startswith(warning)


@pytest.mark.slow
def test_an_importance_that_is_not_there_is_not_shown(printed, folder, console):
    printed()
    table = Results(folder).features
    folder.write_csv("Permu_importance_df.csv", table.assign(importance=np.nan))
    console.file.truncate(0)
    print_importance(Results(folder), console)
    assert "of 0 features" not in console.file.getvalue()
    assert pd.isna(Results(folder).features["importance"]).all()


def test_importances_of_a_target_that_is_learnt_as_its_logarithm_are_in_its_own_unit(printed, folder):
    scale = {"transform": "log1p", "shift": 0.0, "mean": 1.0, "std": 1.0}
    folder.write_json("artifacts/metadata.json", {"format": 1, "fingerprint": "", "target_scale": scale, "models": {}})
    _, text = printed()
    assert "not in logarithms: films with large amounts weigh most." in text
