import numpy as np
import pandas as pd
import pytest

from greenlight_films.importance.contributions import Contributions, largest_first, part_name

TABLE = pd.DataFrame(
    {
        "row": [4, 4, 4, 4, 9, 9],
        "column": ["Cast", "Cast", "Year", "Cast", "Year", "Cast"],
        "value": ["Ann", "Bo", "1994", None, "2001", None],
        "role": ["actor", "actor", "number", "actor", "number", "actor"],
        "contribution": [0.5, -0.4, 0.3, -0.2, -1.0, 0.25],
        "alone": [0.4, -0.4, 0.3, np.nan, -1.1, np.nan],
    }
)


def test_columns_and_roles_are_the_sums_of_their_parts():
    contributions = Contributions(TABLE, 6.0, np.array([6.2, 5.25]), np.arange(1, 5))
    assert contributions.at("value") is TABLE
    for level, names in (("column", ["row", "column", "role"]), ("role", ["row", "role"])):
        table = contributions.at(level)
        assert list(table) == [*names, "contribution"]
        sums = 6.0 + table.groupby("row")["contribution"].sum()
        assert sums.tolist() == pytest.approx(contributions.predicted)
    first = contributions.at("column").iloc[0]
    assert (first["row"], first["column"], first["contribution"]) == (4, "Year", 0.3)
    assert contributions.at("role").query("role == 'actor'")["contribution"].tolist() == pytest.approx([-0.1, 0.25])


def test_the_largest_of_a_row_comes_first_whatever_its_sign():
    shuffled = TABLE.sample(frac=1, random_state=1)
    assert largest_first(shuffled)["contribution"].tolist() == TABLE["contribution"].tolist()


def test_a_part_without_a_value_is_named_in_words():
    assert part_name("Cast", np.nan) == part_name("Cast", None) == "Cast: instead of the usual names"
