import re

import pytest

from greenlight_films.datamodules import Block, FeatureSpace, InputError
from greenlight_films.datamodules.feature_sets import FeatureSet, feature_names, feature_sets, named_sets

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


def test_a_column_or_role_is_all_that_is_read_from_it(space):
    sets = feature_sets(space, {})
    assert columns_of(sets, "column") == {
        "Year": ([0, 1], [4, 5]),  # the number, its sign of missing, and the period
        "Runtime": ([2], []),
        "Company": ([], [0, 1, 2, 3]),  # at all positions
        "Cast": ([], [6, 7, 8, 9, 10]),
    }
    assert columns_of(sets, "role") == {
        "Year": ([0, 1], []),
        "length": ([2], []),
        "company": ([], [0, 1, 2, 3]),
        "period": ([], [4, 5]),
        "actor": ([], [6, 7, 8, 9, 10]),
    }


@pytest.mark.parametrize(
    ("entries", "dense", "labels"),
    [
        (["Cast=Tom Hanks"], [], [6]),
        (["Cast=Tom*"], [], [6, 7, 10]),
        (["*=Acme"], [], [0, 2]),
        (["Year"], [0, 1], [4, 5]),
        (["actor"], [], [6, 7, 8, 9, 10]),
        (["Year*"], [0, 1], [4, 5]),
        (["Cast=Tom Hanks", "Cast=Tom *", "Runtime"], [2], [6, 7, 10]),
        (["*"], [0, 1, 2], list(range(11))),
        (["Cast=Tom [Jr] Lee"], [], [7]),
        (["Cast=*[Jr]*"], [], [7]),
        (["Cast=Who?"], [], [8]),
    ],
)
def test_a_group_holds_roles_columns_and_patterns_in_which_a_star_stands_for_anything(space, entries, dense, labels):
    assert columns_of(feature_sets(space, {"G": entries}), "group") == {"G": (dense, labels)}


def test_groups_stand_in_their_own_order_and_may_share_features(space):
    groups = {"B": ["Cast=Who*"], "A": ["Cast=Whom"]}
    assert list(columns_of(feature_sets(space, groups), "group").items()) == [("B", ([], [8, 9])), ("A", ([], [9]))]


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ([], "needs a role, column or pattern, got []"),
        (
            ["Cast=Whom", "Cast=Tom Hank"],
            "'Cast=Tom Hank' fits no role, column or feature, did you mean 'Cast=Tom Hanks'? "
            "Features are named as in Permu_importance_df.csv: Genre=Drama, Year",
        ),
    ],
)
def test_a_group_of_nothing_is_refused(space, entries, message):
    with pytest.raises(InputError, match=re.escape("permutation_importance.groups.G") + ".* ?" + re.escape(message)):
        feature_sets(space, {"All": ["*"], "G": entries})


@pytest.mark.parametrize("groups", [["actor"], {"Mine": "actor"}])
def test_groups_that_are_no_lists_by_name_are_refused(space, groups):
    with pytest.raises(InputError, match="groups must be lists of names by name, such as"):
        feature_sets(space, groups)


def test_sets_have_the_names_of_groups_roles_columns_numbers_and_single_values(space):
    names = ["Mine", "company", "Company", "Year", "Company1=Bolt"]
    sets = named_sets(space, {"Mine": ["Year", "Company"]}, names)
    assert [(part.name, part.level) for part in sets] == [
        *(("Mine", "group"), ("company", "role"), ("Company", "column")),
        *(("Year", sets[3].level), ("Company1=Bolt", "value")),
    ]
    assert sets[4].labels.tolist() == [1]
    assert len(sets[4].dense) == 0
    with pytest.raises(InputError, match=r"'Company1=Bold' is no column, role, group or feature.*Company1=Bolt"):
        named_sets(space, {}, ["Company1=Bold"])


def test_features_are_named_by_role_column_or_pattern(space):
    named = {part.name: part for part in feature_sets(space, {"G": ["Cast=Who*", "company"]})}["G"]
    labels = space.label_names()
    assert feature_names(space, ["Cast=Who*", "company"]) == [labels[index] for index in named.labels]
    with pytest.raises(InputError, match=r"importance\.features: 'Cast=Tom Hank' fits no role, column or feature"):
        feature_names(space, ["company", "Cast=Tom Hank"])
