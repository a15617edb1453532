"""The files of importances, from real networks on small tables."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from pyarrow import parquet

from greenlight_films.datamodules import FilmDataModule
from greenlight_films.datamodules.features import Bins, Labels, Number
from greenlight_films.datamodules.targets import Target
from greenlight_films.importance.estimates import Estimates
from greenlight_films.importance.result import BOTH_SIDES, CANT_TELL, MEAN_NOTHING, ImportanceResult
from greenlight_films.studies.background_file import BACKGROUND, kept_films
from greenlight_films.studies.importance_files import with_importance, write_importance
from greenlight_films.studies.metrics import prediction_table
from tests.runs import IMPORTANCES

TABLES = [name for name in IMPORTANCES if name.endswith(".csv")]


@pytest.fixture
def written(folder):
    """Return what writes a measured study's files and returns their folder."""

    def write(done, result: ImportanceResult | None = None) -> Path:
        write_importance(folder, result or done.result, done.films)
        return folder.path

    return write


@pytest.fixture
def changed(film_data, films_frame, tmp_path):
    """Return what makes films of a table with other columns."""

    def change(frame: pd.DataFrame | None = None, **columns) -> FilmDataModule:
        (films_frame if frame is None else frame).assign(**columns).to_csv(tmp_path / "changed.csv", index=False)
        return film_data(table=str(tmp_path / "changed.csv"), allow_split_films=frame is not None)

    return change


def described(path: Path) -> dict[str, Any]:
    return json.loads((path / "importance.json").read_text(encoding="utf-8"))


def test_the_tables_open_in_pandas_as_they_were_to_six_digits(measured, written):
    done = measured(groups={"Anns": ["cast=Ann *"]})
    path = written(done)
    table, expected = pd.read_csv(path / "Permu_importance_df.csv"), done.result.features
    assert list(table.columns) == list(expected.columns)
    assert list(table.columns[:2]) == ["feature", "importance"]
    assert table["importance"].is_monotonic_decreasing
    for name in expected.select_dtypes("float"):
        assert expected[name].nunique() > 5 or name == "se_shuffle"
    pd.testing.assert_frame_equal(table, expected.reset_index(drop=True), check_dtype=False, rtol=1e-5)
    table, expected = pd.read_csv(path / "aggregated_importance.csv"), done.result.aggregated
    assert list(table.columns[:6]) == ["name", "level", "features", "sum_of_values", "sum_of_values_se", "importance"]
    assert table.query("level == 'group'")["name"].tolist() == ["Anns"]
    pd.testing.assert_frame_equal(table, expected.reset_index(drop=True), check_dtype=False, rtol=1e-5)


def test_contributions_open_in_pandas_with_names_and_the_rows_of_predictions(measured, written, film_data):
    done = measured(film_data(target=Target("rating", unit="points", transform="log1p")))
    path, expected = written(done) / "contributions.parquet", done.result.contributions.table
    table = pd.read_parquet(path)
    assert list(table.columns) == ["row", "column", "value", "contribution", "alone"]
    for name in ("column", "value"):
        assert isinstance(table[name].dtype, pd.CategoricalDtype)
    assert table["contribution"].dtype == np.float64
    assert len(table) > 200
    expected = expected[list(table.columns)]
    as_texts = expected.assign(value=expected["value"].where(expected["value"].notna(), np.nan))
    pd.testing.assert_frame_equal(table.astype(expected.dtypes), as_texts, check_dtype=False)
    assert table["alone"].isna().equals(table["value"].isna())
    numbers = done.films.films.number
    assert set(table["row"]) == set(numbers[done.films.films.rows.test])
    metadata = parquet.read_schema(path).metadata
    assert (metadata[b"unit"], metadata[b"unit of alone"]) == (b"log1p of points", b"points")
    assert metadata[b"warning"] == b""


@pytest.mark.slow
@pytest.mark.parametrize("transform", ["none", "log1p"])
def test_a_rows_contributions_and_the_average_are_the_prediction_in_the_folder(measured, written, film_data, transform):
    done = measured(film_data(target=Target("rating", transform=transform)))
    path, data = written(done), done.films
    predicted = np.zeros(data.films.n_rows)
    predicted[data.films.rows.test] = done.model.predicted
    predictions = prediction_table(data.films, predicted, data.fitted.scale).set_index("row")
    name = "predicted" if transform == "none" else "predicted_learnt"
    assert ("predicted_learnt" in predictions) == (transform == "log1p")
    sums = pd.read_parquet(path / "contributions.parquet").groupby("row")["contribution"].sum()
    total = sums + described(path)["average_prediction"]
    assert len(total) == len(data.films.rows.test)
    assert total.std() > 0.1 * data.fitted.scale.std
    assert (total - predictions[name][total.index]).abs().max() < 1e-5 * data.fitted.scale.std


def test_held_out_labels_are_those_of_the_encoded_rows(measured_once, written):
    done = measured_once
    table = pd.read_parquet(written(done) / "held_out_labels.parquet")
    films, space = done.films.films, done.films.fitted.encoder.space
    rows = films.rows.test
    labels = films.encoded.labels[rows].tocoo()
    names = np.array(space.label_names(), dtype=object)[labels.col]
    assert set(zip(table["row"], table["feature"], strict=True)) == set(
        zip(films.number[rows][labels.row], names, strict=True)
    )
    assert len(table) == labels.nnz > 100


def test_the_background_is_kept_for_films_to_come(measured_once, written, folder):
    done = measured_once
    written(done)
    kept = kept_films(folder, BACKGROUND, done.films.fitted.fingerprint)
    films = done.films.films
    rows = np.searchsorted(films.number, done.result.contributions.background)
    assert set(rows) <= set(films.rows.train)
    assert kept.dense.tolist() == films.encoded.dense[rows].tolist()
    assert (kept.labels != films.encoded.labels[rows]).nnz == 0


def slow_sums(frame: pd.DataFrame, importance: dict[str, float], indicators: set[str]) -> pd.DataFrame:
    """Add up, row by row and cell by cell, what the names of a row's own values say."""

    def of(name: str) -> float:
        value = importance.get(name, 0.0)
        return 0.0 if np.isnan(value) else value

    lines = []
    for _, row in frame.iterrows():
        line = {}
        for column in ("year", "runtime"):
            missing = pd.isna(row[column]) and f"{column} is missing" in indicators
            line[column] = of(f"{column} is missing" if missing else column)
        for column in ("genre", "cast"):
            names = set(row[column].split(", ")) if isinstance(row[column], str) else set()
            line[column] = sum(of(f"{column}={name}") for name in names)
        line["company"] = of(f"company={row['company']}")
        lines.append({**line, "": sum(line.values())} if not pd.isna(row["rating"]) else {})
    return pd.DataFrame(lines)


def test_every_row_has_the_sum_of_its_own_values_importances_after_its_own_columns(measured_once, written, films_frame):
    done = measured_once
    table = pd.read_csv(written(done) / "employee_with_importance.csv")
    importance = done.result.features.set_index("feature")["importance"]
    expected = slow_sums(films_frame, importance.to_dict(), set(importance.index))
    assert len(table) == len(films_frame) == 203
    for column in expected:
        name = f"importance of {column}" if column else "importance"
        assert expected[column].abs().max() > 1e-4
        assert table[name].to_numpy() == pytest.approx(expected[column].to_numpy(), rel=1e-5, abs=1e-9, nan_ok=True)
    titles = films_frame["title"].replace({"=1+1": "'=1+1", "-": "'-"})  # or a spreadsheet would run them
    pd.testing.assert_frame_equal(table.iloc[:, :8], films_frame.assign(title=titles), check_dtype=False)


def test_the_tables_own_columns_of_importances_stay(measured, changed):
    done = measured(changed(**{"importance": range(203), "importance of genre": "mine"}))
    (table,) = with_importance(done.films.read(), done.films, done.result)
    assert table.iloc[:, 8].astype(int).tolist() == list(range(203))
    assert set(table.iloc[:, 9]) == {"mine"}
    assert table.shape[1] == 10 + 6
    assert not table.columns.duplicated().any()


def test_values_at_positions_add_up_under_their_column(measured, film_data, films_frame):
    features = [Labels("cast", positions=2, role="actor"), Number("runtime"), Bins("runtime", edges=[0, 100, 300])]
    done = measured(film_data(features=features))
    (table,) = with_importance(done.films.read(), done.films, done.result)
    assert list(table.columns[8:]) == ["importance of runtime", "importance of cast", "importance"]
    importance = done.result.features.set_index("feature")["importance"].fillna(0).to_dict()
    known = films_frame[["runtime", "cast", "rating"]].notna().all(axis=1)
    for row in films_frame.index[known & films_frame["cast"].str.contains(",", na=False)][:20]:
        names = films_frame["cast"][row].split(", ")[:2]
        expected = sum(importance.get(f"cast{position}={name}", 0) for position, name in enumerate(names, start=1))
        assert table["importance of cast"][row] == pytest.approx(expected, rel=1e-5)
        interval = "100 to 300" if films_frame["runtime"][row] > 100 else "0 to 100"
        expected = importance["runtime"] + importance[f"runtime={interval}"]
        assert table["importance of runtime"][row] == pytest.approx(expected, rel=1e-5)
    assert table["importance of cast"].nunique() > 50


@pytest.mark.parametrize("features", [[Number("year"), Number("runtime")], [Labels("genre")]])
def test_a_model_of_numbers_or_of_labels_alone_is_written_too(measured, written, film_data, features):
    path = written(measured(film_data(features=features)))
    table = pd.read_csv(path / "employee_with_importance.csv")
    columns = [f"importance of {feature.column}" for feature in features]
    assert table["importance"].notna().sum() == 198
    assert table["importance"].to_numpy() == pytest.approx(
        table[columns].sum(axis=1, min_count=1), rel=1e-4, nan_ok=True
    )


def test_a_table_of_other_types_is_written_as_it_is(measured, written, film_data, films_frame, tmp_path):
    films_frame["company"] = films_frame["company"].replace({"Acme": "=Acme"}).astype("category")
    films_frame["released"] = pd.Timestamp("2001-09-23") + pd.to_timedelta(films_frame.index, unit="D")
    films_frame["good"] = films_frame["rating"] > 6
    films_frame.to_parquet(tmp_path / "films.parquet")
    path = written(measured(film_data(table=str(tmp_path / "films.parquet"))))
    table = pd.read_csv(path / "employee_with_importance.csv")
    assert set(table["company"].dropna()) == {"'=Acme", "Bolt & Sons", "Cine9"}
    assert table["released"][1] == "2001-09-24"
    assert table["good"].tolist() == films_frame["good"].tolist()


def test_a_line_a_role_has_its_sum_the_largest_first(measured_once, written):
    done = measured_once
    lines = (written(done) / "Aggregated_importanceNN.txt").read_text(encoding="utf-8").splitlines()
    sums = {role: float(number) for role, number in (line.rsplit(": ", 1) for line in lines)}
    assert sums == pytest.approx(done.result.features.groupby("role")["importance"].sum().to_dict(), rel=1e-6)
    assert len(lines) == len(sums) == 5
    assert list(sums.values()) == sorted(sums.values(), reverse=True)


def test_a_description_says_how_and_of_how_many_features(measured, written, changed):
    done = measured(changed(company=[f"Company {row}" for row in range(203)]), estimator="shuffle", n_repeats=3, seed=5)
    description, table = described(written(done)), done.result.features
    settings = {"estimator": "shuffle", "n_repeats": 3, "seed": 5, "split": "test", "loss": "mse", "unit": ""}
    assert {**description, **settings, "missing": 0} == description
    assert description["baseline_loss"] == pytest.approx(done.model.scores["test"]["mse"], rel=1e-5)
    assert description["r2"] == pytest.approx(done.model.scores["test"]["r2"], rel=1e-5)
    assert {"seconds", "row_updates"} <= set(description)
    assert "warning" not in description
    assert description["features"] == len(table)
    assert description["estimable"] == table["importance"].notna().sum() > 10
    assert description["not_estimable"] == table["importance"].isna().sum() > 100
    few = table["importance"].notna() & (table["n_films"] < 3)
    assert description["fewer_than_3_films"] == few.sum()


def stopped(result: ImportanceResult, values: int, sets: int) -> ImportanceResult:
    """Return a result as if only the first few values and sets had been reached."""

    def only(estimates: Estimates, n: int) -> Estimates:
        known = torch.arange(len(estimates.mean)) < n
        fields = [torch.where(known, field, torch.nan) for field in estimates.fields()[:-1]]
        return Estimates(*fields, estimates.n_films, estimates.repeats)

    missing_numbers = max(len(result.numbers.mean) - sets, 0)
    return replace(
        result,
        values=only(result.values, values),
        joint=only(result.joint, sets),
        missing_features=int(result.values.estimable[values:].sum()) + missing_numbers,
        missing_sets=len(result.sets) - sets - missing_numbers,
        alone=None,
        contributions=None,
        related=None,
    )


@pytest.mark.slow
@pytest.mark.parametrize(("values", "sets"), [(0, 0), (8, 2), (8, 5), (8, 100)])
def test_what_is_finished_is_written_where_it_was_stopped_without_older_contributions(measured, written, values, sets):
    done = measured()
    n_sets, n_values = len(done.result.sets), len(done.result.values.mean)
    assert sorted(file.name for file in written(done).iterdir()) == IMPORTANCES
    part = stopped(done.result, values, sets=min(sets, n_sets))
    path = written(done, part)
    missing = {f"{name}.npz" for name in ("background", "explained")}
    missing |= {"contributions.parquet", "importance_groups.csv", "importance_pairs.csv"}
    assert {*IMPORTANCES} - {file.name for file in path.iterdir()} == missing
    description, table = described(path), pd.read_csv(path / "Permu_importance_df.csv")
    assert description["estimable"] == table["importance"].notna().sum() == values + min(sets, 3)
    assert description["missing"] == part.missing_features
    assert description["missing_columns"] == part.missing_sets == n_sets - min(max(sets, 3), n_sets)
    assert description["estimable"] + description["not_estimable"] + description["missing"] == n_values + 3


def test_importances_that_mean_nothing_say_so_first_and_everywhere(measured, written, changed):
    done = measured(changed(rating=np.random.default_rng(0).normal(6, 1, 203)))
    assert done.model.scores["test"]["r2"] < 0
    path = written(done)
    warning, *roles = (path / "Aggregated_importanceNN.txt").read_text(encoding="utf-8").splitlines()
    assert warning == MEAN_NOTHING == described(path)["warning"]
    assert len(roles) == 5
    assert b"means nothing" in parquet.read_schema(path / "contributions.parquet").metadata[b"warning"]
    assert next(iter(described(path))) == "warning"
    for table in (pd.read_csv(path / name) for name in TABLES):
        assert table.empty or set(table["warning"]) == {"no better than guessing the mean: means nothing"}


@pytest.mark.slow
def test_importances_of_films_on_both_sides_say_so_first_and_everywhere(measured, written, changed, films_frame):
    done = measured(changed(pd.concat([films_frame, films_frame])))
    path = written(done)
    assert done.result.warnings == [BOTH_SIDES]
    assert (path / "Aggregated_importanceNN.txt").read_text(encoding="utf-8").startswith(BOTH_SIDES)
    assert described(path)["warning"] == BOTH_SIDES
    for table in (pd.read_csv(path / name) for name in TABLES):
        assert table.empty or set(table["warning"]) == {"same films in training: says nothing of new films"}


def test_a_target_that_is_the_same_in_all_tested_films_tells_nothing_of_the_model(
    measured, written, films, films_frame, changed
):
    films_frame.loc[films.films.number[films.films.rows.test] - 1, "rating"] = 6.0
    description = described(written(measured(changed())))
    assert (description["r2"], description["learnt"], description["warning"]) == (None, None, CANT_TELL)
