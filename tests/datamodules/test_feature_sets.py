import re

import numpy as np
import pytest

from greenlight_films.datamodules import Block, FeatureSpace, FilmEncoder, InputError
from greenlight_films.datamodules.feature_sets import FeatureSet, feature_sets
from greenlight_films.datamodules.features import Bins, Category, Labels, Number

ODD = ["Tom Hanks", "Tom [Jr] Lee", "Who?", "Whom", "Tom J Lee"]


@pytest.fixture
def space() -> FeatureSpace:
    """Return columns 0 to 2 of numbers and 0 to 10 of labels; two features read the year."""
    groups = {
        "Year": [Block("Year", "Year", "number", ["Year"]), Block("Year", "Year", "missing", ["Year"])],
        "Company": [
            Block("Company1", "company", "label", ["Acme", "Bolt"]),
            Block("Company2", "company", "label", ["Acme"]),
            Block("Company3", "company", "label", ["Cine9"]),
        ],
        "Runtime": [Block("Runtime", "length", "number", ["Runtime"])],
        "Period": [Block("Year", "period", "label", ["old", "new"])],
        "Cast": [Block("Cast", "actor", "label", ODD)],
    }
    columns = ["Year", "Company", "Runtime", "Year", "Cast"]
    return FeatureSpace([{"feature": "Any", "column": column} for column in columns], list(groups.values()))


def columns_of(sets: list[FeatureSet], level: str) -> dict[str, tuple[list[int], list[int]]]:
    return {each.name: (each.dense.tolist(), each.labels.tolist()) for each in sets if each.level == level}


def test_sets_are_numbers_then_columns_then_roles_then_groups(space):
    levels = [each.level for each in feature_sets(space, {"A": ["Cast=*"], "B": ["Runtime"]})]
    assert levels == ["number"] * 3 + ["column"] * 4 + ["role"] * 5 + ["group"] * 2


def test_a_column_is_all_that_is_read_from_it(space):
    assert columns_of(feature_sets(space, {}), "column") == {
        "Year": ([0, 1], [4, 5]),  # the number, its sign of missing, and the period
        "Runtime": ([2], []),
        "Company": ([], [0, 1, 2, 3]),  # at all positions
        "Cast": ([], [6, 7, 8, 9, 10]),
    }


def test_a_role_is_all_columns_that_have_it(space):
    assert columns_of(feature_sets(space, {}), "role") == {
        "Year": ([0, 1], []),
        "length": ([2], []),
        "company": ([], [0, 1, 2, 3]),
        "period": ([], [4, 5]),
        "actor": ([], [6, 7, 8, 9, 10]),
    }


def test_columns_of_a_real_table_are_each_in_one_column_and_one_role(films_frame):
    features = [
        Number("runtime"),
        Labels("cast", role="person", positions=3),
        Bins("runtime", edges=[0, 100, 300]),
        Labels("genre", role="kind"),
        Category("company", role="kind"),
    ]
    encoder = FilmEncoder(features)
    encoder.fit_encode(films_frame, np.arange(100))
    sets = feature_sets(encoder.space, {})
    assert set(columns_of(sets, "column")) == {"runtime", "cast", "genre", "company"}
    assert set(columns_of(sets, "role")) == {"runtime", "person", "kind"}
    for level in ("column", "role"):
        chosen = [each for each in sets if each.level == level]
        assert sorted(np.concatenate([each.dense for each in chosen])) == list(range(encoder.space.n_dense)) == [0, 1]
        assert sorted(np.concatenate([each.labels for each in chosen])) == list(range(encoder.space.n_labels))
    runtime = columns_of(sets, "column")["runtime"]
    assert {encoder.space.label_names()[index] for index in runtime[1]} == {"runtime=0 to 100", "runtime=100 to 300"}


@pytest.mark.parametrize(
    ("patterns", "dense", "labels"),
    [
        (["Cast=Tom Hanks"], [], [6]),
        (["Cast=Tom*"], [], [6, 7, 10]),
        (["*=Acme"], [], [0, 2]),
        (["Year"], [0], []),
        (["Year*"], [0, 1], [4, 5]),
        (["Cast=Tom Hanks", "Cast=Tom *", "Runtime"], [2], [6, 7, 10]),
        (["*"], [0, 1, 2], list(range(11))),
    ],
)
def test_a_star_in_a_pattern_stands_for_anything(space, patterns, dense, labels):
    assert columns_of(feature_sets(space, {"G": patterns}), "group") == {"G": (dense, labels)}


@pytest.mark.parametrize(("pattern", "label"), [("Cast=Tom [Jr] Lee", 7), ("Cast=*[Jr]*", 7), ("Cast=Who?", 8)])
def test_all_but_the_star_stands_for_itself(space, pattern, label):
    assert columns_of(feature_sets(space, {"G": [pattern]}), "group") == {"G": ([], [label])}


def test_groups_stand_in_their_own_order_and_may_share_features(space):
    groups = {"B": ["Cast=Who*"], "A": ["Cast=Whom"]}
    assert list(columns_of(feature_sets(space, groups), "group").items()) == [("B", ([], [8, 9])), ("A", ([], [9]))]


def test_a_pattern_that_fits_nothing_is_refused_with_its_group_and_the_nearest_name(space):
    message = (
        "permutation_importance.groups.Toms: 'Cast=Tom Hank' fits no feature, did you mean 'Cast=Tom Hanks'? "
        "Features are named as in Permu_importance_df.csv: Genre=Drama, Year"
    )
    with pytest.raises(InputError, match=re.escape(message)):
        feature_sets(space, {"All": ["*"], "Toms": ["Cast=Whom", "Cast=Tom Hank"]})


def test_a_group_without_patterns_is_refused(space):
    with pytest.raises(InputError, match=r"groups\.G needs a pattern or more, .* got \[\]"):
        feature_sets(space, {"All": ["*"], "G": []})
