"""The callback on a real network, held against float64 numpy on a dense matrix."""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from lightning.pytorch.callbacks import ModelCheckpoint
from lightning.pytorch.loggers import TensorBoardLogger
from sklearn.metrics import mean_absolute_error, mean_squared_error, r2_score, root_mean_squared_error
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from greenlight_films.datamodules import InputError
from greenlight_films.datamodules.feature_sets import feature_sets
from greenlight_films.datamodules.targets import Target
from greenlight_films.importance import Entries, ImportanceResult
from greenlight_films.importance.shuffles import shuffled_entries
from greenlight_films.importance.streams import child, keys_of, permutation
from greenlight_films.lightning_modules.callbacks import permutation_importance
from greenlight_films.lightning_modules.callbacks.permutation_importance import (
    PermutationImportance,
    described,
    held_out,
    numbers_of,
)
from greenlight_films.lightning_modules.mlp_regressor import MLPRegressor
from tests.conftest import members_of

TOTALS = {
    "mse": mean_squared_error,
    "mae": mean_absolute_error,
    "rmse": root_mean_squared_error,
    "r2": lambda actual, predicted: -r2_score(actual, predicted),
}


@dataclass(frozen=True, repr=False)
class Dense:
    """A network and a side's films, as numpy sees them: `features` are numbers, then labels."""

    features: np.ndarray
    actual: np.ndarray
    n_dense: int
    members: list[list[np.ndarray]]
    inverse: Callable[[np.ndarray], np.ndarray]

    @classmethod
    def of(cls, measured, side: str = "test") -> "Dense":
        films, network = measured.films.films, measured.model.network
        rows, n_labels = getattr(films.rows, side), films.encoded.labels.shape[1]
        features = np.hstack([films.encoded.dense[rows], films.encoded.labels[rows].toarray()]).astype(np.float64)
        members = []
        for state in members_of(network):
            dense, labels, *others = (part.double().numpy() for part in state.values())
            members.append([np.vstack([dense, labels[:n_labels]]), *(part.T for part in others)])
        scale = measured.films.fitted.scale
        return cls(features, films.actual[rows], films.encoded.dense.shape[1], members, scale.inverse)

    def predict(self, features: np.ndarray) -> np.ndarray:
        """Return predictions in the target's unit; no hidden unit and no label is dropped."""
        scaled = []
        for weights in self.members:
            hidden = features
            for index in range(0, len(weights), 2):
                hidden = hidden @ weights[index] + weights[index + 1]
                hidden = np.maximum(hidden, 0) if index + 2 < len(weights) else hidden
            scaled.append(hidden[:, 0])
        return self.inverse(np.mean(scaled, axis=0))

    def lost(self, features: np.ndarray, loss: str = "mse") -> float:
        """Return the increase of the loss when the features are others."""
        before, after = (TOTALS[loss](self.actual, self.predict(some)) for some in (self.features, features))
        return float(after - before)

    def shuffled(self, columns: list[int], order: np.ndarray) -> np.ndarray:
        features = self.features.copy()
        features[:, columns] = self.features[order][:, columns]
        return features


def by_name(result: ImportanceResult) -> dict[str, float]:
    return result.features.set_index("feature")["importance"].to_dict()


@pytest.mark.parametrize("members", [1, 3])
def test_values_are_what_the_loop_over_columns_finds_with_the_same_shuffles(measured, members):
    done = measured(estimator="shuffle", n_repeats=3, members=members)
    dense, names = Dense.of(done), done.films.fitted.encoder.space.label_names()
    assert len(dense.members) == members
    entries, how = Entries.of(held_out(done.films, "test")), done.callback.estimator
    streams = how.streams(keys_of(names))[entries.columns]
    group, slot, row = (part.numpy() for part in shuffled_entries(entries, streams, 3, len(dense.actual)))
    result, expected = by_name(done.result), {}
    for index, column in enumerate(entries.columns.tolist()):
        own = dense.features[:, dense.n_dense + column]
        increases = []
        for repeat in range(3):
            mine = group == 3 * index + repeat
            features = dense.features.copy()
            features[:, dense.n_dense + column] = 0
            features[row[mine], dense.n_dense + column] = own[own != 0][slot[mine]]
            increases.append(dense.lost(features))
        expected[names[column]] = np.mean(increases)
    assert len(expected) > 15
    assert max(map(abs, expected.values())) > 0.05
    assert {name: result[name] for name in expected} == pytest.approx(expected, rel=1e-4, abs=1e-6)


@pytest.mark.parametrize(("transform", "members"), [("none", 1), ("log1p", 1), ("log1p", 3)])
def test_numbers_columns_roles_and_groups_are_what_shuffling_them_whole_finds(measured, film_data, transform, members):
    groups = {"Ann and the year": ["cast=Ann *", "year"]}
    data = film_data(target=Target("rating", transform=transform, shift=2.0))
    done = measured(data, estimator="shuffle", n_repeats=2, groups=groups, members=members)
    dense, n_rows = Dense.of(done), 50
    sets = feature_sets(done.films.fitted.encoder.space, groups)
    streams = done.callback.estimator.streams(keys_of([f"{part.level} {part.name}" for part in sets]))
    expected = []
    for part, stream in zip(sets, streams, strict=True):
        columns = [*part.dense, *(dense.n_dense + part.labels)]
        orders = [permutation(child(stream, repeat), n_rows).numpy() for repeat in range(2)]
        assert sorted(orders[0]) == list(range(n_rows))
        expected.append(np.mean([dense.lost(dense.shuffled(columns, order)) for order in orders]))
    assert {part.level for part in sets} == {"number", "column", "role", "group"}
    assert max(expected) > 0.1
    assert done.result.joint.mean.tolist() == pytest.approx(expected, rel=1e-4, abs=1e-6)


@pytest.mark.parametrize("transform", ["none", "log1p"])
@pytest.mark.parametrize(("loss", "members"), [("mse", 1), ("mae", 1), ("r2", 1), ("mse", 3)])
def test_expected_over_all_rows_is_the_mean_over_every_exchange_of_two_films(
    measured, film_data, transform, loss, members
):
    data = film_data(target=Target("rating", transform=transform))
    done = measured(data, off_rows="all", loss=loss, members=members)
    dense, n = Dense.of(done), 50
    names, expected = done.films.fitted.encoder.space.label_names(), {}
    error = (lambda rows: np.abs(rows)) if loss == "mae" else np.square
    before = error(dense.predict(dense.features) - dense.actual).mean()
    for column, name in enumerate(names):
        features = np.repeat(dense.features, n, axis=0)  # row i with the label of each row j
        features[:, dense.n_dense + column] = np.tile(dense.features[:, dense.n_dense + column], n)
        after = error(dense.predict(features) - np.repeat(dense.actual, n)).mean()
        expected[name] = (after - before) / (dense.actual.var() if loss == "r2" else 1)
    assert max(expected.values()) > 0.02
    assert {name: by_name(done.result)[name] for name in names} == pytest.approx(expected, rel=1e-4, abs=1e-6)
    assert set(done.result.features.query("level == 'value'")["se_shuffle"]) == {0.0}


def test_expected_lies_amid_many_shuffles(measured):
    done = measured(off_rows="all")
    dense, random = Dense.of(done), np.random.default_rng(1)
    line = done.result.features.set_index("feature").loc["genre=Horror"]
    column = [dense.n_dense + done.films.fitted.encoder.space.label_names().index("genre=Horror")]
    many = [dense.lost(dense.shuffled(column, random.permutation(50))) for _ in range(1000)]
    assert line["importance"] > 5 * line["std"] / 1000**0.5 > 0
    assert line["importance"] == pytest.approx(np.mean(many), abs=5 * np.std(many) / 1000**0.5)
    assert line["std"] == pytest.approx(np.std(many), rel=0.1)


def test_rmse_is_found_by_shuffles(measured):
    done = measured(estimator="shuffle", loss="rmse", n_repeats=1)
    dense, space = Dense.of(done), done.films.fitted.encoder.space
    (index,) = [index for index, part in enumerate(done.result.sets) if (part.level, part.name) == ("column", "genre")]
    stream = done.callback.estimator.streams(keys_of(["column genre"]))[0]
    order = permutation(child(stream, 0), 50).numpy()
    columns = [dense.n_dense + column for column, name in enumerate(space.label_names()) if name.startswith("genre=")]
    expected = dense.lost(dense.shuffled(columns, order), "rmse")
    assert expected > 0.1
    assert done.result.joint.mean[index] == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("loss", ["mse", "mae", "r2", "rmse"])
def test_the_summary_has_the_loss_before_and_the_r2_as_scikit_learn_finds_them(measured, film_data, loss):
    data = film_data(target=Target("rating", transform="log1p", unit="points"))
    done = measured(data, estimator="shuffle", loss=loss, seed=9)
    dense, summary = Dense.of(done), done.result.summary
    predicted = dense.predict(dense.features)
    assert summary["baseline_loss"] == pytest.approx(TOTALS[loss](dense.actual, predicted), rel=1e-5)
    assert summary["r2"] == pytest.approx(r2_score(dense.actual, predicted), rel=1e-5)
    assert summary["r2"] > 0.3
    settings = {"estimator": "shuffle", "n_repeats": 2, "off_rows": None, "seed": 9, "split": "test", "loss": loss}
    assert {**summary, **settings, "rows": 50, "films": 50, "unit": "points"} == summary


def test_work_and_time_are_counted(measured):
    done = measured(estimator="shuffle", n_repeats=2)
    labels = Dense.of(done).features[:, 3:]
    lost, shuffled = np.count_nonzero(labels), 2 * np.count_nonzero(labels)
    sets = 50 * 2 * len(done.result.sets)
    # An entry that lands where one of the same weight was changes nothing.
    assert sets + lost < done.result.summary["row_updates"] <= sets + lost + shuffled
    assert done.result.summary["seconds"] > 0


def test_by_default_the_expectation_is_estimated_and_the_test_films_are_taken(measured):
    summary = measured().result.summary
    settings = {"estimator": "expected", "n_repeats": 20, "off_rows": 64, "loss": "mse", "split": "test", "seed": 42}
    assert {**summary, **settings} == summary
    assert PermutationImportance("shuffle").estimator.n_repeats == 2
    assert PermutationImportance(n_repeats=3).estimator.n_repeats == 3


def test_another_seed_draws_other_shuffles(measured):
    def importances(seed: int) -> list[float]:
        return measured(estimator="shuffle", seed=seed).result.values.mean.tolist()

    first = importances(1)
    assert importances(1) == first
    assert importances(2) != first


# --- when it measures, and how ---------------------------------------------------------------------------------------


def test_validation_films_are_measured_after_validate_and_not_while_training(measured):
    done = measured(split="val", estimator="shuffle")  # `measured` sees to it that training measures nothing
    dense = Dense.of(done, "val")
    assert done.result.summary["films"] == len(dense.actual) == 30
    assert done.result.summary["baseline_loss"] == pytest.approx(
        dense.lost(dense.features) + done.model.scores["val"]["mse"]
    )
    assert done.result.films == "30 validation films"


@pytest.mark.parametrize(("split", "other"), [("test", "validate"), ("val", "test")])
def test_neither_the_other_side_nor_a_callback_that_is_not_enabled_is_measured(measured, split, other):
    done = measured(split=split)
    done.callback.result = None
    getattr(done.trainer, other)(done.model, datamodule=done.films, verbose=False)
    assert done.callback.result is None
    done.callback.enabled = False
    done.trainer.importance(done.model, done.films)
    assert done.callback.result is None
    done.callback.enabled = True
    done.trainer.importance(done.model, done.films)
    assert done.callback.result is not None


def test_measure_can_be_called_when_the_trainer_has_ended(measured):
    done = measured()
    expected = done.result
    device = done.model.device
    result = done.callback.measure(done.trainer, done.model)
    assert result is done.callback.result is not expected
    pd.testing.assert_frame_equal(result.features, expected.features)
    assert done.model.device == device


WITHOUT = """
import sys, lightning.pytorch, torchmetrics
from importlib.abc import MetaPathFinder

class Missing(MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name.split(".")[0] in {"rich", "plotly", "optuna", "jsonargparse", "statsmodels", "tensorboard", "jinja2"}:
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, Missing())
import greenlight_films.importance
import greenlight_films.lightning_modules.callbacks.permutation_importance
"""


def test_neither_a_terminal_nor_figures_nor_a_parser_are_needed_to_import_it():
    subprocess.run([sys.executable, "-c", WITHOUT], check=True, capture_output=True, text=True)


def test_there_is_no_bar_where_rich_is_missing(measured, quick_trainer, monkeypatch):
    done = measured()
    monkeypatch.setattr(permutation_importance, "find_spec", lambda name: None)
    monkeypatch.setitem(sys.modules, "rich.progress", None)
    trainer = quick_trainer(callbacks=[done.callback], enable_progress_bar=True)
    pd.testing.assert_frame_equal(done.callback.measure(trainer, done.model).features, done.result.features)


@pytest.mark.parametrize("training", [True, False])
def test_the_model_is_measured_in_eval_mode_and_left_as_it_was(measured, training):
    done = measured()
    evaluated = done.result.features
    assert evaluated["importance"].abs().max() > 0.1
    done.model.train(training)
    assert {module.training for module in done.model.modules()} == {training}
    done.callback.on_test_end(done.trainer, done.model)
    assert {module.training for module in done.model.modules()} == {training}
    pd.testing.assert_frame_equal(done.result.features, evaluated)


def test_the_model_is_left_as_it_was_when_nothing_comes_of_it(measured):
    done = measured()
    done.callback.groups = {"G": ["genre=Giallo"]}
    done.model.train()
    with pytest.raises(InputError, match="'genre=Giallo' fits no feature"):
        done.callback.on_test_end(done.trainer, done.model)
    assert done.model.training


def test_weights_and_random_numbers_are_left_as_they_were(measured):
    done = measured()
    before, state = {name: part.clone() for name, part in done.model.state_dict().items()}, torch.get_rng_state()
    done.callback.on_test_end(done.trainer, done.model)
    assert torch.equal(torch.get_rng_state(), state)
    assert all(torch.equal(part, before[name]) for name, part in done.model.state_dict().items())
    assert all(part.grad is None or not part.grad.is_inference() for part in done.model.parameters())


def test_a_study_measures_the_best_weights(film_data, quick_trainer, tmp_path):
    callback = PermutationImportance()
    # The highest validation loss is not the last epoch's of a training that learns.
    keep = ModelCheckpoint(tmp_path / "kept", "best", monitor="val/loss", mode="max")
    model, trainer = (
        MLPRegressor(hidden=[16], learning_rate=0.01),
        quick_trainer(max_epochs=5, callbacks=[keep, callback], enable_checkpointing=True),
    )
    with pytest.warns(match="predict returned None"):
        trainer.study(model, film_data())
    assert callback.result is not None
    assert callback.result.summary["baseline_loss"] == pytest.approx(model.scores["test"]["mse"], rel=1e-5)
    assert callback.result.summary["films"] == 50


@pytest.mark.parametrize("precision", ["bf16-mixed", "bf16-true", "64-true"])
def test_a_network_of_another_precision_is_measured_too(film_data, quick_trainer, precision):
    data, callback = film_data(), PermutationImportance()
    model = MLPRegressor(hidden=[16], learning_rate=0.02)
    trainer = quick_trainer(max_epochs=8, callbacks=[callback], precision=precision)
    trainer.fit(model, datamodule=data)
    trainer.importance(model, data)
    assert callback.result is not None
    assert callback.result.summary["baseline_loss"] == pytest.approx(model.scores["test"]["mse"], rel=0.1)
    assert by_name(callback.result)["genre=Horror"] > 0.1


# --- films -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def several_rows_a_film(film_data, films_frame, tmp_path):
    """Return films of four rows each, some of which have no id."""
    ids = pd.Series([f"tt{row // 4}" for row in range(len(films_frame))])
    films_frame["id"] = ids.mask(ids.index % 7 == 0)
    films_frame.to_csv(tmp_path / "rows.csv", index=False)
    return film_data(table=str(tmp_path / "rows.csv"), allow_leak=True)


def test_rows_of_one_film_are_one_observation_and_a_row_without_an_id_is_its_own(measured, several_rows_a_film):
    done = measured(several_rows_a_film)
    films = done.films.films
    rows = films.rows.test
    ids = films.labels["film"].to_numpy()[rows]
    named = [film if isinstance(film, str) else object() for film in ids]
    codes = held_out(done.films, "test").film.tolist()
    assert len(set(named)) < len(named) - 3
    assert sum(not isinstance(film, str) for film in named) > 3
    assert sorted(set(codes)) == list(range(len(set(named))))
    for film, code in zip(named, codes, strict=True):
        assert [other == film for other in named] == [other == code for other in codes]
    assert done.result.summary["rows"] == 50
    assert done.result.summary["films"] == len(set(named))

    counted = done.result.features.set_index("feature")["n_films"]
    labels, names = films.encoded.labels[rows].toarray(), done.films.fitted.encoder.space.label_names()
    for column, name in enumerate(names):
        assert counted[name] == len({film for film, has in zip(named, labels[:, column] != 0, strict=True) if has})
    assert counted["year"] == len(set(named))
    assert counted["genre=Drama"] < np.count_nonzero(labels[:, names.index("genre=Drama")])


def test_every_row_is_a_film_where_no_id_is_given(measured, film_data):
    done = measured(film_data(film=None))
    assert held_out(done.films, "test").film.tolist() == list(range(50))
    assert done.result.summary["films"] == 50


def test_held_out_films_are_those_of_their_side_in_the_tables_order(film_data):
    data = film_data(target=Target("rating", transform="log1p"))
    data.setup("fit")
    for side in ("val", "test"):
        rows, indices = held_out(data, side), getattr(data.films.rows, side)
        assert rows.actual.tolist() == data.films.actual[indices].tolist()  # in the original unit
        assert rows.dense.tolist() == data.films.encoded.dense[indices].tolist()
        matrix = torch.zeros(len(indices), data.films.encoded.labels.shape[1])
        matrix[rows.rows_of_entries(), rows.labels.long()] = rows.weights
        assert matrix.tolist() == data.films.encoded.labels[indices].toarray().tolist()


def test_features_are_described_labels_first_then_numbers(film_data):
    films = film_data()
    films.setup("fit")
    space = films.fitted.encoder.space
    table = described(space)
    assert table["feature"].tolist() == [*space.label_names(), *space.dense_names()]
    assert table.iloc[-1][["feature", "column", "role", "level"]].tolist() == [
        *("runtime is missing", "runtime", "runtime", "number")
    ]
    assert pd.isna(table["value"].iloc[-1])
    assert table.set_index("feature").loc["genre=Drama"].tolist() == ["genre", "Drama", "genre", "value"]
    assert [columns.tolist() for columns in numbers_of(space)] == [[0], [1, 2]]


# --- what is refused -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"n_repeats": 0}, r"permutation_importance\.n_repeats must be 1 or more, got 0"),
        ({"off_rows": 1}, r"permutation_importance\.off_rows must be `all`, or 2 or more, got 1"),
        ({"seed": -1}, r"permutation_importance\.seed must be 0 or more and below 2\*\*63, got -1"),
        ({"seed": 2**63}, r"permutation_importance\.seed must be .* got 9223372036854775808"),
        ({"loss": "rmse"}, r"permutation_importance\.loss rmse has no closed form"),
    ],
)
def test_settings_that_can_not_be_are_refused_with_their_value(how, message):
    with pytest.raises(InputError, match=message):
        PermutationImportance(**how)


@pytest.mark.parametrize("how", [{"loss": "rmse", "estimator": "shuffle"}, {"off_rows": 2}, {"seed": 2**63 - 1}])
def test_settings_at_the_edge_are_taken(measured, how):
    assert measured(**how).result.values.estimable.sum() > 15


# --- TensorBoard -----------------------------------------------------------------------------------------------------


def events_of(folder: Path) -> EventAccumulator:
    """Return the events that hold pictures; those of the training are in a file of their own."""
    files = [EventAccumulator(str(path), size_guidance={"images": 0}).Reload() for path in folder.glob("events.*")]
    (events,) = [events for events in files if events.Tags()["images"]]
    return events


def test_tensorboard_gets_two_pictures_and_a_number_a_role(measured, tmp_path):
    done = measured(logger=TensorBoardLogger(tmp_path, "logs", "run"))
    done.trainer.logger.finalize("success")
    events = events_of(tmp_path / "logs" / "run")
    assert set(events.Tags()["images"]) == {"importance/values", "importance/columns"}
    for name in events.Tags()["images"]:
        (image,) = events.Images(name)
        assert image.encoded_image_string.startswith(b"\x89PNG")
        assert image.width > 300
    roles = done.result.aggregated.query("level == 'role'").set_index("name")["importance"]
    assert set(roles.index) == {"year", "runtime", "genre", "actor", "company"}
    logged = {tag: events.Scalars(tag) for tag in events.Tags()["scalars"] if tag.startswith("importance/")}
    assert {tag: [event.value for event in some] for tag, some in logged.items()} == {
        f"importance/role/{role}": [pytest.approx(value, rel=1e-5)] for role, value in roles.items()
    }


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU")
@pytest.mark.parametrize("how", [{"estimator": "shuffle"}, {}, {"off_rows": "all", "loss": "mae"}])
def test_a_gpu_finds_what_the_cpu_finds(measured, quick_trainer, how):
    done = measured(**how)
    expected, callback = done.result, PermutationImportance(**how)
    quick_trainer(callbacks=[callback], accelerator="gpu").importance(done.model, done.films)
    assert expected.values.mean.abs().max() > 0.05
    for ours, theirs in ((callback.result.values, expected.values), (callback.result.joint, expected.joint)):
        torch.testing.assert_close(ours.mean, theirs.mean, atol=1e-5, rtol=1e-4, equal_nan=True)
