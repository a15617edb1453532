import inspect
import io
import re

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import torch

from greenlight_films.datamodules.errors import InputError
from greenlight_films.datamodules.features import Labels, Number, TrackRecord
from greenlight_films.datamodules.film_data_module import FilmDataModule
from greenlight_films.datamodules.shapes import OneRowPerFilm
from greenlight_films.datamodules.splits import GroupSplit, InnerFold, KFold, RandomSplit, TimeSplit
from greenlight_films.datamodules.targets import Target


def rows_of(loader) -> list[int]:
    return [row for batch in loader for row in batch.row.tolist()]


def through_a_file(state):
    stream = io.BytesIO()
    torch.save(state, stream)
    stream.seek(0)
    return torch.load(stream, weights_only=True)


def test_held_out_rows_come_once_in_order_and_training_rows_shuffled(ready):
    data = ready()
    for side in ("val", "test"):
        rows = getattr(data.films.rows, side)
        assert len(rows) > 20
        assert rows_of(getattr(data, f"{side}_dataloader")()) == rows.tolist()
    shuffled = rows_of(data.train_dataloader())
    assert shuffled != sorted(shuffled)
    assert sorted(shuffled) == data.films.rows.train.tolist()
    assert rows_of(ready("predict").predict_dataloader()) == list(range(198))


def test_the_seed_orders_the_batches_and_nothing_else(ready):
    data, other = ready(seed=1, batch_size=50), ready(seed=2)
    assert [len(batch.row) for batch in data.train_dataloader()] == [50, 50, 18]
    assert rows_of(data.train_dataloader()) == rows_of(data.train_dataloader()) != rows_of(other.train_dataloader())
    assert data.fitted.sides.tolist() == other.fitted.sides.tolist()


def test_training_targets_are_transformed_and_standardised(ready):
    data = ready(target=Target("rating", transform="log1p", shift=5))
    target = torch.cat([batch.target for batch in data.train_dataloader()]).double()
    assert target.mean().item() == pytest.approx(0, abs=1e-6)
    assert target.std(correction=0).item() == pytest.approx(1, abs=1e-6)
    train = np.log(6 + data.films.actual[data.films.rows.train])
    batch = next(iter(data.test_dataloader()))
    expected = (np.log(6 + data.films.actual[batch.row.numpy()]) - train.mean()) / train.std()
    assert batch.target.numpy() == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("stage", ["test", "predict"])
def test_a_loaded_state_gives_the_same_films(ready, film_data, stage):
    data, again = ready(), film_data()
    state = data.state_dict()
    assert set(state) == {"feature_space", "target_scale", "split", "formats", "refit"}
    again.load_state_dict(through_a_file(state))
    again.setup(stage)
    assert again.films.rows.sides().tolist() == data.films.rows.sides().tolist()
    assert again.fitted.fingerprint == data.fitted.fingerprint
    assert again.fitted.scale == data.fitted.scale
    again.load_state_dict(state)  # of the same table and split, also after setup


@pytest.mark.parametrize("split", [TimeSplit("year"), RandomSplit(val=0.15, test=0.25, seed=4)])
def test_a_state_of_another_split_is_refused_by_its_own(ready, film_data, split):
    with pytest.raises(InputError, match=r"trained with data\.split .*RandomSplit.*0\.15.*0\.25.*3.*; give that"):
        film_data(split=split).load_state_dict(ready().state_dict())


def test_a_state_of_another_table_is_refused_before_and_after_setup(ready, film_data, films_frame, tmp_path):
    state, table = ready().state_dict(), str(tmp_path / "other.csv")
    films_frame.assign(rating=films_frame["rating"] * 2).to_csv(table, index=False)
    with pytest.raises(InputError, match=r"trained on another table than data\.table; give that, or train anew"):
        ready(table=table).load_state_dict(state)
    other = film_data(table=table)
    other.load_state_dict(state)
    with pytest.raises(InputError, match=r"data\.table is not the one that this run was trained with"):
        other.setup("test")


@pytest.mark.parametrize(
    ("features", "message"),
    [
        (
            [Number("year"), Labels("cast"), Number("runtime")],
            r"only the checkpoint has [^;]*'genre'[^;]*; only the config has [^;]*'cast'[^;]*'runtime'[^;]*; give the",
        ),
        ([Number("year"), Labels("genre", min_films=2)], r"has .*'genre'.*'min_films': 1.* has .*'min_films': 2"),
        ([Labels("genre"), Number("year")], "the same features in another order; give the checkpoint's own config"),
    ],
)
def test_a_state_of_other_features_is_refused_with_the_difference(ready, film_data, features, message):
    state = ready(features=[Number("year"), Labels("genre")]).state_dict()
    with pytest.raises(InputError, match=message):
        film_data(features=features).load_state_dict(state)


def test_new_films_are_predicted_without_target_or_side(ready, film_data, films_frame, tmp_path):
    films_frame.iloc[:12].drop(columns=["rating", "id"]).to_csv(tmp_path / "new.csv", index=False)
    again = film_data(table=str(tmp_path / "new.csv"))
    again.load_state_dict(ready().state_dict())
    again.setup("predict")
    assert again.films.rows is None
    batch = next(iter(again.predict_dataloader()))
    assert batch.row.tolist() == list(range(12))
    assert torch.isnan(batch.target).all()
    assert not torch.isnan(batch.dense).any()


def test_the_same_films_are_trained_under_another_split(ready):
    data = ready()
    other = data.under(KFold(by="id"), data.read())
    assert other.fitted.split["rule"] == "KFold"
    assert other.fitted.sides.tolist() != data.fitted.sides.tolist()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"batch_size": 0}, r"data\.batch_size must be 1 or more, got 0"),
        ({"num_workers": -1}, r"data\.num_workers must be 0 or more, got -1"),
        ({"seed": -2}, r"data\.seed must be 0 or more, got -2"),
        ({"split": InnerFold(GroupSplit(by=None))}, "GroupSplit: `by` must have a value, got null"),
        (
            {"seed": 1.5, "film": 3},
            r"data\.film must be a text or .*, got 3\ndata\.seed must be a whole number, got 1\.5",
        ),
        ({"table": None}, r"data\.table or a frame must be given, got neither"),
        ({"table": "films.csv", "frame": pd.DataFrame()}, r"data\.table or a frame must be given, got both"),
        ({"weights": [1.0]}, r"weights are of a frame's rows, got a table or a data\.shape; give frame alone"),
    ],
)
def test_arguments_that_cannot_be_are_refused(film_data, given, message):
    with pytest.raises(InputError, match=message):
        film_data(**given)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"missing": {"runtme": ["0"]}}, r"data\.missing: no column 'runtme', did you mean 'runtime'\?"),
        ({"decimal": {"Raiting": ","}}, r"data\.decimal: no column 'Raiting', did you mean 'rating'\?"),
        ({"sheet": "Films"}, r"--data\.sheet is for a file of kind workbook, got .*films.csv of kind text"),
        ({"query": "films"}, r"--data\.query is for a file of kind sqlite, got .*films.csv of kind text"),
    ],
)
def test_what_is_declared_of_another_table_is_refused(ready, given, message):
    with pytest.raises(InputError, match=message):
        ready(**given)


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_text_options_reach_the_reader(ready, films_frame, tmp_path, delimiter):
    films_frame.to_csv(tmp_path / "other.csv", index=False, sep=delimiter, encoding="utf-16")
    data = ready(table=str(tmp_path / "other.csv"), delimiter=delimiter, encoding="utf-16")
    assert "Amélie" in set(data.films.ids["title"])
    assert data.state_dict()["feature_space"] == ready().state_dict()["feature_space"]


def as_lists(frame: pd.DataFrame, kind: type) -> pd.DataFrame:
    cells = [kind(cell.split(", ")) if isinstance(cell, str) else None for cell in frame["genre"]]
    return frame.assign(genre=pd.Series(cells, frame.index, object))


SPLITS = (RandomSplit(seed=1), TimeSplit("year"), GroupSplit("id"))


def encoded_and_split(data: FilmDataModule) -> tuple:
    space, fitted = data.state_dict()["feature_space"], data.fitted
    return fitted.fingerprint, space, fitted.sides.tolist(), data.films.ids["film"].tolist()


@pytest.fixture(scope="module")
def of_the_file() -> list[tuple]:
    """Return what the file's films come to by each split: the first test reads it, the others take it from here."""
    return []


@pytest.mark.slow
@pytest.mark.parametrize(
    "change",
    [
        lambda frame: frame.set_index("title", drop=False),
        lambda frame: frame.convert_dtypes(),
        lambda frame: frame.convert_dtypes(dtype_backend="pyarrow"),
        lambda frame: frame.astype(object),
        lambda frame: frame.astype({"id": "category", "year": "category", "genre": "category", "company": "category"}),
        *(lambda frame, kind=kind: as_lists(frame, kind) for kind in (list, tuple, np.array)),
        lambda frame: as_lists(frame, lambda names: [{"name": name, "order": 1} for name in names]),
        lambda frame: pa.Table.from_pandas(as_lists(frame, list)),
    ],
)
def test_a_frame_is_encoded_and_split_as_the_file_with_the_same_cells(ready, films_frame, of_the_file, change):
    frame = change(films_frame)
    before = frame.copy(deep=True) if isinstance(frame, pd.DataFrame) else None
    if not of_the_file:
        of_the_file += [encoded_and_split(ready(split=split)) for split in SPLITS]
    for split, expected in zip(SPLITS, of_the_file, strict=True):
        for ours, theirs in zip(encoded_and_split(ready(table=None, frame=frame, split=split)), expected, strict=True):
            assert ours == theirs
    if before is not None:
        pd.testing.assert_frame_equal(frame, before)


def test_columns_named_by_numbers_are_declared_as_text(ready, films_frame):
    frame = films_frame.rename(columns={"year": 0, "rating": 7})
    assert ready(table=None, frame=frame, features=[Number("0")], target=Target("7")).films.n_rows == 198


@pytest.mark.parametrize("index", ["title", None])
def test_a_bad_cell_is_refused_by_its_position(ready, films_frame, index):
    frame = films_frame.astype({"year": object})
    frame.loc[10, "year"] = "soon"
    frame.index = frame[index] if index else [4] * len(frame)
    with pytest.raises(InputError, match=r"^frame: column 'year' must hold numbers, row 11 has 'soon'; correct it, or"):
        ready(table=None, frame=frame)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"split": GroupSplit("genre")}, "column 'genre' must hold one value a cell, got lists; give another"),
        ({"split": TimeSplit("genre")}, "column 'genre' must hold one value a cell, got lists; give another"),
        ({"film": "genre"}, "data.film: column 'genre' must hold one value a cell, got lists"),
        ({"features": [Number("genre")]}, "frame: column 'genre' must hold numbers, rows 2, "),
        ({"shape": OneRowPerFilm("id", "cast", "genre")}, "data.shape: column 'genre' must hold one text a cell"),
    ],
)
def test_lists_where_none_can_be_are_refused(ready, films_frame, given, message):
    with pytest.raises(InputError, match=re.escape(message)):
        ready(table=None, frame=as_lists(films_frame, list), **given)


def test_frames_and_weights_are_no_options_of_a_config():
    arguments = inspect.signature(FilmDataModule).parameters
    assert not {"frame", "weights"} & set(arguments)
    assert arguments["table"].default is inspect.Parameter.empty


def test_weights_follow_their_rows_under_another_split_and_in_a_state(ready, film_data, films_frame):
    weights = np.arange(203) % 3
    given = {"table": None, "frame": films_frame, "weights": weights}
    data, again = ready(**given), film_data(**given)
    again.load_state_dict(data.state_dict())
    again.setup("test")
    assert again.films.weights.tolist() == data.films.weights.tolist()
    other = data.under(RandomSplit(seed=8), data.read().iloc[::2])
    assert other.films.n_rows < 102
    assert other.films.weights.tolist() == weights[other.films.number - 1].tolist()


def test_a_row_without_weight_is_left_out_where_labels_have_inputs_and_each_other_row_has_its_own(ready, films_frame):
    features = [Labels("cast"), TrackRecord("cast", 1)]
    weights = np.arange(len(films_frame)) % 3
    data = ready(table=None, frame=films_frame, weights=weights, features=features)
    films = data.films
    rows = films.rows.train[films.weights[films.rows.train] > 0]
    assert len(rows) < len(films.rows.train)
    batches = list(data.train_dataloader())
    row, inputs = (torch.cat([getattr(batch, name) for batch in batches]).numpy() for name in ("row", "inputs"))
    assert np.array_equal(np.sort(row), rows)
    assert np.array_equal(inputs, films.encoded.inputs[row])  # of the first drawing


def test_new_films_go_by_their_own_number_where_no_size_of_batches_is_given(ready, film_data, films_frame):
    data = ready(batch_size=None)
    assert data.batch_size == 64
    other = film_data(table=None, frame=films_frame.drop(columns="rating"), batch_size=None)
    other.load_state_dict(data.state_dict())
    other.setup("predict")
    assert other.films.rows is None
    assert sum(len(batch.row) for batch in other.predict_dataloader()) == len(films_frame)


def test_labels_of_several_columns_may_have_records():
    random = np.random.default_rng(0)
    frame = pd.DataFrame(random.choice(["Ann", "Bo", "Cy"], (60, 2)), columns=["actor_1", "actor_2"])
    frame["rating"] = random.normal(size=60)
    features = [Labels("actor", from_columns=["actor_1", "actor_2"]), TrackRecord("actor")]
    data = FilmDataModule(frame=frame, features=features, target=Target("rating"), split=RandomSplit(0.2, 0.2))
    data.setup("fit")
    assert data.films.encoded.labels.shape == (60, 3)


def test_a_table_that_is_in_memory_is_not_read_again(ready, tmp_path):
    path = tmp_path / "films.csv"
    data = ready(table=str(path))
    before = data.read()
    path.unlink()
    pd.testing.assert_frame_equal(data.read_once(), before)
