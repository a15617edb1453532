"""The files of importances and what the terminal says, from real networks on small tables."""

import csv
import json
from dataclasses import replace
from io import StringIO
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from pyarrow import parquet
from rich.console import Console

from greenlight_films.datamodules.features import Bins, Category, Labels, Number
from greenlight_films.datamodules.targets import Target
from greenlight_films.importance import Estimates
from greenlight_films.importance.result import BOTH_SIDES, MEAN_NOTHING
from greenlight_films.reports.importance_table import (
    describe_importance,
    print_importance,
    with_importance,
    write_importance,
)
from greenlight_films.studies.folder import DANGEROUS
from greenlight_films.studies.run_folder import RunFolder
from tests.conftest import IMPORTANCES

WITHOUT_CONTRIBUTIONS = [name for name in IMPORTANCES if name != "contributions.parquet"]
TABLES = [name for name in IMPORTANCES if name.endswith(".csv")]
PLAIN = {"warning", "estimator", "n_repeats", "seed", "split", "baseline_loss", "r2", "seconds", "row_updates"}
COUNTS = {"features", "estimable", "not_estimable", "missing"}


@pytest.fixture
def folder(tmp_path) -> RunFolder:
    return RunFolder.create(str(tmp_path / "runs"), "ratings")


@pytest.fixture
def written(folder):
    """Return what writes a measured study's files and returns their folder."""

    def write(done) -> Path:
        write_importance(folder, done.result, done.films)
        return folder.path

    return write


@pytest.fixture
def said():
    """Return what the terminal says of a study, blanks as one."""

    def say(study) -> str:
        text = StringIO()
        print_importance(study, Console(file=text, width=200))
        return " ".join(text.getvalue().split())

    return say


def test_a_study_leaves_these_files_and_no_others(measured, written):
    path = written(measured())
    assert sorted(file.name for file in path.iterdir()) == IMPORTANCES
    assert (path / "importance.png").read_bytes().startswith(b"\x89PNG")


def test_the_table_of_features_opens_in_pandas_as_it_was_to_six_digits(measured, written):
    done = measured()
    found, expected = pd.read_csv(written(done) / "Permu_importance_df.csv"), done.result.features
    assert list(found.columns[:2]) == ["feature", "importance"]
    assert list(found.columns) == list(expected.columns)
    assert found["feature"].tolist() == expected["feature"].tolist()
    assert found["importance"].is_monotonic_decreasing
    for name in expected.select_dtypes("float"):
        assert expected[name].nunique() > 5 or name == "se_shuffle"
        assert found[name].tolist() == pytest.approx(expected[name].tolist(), rel=1e-5, nan_ok=True)
    assert found["rank"].tolist() == expected["rank"].tolist()


def test_the_table_of_sets_opens_in_pandas_with_sums_beside_joint_importances(measured, written):
    done = measured(groups={"Anns": ["cast=Ann *"]})
    found, expected = pd.read_csv(written(done) / "aggregated_importance.csv"), done.result.aggregated
    assert list(found.columns[:6]) == ["name", "level", "features", "sum", "sum_se", "importance"]
    assert found["name"].tolist() == expected["name"].tolist()
    assert found["sum"].tolist() == pytest.approx(expected["sum"].tolist(), rel=1e-5)
    assert found["importance"].tolist() == pytest.approx(expected["importance"].tolist(), rel=1e-5)
    assert found.query("level == 'group'")["name"].tolist() == ["Anns"]


def test_contributions_open_in_pandas_with_names_and_the_rows_of_predictions(measured, written, film_data):
    done = measured(film_data(target=Target("rating", unit="points")))
    path, contributions = written(done) / "contributions.parquet", done.result.contributions
    found, names = pd.read_parquet(path), done.result.described["feature"]
    assert list(found.columns) == ["row", "feature", "contribution"]
    assert isinstance(found["feature"].dtype, pd.CategoricalDtype)
    assert found["contribution"].dtype == np.float32
    assert found["row"].tolist() == contributions.row.tolist()
    assert found["feature"].tolist() == [names[place] for place in contributions.feature]
    assert found["contribution"].tolist() == contributions.value.astype(np.float32).tolist()
    assert len(found) > 200
    numbers = done.films.films.number
    assert set(found["row"]) == set(numbers[done.films.films.rows.test])
    said = parquet.read_schema(path).metadata
    assert (said[b"unit"], said[b"warning"]) == (b"points", b"")


# --- text that a spreadsheet would run --------------------------------------------------------------------------------


@pytest.fixture
def risky(film_data, films_frame, tmp_path):
    """Return films whose genres and cast, the cast's column, and a role are formulas to a spreadsheet."""
    names = {"Drama": "=1+1", "Horror": "+Horror", "Comedy": "-Comedy", "Western": "@Western", "Sci-Fi": "\tSci-Fi"}
    films_frame["genre"] = films_frame["genre"].replace(names, regex=True)
    films_frame["company"] = films_frame["company"].replace({"Acme": "=Acme"})
    films_frame.rename(columns={"cast": "@cast"}).to_csv(tmp_path / "risky.csv", index=False)
    features = [Number("year"), Labels("genre", role="-genre"), Labels("@cast", min_films=2), Category("company")]
    return film_data(table=str(tmp_path / "risky.csv"), features=features)


def cells_of(path: Path) -> list[str]:
    """Return all cells below the header that are no number."""
    with path.open(newline="", encoding="utf-8") as file:
        cells = [cell for line in list(csv.reader(file))[1:] for cell in line]
    return [cell for cell in cells if pd.isna(pd.to_numeric(cell, errors="coerce"))]


@pytest.mark.parametrize("name", TABLES)
def test_no_cell_is_a_formula_to_a_spreadsheet(measured, written, risky, name):
    cells = cells_of(written(measured(risky, groups={"=G": ["year"]})) / name)
    defused = {cell[1] for cell in cells if cell[0:1] == "'"}
    assert len(cells) > 10
    assert {"@", "-"} <= defused if name != "employee_with_importance.csv" else {"=", "+", "-", "@"} <= defused
    assert [cell for cell in cells if cell.startswith(DANGEROUS)] == []


def test_a_defused_name_is_the_same_name_behind_an_apostrophe(measured, written, risky):
    found = pd.read_csv(written(measured(risky)) / "Permu_importance_df.csv").set_index("feature")
    assert found.loc["genre==1+1", ["column", "value", "role"]].tolist() == ["genre", "'=1+1", "'-genre"]
    assert found.loc["'@cast=Ann Ames", "value"] == "Ann Ames"


# --- the table with importances ---------------------------------------------------------------------------------------


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


def test_every_row_has_the_sum_of_its_own_values_importances(measured, written, films_frame):
    done = measured()
    found = pd.read_csv(written(done) / "employee_with_importance.csv")
    importance = done.result.features.set_index("feature")["importance"]
    expected = slow_sums(films_frame, importance.to_dict(), set(importance.index))
    assert len(found) == len(films_frame) == 203
    for column in expected:
        name = f"importance of {column}" if column else "importance"
        assert expected[column].abs().max() > 1e-4
        assert found[name].to_numpy() == pytest.approx(expected[column].to_numpy(), rel=1e-5, abs=1e-9, nan_ok=True)


def test_a_row_without_a_target_has_no_importance(measured, written, films_frame):
    found = pd.read_csv(written(measured()) / "employee_with_importance.csv")
    ours = found.columns[films_frame.shape[1] :]
    assert len(ours) == 6
    nothing = found[ours].isna()
    assert np.flatnonzero(nothing.all(axis=1)).tolist() == [0, 20, 21, 121, 201]
    assert np.flatnonzero(nothing.any(axis=1)).tolist() == [0, 20, 21, 121, 201]


def test_the_original_columns_stand_first_and_as_they_were(measured, written, films_frame):
    found = pd.read_csv(written(measured()) / "employee_with_importance.csv")
    titles = films_frame["title"].replace({"=1+1": "'=1+1", "-": "'-"})  # or a spreadsheet would run them
    expected = films_frame.assign(title=titles)
    assert list(found.columns[:8]) == list(films_frame.columns)
    pd.testing.assert_frame_equal(found[films_frame.columns], expected, check_dtype=False)


def test_the_tables_own_columns_of_importances_stay(measured, film_data, films_frame, tmp_path):
    own = films_frame.assign(**{"importance": range(203), "importance of genre": "mine"})
    own.to_csv(tmp_path / "own.csv", index=False)
    done = measured(film_data(table=str(tmp_path / "own.csv")))
    found = with_importance(done.films.read(), done.films, done.result)
    assert found.iloc[:, 8].tolist() == list(range(203))
    assert set(found.iloc[:, 9]) == {"mine"}
    assert found.shape[1] == 10 + 6
    assert not found.columns.duplicated().any()


def test_the_table_itself_is_left_as_it_was(measured, films_frame):
    done = measured()
    table = done.films.read()
    before = table.copy()
    with_importance(table, done.films, done.result)
    pd.testing.assert_frame_equal(table, before)


def test_values_at_positions_add_up_under_their_column(measured, film_data, films_frame):
    features = [Labels("cast", positions=2, role="actor"), Number("runtime"), Bins("runtime", edges=[0, 100, 300])]
    done = measured(film_data(features=features))
    found = with_importance(done.films.read(), done.films, done.result)
    assert list(found.columns[8:]) == ["importance of runtime", "importance of cast", "importance"]
    importance = done.result.features.set_index("feature")["importance"].fillna(0).to_dict()
    known = films_frame[["runtime", "cast", "rating"]].notna().all(axis=1)
    for row in films_frame.index[known & films_frame["cast"].str.contains(",", na=False)][:20]:
        names = films_frame["cast"][row].split(", ")[:2]
        expected = sum(importance.get(f"cast{place}={name}", 0) for place, name in enumerate(names, start=1))
        assert found["importance of cast"][row] == pytest.approx(expected, rel=1e-5)
        interval = "100 to 300" if films_frame["runtime"][row] > 100 else "0 to 100"
        expected = importance["runtime"] + importance[f"runtime={interval}"]
        assert found["importance of runtime"][row] == pytest.approx(expected, rel=1e-5)
    assert found["importance of cast"].nunique() > 50


@pytest.mark.parametrize("features", [[Number("year"), Number("runtime")], [Labels("genre")]])
def test_a_model_of_numbers_or_of_labels_alone_is_written_too(measured, written, film_data, features):
    path = written(measured(film_data(features=features)))
    found = pd.read_csv(path / "employee_with_importance.csv")
    columns = [f"importance of {feature.column}" for feature in features]
    assert found["importance"].notna().sum() == 198
    assert found["importance"].to_numpy() == pytest.approx(
        found[columns].sum(axis=1, min_count=1), rel=1e-4, nan_ok=True
    )


def test_a_table_of_other_types_is_written_as_it_is(measured, written, film_data, films_frame, tmp_path):
    films_frame["company"] = films_frame["company"].replace({"Acme": "=Acme"}).astype("category")
    films_frame["released"] = pd.Timestamp("2001-09-23") + pd.to_timedelta(films_frame.index, unit="D")
    films_frame["good"] = films_frame["rating"] > 6
    films_frame.to_parquet(tmp_path / "films.parquet")
    path = written(measured(film_data(table=str(tmp_path / "films.parquet"))))
    found = pd.read_csv(path / "employee_with_importance.csv")
    assert set(found["company"].dropna()) == {"'=Acme", "Bolt & Sons", "Cine9"}
    assert found["released"][1] == "2001-09-24"
    assert found["good"].tolist() == films_frame["good"].tolist()


# --- roles, and what was done -----------------------------------------------------------------------------------------


def test_a_line_a_role_has_its_sum_the_largest_first(measured, written):
    done = measured()
    lines = (written(done) / "Aggregated_importanceNN.txt").read_text(encoding="utf-8").splitlines()
    found = {role: float(number) for role, number in (line.rsplit(": ", 1) for line in lines)}
    assert found == pytest.approx(done.result.features.groupby("role")["importance"].sum().to_dict(), rel=1e-6)
    assert len(lines) == len(found) == 5
    assert list(found.values()) == sorted(found.values(), reverse=True)


def test_a_description_says_how_and_of_how_many_features(measured, written):
    done = measured(estimator="shuffle", n_repeats=3, seed=5)
    found = json.loads((written(done) / "importance.json").read_text(encoding="utf-8"))
    assert (PLAIN | COUNTS) - {"warning"} <= set(found)
    settings = {"estimator": "shuffle", "n_repeats": 3, "seed": 5, "split": "test", "loss": "mse", "unit": ""}
    assert {**found, **settings} == found
    assert found["baseline_loss"] == pytest.approx(done.model.scores["test"]["mse"], rel=1e-5)
    assert found["r2"] == pytest.approx(done.model.scores["test"]["r2"], rel=1e-5)
    assert "warning" not in found


@pytest.fixture
def one_film_a_name(film_data, films_frame, tmp_path):
    """Return films each of which has a company of its own."""
    films_frame["company"] = [f"Company {row}" for row in films_frame.index]
    films_frame.to_csv(tmp_path / "own.csv", index=False)
    return film_data(table=str(tmp_path / "own.csv"))


def test_features_are_estimable_or_not_or_missing(measured, one_film_a_name, said):
    done = measured(one_film_a_name)
    found, table = describe_importance(done.result), done.result.features
    assert found["features"] == len(table) > 100
    assert found["estimable"] == table["importance"].notna().sum() > 10
    assert found["not_estimable"] == table["importance"].isna().sum() > 100
    assert found["missing"] == 0
    assert found["estimable"] + found["not_estimable"] == found["features"]
    few = table["importance"].notna() & (table["n_films"] < 5)
    assert found["fewer_than_5_films"] == few.sum()
    text = said(done.result)
    assert f"{found['not_estimable']} values are in none of the 50 test films: not estimable" in text


def stopped(study, values: int, sets: int):
    """Return a study as if only the first few values and sets had been reached."""

    def only(importance: Estimates, n: int) -> Estimates:
        known = torch.arange(len(importance.mean)) < n
        fields = [torch.where(known, field, torch.nan) for field in importance.fields()[:4]]
        return replace(importance, mean=fields[0], std=fields[1], se_shuffle=fields[2], se_sample=fields[3])

    missing_numbers = max(len(study.numbers.mean) - sets, 0)
    return replace(
        study,
        values=only(study.values, values),
        joint=only(study.joint, sets),
        missing_features=int(study.values.estimable[values:].sum()) + missing_numbers,
        missing_sets=len(study.sets) - sets - missing_numbers,
        contributions=None,
    )


@pytest.mark.parametrize("sets", [2, 5, 100])
def test_what_is_finished_is_written_where_it_was_stopped(measured, written, said, sets):
    done = measured()
    n_sets, n_values = len(done.result.sets), len(done.result.values.mean)
    part = stopped(done.result, values=8, sets=min(sets, n_sets))
    done.callback.result = part
    path = written(done)
    found, table = (
        json.loads((path / "importance.json").read_text()),
        pd.read_csv(path / "Permu_importance_df.csv"),
    )
    assert found["estimable"] == table["importance"].notna().sum() == 8 + min(sets, 3)
    assert found["missing"] == part.missing_features == n_values - 8 + max(3 - sets, 0) > 5
    assert found["missing_columns"] == part.missing_sets == n_sets - min(max(sets, 3), n_sets)
    assert found["estimable"] + found["not_estimable"] + found["missing"] == found["features"]
    assert (
        f"Stopped: {part.missing_features} features and {part.missing_sets} columns, roles or groups are missing"
        in said(part)
    )
    assert "Stopped" not in said(measured().result)


def test_a_study_that_was_stopped_at_once_is_written_all_the_same(measured, written, said):
    done = measured()
    done.callback.result = stopped(done.result, values=0, sets=0)
    path = written(done)
    assert sorted(file.name for file in path.iterdir()) == WITHOUT_CONTRIBUTIONS
    table = pd.read_csv(path / "Permu_importance_df.csv")
    assert len(table) > 20
    assert table[["importance", "direction"]].isna().all(axis=None)
    assert "Stopped" in said(done.result)


def test_contributions_of_an_earlier_model_go_when_a_study_is_stopped(measured, written):
    done = measured()
    assert sorted(file.name for file in written(done).iterdir()) == IMPORTANCES
    done.callback.result = stopped(done.result, values=8, sets=3)
    assert sorted(file.name for file in written(done).iterdir()) == WITHOUT_CONTRIBUTIONS


# --- a model that is no better than the mean --------------------------------------------------------------------------


@pytest.fixture
def noise(film_data, films_frame, tmp_path):
    """Return films whose rating nothing tells."""
    films_frame["rating"] = np.random.default_rng(0).normal(6, 1, len(films_frame))
    films_frame.to_csv(tmp_path / "noise.csv", index=False)
    return film_data(table=str(tmp_path / "noise.csv"))


def test_importances_that_mean_nothing_say_so_first_and_everywhere(measured, written, noise, said):
    done = measured(noise)
    assert done.model.scores["test"]["r2"] < 0
    path = written(done)
    warning, *roles = (path / "Aggregated_importanceNN.txt").read_text(encoding="utf-8").splitlines()
    assert warning == MEAN_NOTHING
    assert "mean nothing" in warning
    assert len(roles) == 5
    found = json.loads((path / "importance.json").read_text(encoding="utf-8"))
    assert found["warning"] == warning
    assert b"means nothing" in parquet.read_schema(path / "contributions.parquet").metadata[b"warning"]
    assert next(iter(found)) == "warning"
    assert said(done.result).startswith(warning)
    for name in TABLES:
        lines = pd.read_csv(path / name)["warning"]
        assert len(lines) > 5
        assert set(lines) == {"R² is not above 0: means nothing"}


def test_importances_of_films_on_both_sides_say_so_first_and_everywhere(
    measured, written, film_data, films_frame, tmp_path, said
):
    twice = pd.concat([films_frame, films_frame])
    twice.to_csv(tmp_path / "twice.csv", index=False)
    path = written(done := measured(film_data(table=str(tmp_path / "twice.csv"), allow_leak=True)))
    assert done.result.warnings == [BOTH_SIDES]
    assert said(done.result).startswith(BOTH_SIDES)
    assert (path / "Aggregated_importanceNN.txt").read_text(encoding="utf-8").startswith(BOTH_SIDES)
    assert json.loads((path / "importance.json").read_text(encoding="utf-8"))["warning"] == BOTH_SIDES
    for name in TABLES:
        assert set(pd.read_csv(path / name)["warning"]) == {"same films in training: says nothing of new films"}


def test_importances_that_mean_something_are_not_warned_of(measured, written, said):
    done = measured()
    assert done.model.scores["test"]["r2"] > 0.3
    assert "mean nothing" not in said(done.result)
    path = written(done)
    assert not (path / "Aggregated_importanceNN.txt").read_text(encoding="utf-8").startswith(MEAN_NOTHING)
    assert all("warning" not in pd.read_csv(path / name) for name in TABLES)


def test_the_tables_own_column_of_warnings_stays(measured, written, film_data, films_frame, tmp_path):
    films_frame["rating"] = np.random.default_rng(0).normal(6, 1, len(films_frame))
    films_frame.assign(warning="mine").to_csv(tmp_path / "warned.csv", index=False)
    done = measured(film_data(table=str(tmp_path / "warned.csv")))
    assert MEAN_NOTHING in done.result.warnings
    found = pd.read_csv(written(done) / "employee_with_importance.csv")
    assert set(found.iloc[:, films_frame.shape[1]]) == {"mine"}


def test_a_target_that_is_the_same_in_all_tested_films_has_no_r2_and_means_nothing(
    measured, written, film_data, films_frame, tmp_path
):
    data = film_data()
    data.setup("fit")
    films_frame.loc[data.films.number[data.films.rows.test] - 1, "rating"] = 6.0
    films_frame.to_csv(tmp_path / "same.csv", index=False)
    path = written(measured(film_data(table=str(tmp_path / "same.csv"))))
    found = json.loads((path / "importance.json").read_text(encoding="utf-8"))
    assert found["r2"] is None
    assert found["warning"] == MEAN_NOTHING


# --- the terminal -----------------------------------------------------------------------------------------------------


def test_the_terminal_shows_the_ten_most_important_features_the_columns_and_the_groups(measured, said):
    done = measured(groups={"Anns [both]": ["cast=Ann *"]})
    text, table = said(done.result), done.result.features
    assert "What the predictions of 50 test films rest on: increase of the squared error when shuffled" in text
    assert f"10 of {len(table)} features" in text
    for name, value in zip(table["feature"][:10], table["importance"][:10], strict=True):
        assert f"{name} │ {value:.4g} │" in text
    assert f"│ {table['feature'][10]} │" not in text
    sets = done.result.aggregated.query("level == 'column'")
    for name, value in zip(sets["name"], sets["importance"], strict=True):
        assert f"│ {name} │ {value:.4g} │" in text
    assert "groups" in text
    assert "│ Anns [both] │" in text


def test_groups_have_no_heading_where_there_are_none(measured, said):
    assert "groups" not in said(measured().result)


def test_an_interval_stands_beside_an_importance(measured, said):
    done = measured()
    first = done.result.features.iloc[0]
    margin = 1.96 * np.hypot(first["se_shuffle"], first["se_sample"])
    assert f"{first['feature']} │ {first['importance']:.4g} │ {margin:.2g} │ {first['n_films']} │" in said(done.result)
