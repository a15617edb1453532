import numpy as np
import pytest

from greenlight_films.baselines.described import Described
from greenlight_films.datamodules import Block, FeatureSpace, InputError


@pytest.fixture
def labels():
    return (np.random.default_rng(1).random((100, 60)) < 0.2) * 1.0


def test_numbers_alone_where_there_are_three(sample, labels):
    dense = np.random.default_rng(0).normal(50, 9, (100, 3))
    described = Described().fit(sample(dense, np.arange(100.0), labels), None)
    assert described.names == ["n0", "n1", "n2"]
    matrix = described.matrix(sample(dense, np.arange(100.0), labels).films)
    np.testing.assert_allclose(matrix, (dense - dense.mean(0)) / dense.std(0))


def test_numbers_and_labels_otherwise_in_a_sparse_matrix_if_they_are_many(sample, labels):
    films = sample(np.random.default_rng(0).normal(50, 9, (100, 2)), np.arange(100.0), labels)
    described = Described().fit(films, None)
    assert described.is_wide
    matrix = described.matrix(films.films)
    assert matrix.format == "csr"
    assert matrix.shape == (100, 62)
    assert (matrix.toarray()[:, 2:] == labels).all()
    few = Described().fit(sample(None, np.arange(100.0), labels[:, :50]), None)
    assert not few.is_wide
    assert isinstance(few.matrix(films.films), np.ndarray)


def test_columns_are_chosen_by_patterns(sample, labels):
    films = sample(np.random.default_rng(0).normal(size=(100, 4)), np.arange(100.0), labels)
    assert Described().fit(films, ["n1", "n2"]).names == ["n1", "n2"]
    assert len(Described().fit(films, ["*"]).names) == 64


def test_columns_that_never_vary_and_signs_of_gaps_are_left_out(sample, labels):
    blocks = [Block("a", "a", "number", ["a"]), Block("a", "a", "missing", ["a"]), Block("b", "b", "number", ["b"])]
    tag = Block("tag", "tag", "label", [f"t{place}" for place in range(60)])
    space = FeatureSpace(
        [{"feature": "Any", "column": name} for name in ("a", "b", "tag")], [blocks[:2], blocks[2:], [tag]]
    )
    labels[:, 2], labels[:, 4] = 0, 1
    dense = np.column_stack([np.arange(100), np.arange(100) % 2, np.full(100, 5)])
    described = Described().fit(sample(dense, np.arange(100.0), labels, space=space), None)
    assert described.names[:4] == ["a", "tag=t0", "tag=t1", "tag=t3"]
    assert len(described.names) == 59


def test_fewer_than_two_columns_are_refused(sample):
    films = sample(np.column_stack([np.arange(9), np.ones(9), np.ones(9)]), np.arange(9.0))
    with pytest.raises(InputError, match=r"compare.describe must leave 2 columns or more that vary, got 1"):
        Described().fit(films, None)
