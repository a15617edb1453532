import pytest

from greenlight_films.baselines.columns import matching
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


@pytest.mark.parametrize(
    ("patterns", "dense", "labels"),
    [
        (None, [0, 1, 2], [0, 1, 2, 3]),
        (["*"], [0, 1, 2], [0, 1, 2, 3]),
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
    ("pattern", "said"),
    [
        (
            "budgt",
            "compare.ols.full: 'budgt' fits no column of data.features, did you mean 'budget'? There are: budget",
        ),
        ("Budget", "'Budget' fits no column of data.features, did you mean 'budget'?"),
        ("zzz*", r"'zzz\*' fits no column of data.features. There are: budget, vote_count, company, genre"),
    ],
)
def test_a_pattern_that_fits_nothing_is_named_with_its_remedy(space, pattern, said):
    with pytest.raises(InputError, match=said.replace("?", r"\?")):
        matching(space, ["*", pattern], "compare.ols.full")
