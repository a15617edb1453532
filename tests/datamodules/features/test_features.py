import json
import re

import numpy as np
import pandas as pd
import pytest
from scipy.special import ndtri
from sklearn.preprocessing import QuantileTransformer, StandardScaler

from greenlight_films.datamodules.encoder import FilmEncoder
from greenlight_films.datamodules.errors import InputError
from greenlight_films.datamodules.feature_space import FeatureSpace
from greenlight_films.datamodules.features import Bins, Category, Dense, Feature, Labels, Number, Popularity, declared

TRAIN = np.arange(20, 80)

FEATURES = [
    Number("Runtime"),
    Number("Budget", log1p=True, scale="quantile", role="money"),
    Labels("Cast", role="actor"),
    Labels("Cast", weight="sqrt", min_films=3),
    Labels("Cast", first_only=True),
    Labels("Cast", positions=3, weight="sqrt"),
    Labels("Genres", format="python"),
    Category("Studio"),
    Category("Studio", keep=["Toho", "Ealing"], min_films=2),
    Category("Cast", other=None),
    Bins("Runtime", [0, 90, 110, float("inf")], ["short", "medium", "long"]),
    Popularity("Studio", [0, 5, 20, 1000]),
    Popularity("Cast", [0, 1, 2, 99], ["one", "two", "many"]),
]

every_feature = pytest.mark.parametrize(
    "feature", FEATURES, ids=lambda feature: f"{type(feature).__name__}-{feature.column}"
)


def fitted(feature, cells, train=None):
    series = cells if isinstance(cells, pd.Series) else pd.Series(cells, name=feature.column)
    parsed = feature.parse(series)
    blocks = feature.fit(parsed, np.arange(len(series)) if train is None else np.asarray(train))
    return blocks, feature.encode(parsed, blocks)


def matrix(part, block):
    dense = np.zeros((len(part.offsets) - 1, len(block.values)))
    dense[np.repeat(np.arange(len(dense)), np.diff(part.offsets)), part.columns] = part.weights
    return dense


def rows_of(part, block):
    """Return each row's labels, sorted."""
    return [sorted(np.array(block.values)[row > 0].tolist()) for row in matrix(part, block)]


def assert_same(one, other):
    np.testing.assert_array_equal(one.dense, other.dense)
    np.testing.assert_array_equal(one.labels.toarray(), other.labels.toarray())
    assert one.unseen.keys() == other.unseen.keys()
    for column, counts in one.unseen.items():
        np.testing.assert_array_equal(counts, other.unseen[column])


def test_every_feature_class_is_under_contract():
    assert Feature.__subclasses__()
    assert {type(feature) for feature in FEATURES} == set(Feature.__subclasses__())


@every_feature
def test_encoded_parts_agree_with_the_fitted_blocks(feature, films):
    blocks, parts = fitted(feature, films[feature.column], TRAIN)
    assert len(parts) == len(blocks) > 0
    for part, block in zip(parts, blocks, strict=True):
        assert block.role == (feature.role or feature.column)
        if isinstance(part, Dense):
            assert block.kind in ("number", "missing")
            assert part.values.shape == (80, len(block.values))
            assert part.values.dtype == np.float32
            assert np.isfinite(part.values).all()
            assert np.ptp(part.values) > 0
            continue
        assert block.kind == "label"
        assert len(set(block.values)) == len(block.values) > 0
        assert part.offsets[0] == 0
        assert part.offsets.shape == (81,)
        assert part.columns.shape == part.weights.shape == (part.offsets[-1],)
        assert part.columns.min() >= 0
        assert part.columns.max() < len(block.values)
        assert (part.columns.dtype, part.weights.dtype, part.unseen.dtype) == (np.int32, np.float32, np.int32)
        assert part.unseen.shape == (80,)
        for start, end in zip(part.offsets, part.offsets[1:], strict=False):
            assert len(set(part.columns[start:end].tolist())) == end - start


@every_feature
def test_a_declaration_makes_the_same_feature_again(feature):
    plain = json.loads(json.dumps(feature.declaration()))
    assert plain["feature"] == type(feature).__name__
    assert declared(**plain) == feature


@every_feature
def test_a_space_read_back_from_json_encodes_alike(feature, films):
    encoder = FilmEncoder([feature])
    encoded = encoder.fit_encode(films, TRAIN)
    restored = FilmEncoder.from_space(FeatureSpace.from_json(encoder.space.to_json()))
    assert encoded.dense.any() or encoded.labels.nnz
    assert_same(restored.encode(films), encoded)


@every_feature
def test_test_rows_move_nothing_that_is_fitted(feature, films):
    wild = films.copy()
    wild.loc[:19, "Runtime"] = wild.loc[:19, "Budget"] = np.geomspace(1e9, 1e15, 20)
    wild.loc[:19, "Cast"] = [f"Stranger {row}, Person {row % 12}" for row in range(20)]
    wild.loc[:19, "Studio"] = "Toho"
    wild.loc[:19, "Genres"] = "['Quite another']"
    assert not wild.equals(films)
    blocks, parts = fitted(feature, films[feature.column], TRAIN)
    wild_blocks, wild_parts = fitted(feature, wild[feature.column], TRAIN)
    assert wild_blocks == blocks
    for part, other, block in zip(parts, wild_parts, blocks, strict=True):
        if isinstance(part, Dense):
            np.testing.assert_array_equal(part.values[20:], other.values[20:])
        else:
            assert rows_of(part, block)[20:] == rows_of(other, block)[20:]


@every_feature
def test_the_order_of_the_training_indices_does_not_matter(feature, films):
    blocks, _ = fitted(feature, films[feature.column], TRAIN)
    reversed_blocks, _ = fitted(feature, films[feature.column], TRAIN[::-1])
    for block, other in zip(blocks, reversed_blocks, strict=True):
        assert block.values == other.values
        assert block.fitted == {
            key: pytest.approx(value) if key in ("mean", "std") else value for key, value in other.fitted.items()
        }


@every_feature
def test_encoding_leaves_the_frame_as_it_was(feature, films):
    before = films.copy(deep=True)
    encoder = FilmEncoder([feature])
    encoder.fit_encode(films, TRAIN)
    encoder.encode(films)
    pd.testing.assert_frame_equal(films, before)


@every_feature
def test_permuted_rows_give_permuted_output(feature, films):
    encoder = FilmEncoder([feature])
    encoded = encoder.fit_encode(films, TRAIN)
    order = np.random.default_rng(3).permutation(80)
    assert (order != np.arange(80)).any()
    permuted = encoder.encode(films.iloc[order])
    np.testing.assert_array_equal(permuted.dense, encoded.dense[order])
    np.testing.assert_array_equal(permuted.labels.toarray(), encoded.labels.toarray()[order])
    for column, counts in encoded.unseen.items():
        np.testing.assert_array_equal(permuted.unseen[column], counts[order])


@every_feature
def test_a_table_in_chunks_encodes_alike(feature, films):
    encoder = FilmEncoder([feature])
    encoded = encoder.fit_encode(films, TRAIN)
    assert_same(encoder.encode(pd.concat([films[:7], films[7:50], films[50:]])), encoded)


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


@pytest.mark.parametrize("log1p", [False, True])
def test_standard_numbers_agree_with_scikit_learn(log1p, films):
    cells = films["Budget"]
    blocks, (number, missing) = fitted(Number("Budget", log1p=log1p), cells, TRAIN)
    raw = np.log1p(cells) if log1p else cells
    raw = raw.fillna(raw[TRAIN].median()).to_numpy()[:, None]
    scaler = StandardScaler().fit(raw[TRAIN])
    np.testing.assert_allclose(number.values, scaler.transform(raw), rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(missing.values[:, 0], cells.isna())
    assert cells.isna().any()
    assert blocks[0].fitted["mean"] == pytest.approx(scaler.mean_[0])


@pytest.mark.parametrize("value", [0.0, 5.0, 0.1, 1 / 3, 1e9 + 0.1])
def test_a_constant_column_is_0_everywhere(value):
    _, (number,) = fitted(Number("x"), np.full(3, value))
    np.testing.assert_array_equal(number.values, np.zeros((3, 1)))


def test_no_column_says_missing_where_no_training_row_lacks_the_number():
    blocks, parts = fitted(Number("x"), [1.0, 3.0, np.nan], train=[0, 1])
    assert [block.kind for block in blocks] == ["number"]
    np.testing.assert_allclose(parts[0].values[:, 0], [-1, 1, 0])


@pytest.mark.parametrize("n_rows", [40, 5000])
def test_quantiles_agree_with_scikit_learn_where_no_end_is_tied(n_rows):
    rng = np.random.default_rng(0)
    values = np.append(rng.gamma(2, 10, n_rows), [1e4, 5e4])
    train, values = np.arange(n_rows // 2), np.where(np.arange(n_rows + 2) % 3, values, values.round())
    values[train[:7]] = np.median(values)
    assert len(np.unique(values[train])) < len(train) - 5
    assert (values[train] == values[train].min()).sum() == (values[train] == values[train].max()).sum() == 1
    _, (number,) = fitted(Number("x", scale="quantile"), values, train)
    transformer = QuantileTransformer(
        n_quantiles=min(1000, len(train)), output_distribution="normal", subsample=None
    ).fit(values[train, None])
    np.testing.assert_allclose(number.values, transformer.transform(values[:, None]), rtol=1e-4, atol=1e-5)


def test_quantiles_of_a_real_column_with_many_ties_agree_with_scikit_learn(wikidata):
    values = wikidata["Runtime"].dropna().to_numpy()
    train = np.arange(0, len(values), 2)
    _, (number,) = fitted(Number("x", scale="quantile"), values, train)
    transformer = QuantileTransformer(n_quantiles=1000, output_distribution="normal", subsample=None)
    expected = transformer.fit(values[train, None]).transform(values[:, None])
    inside = (values > values[train].min()) & (values < values[train].max())
    assert len(np.unique(values)) < inside.sum() / 10
    np.testing.assert_allclose(number.values[inside], expected[inside], rtol=1e-4, atol=1e-5)


def test_values_tied_at_an_end_stand_at_the_middle_of_their_ranks():
    _, (number,) = fitted(Number("x", scale="quantile"), [0.0, 0, 0, 1, 2])
    np.testing.assert_allclose(number.values[:, 0], ndtri([0.25, 0.25, 0.25, 0.75, 1 - 1e-7]), rtol=1e-5)


def test_values_beyond_the_training_rows_are_clipped():
    _, (number,) = fitted(Number("x", scale="quantile"), [1.0, 2, 3, -1e9, 1e9], train=[0, 1, 2])
    np.testing.assert_allclose(number.values[:, 0], ndtri([1e-7, 0.5, 1 - 1e-7, 1e-7, 1 - 1e-7]), rtol=1e-5)


def test_a_number_that_no_training_row_has_is_refused():
    with pytest.raises(InputError, match="column 'x' has no value in the 2 training rows; leave it out"):
        fitted(Number("x"), [np.nan, np.nan, 1.0], train=[0, 1])


CAST = ["A, B, C, A", "B", None, "C, B, Z", ", , "]


def test_labels_with_the_most_training_films_stand_first():
    blocks, _ = fitted(Labels("Cast"), CAST, train=[0, 1, 4])
    assert blocks[0].values == ["B", "A", "C"]


@pytest.mark.parametrize("test_cell", ["A", "B", "C, B, A", None])
def test_labels_tied_in_one_training_row_keep_their_order_whatever_the_test_rows(test_cell):
    blocks, _ = fitted(Labels("Cast"), pd.Series([test_cell, "B, A"], dtype="str"), train=[1])
    alone, _ = fitted(Labels("Cast"), pd.Series(["B, A"], dtype="str"))
    assert len(alone[0].values) == 2
    assert blocks == alone


def test_min_films_drops_labels_and_counts_them_as_unseen():
    blocks, (part,) = fitted(Labels("Cast", min_films=2), CAST)
    assert blocks[0].values == ["B", "C"]
    assert rows_of(part, blocks[0]) == [["B", "C"], ["B"], [], ["B", "C"], []]
    assert part.unseen.tolist() == [1, 0, 0, 1, 0]


def test_labels_weigh_1_over_the_root_of_their_number():
    blocks, (part,) = fitted(Labels("Cast", weight="sqrt"), CAST)
    assert blocks[0].values == ["B", "C", "A", "Z"]
    third = 1 / np.sqrt(3)
    expected = [[third, third, third, 0], [1, 0, 0, 0], [0] * 4, [third, third, 0, third], [0] * 4]
    np.testing.assert_allclose(matrix(part, blocks[0]), expected, rtol=1e-6)


def test_a_label_that_training_did_not_keep_takes_its_share_of_the_weight():
    _, (part,) = fitted(Labels("Cast", weight="sqrt"), CAST, train=[0, 1])
    np.testing.assert_allclose(part.weights[-2:], 1 / np.sqrt(3), rtol=1e-6)
    assert part.unseen.tolist() == [0, 0, 0, 1, 0]


def test_first_only_takes_the_first_label():
    blocks, (part,) = fitted(Labels("Cast", first_only=True, weight="sqrt"), CAST)
    assert rows_of(part, blocks[0]) == [["A"], ["B"], [], ["C"], []]
    np.testing.assert_array_equal(part.weights, 1)


def test_each_position_has_a_block_and_all_share_the_weight():
    blocks, parts = fitted(Labels("Cast", positions=2, weight="sqrt"), CAST)
    assert [block.column for block in blocks] == ["Cast1", "Cast2"]
    assert [rows_of(part, block) for part, block in zip(parts, blocks, strict=True)] == [
        [["A"], ["B"], [], ["C"], []],
        [["B"], [], [], ["B"], []],
    ]
    half = 1 / np.sqrt(2)
    np.testing.assert_allclose(parts[0].weights, [half, 1, half], rtol=1e-6)


def test_a_literals_key_and_format_are_used():
    cells = ["[{'id': 7, 'name': 'A'}]", "[]"]
    blocks, _ = fitted(Labels("Cast", format="python", key="id"), cells)
    assert blocks[0].values == ["7"]
    assert fitted(Labels("Cast", format="json"), ['["A"]', "null"])[0][0].values == ["A"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"separator": ""}, "column 'Cast': `separator` must not be empty; use Category for one value a cell"),
        ({"positions": 0}, "column 'Cast': `positions` must be 1 or more, and not together with `first_only`, got 0"),
        ({"positions": -3}, "got -3"),
        ({"positions": 2, "first_only": True}, "not together with `first_only`, got 2"),
    ],
)
def test_options_that_no_labels_can_have_are_refused(options, said):
    with pytest.raises(InputError, match=re.escape(said)):
        Labels("Cast", **options)


STUDIO = ["A", "A", "B", "C", None, "A", "D", "B"]


@pytest.mark.parametrize(
    ("options", "values", "codes", "unseen"),
    [
        ({}, ["A", "B", "C"], "AABC-A--", [6, 7]),
        ({"min_films": 2}, ["A", "Other"], "AAOO-AOO", []),
        ({"min_films": 2, "other": None}, ["A"], "AA---A--", [2, 3, 6, 7]),
        ({"keep": ["C", "A"]}, ["C", "A", "Other"], "AAOC-AOO", []),
        ({"keep": ["C", "A", "Nobody"], "min_films": 2}, ["A", "Other"], "AAOO-AOO", []),
        ({"keep": ["A"], "other": "B"}, ["A", "B"], "AABB-ABB", []),
        ({"min_films": 2, "other": "A"}, ["A"], "AAAA-AAA", []),
        ({"min_films": 99}, ["Other"], "OOOO-OOO", []),
    ],
)
def test_a_category_is_kept_pooled_or_left_out(options, values, codes, unseen):
    cells = ["A", "A", "B", "C", None, "A", "D", "E"]
    blocks, (part,) = fitted(Category("Studio", **options), cells, train=[0, 1, 2, 3, 4])
    assert blocks[0].values == values
    names = {"O": "Other"}
    assert rows_of(part, blocks[0]) == [[] if code == "-" else [names.get(code, code)] for code in codes]
    assert np.flatnonzero(part.unseen).tolist() == unseen


EDGES = [0, 60.5, 90, 120, float("inf")]


@pytest.mark.parametrize("edges", [EDGES, EDGES[:-1], [-float("inf"), 90, 91]])
def test_bins_agree_with_pandas(edges, wikidata):
    runtime = wikidata["Runtime"]
    blocks, (part,) = fitted(Bins("Runtime", edges), runtime)
    cut = pd.cut(runtime, edges, right=True)
    names = {interval: f"{interval.left:g} to {interval.right:g}" for interval in cut.cat.categories}
    assert cut.nunique() > 1
    assert runtime.isna().any()
    assert rows_of(part, blocks[0]) == [[] if pd.isna(interval) else [names[interval]] for interval in cut]


def test_a_bin_that_no_training_row_has_is_unseen():
    blocks, (part,) = fitted(Bins("x", [0, 1, 2, 3], ["low", "mid", "top"]), [0.5, 1.5, 2.5, 9, np.nan], train=[0, 1])
    assert blocks[0].values == ["low", "mid"]
    assert rows_of(part, blocks[0]) == [["low"], ["mid"], [], [], []]
    assert part.unseen.tolist() == [0, 0, 1, 0, 0]


def test_default_labels_tell_near_edges_apart():
    blocks, (part,) = fitted(Bins("x", [0, 1_000_000, 1_000_001, 1_000_002]), [1.0, 1_000_001, 1_000_002])
    assert len(set(blocks[0].values)) == 3
    assert len(set(part.columns.tolist())) == 3


@pytest.mark.parametrize("edges", [[0, 1, 3, 1000], [0, 2, 10], [-1, 1, 4, float("inf")]])
def test_popularity_agrees_with_pandas_on_counts_of_training_films(edges, wikidata):
    cells = wikidata["Director"]
    train = np.arange(0, len(cells), 2)
    blocks, (part,) = fitted(Popularity("Director", edges), cells, train)
    films = cells.map(cells.iloc[train].value_counts()).fillna(0).clip(lower=edges[0] + 1e-9).where(cells.notna())
    cut = pd.cut(films, edges, right=True)
    names = {interval: f"{interval.left:g} to {interval.right:g}" for interval in pd.IntervalIndex.from_breaks(edges)}
    expected = [[] if pd.isna(cell) else [names[pd.Interval(cell.left, cell.right)]] for cell in cut]
    assert cut.nunique() == len(edges) - 1
    assert (films < 1).any()
    assert rows_of(part, blocks[0]) == expected


def test_popularity_remembers_the_films_of_each_training_value():
    blocks, _ = fitted(Popularity("Studio", [0, 1, 9]), STUDIO, train=[0, 1, 2, 4])
    assert dict(zip(blocks[0].fitted["value"], blocks[0].fitted["films"], strict=True)) == {"A": 2, "B": 1}


@pytest.mark.parametrize("kind", [Bins, Popularity])
@pytest.mark.parametrize("edges", [[], [1], [1, 1], [1, 3, 2], [0, float("nan"), 3]])
def test_edges_that_do_not_ascend_are_refused(kind, edges):
    said = f"column 'x': `edges` must be two or more ascending numbers, got {edges}"
    with pytest.raises(InputError, match=re.escape(said)):
        kind("x", edges)


@pytest.mark.parametrize("kind", [Bins, Popularity])
@pytest.mark.parametrize("labels", [["a"], ["a", "b", "c"], ["a", "a"], []])
def test_labels_that_do_not_fit_the_intervals_are_refused(kind, labels):
    said = f"column 'x': `labels` must be 2 different texts, one an interval, got {labels}"
    with pytest.raises(InputError, match=re.escape(said)):
        kind("x", [0, 1, 2], labels)
