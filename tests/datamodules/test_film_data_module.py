import io
import re

import numpy as np
import pytest
import torch

from greenlight_films.datamodules.errors import InputError
from greenlight_films.datamodules.features import Labels, Number
from greenlight_films.datamodules.splits import GroupSplit, InnerFold, RandomSplit, TimeSplit
from greenlight_films.datamodules.targets import Target


def rows_of(loader) -> list[int]:
    return [row for batch in loader for row in batch.row.tolist()]


def through_a_file(state):
    stream = io.BytesIO()
    torch.save(state, stream)
    stream.seek(0)
    return torch.load(stream, weights_only=True)


@pytest.mark.parametrize("side", ["val", "test"])
def test_held_out_rows_come_once_and_in_order(film_data, side):
    data = film_data()
    data.setup("fit")
    rows = getattr(data.films.rows, side)
    assert len(rows) > 20
    assert rows_of(getattr(data, f"{side}_dataloader")()) == rows.tolist()


def test_training_rows_come_once_and_shuffled(film_data):
    data = film_data()
    data.setup("fit")
    rows = rows_of(data.train_dataloader())
    assert rows != sorted(rows)
    assert sorted(rows) == data.films.rows.train.tolist()


def test_the_seed_orders_the_batches_and_nothing_else(film_data):
    some, others = film_data(seed=1), film_data(seed=2)
    some.setup("fit")
    others.setup("fit")
    assert rows_of(some.train_dataloader()) != rows_of(others.train_dataloader())
    assert some.fitted.sides.tolist() == others.fitted.sides.tolist()
    assert rows_of(some.train_dataloader()) == rows_of(some.train_dataloader())


def test_predict_goes_through_the_rows_of_all_sides(film_data):
    data = film_data()
    data.setup("predict")
    assert rows_of(data.predict_dataloader()) == list(range(198))


def test_batches_have_the_size_asked_for(film_data):
    data = film_data(batch_size=50)
    data.setup("fit")
    assert len(data.films.rows.train) == 118
    assert [len(batch.row) for batch in data.train_dataloader()] == [50, 50, 18]


def test_training_targets_are_standardised(film_data):
    data = film_data()
    data.setup("fit")
    target = torch.cat([batch.target for batch in data.train_dataloader()]).double()
    assert target.mean().item() == pytest.approx(0, abs=1e-6)
    assert target.std(correction=0).item() == pytest.approx(1, abs=1e-6)


def test_the_table_is_read_and_encoded_once(film_data):
    data = film_data()
    data.setup("fit")
    films = data.films
    data.setup("test")
    assert data.films is films


def test_a_state_holds_builtins_and_tensors(film_data):
    data = film_data()
    data.setup("fit")
    state = data.state_dict()
    assert set(state) == {"feature_space", "target_scale", "split"}
    assert isinstance(state["split"]["sides"], torch.Tensor)
    assert through_a_file(state)["feature_space"] == state["feature_space"]


@pytest.mark.parametrize("stage", ["test", "predict"])
def test_a_loaded_state_gives_the_same_films(film_data, stage):
    data = film_data()
    data.setup("fit")
    again = film_data()
    again.load_state_dict(through_a_file(data.state_dict()))
    again.setup(stage)
    assert again.films.rows.sides().tolist() == data.films.rows.sides().tolist()
    assert again.films.encoded.dense.tolist() == data.films.encoded.dense.tolist()
    assert (again.films.encoded.labels != data.films.encoded.labels).nnz == 0
    assert again.fitted.scale == data.fitted.scale


def test_a_state_may_be_loaded_behind_a_setup_of_the_same_table_and_split(film_data):
    data, again = film_data(), film_data()
    data.setup("fit")
    again.setup("test")
    again.load_state_dict(data.state_dict())
    assert again.fitted.sides.tolist() == data.fitted.sides.tolist()


@pytest.mark.parametrize("split", [TimeSplit("year"), RandomSplit(val=0.15, test=0.25, seed=4)])
def test_a_state_of_another_split_is_refused_by_its_own(film_data, split):
    data = film_data()
    data.setup("fit")
    with pytest.raises(InputError, match=r"trained with data\.split .*RandomSplit.*0\.15.*0\.25.*3.*; give that"):
        film_data(split=split).load_state_dict(data.state_dict())


def test_a_state_of_another_table_is_refused_behind_a_setup(film_data, films_frame, tmp_path):
    data = film_data()
    data.setup("fit")
    films_frame.assign(rating=films_frame["rating"] * 2).to_csv(tmp_path / "other.csv", index=False)
    other = film_data(table=str(tmp_path / "other.csv"))
    other.setup("fit")
    with pytest.raises(InputError, match=r"trained on another table than data\.table; give that, or train anew"):
        other.load_state_dict(data.state_dict())


def test_a_state_of_other_features_is_refused_with_what_either_has_alone(film_data):
    data = film_data(features=[Number("year"), Labels("genre")])
    data.setup("fit")
    other = film_data(features=[Number("year"), Labels("cast"), Number("runtime")])
    with pytest.raises(InputError) as problem:
        other.load_state_dict(data.state_dict())
    _, theirs, ours, _ = re.split("only the checkpoint has |only the config has |; give ", str(problem.value))
    assert [column in theirs for column in ("year", "genre", "cast", "runtime")] == [False, True, False, False]
    assert [column in ours for column in ("year", "genre", "cast", "runtime")] == [False, False, True, True]


def test_a_state_of_a_feature_with_other_arguments_is_refused_with_both(film_data):
    data = film_data(features=[Number("year"), Labels("genre")])
    data.setup("fit")
    other = film_data(features=[Number("year"), Labels("genre", min_films=2)])
    with pytest.raises(InputError, match=r"checkpoint has .*genre.*'min_films': 1.* config has .*'min_films': 2"):
        other.load_state_dict(data.state_dict())


def test_a_state_of_the_same_features_in_another_order_says_so(film_data):
    data = film_data(features=[Number("year"), Labels("genre")])
    data.setup("fit")
    with pytest.raises(InputError, match="order"):
        film_data(features=[Labels("genre"), Number("year")]).load_state_dict(data.state_dict())


def test_new_films_are_predicted_without_target_or_side(film_data, films_frame, tmp_path):
    data = film_data()
    data.setup("fit")
    new = films_frame.iloc[:12].drop(columns=["rating", "id"])
    new["genre"] = "Drama, Puppets"
    new.to_csv(tmp_path / "new.csv", index=False)
    again = film_data(table=str(tmp_path / "new.csv"))
    again.load_state_dict(data.state_dict())
    again.setup("predict")
    assert again.films.rows is None
    assert again.films.unseen()["genre"] == 12
    batch = next(iter(again.predict_dataloader()))
    assert batch.row.tolist() == list(range(12))
    assert torch.isnan(batch.target).all()
    assert not torch.isnan(batch.dense).any()


def test_new_films_cannot_be_tested(film_data, films_frame, tmp_path):
    data = film_data()
    data.setup("fit")
    films_frame.iloc[:12].to_csv(tmp_path / "new.csv", index=False)
    again = film_data(table=str(tmp_path / "new.csv"))
    again.load_state_dict(data.state_dict())
    with pytest.raises(InputError, match=r"data\.table is not the one that this run was trained with"):
        again.setup("test")


def test_a_transformed_target_is_scaled_by_its_logarithm(film_data):
    data = film_data(target=Target("rating", transform="log1p", shift=5))
    data.setup("fit")
    train = np.log(6 + data.films.actual[data.films.rows.train])
    batch = next(iter(data.test_dataloader()))
    expected = (np.log(6 + data.films.actual[batch.row.numpy()]) - train.mean()) / train.std()
    assert batch.target.numpy() == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("batch_size", [0, -3])
def test_a_batch_of_no_films_is_refused(film_data, batch_size):
    with pytest.raises(InputError, match=rf"data\.batch_size must be 1 or more, got {batch_size}"):
        film_data(batch_size=batch_size)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"target": Target("rating", unit=None)}, "unit of Target must have a value, got null"),
        ({"features": [Number("year"), Labels("genre", weight=None)]}, "weight of Labels must have a value, got null"),
        ({"split": InnerFold(GroupSplit(by=None))}, "by of GroupSplit must have a value, got null"),
    ],
    ids=["target", "feature", "split in a split"],
)
def test_a_value_that_a_config_leaves_empty_is_refused(film_data, given, said):
    with pytest.raises(InputError, match=said):
        film_data(**given)


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_text_options_reach_the_reader(film_data, films_frame, tmp_path, delimiter):
    films_frame.to_csv(tmp_path / "other.csv", index=False, sep=delimiter, encoding="utf-16")
    data = film_data(table=str(tmp_path / "other.csv"), delimiter=delimiter, encoding="utf-16")
    data.setup("fit")
    usual = film_data()
    usual.setup("fit")
    assert "Amélie" in set(data.films.ids["title"])
    assert data.state_dict()["feature_space"] == usual.state_dict()["feature_space"]
