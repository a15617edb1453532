import json

import numpy as np
import pandas as pd
import pytest

from greenlight_films.datamodules.encoder import FilmEncoder
from greenlight_films.datamodules.feature_space import FeatureSpace
from greenlight_films.datamodules.features import (
    Bins,
    Category,
    Date,
    Dense,
    Feature,
    LabelInput,
    Labels,
    Number,
    Popularity,
    Text,
    declared,
)
from greenlight_films.datamodules.tables.read_table import open_table
from tests.datamodules.features.encoded import fitted, rows_of
from tests.datamodules.features.test_features import INPUTS

TRAIN = np.arange(20, 80)

FEATURES = [
    Number("Runtime"),
    Number("Budget", log1p=True, scale="quantile", role="money"),
    Labels("Cast", role="actor"),
    Labels("Cast", weight="sqrt", min_films=3),
    Labels("Cast", first_only=True),
    Labels("Cast", positions=3, weight="sqrt"),
    Labels("Genres", format="python"),
    Labels("Cast", separator=[", ", " and "]),
    Labels("Studio", from_columns=["Studio"]),
    Category("Studio"),
    Category("Studio", keep=["Toho", "Ealing"], min_films=2),
    Category("Cast", other=None),
    Date("Released"),
    Date("Released", ["age", "weekday", "season"], role="time"),
    Text("Cast", min_films=2, role="word"),
    Bins("Runtime", [0, 90, 110, float("inf")], ["short", "medium", "long"]),
    Popularity("Studio", [0, 5, 20, 1000]),
    Popularity("Cast", [0, 1, 2, 99], ["one", "two", "many"]),
]

every_feature = pytest.mark.parametrize(
    "feature", FEATURES, ids=lambda feature: f"{type(feature).__name__}-{feature.column}"
)


def test_a_column_of_a_frame_may_be_named_by_a_number():
    assert Number(2).read(open_table(pd.DataFrame({2: [1.0, 2.0]})).frame).tolist() == [1, 2]
    named = [Labels(4), Category(4), Bins(4, [0, 1]), Popularity(4, [0, 1])]
    assert {feature.column for feature in named} == {"4"}


def assert_same(encoded, other):
    np.testing.assert_array_equal(encoded.dense, other.dense)
    np.testing.assert_array_equal(encoded.labels.toarray(), other.labels.toarray())
    np.testing.assert_equal(encoded.unseen, other.unseen)


def test_every_feature_class_is_under_contract():
    assert {type(feature) for feature in FEATURES} == set(Feature.__subclasses__()) - {LabelInput} != set()


@every_feature
def test_encoded_parts_agree_with_the_fitted_blocks(feature, films):
    blocks, parts = fitted(feature, films[feature.column], TRAIN)
    assert len(parts) == len(blocks) > 0
    for part, block in zip(parts, blocks, strict=True):
        assert block.role == (feature.role or feature.column)
        assert (block.kind == "label") != isinstance(part, Dense)
        assert len(set(block.values)) == len(block.values) > 0
        if isinstance(part, Dense):
            assert part.values.shape == (80, len(block.values))
            assert part.values.dtype == np.float32
            assert np.isfinite(part.values).all()
            assert np.ptp(part.values) > 0
            continue
        assert (part.offsets[0], part.offsets.shape, part.unseen.shape) == (0, (81,), (80,))
        assert part.columns.shape == part.weights.shape == (part.offsets[-1],)
        assert (part.columns.dtype, part.weights.dtype, part.unseen.dtype) == (np.int32, np.float32, np.int32)
        rows = np.repeat(np.arange(80), np.diff(part.offsets))
        assert len(np.unique(np.stack([rows, part.columns]), axis=1).T) == len(rows)


@pytest.mark.parametrize("feature", [*FEATURES, *INPUTS], ids=lambda feature: type(feature).__name__)
def test_a_declaration_makes_the_same_feature_again(feature):
    plain = json.loads(json.dumps(feature.declaration()))
    assert plain["feature"] == type(feature).__name__
    assert declared(**plain) == feature


@every_feature
def test_test_rows_move_nothing_that_is_fitted(feature, films):
    wild = films.copy()
    wild.loc[:19, "Runtime"] = wild.loc[:19, "Budget"] = np.geomspace(1e9, 1e15, 20)
    wild.loc[:19, "Cast"] = [f"Stranger {row}, Person {row % 12}" for row in range(20)]
    wild.loc[:19, "Studio"] = "Toho"
    wild.loc[:19, "Released"] = "2077-12-31"
    wild.loc[:19, "Genres"] = "['Quite another']"
    blocks, parts = fitted(feature, films[feature.column], TRAIN)
    wild_blocks, wild_parts = fitted(feature, wild[feature.column], TRAIN)
    assert wild_blocks == blocks
    for part, other, block in zip(parts, wild_parts, blocks, strict=True):
        if isinstance(part, Dense):
            np.testing.assert_array_equal(part.values[20:], other.values[20:])
        else:
            assert rows_of(part, block)[20:] == rows_of(other, block)[20:]


@every_feature
def test_rows_in_any_order_and_chunks_encode_alike_after_a_round_through_json(feature, films):
    before = films.copy(deep=True)
    encoder = FilmEncoder([feature])
    encoded = encoder.fit_encode(films, TRAIN)
    assert encoded.dense.any() or encoded.labels.nnz
    restored = FilmEncoder.from_space(FeatureSpace.from_json(encoder.space.to_json()))
    assert_same(restored.encode(films), encoded)
    order = np.random.default_rng(3).permutation(80)
    assert_same(restored.encode(films.iloc[order]), encoded.take(order))
    assert_same(restored.encode(pd.concat([films[:7], films[7:50], films[50:]])), encoded)
    pd.testing.assert_frame_equal(films, before)


@every_feature
def test_rows_without_a_value_and_no_rows_at_all_can_be_encoded(feature, films):
    encoder = FilmEncoder([feature])
    encoder.fit_encode(films, TRAIN)
    nothing = films[:5].assign(**{feature.column: films[feature.column].mask(films.index >= 0)[:5]})
    assert nothing[feature.column].isna().all()
    encoded = encoder.encode(nothing)
    assert encoded.labels.shape == (5, encoder.space.n_labels)
    assert encoded.labels.nnz == 0
    assert np.isfinite(encoded.dense).all()
    assert encoder.encode(films[:0]).labels.shape == (0, encoder.space.n_labels)
