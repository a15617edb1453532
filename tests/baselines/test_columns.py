import numpy as np
import pytest

from greenlight_films.baselines.columns import StandardColumns, matching
from greenlight_films.datamodules import Block, FeatureSpace, InputError


@pytest.fixture
def space():
    groups = [
        [Block("budget", "budget", "number", ["budget"]), Block("budget", "budget", "missing", ["budget"])],
        [Block("company1", "company", "label", ["A", "B"]), Block("company2", "company", "label", ["A"])],
        [Block("vote_count", "vote_count", "number", ["vote_count"])],
        [Block("genre", "genre", "label", ["Drama"])],
    ]
    columns = ["budget", "company", "vote_count", "genre"]
    return FeatureSpace([{"feature": "Any", "column": column} for column in columns], groups)


@pytest.fixture
def labels():
    return (np.random.default_rng(1).random((100, 60)) < 0.2) * 1.0


@pytest.mark.parametrize(
    ("patterns", "dense", "labels"),
    [
        (None, [0, 1, 2], [0, 1, 2, 3]),
        (["budget"], [0, 1], []),
        (["*count", "genre"], [2], [3]),
        (["company"], [], [0, 1, 2]),
        (["genre", "g*"], [], [3]),
    ],
)
def test_patterns_are_of_the_tables_columns(space, patterns, dense, labels):
    chosen = matching(space, patterns)
    assert (chosen.dense.tolist(), chosen.labels.tolist()) == (dense, labels)


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("Budget", "compare.ols.full: 'Budget' fits no column of data.features, did you mean 'budget'? There are: b"),
        ("zzz*", r"'zzz\*' fits no column of data.features. There are: budget, vote_count, company, genre"),
    ],
)
def test_a_pattern_that_fits_nothing_is_named_with_its_remedy(space, pattern, message):
    with pytest.raises(InputError, match=message.replace("?", r"\?")):
        matching(space, ["*", pattern], "compare.ols.full")


def test_three_numbers_are_taken_alone_unless_patterns_say_otherwise_and_standardised(sample, labels):
    dense = np.random.default_rng(0).normal(50, 9, (100, 3))
    films = sample(dense, np.arange(100.0), labels)
    columns = StandardColumns().fit(films, None)
    assert columns.names == ["n0", "n1", "n2"]
    assert len(StandardColumns().fit(films, ["*"]).names) == 63
    np.testing.assert_allclose(columns.matrix(films.films), (dense - dense.mean(0)) / dense.std(0))


def test_with_fewer_numbers_labels_are_added_in_a_sparse_matrix_above_fifty(sample, labels):
    films = sample(np.random.default_rng(0).normal(50, 9, (100, 2)), np.arange(100.0), labels)
    columns = StandardColumns().fit(films, None)
    matrix = columns.matrix(films.films)
    assert columns.is_wide
    assert (matrix.format, matrix.shape) == ("csr", (100, 62))
    assert (matrix.toarray()[:, 2:] == labels).all()
    few = StandardColumns().fit(sample(None, np.arange(100.0), labels[:, :50]), None)
    assert not few.is_wide
    assert isinstance(few.matrix(films.films), np.ndarray)


def test_columns_that_never_vary_and_indicators_of_gaps_are_left_out(sample, labels):
    blocks = [Block("a", "a", "number", ["a"]), Block("a", "a", "missing", ["a"]), Block("b", "b", "number", ["b"])]
    tag = Block("tag", "tag", "label", [f"t{index}" for index in range(60)])
    features = [{"feature": "Any", "column": name} for name in ("a", "b", "tag")]
    space = FeatureSpace(features, [blocks[:2], blocks[2:], [tag]])
    labels[:, 2], labels[:, 4] = 0, 1
    dense = np.column_stack([np.arange(100), np.arange(100) % 2, np.full(100, 5)])
    columns = StandardColumns().fit(sample(dense, np.arange(100.0), labels, space=space), None)
    assert columns.names[:4] == ["a", "tag=t0", "tag=t1", "tag=t3"]
    assert len(columns.names) == 59


def test_fewer_than_two_columns_are_refused(sample):
    films = sample(np.column_stack([np.arange(9), np.ones(9), np.ones(9)]), np.arange(9.0))
    with pytest.raises(InputError, match=r"compare.describe must leave 2 columns or more that vary, got 1"):
        StandardColumns().fit(films, None)
