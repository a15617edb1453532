"""Importances of a trained network, held against float64 numpy on a dense matrix."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import permutations

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.metrics import r2_score

from greenlight_films.datamodules.encoder import FilmEncoder
from greenlight_films.datamodules.errors import InputError
from greenlight_films.datamodules.feature_sets import FeatureSet, feature_sets
from greenlight_films.datamodules.features import Category, Date, Number
from greenlight_films.datamodules.targets import Target
from greenlight_films.importance import Entries, Estimator, ImportanceResult, Tasks
from greenlight_films.importance.groups import group_importance
from greenlight_films.importance.related import RelatedSettings
from greenlight_films.importance.shuffles import shuffled_entries
from greenlight_films.importance.streams import child, keys_of, permutation
from greenlight_films.lightning_modules.film_importance import MeasuredFilms, described, numbers_of
from tests.cases import cases, name_of
from tests.conftest import members_of
from tests.importance.conftest import TOTALS
from tests.lightning_modules.input_case import InputCase
from tests.studies.case_study import config_of


@dataclass(frozen=True, repr=False)
class Dense:
    """A network and the test films, as numpy sees them: `features` are numbers, then labels."""

    features: np.ndarray
    actual: np.ndarray
    n_dense: int
    members: list[list[np.ndarray]]
    inverse: Callable[[np.ndarray], np.ndarray]

    @classmethod
    def of(cls, measured) -> "Dense":
        films, rows = measured.films.films, measured.films.films.rows.test
        dense, labels = films.encoded.dense[rows], films.encoded.labels[rows].toarray()
        members = []
        for state in members_of(measured.model.network):
            first, of_labels, *others = (part.double().numpy() for part in state.values())
            members.append([np.vstack([first, of_labels[: labels.shape[1]]]), *(part.T for part in others)])
        features, inverse = np.hstack([dense, labels]).astype(np.float64), measured.films.fitted.scale.inverse
        return cls(features, films.actual[rows], dense.shape[1], members, inverse)

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


def measured_films(done) -> MeasuredFilms:
    films, fitted = done.films.films, done.films.fitted
    rows = films.rows.test
    actual, codes = films.actual[rows], films.film_codes()[rows]
    network = done.model.network.eval()
    return MeasuredFilms.of(
        network, fitted.encoder, fitted.scale, films.encoded.take(rows), actual, codes, films.number[rows]
    )


def measure(done, loss: str = "mse", groups: dict | None = None, **how) -> ImportanceResult:
    return measured_films(done).measure(Estimator(**how), loss, groups or {}, {})[0]


def streams_of(sets: list[FeatureSet], how: Estimator) -> torch.Tensor:
    """Return the random stream of each set; the same columns have one."""
    first = {(part.dense.tobytes(), part.labels.tobytes()): part for part in reversed(sets)}
    measured_as = [first[part.dense.tobytes(), part.labels.tobytes()] for part in sets]
    return how.streams(keys_of([f"{part.level} {part.name}" for part in measured_as]))


def by_name(result: ImportanceResult) -> dict[str, float]:
    return result.features.set_index("feature")["importance"].to_dict()


@pytest.mark.parametrize("members", [1, 3])
def test_values_are_what_the_loop_over_columns_finds_with_the_same_shuffles(measured, measured_once, members):
    done, how = measured_once if members == 1 else measured(members=members), Estimator("shuffle", 3)
    dense, names, weights = Dense.of(done), done.films.fitted.encoder.space.label_names(), entering(done)
    assert len(dense.members) == members
    entries = Entries.of(measured_films(done).rows)
    entries = replace(entries, streams=how.streams(keys_of(names))[entries.columns])
    group, _, row = (part.numpy() for part in shuffled_entries(entries, 3, len(dense.actual)))
    result, expected = measure(done, kind="shuffle", n_repeats=3), {}
    for index, column in enumerate(entries.columns.tolist()):
        own = dense.features[:, dense.n_dense + column]
        increases = []
        for repeat in range(3):
            mine = group == 3 * index + repeat
            features = dense.features.copy()
            features[:, dense.n_dense + column] = 0
            given = np.where(own > 0, own, weights[:, column])
            features[row[mine], dense.n_dense + column] = given[row[mine]]
            increases.append(dense.lost(features))
        expected[names[column]] = np.mean(increases)
    assert len(expected) > 15
    assert max(map(abs, expected.values())) > 0.05
    assert {name: by_name(result)[name] for name in expected} == pytest.approx(expected, rel=1e-4, abs=1e-6)
    # Each label is lost once, and an entry that lands where one was changes nothing.
    members = {(part.dense.tobytes(), part.labels.tobytes()) for part in result.sets}  # the same ones once
    n_labels, of_sets = len(entries.row), 50 * 3 * len(members)
    assert of_sets + n_labels < result.summary["row_updates"] <= of_sets + 4 * n_labels
    assert result.summary["seconds"] > 0


@pytest.mark.slow
@pytest.mark.parametrize(
    ("transform", "members", "loss"), [("none", 1, "mse"), ("log1p", 1, "rmse"), ("log1p", 3, "mse")]
)
def test_numbers_columns_roles_and_groups_are_what_shuffling_them_whole_finds(
    measured, film_data, transform, members, loss
):
    groups = {"Ann and the year": ["cast=Ann *", "year"]}
    done = measured(film_data(target=Target("rating", transform=transform, shift=2.0)), members=members)
    dense, result = Dense.of(done), measure(done, loss, groups, kind="shuffle", n_repeats=2)
    sets = feature_sets(done.films.fitted.encoder.space, groups)
    streams = streams_of(sets, Estimator("shuffle", 2))
    expected = []
    for part, stream in zip(sets, streams, strict=True):
        columns = [*part.dense, *(dense.n_dense + part.labels)]
        orders = [permutation(child(stream, repeat), 50).numpy() for repeat in range(2)]
        expected.append(np.mean([dense.lost(dense.shuffled(columns, order), loss) for order in orders]))
    assert {part.level for part in sets} == {"number", "column", "role", "group"}
    assert max(expected) > 0.1
    assert result.joint.mean.tolist() == pytest.approx(expected, rel=1e-4, abs=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("transform", "loss", "members"), [("none", "mse", 1), ("log1p", "mae", 1), ("log1p", "r2", 1), ("log1p", "mse", 3)]
)
def test_expected_over_all_rows_is_that_of_every_films_own_weight(measured, film_data, transform, loss, members):
    done = measured(film_data(target=Target("rating", transform=transform)), members=members)
    dense, result = Dense.of(done), measure(done, loss, off_rows="all")
    names, in_cell, weights = done.films.fitted.encoder.space.label_names(), cast_sizes(done), entering(done)
    error, expected = np.abs if loss == "mae" else np.square, {}

    def losses(column: int, weight: np.ndarray) -> np.ndarray:
        features = dense.features.copy()
        features[:, dense.n_dense + column] = weight
        return error(dense.predict(features) - dense.actual)

    for column, name in enumerate(names):
        own = dense.features[:, dense.n_dense + column]
        effect = losses(column, np.where(own > 0, own, weights[:, column])) - losses(column, np.zeros(len(own)))
        if own.any():
            increase = (own > 0).mean() * (effect.mean() - effect[own > 0].mean())
            expected[name] = increase / (dense.actual.var() if loss == "r2" else 1)
    assert set(in_cell.tolist()) > {0, 1, 2}
    assert len(done.films.films.rows.test) == 50
    assert max(expected.values()) > 0.02
    assert {name: by_name(result)[name] for name in expected} == pytest.approx(expected, rel=1e-4, abs=1e-6)
    assert set(result.features.query("level == 'value' and importance.notna()")["se_shuffle"]) == {0.0}


def cast_sizes(done) -> np.ndarray:
    """Return how many names stand in each test film's cast, known to the encoder or not."""
    table, films = done.films.read(), done.films.films
    cells = table["cast"].iloc[films.number[films.rows.test] - 1]
    return cells.fillna("").map(lambda cell: len({name for name in str(cell).split(", ") if name})).to_numpy()


def entering(done) -> np.ndarray:
    """Return the weight with which each label would enter each test film, (n_rows, n_labels)."""
    blocks = done.films.fitted.encoder.space.labels
    is_cast = np.repeat([block.role == "actor" for block in blocks], [len(block.values) for block in blocks])
    return np.where(is_cast, 1 / np.sqrt(cast_sizes(done)[:, None] + 1), 1.0)


def test_each_part_of_a_date_is_a_number_of_its_own_beside_its_mark():
    encoder = FilmEncoder([Date("released"), Number("votes")])
    frame = pd.DataFrame({"released": ["12 June 1994", "May 1995", "1996", None], "votes": [1.0, 2, 3, 4]})
    encoder.fit_encode(frame, np.arange(4))
    names = np.array(encoder.space.dense_names())
    assert [names[columns.numpy()].tolist() for columns in numbers_of(encoder.space)] == [
        ["released year", "released year is missing"],
        ["released season sin"],
        ["released season cos", "released season is missing"],
        ["votes"],
    ]


def test_films_of_labels_alone_are_measured(measured, film_data):
    result = measured(film_data(features=[Category("company")])).result
    assert set(result.features["column"]) == {"company"}
    assert np.unique(result.alone.feature).tolist() == [0, 1, 2]


def test_the_summary_has_the_loss_before_and_the_r2_as_scikit_learn_finds_them(measured, film_data):
    done = measured(film_data(target=Target("rating", transform="log1p")))
    dense = Dense.of(done)
    predicted = dense.predict(dense.features)
    for loss, total in TOTALS.items():
        summary = measure(done, loss, kind="shuffle", n_repeats=1, seed=9).summary
        assert summary["baseline_loss"] == pytest.approx(total(dense.actual, predicted), rel=1e-5)
        assert summary["r2"] == pytest.approx(r2_score(dense.actual, predicted), rel=1e-5)
        assert summary["r2"] > 0.3
        settings = {"estimator": "shuffle", "n_repeats": 1, "off_rows": None, "seed": 9, "loss": loss}
        assert {**summary, **settings, "rows": 50, "films": 50} == summary


def test_what_a_run_leaves_out_is_counted_as_missing(measured_once):
    def half(tasks: Tasks) -> None:
        tasks.run(tasks.share()[::2])

    result, _ = measured_films(measured_once).measure(Estimator(byte_budget=1), "mse", {}, {}, half)
    known, whole = (each.features["importance"].notna() for each in (result, measured_once.result))
    assert result.missing_features == whole.sum() - known.sum() > 5
    assert result.missing_sets == result.aggregated["importance"].isna().sum() > 1
    assert not result.is_whole
    assert measured_once.result.is_whole


def test_rows_of_one_film_are_one_observation_and_a_row_without_an_id_is_its_own(measured, film_data, films_frame):
    ids = pd.Series([f"tt{row // 4}" for row in range(len(films_frame))])
    films_frame["id"] = ids.mask(ids.index % 7 == 0)
    done = measured(film_data(frame=films_frame, allow_split_films=True))
    films, result = done.films.films, done.result
    ids = films_frame["id"].to_numpy()[films.number[films.rows.test] - 1]
    named = [film if isinstance(film, str) else object() for film in ids]
    codes = measured_films(done).rows.film.tolist()
    assert len(set(named)) < len(named) - 3
    assert sum(not isinstance(film, str) for film in named) > 3
    for film, code in zip(named, codes, strict=True):
        assert [other == film for other in named] == [other == code for other in codes]
    assert (result.summary["rows"], result.summary["films"]) == (50, len(set(named)))

    counted = result.features.set_index("feature")["n_films"]
    labels, names = films.encoded.labels[films.rows.test].toarray(), done.films.fitted.encoder.space.label_names()
    for column, name in enumerate(names):
        assert counted[name] == len({film for film, has in zip(named, labels[:, column] != 0, strict=True) if has})
    assert counted["year"] == len(set(named))


def test_features_are_described_labels_first_then_numbers(films):
    space = films.fitted.encoder.space
    table = described(space)
    assert table["feature"].tolist() == [*space.label_names(), *space.dense_names()]
    last = table.iloc[-1]
    assert last[["feature", "column", "role", "level"]].tolist() == ["runtime is missing", *["runtime"] * 2, "number"]
    assert pd.isna(last["value"])
    assert table.set_index("feature").loc["genre=Drama"].tolist() == ["genre", "Drama", "genre", "value"]
    assert [columns.tolist() for columns in numbers_of(space)] == [[0], [1, 2]]


@pytest.mark.slow
def test_films_that_share_a_value_of_the_named_column_are_one_draw(measured):
    done = measured(cluster="company")
    alone = measured()
    assert by_name(done.result) == by_name(alone.result)
    errors = [each.result.features.set_index("feature")["p"] for each in (done, alone)]
    assert (errors[0] != errors[1]).sum() > 5
    with pytest.raises(InputError, match=r"cluster: the table has no column 'compani', did you mean 'company'\?"):
        measured(cluster="compani")


@pytest.mark.parametrize("case", [case for case in cases("flags") if "n_films" in case["expect"]], ids=name_of)
def test_a_flag_is_had_by_the_films_where_it_is_1(case, command, tmp_path):
    answer = command("study", "--config", config_of(case, tmp_path), "--runs", tmp_path / "runs", "--report", "false")
    assert answer.code == 0, answer.err
    table = pd.read_csv(tmp_path / "runs/case/version_0/Permu_importance_df.csv").set_index("feature")
    assert table["n_films"].to_dict() == case["expect"]["n_films"]
    assert (table.loc[list(case["expect"]["direction"]), "direction"] > 0).all()


def losses_of(case: InputCase, dense: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return the mean squared error of each shuffled copy of the films, (n_copies,)."""
    predicted = case.predict(dense.reshape(-1, dense.shape[-1]), labels.reshape(-1, labels.shape[-1]))
    return ((predicted.reshape(labels.shape[:-1]) - case.actual) ** 2).mean(-1)


@pytest.mark.parametrize("near", [False, True])
def test_expected_of_labels_with_inputs_is_the_mean_over_all_shuffles_of_the_network_that_is_not_folded(near):
    case = InputCase.of(near=near)
    orders = np.array(list(permutations(range(7))))
    labels = case.encoded.labels.toarray()
    dense = np.broadcast_to(case.encoded.dense, (len(orders), *case.encoded.dense.shape))
    before, expected = losses_of(case, case.encoded.dense, labels), []
    for column in range(labels.shape[1]):
        moved = np.repeat(labels[None], len(orders), axis=0)
        moved[:, :, column] = labels[orders, column]
        expected.append(losses_of(case, dense, moved).mean() - before)
    result = case.measured().measure(Estimator(off_rows="all"), "mse", {}, {})[0]
    assert np.abs(expected[2:5]).min() > 0.003  # labels without a row
    assert result.values.mean.tolist() == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("near", [False, True])
def test_shuffles_of_labels_with_inputs_are_those_of_the_network_that_is_not_folded(near):
    case, how = InputCase.of(times=3, near=near), Estimator("shuffle", 3)
    films, labels = case.measured(), case.encoded.labels.toarray()
    entries = Entries.of(films.rows)
    entries = replace(entries, streams=how.streams(keys_of(case.encoder.space.label_names()))[entries.columns])
    group, slot, row = (part.numpy() for part in shuffled_entries(entries, 3, 21))
    before, expected = losses_of(case, case.encoded.dense, labels), []
    for index, column in enumerate(entries.columns.tolist()):
        own, moved = labels[:, column], np.repeat(labels[None], 3, axis=0)
        moved[:, :, column] = 0
        for repeat in range(3):
            mine = group == 3 * index + repeat
            moved[repeat, row[mine], column] = own[own != 0][slot[mine]]
        dense = np.broadcast_to(case.encoded.dense, (3, *case.encoded.dense.shape))
        expected.append(losses_of(case, dense, moved).mean() - before)
    result = films.measure(how, "mse", {}, {})[0]
    assert np.abs(expected).max() > 0.1
    assert result.values.mean.tolist() == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("kind", ["expected", "shuffle"])
@pytest.mark.parametrize("near", [False, True])
def test_encoded_numbers_are_shuffled_whole_and_have_a_line_each(kind, near):
    case, how = InputCase.of(times=3, near=near), Estimator(kind, 4)
    sets, labels = feature_sets(case.encoder.space, {}), case.encoded.labels.toarray()
    streams = streams_of(sets, how)
    before, expected = losses_of(case, case.encoded.dense, labels), []
    for part, stream in zip(sets, streams, strict=True):
        increases = []
        for repeat in range(4):
            order, dense, moved = permutation(child(stream, repeat), 21).numpy(), case.encoded.dense.copy(), +labels
            dense[:, part.dense] = case.encoded.dense[order][:, part.dense]
            moved[:, part.labels] = labels[order][:, part.labels]
            increases.append(losses_of(case, dense, moved) - before)
        expected.append(np.mean(increases))
    result = case.measured().measure(how, "mse", {}, {})[0]
    lines = result.features.query("level == 'number'").set_index("feature")
    assert lines["n_films"].to_dict() == {"year": 21, "year is missing": 3, "minutes": 21}
    assert min(expected[:3]) < max(expected[:3]) - 0.1
    assert result.joint.mean.tolist() == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("near", [False, True])
def test_a_number_taken_out_becomes_the_median_with_all_that_is_made_of_it(near):
    case = InputCase.of(near=near)
    films, labels = case.measured(), case.encoded.labels.toarray()
    reference = films.reference("mse")
    alone, before = films.alone(reference), case.predict(case.encoded.dense, labels)
    names, medians = case.encoder.space.dense_names(), case.encoder.at_medians()
    assert names == ["year", "year is missing", "minutes"]
    for columns in ([0, 1], [2]):
        dense = case.encoded.dense.copy()
        dense[:, columns] = medians[columns]
        expected = before - case.predict(dense, labels)
        assert np.abs(expected).max() > 0.1
        part = alone.change[alone.feature == 7 + columns[0]]
        assert part == pytest.approx(expected, abs=1e-4)
        above = case.encoded.dense[:, columns[0]] - medians[columns[0]]
        direction = expected[above > 1e-6].mean() - expected[above < -1e-6].mean()
        assert alone.direction[7 + columns[0]] == pytest.approx(direction, abs=1e-4)
    assert alone.direction.shape == (7 + 3,)
    assert alone.direction[8] == pytest.approx((before - case.predict(_known(case), labels))[3], abs=1e-4)


def _known(case: InputCase) -> np.ndarray:
    """Return the numbers with the one gap filled."""
    dense = case.encoded.dense.copy()
    dense[3, :2] = case.encoder.at_medians()[:2]
    return dense


@pytest.mark.parametrize("near", [False, True])
def test_groups_pairs_and_conditional_importances_are_made_with_encoded_numbers(near):
    case = InputCase.of(times=20, near=near)
    films = case.measured()
    result, reference = films.measure(Estimator(), "mse", {}, {})
    settings = RelatedSettings(conditional=["minutes", "genre", "genre=War"])
    related = films.related(reference, result, Estimator(), settings, {})
    assert related.conditional["name"].tolist() == ["minutes", "genre", "genre=War"]
    assert related.conditional["conditional"].notna().all()
    assert len(related.pairs) > 1
    joint = related.conditional.set_index("name")["importance"]
    assert joint["minutes"] == result.features.set_index("feature")["importance"]["minutes"]


def test_a_sample_of_films_without_a_label_is_unbiased_with_near_records():
    case = InputCase.of(times=20, near=True)
    reference, keys = case.measured().reference("mse"), keys_of(case.encoder.space.label_names())

    def means(**how) -> np.ndarray:
        tasks = Tasks(reference, keys, Estimator(**how, tests=False))
        tasks.run()
        return tasks.together()[0].mean.numpy()

    exact = means(off_rows="all")
    drawn = np.stack([means(off_rows=2, seed=seed) for seed in range(60)])
    error = drawn.std(axis=0, ddof=1) / 60**0.5
    assert error.max() > 1e-4
    assert (np.abs(drawn.mean(axis=0) - exact) <= 4 * error + 1e-5).all()


@pytest.mark.parametrize("near", [False, True])
def test_a_groups_importance_is_the_mean_over_films_that_it_is_taken_from(near):
    case, group = InputCase.of(times=4, near=near), [0, 2, 3]
    films, labels = case.measured(), case.encoded.labels.toarray()
    moved = np.repeat(labels[None], len(labels), axis=0)
    moved[:, :, group] = labels[:, None, group]
    dense = np.broadcast_to(case.encoded.dense, (len(labels), *case.encoded.dense.shape))
    expected = losses_of(case, dense, moved).mean() - losses_of(case, case.encoded.dense, labels)
    reference = films.reference("mse")
    table = group_importance(reference, Entries.of(reference.rows), [np.array(group)], 0)
    assert abs(expected) > 0.1
    assert table["importance"].tolist() == pytest.approx([expected], abs=1e-4)


@pytest.mark.parametrize("near", [False, True])
def test_a_pairs_interaction_is_that_of_the_predictions_with_both_either_and_neither(near):
    case = InputCase.of(times=6, near=near)
    films, labels = case.measured(), case.encoded.labels.toarray()
    result, reference = films.measure(Estimator(), "mse", {}, {})
    pairs = films.related(reference, result, Estimator(), RelatedSettings(), {}).pairs
    names = case.encoder.space.label_names()
    assert len(pairs) > 1
    for first, second, measured in pairs[["first", "second", "prediction"]].itertuples(index=False):
        columns = [names.index(first), names.index(second)]
        both = (labels[:, columns] != 0).all(axis=1)
        signed = np.zeros(both.sum())
        for stays in ((1, 1), (1, 0), (0, 1), (0, 0)):
            some = labels[both].copy()
            some[:, columns] *= stays
            signed += (1 if sum(stays) != 1 else -1) * case.predict(case.encoded.dense[both], some)
        if not np.isnan(measured):
            assert measured == pytest.approx(signed.mean(), abs=1e-4)
    assert pairs["prediction"].abs().max() > 0.01
