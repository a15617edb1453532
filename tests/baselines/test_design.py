import numpy as np
import pytest

from greenlight_films.baselines.design import Design, dependent
from greenlight_films.datamodules import Block, FeatureSpace


@pytest.fixture
def films(sample):
    """Return two numbers, a column with one label in each film, one with gaps, and one of 60 labels."""
    random = np.random.default_rng(0)
    single = np.eye(3)[np.repeat([0, 1, 2], [40, 30, 20])]
    some = np.eye(2)[random.integers(0, 2, 90)] * (np.arange(90) % 9 > 0)[:, None]
    many = (random.random((90, 60)) < 0.2) * 1.0
    groups = [
        [Block("budget", "budget", "number", ["budget"]), Block("budget", "budget", "missing", ["budget"])],
        [Block("genre", "genre", "label", ["Drama", "Comedy", "Horror"])],
        [Block("language", "language", "label", ["en", "fr"])],
        [Block("cast", "actor", "label", [f"c{index}" for index in range(60)])],
    ]
    features = [{"feature": "Number", "column": "budget", "log1p": True}]
    features += [{"feature": "Any", "column": name} for name in ("genre", "language", "cast")]
    dense = np.column_stack([random.normal(size=90), np.arange(90) % 7 == 0])
    space = FeatureSpace(features, groups)
    return sample(dense, random.normal(size=90), np.hstack([single, some, many]), space=space)


def test_the_first_label_is_left_out_only_where_every_film_has_exactly_one(films):
    design = Design().fit(films, None, "compare.ols")
    numbers = ["const", "log1p(budget)", "budget is missing"]
    assert design.names == [*numbers, "genre=Comedy", "genre=Horror", "language=en", "language=fr"]
    assert design.references == {"genre": "genre=Drama"}
    expected = np.hstack([np.ones((90, 1)), films.films.unscaled, films.films.labels[:, 1:5].toarray()])
    assert (design.matrix(films.films) == expected).all()
    assert np.linalg.matrix_rank(expected) == 7


def test_columns_of_more_than_fifty_labels_are_there_when_they_are_named(films):
    assert Design().fit(films, ["cast"], "compare.ols").n_columns == 61
    assert Design().fit(films, ["*"], "compare.ols").n_columns == 67


def test_dependent_columns_are_named_with_those_they_depend_on():
    random = np.random.default_rng(0)
    a, b = random.normal(size=(2, 50))
    columns = {"const": np.ones(50), "a": a, "seven": np.full(50, 7.0), "b": 1e6 * b, "sum": a + 2 * b + 3, "c": a * b}
    reasons = dependent(np.column_stack(list(columns.values())), list(columns))
    assert reasons == {2: "never varies", 4: "depends linearly on a, b"}


def test_nearly_dependent_columns_are_kept_and_many_others_counted():
    a, noise = np.random.default_rng(0).normal(size=(2, 500))
    assert dependent(np.column_stack([np.ones(500), a, a + 1e-4 * noise]), ["const", "a", "b"]) == {}
    parts = np.eye(6)[np.arange(60) % 6]
    reasons = dependent(np.hstack([np.ones((60, 1)), parts]), ["const", *"abcdef"])
    assert reasons == {6: "depends linearly on a, b, c and 2 more"}
