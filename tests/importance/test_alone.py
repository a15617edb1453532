"""Values taken out alone: against the whole model without each, and, of a trained network, against edited tables."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from greenlight_films.datamodules.features import Labels, Number
from greenlight_films.datamodules.targets import Target
from greenlight_films.importance import LOSSES, Reference
from greenlight_films.importance.alone import Alone, label_changes, mean_by_film, number_changes
from greenlight_films.lightning_modules.additive_mlp import AdditiveMLP

weights = pytest.mark.parametrize("weights", ["one", "root"])
members = pytest.mark.parametrize("members", [1, 3])
batch_rows = pytest.mark.parametrize("batch_rows", [1, 7, 4096])


def in_dollars(scaled: torch.Tensor) -> torch.Tensor:
    return (scaled * 0.8 + 3).expm1()


def with_members(study, members: int):
    """Return the study with networks side by side whose labels matter."""
    if members == 1:
        return study
    model = AdditiveMLP(3, study.matrix.shape[1], hidden=(16, 8), seed=5, members=members).eval()
    torch.nn.init.normal_(model.first.label_weight, std=0.7, generator=torch.Generator().manual_seed(6))
    return replace(study, model=model)


def precise(study, **given) -> Reference:
    """Return the reference of the study's network in float64."""
    return Reference.of(deepcopy(study.model).double(), study.rows, LOSSES["mse"], **given)


def unit(scaled: np.ndarray) -> np.ndarray:
    return np.expm1(scaled * 0.8 + 3)


def brute_labels(study) -> list[float]:
    """Run the whole model without each label of each row, row after row."""
    rows, columns = np.nonzero(study.matrix)
    matrix = study.matrix[rows]
    matrix[np.arange(len(rows)), columns] = 0
    return (unit(study.predict())[rows] - unit(study.predict(matrix, study.rows.dense.numpy()[rows]))).tolist()


@weights
@members
@batch_rows
def test_a_labels_contribution_is_the_prediction_less_that_of_the_whole_model_without_it(
    make_study, weights, members, batch_rows
):
    study = with_members(make_study(weights=weights, seed=2), members)
    expected = brute_labels(study)
    assert len(expected) == np.count_nonzero(study.matrix) == 143
    assert np.median(np.abs(expected)) > 0.1
    result = label_changes(precise(study, to_unit=in_dollars, batch_rows=batch_rows))
    assert result.dtype == torch.float64
    assert result.tolist() == pytest.approx(expected, rel=1e-6)
    single = label_changes(study.reference(to_unit=in_dollars, batch_rows=batch_rows))
    assert single.tolist() == pytest.approx(expected, rel=1e-3, abs=1e-4)


@members
@batch_rows
@pytest.mark.parametrize("columns", [[1], [0, 2]])
def test_a_numbers_contribution_is_the_prediction_less_that_of_the_whole_model_with_the_other_number(
    make_study, columns, members, batch_rows
):
    study, instead = with_members(make_study(seed=2), members), torch.tensor([0.25, 0.0])[: len(columns)]
    dense = study.rows.dense.numpy().copy()
    dense[:, columns] = instead
    expected = unit(study.predict()) - unit(study.predict(dense=dense))
    assert np.median(np.abs(expected)) > 0.1
    columns = torch.tensor(columns)
    result = number_changes(precise(study, to_unit=in_dollars, batch_rows=batch_rows), columns, instead)
    assert result.tolist() == pytest.approx(expected.tolist(), rel=1e-6)
    single = number_changes(study.reference(to_unit=in_dollars, batch_rows=batch_rows), columns, instead)
    assert single.dtype == torch.float64
    assert single.tolist() == pytest.approx(expected.tolist(), rel=1e-3, abs=1e-4)


def test_contributions_to_a_line_are_weight_times_value(fixed_line):
    coef = np.array([0.5, -2.0, 0.0, 1.25])  # exactly 0 of a label that the model does not use
    study = fixed_line(83, np.array([0.3, 0.5, 0.9, 0.1]), coef, coef, seed=1, rows_a_film=1)
    reference = precise(study)
    columns = np.nonzero(study.matrix)[1]
    assert len(set(columns)) == 4
    result = label_changes(reference)
    assert result.tolist() == pytest.approx(coef[columns].tolist(), rel=1e-12, abs=0)
    number = study.rows.dense[:, 0].double()
    by_number = number_changes(reference, torch.tensor([0]), torch.tensor([0.5]))
    assert by_number.tolist() == pytest.approx((number - 0.5).tolist(), rel=1e-12)


def test_the_baseline_and_the_number_of_threads_are_left_as_they_were(make_study):
    reference, threads = make_study(seed=2).reference(), torch.get_num_threads()
    sums, predicted = reference.sums.clone(), reference.predicted.clone()
    once = label_changes(reference)
    number_changes(reference, torch.tensor([1]), torch.tensor([0.0]))
    assert torch.equal(reference.sums, sums)
    assert torch.equal(reference.predicted, predicted)
    assert torch.equal(label_changes(reference), once)
    assert torch.get_num_threads() == threads


def test_a_mean_over_films_is_that_of_pandas():
    random = np.random.default_rng(3)
    values, group, film = random.normal(size=500), random.integers(0, 9, 500), random.integers(0, 60, 500)
    frame = pd.DataFrame({"value": values, "group": group, "film": film})[group != 4]
    expected = frame.groupby(["group", "film"])["value"].mean().groupby("group").mean().reindex(range(11))
    assert not np.allclose(expected, frame.groupby("group")["value"].mean().reindex(range(11)), equal_nan=True)
    given = (torch.tensor(frame[name].to_numpy()) for name in ("value", "group", "film"))
    result = mean_by_film(*given, 11)
    assert result.dtype == torch.float64
    assert result.tolist() == pytest.approx(expected.tolist(), rel=1e-12, nan_ok=True)
    assert result.isnan().nonzero().flatten().tolist() == [4, 9, 10]


def table_of(done) -> pd.DataFrame:
    """Return the changes with names, and the rows' numbers in the table."""
    alone, films = done.result.alone, done.films.films
    names = done.result.described["feature"].to_numpy()
    number = films.number[films.rows.test]
    return pd.DataFrame({"row": number[alone.row], "feature": names[alone.feature], "change": alone.change})


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


@pytest.mark.slow
@pytest.mark.parametrize(("transform", "members"), [("none", 1), ("log1p", 1), ("log1p", 3)])
def test_a_value_contributes_what_the_prediction_loses_when_its_cell_is_emptied(
    measured, film_data, films_frame, transform, members
):
    features = [Labels("genre"), Labels("cast", min_films=2), Number("year"), Number("runtime")]
    done = measured(film_data(target=Target("rating", transform=transform), features=features), members=members)
    contributed, predict = table_of(done), predictor(done)
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
    assert len(contributed) == len(lines) == len(expected) > 250
    assert tested["runtime"].isna().sum() > 3
    assert np.median(np.abs(list(expected.values()))) > 0.01
    ours = dict(zip(zip(contributed["row"], contributed["feature"], strict=True), contributed["change"], strict=True))
    assert ours == pytest.approx(expected, rel=1e-4, abs=2e-6)


def test_each_value_of_each_row_of_the_measured_side_has_a_change(measured_once):
    changes, films = table_of(measured_once), measured_once.films.films
    assert set(changes["row"]) == set(films.number[films.rows.test])
    assert (changes["change"] < 0).any()
    assert not changes.duplicated(["row", "feature"]).any()


def test_changes_of_chosen_rows_and_features_are_looked_up():
    alone = Alone(np.array([2, 0, 0]), np.array([1, 3, 0]), np.array([0.5, 0.25, -1.0]), np.zeros(4))
    row, feature = np.array([0, 0, 0, 2, 2]), np.array([0, 1, 3, 1, 7])
    assert alone.of_parts(row, feature).tolist() == pytest.approx([-1, np.nan, 0.25, 0.5, np.nan], nan_ok=True)


def test_the_direction_of_a_number_is_its_mean_above_the_median_less_that_below(measured_once, films_frame):
    contributed, films = table_of(measured_once), measured_once.films.films
    directions = measured_once.result.features.set_index("feature")["direction"]
    for name in ("year", "runtime"):
        column = films_frame[name].to_numpy()
        median = np.nanmedian(column[films.number[films.rows.train] - 1])
        own = contributed[contributed["feature"] == name]
        value = column[own["row"] - 1]
        above, below = (own["change"][there].mean() for there in (value > median, value < median))
        assert directions[name] == pytest.approx(above - below)
    assert directions["year"] > 0.5
    missing = own["change"][np.isnan(value)]
    assert len(missing) > 3
    assert directions["runtime is missing"] == pytest.approx(missing.mean())
    assert abs(directions["runtime is missing"]) > 1e-4
    assert "runtime is missing" not in set(contributed["feature"])


def test_a_labels_direction_is_the_mean_over_its_films_each_counted_once(measured, film_data, films_frame):
    films_frame["id"] = [f"tt{row // 4}" for row in films_frame.index]
    done = measured(film_data(frame=films_frame, allow_split_films=True))
    contributed = table_of(done).assign(film=lambda table: films_frame["id"].to_numpy()[table["row"] - 1])
    names = contributed["feature"].str.contains("=")
    expected = contributed[names].groupby(["feature", "film"])["change"].mean().groupby("feature").mean()
    by_row = contributed[names].groupby("feature")["change"].mean()
    assert (expected - by_row).abs().max() > 1e-3
    directions = done.result.features.set_index("feature")["direction"]
    assert directions[expected.index].to_dict() == pytest.approx(expected.to_dict())
    assert directions["genre=Horror"] < -0.3 < 0.3 < directions["genre=Drama"]
    assert directions.isna().tolist() == done.result.features["importance"].isna().tolist()


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU")
def test_a_gpu_finds_what_the_cpu_finds(make_study):
    study = make_study(seed=2)
    cpu = precise(study)
    device = torch.device("cuda")
    gpu = Reference.of(deepcopy(study.model).double().to(device), study.rows.to(device), LOSSES["mse"])
    torch.testing.assert_close(label_changes(gpu).cpu(), label_changes(cpu))
    columns, instead = torch.tensor([0, 2]), torch.tensor([0.25, 0.0])
    result = number_changes(gpu, columns.to(device), instead.to(device))
    torch.testing.assert_close(result.cpu(), number_changes(cpu, columns, instead))
