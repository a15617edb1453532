import pandas as pd
import pytest

from greenlight_films.datamodules.errors import InputError
from greenlight_films.datamodules.features import Labels
from greenlight_films.datamodules.tables.label_roles import RoleColumns, dummy_labels, read_dummies, role_columns
from tests.cases import cases, name_of, path_of


@pytest.mark.parametrize("case", [case for case in cases("labels") if "roles" in case["expect"]], ids=name_of)
@pytest.mark.parametrize("as_text", [True, False])
def test_the_roles_of_the_cases_are_found_and_read(case, as_text):
    frame = pd.read_csv(path_of(case), dtype=str, keep_default_na=False) if as_text else pd.read_csv(path_of(case))
    roles = role_columns(frame)
    assert list(roles) == list(case["expect"]["roles"])
    for name, expected in case["expect"]["roles"].items():
        assert roles[name].columns == expected["from"]
        (lists,) = Labels(name, from_columns=roles[name].columns, format=roles[name].format).read(frame)
        assert lists.to_lists() == expected["values"]


@pytest.mark.parametrize(
    ("columns", "roles"),
    [
        ({"star1": "ab", "star2": "bc"}, {"star": RoleColumns(["star1", "star2"], "text")}),
        ({"Actor 2": "bc", "Actor 1": "ab"}, {"Actor": RoleColumns(["Actor 1", "Actor 2"], "text")}),
        (
            {"actor_1_name": "ab", "actor_2_name": "ba"},
            {"actor_name": RoleColumns(["actor_1_name", "actor_2_name"], "text")},
        ),
        ({"score_1": [1, 2], "score_2": [2, 1]}, {}),
        ({"actor_1": "ab"}, {}),
        ({"top_10": "ab", "top_250": "ba"}, {}),
        ({"is_sequel": [1, 0], "is_remake": [0, 1], "is_short": [0, 0]}, {}),
        ({"genre_A": [1, 0], "genre_B": [0, 1], "genre_Count": [7, 2]}, {}),
    ],
)
def test_numbered_texts_and_flags_with_a_prefix_are_roles(columns, roles):
    frame = pd.DataFrame(
        {name: [f"Name {cell}" if isinstance(cell, str) else cell for cell in cells] for name, cells in columns.items()}
    )
    assert role_columns(frame) == roles


@pytest.mark.parametrize(
    ("column", "names", "labels"),
    [
        ("genre", ["genre_Drama", "genre_Science Fiction"], ["Drama", "Science Fiction"]),
        ("genres", ["genre.Drama", "genre.War"], ["Drama", "War"]),
        ("kind", ["genre: Drama", "genre: War"], ["Drama", "War"]),
        ("genre", ["Drama", "War"], ["Drama", "War"]),
    ],
)
def test_a_dummy_stands_for_the_end_of_its_name(column, names, labels):
    assert dummy_labels(column, names) == labels


def test_a_missing_dummy_is_no_label_and_other_numbers_are_refused():
    frame = pd.DataFrame({"g_A": [1, None, 0], "g_B": [True, True, False]})
    assert read_dummies("g", frame).to_lists() == [["A", "B"], ["B"], []]
    with pytest.raises(InputError, match=r"column 'g_A' must be 0 or 1, or yes or no, .*, row 2 has '3.0'"):
        read_dummies("g", frame.fillna(3.0))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"format": "dummies"}, "`format: dummies` needs `from_columns`"),
        ({"from_columns": []}, "`from_columns` must name a column or more, got \\[\\]"),
        ({"from_columns": ["a"], "format": "json"}, "got `format: json`"),
    ],
)
def test_options_of_several_columns_that_do_not_fit_are_refused(arguments, message):
    with pytest.raises(InputError, match=message):
        Labels("c", **arguments)
