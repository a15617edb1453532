"""Contributions of a trained network's held-out films, held against the network on edited tables."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from greenlight_films.datamodules.features import Labels, Number
from greenlight_films.datamodules.targets import Target
from greenlight_films.importance.contributions import Contributions, numbers_of


def table_of(done) -> pd.DataFrame:
    """Return a study's contributions with names."""
    found = done.study.contributions
    names = np.array(done.films.fitted.encoder.space.names(), dtype=object)
    return pd.DataFrame({"row": found.row, "feature": names[found.feature], "contribution": found.value})


def predictor(done) -> Callable[[pd.DataFrame], np.ndarray]:
    """Return what predicts a table in float64, in the target's unit; every cell is encoded anew."""
    fitted = done.films.fitted

    def predict(frame: pd.DataFrame) -> np.ndarray:
        encoded = fitted.encoder.encode(frame)
        labels = (encoded.labels.indices, encoded.labels.indptr, encoded.labels.data.astype(np.float64))
        columns, offsets, weights = map(torch.from_numpy, labels)
        network = deepcopy(done.model.network).eval().double()
        with torch.no_grad():
            scaled = network(torch.from_numpy(encoded.dense).double(), columns, offsets, weights).numpy()
        return fitted.scale.inverse(scaled)

    return predict


@pytest.mark.parametrize(("transform", "members"), [("none", 1), ("log1p", 1), ("log1p", 3)])
def test_a_value_contributes_what_the_prediction_loses_when_its_cell_is_emptied(
    measured, film_data, films_frame, transform, members
):
    features = [Labels("genre"), Labels("cast", min_films=2), Number("year"), Number("runtime")]
    done = measured(film_data(target=Target("rating", transform=transform), features=features), members=members)
    found, predict = table_of(done), predictor(done)
    tested = films_frame.iloc[done.films.films.number[done.films.films.rows.test] - 1]
    known = set(done.films.fitted.encoder.space.names())
    edited, lines = [], []
    for row, film in tested.iterrows():
        for column in ("genre", "cast"):
            names = set(film[column].split(", ")) if isinstance(film[column], str) else set()
            for name in sorted(name for name in names if f"{column}={name}" in known):
                edited.append({**film, column: ", ".join(names - {name})})
                lines.append((row + 1, f"{column}={name}"))
        for column in ("year", "runtime"):
            medians = films_frame.iloc[done.films.films.number[done.films.films.rows.train] - 1][column].median()
            edited.append({**film, column: medians})
            lines.append((row + 1, column))
    after = predict(pd.DataFrame(edited))
    rows, names = zip(*lines, strict=True)
    before = pd.Series(predict(tested), index=tested.index + 1)[list(rows)].to_numpy()
    expected = dict(zip(lines, before - after, strict=True))
    assert len(found) == len(lines) == len(expected) > 250
    assert tested["runtime"].isna().sum() > 3
    assert np.median(np.abs(list(expected.values()))) > 0.01
    ours = dict(zip(zip(found["row"], found["feature"], strict=True), found["contribution"], strict=True))
    assert ours == pytest.approx(expected, rel=1e-4, abs=2e-6)


def test_rows_ascend_and_the_largest_come_first_in_each(measured):
    done = measured()
    found, films = table_of(done), done.films.films
    assert found["row"].is_monotonic_increasing
    assert set(found["row"]) == set(films.number[films.rows.test])
    assert (found["contribution"] < 0).any()
    for _, one in found.groupby("row"):
        assert one["contribution"].abs().is_monotonic_decreasing
        assert one["feature"].is_unique


@pytest.mark.parametrize("split", ["test", "val"])
def test_rows_are_those_of_the_side_that_is_measured(measured, split):
    done = measured(split=split)
    films = done.films.films
    assert set(done.study.contributions.row) == set(films.number[getattr(films.rows, split)])


def test_the_direction_of_a_label_is_the_mean_over_the_films_that_have_it(measured):
    done = measured()
    found, directions = table_of(done), done.study.features.set_index("feature")["direction"]
    expected = found.groupby("feature")["contribution"].mean()
    labels = [name for name in expected.index if "=" in name]
    assert len(labels) > 15
    assert directions[labels].to_dict() == pytest.approx(expected[labels].to_dict())
    assert directions["genre=Horror"] < -0.3 < 0.3 < directions["genre=Drama"]


def test_the_direction_of_a_number_is_its_mean_above_the_median_less_that_below(measured, films_frame):
    done = measured()
    found, directions = table_of(done), done.study.features.set_index("feature")["direction"]
    films = done.films.films
    for name in ("year", "runtime"):
        column = films_frame[name].to_numpy()
        median = np.nanmedian(column[films.number[films.rows.train] - 1])
        own = found[found["feature"] == name]
        value = column[own["row"] - 1]
        above, below = (own["contribution"][there].mean() for there in (value > median, value < median))
        assert directions[name] == pytest.approx(above - below)
    assert directions["year"] > 0.5
    missing = own["contribution"][np.isnan(value)]
    assert len(missing) > 3
    assert directions["runtime is missing"] == pytest.approx(missing.mean())
    assert abs(directions["runtime is missing"]) > 1e-4
    assert "runtime is missing" not in set(found["feature"])


def test_a_value_that_no_held_out_film_has_has_no_direction(measured, film_data, films_frame, tmp_path):
    films_frame["company"] = [f"Company {row}" for row in films_frame.index]
    films_frame.to_csv(tmp_path / "own.csv", index=False)
    table = measured(film_data(table=str(tmp_path / "own.csv"))).study.features
    assert table["direction"].isna().sum() > 100
    assert table["direction"].isna().tolist() == table["importance"].isna().tolist()


def test_a_film_with_several_rows_counts_once(measured, film_data, films_frame, tmp_path):
    films_frame["id"] = [f"tt{row // 4}" for row in films_frame.index]
    films_frame.to_csv(tmp_path / "rows.csv", index=False)
    done = measured(film_data(table=str(tmp_path / "rows.csv"), allow_leak=True))
    found = table_of(done).assign(film=lambda table: films_frame["id"].to_numpy()[table["row"] - 1])
    names = found["feature"].str.contains("=")
    expected = found[names].groupby(["feature", "film"])["contribution"].mean().groupby("feature").mean()
    by_row = found[names].groupby("feature")["contribution"].mean()
    assert (expected - by_row).abs().max() > 1e-3
    directions = done.study.features.set_index("feature")["direction"]
    assert directions[expected.index].to_dict() == pytest.approx(expected.to_dict())


@pytest.mark.parametrize("features", [[Number("year"), Number("runtime")], [Labels("genre")]])
def test_a_model_of_numbers_or_of_labels_alone_has_contributions(measured, film_data, features):
    done = measured(film_data(features=features))
    assert set(table_of(done)["feature"].str.split("=").str[0]) == {feature.column for feature in features}
    assert done.study.features["direction"].abs().max() > 0.1


def test_a_number_and_whether_it_is_missing_go_together(film_data):
    films = film_data()
    films.setup("fit")
    assert [columns.tolist() for columns in numbers_of(films.fitted.encoder.space)] == [[0], [1, 2]]


def test_a_study_without_contributions_has_no_directions(measured):
    study = measured().study
    assert isinstance(study.contributions, Contributions)
    assert study.features["direction"].notna().sum() > 15
    assert replace(study, contributions=None).features["direction"].isna().all()
