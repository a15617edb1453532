import numpy as np
import pandas as pd
import pytest

from greenlight_films.datamodules.tables.sentinels import propose_sentinels
from tests.cases import CASES

LARGE = [2e5, 5e5, 9e5, 3e6]


@pytest.mark.parametrize(
    ("values", "name", "kind", "expected"),
    [
        ([0, 0, *LARGE], "gross", "number", {"0": 2}),
        ([0, 0, *LARGE], "x", "money", {"0": 2}),
        ([0, 0, 0.5, 12, 150], "budget_m", "number", {"0": 2}),
        ([0, *LARGE], "gross", "number", {}),  # it may be true
        ([0, 0, -5e5, *LARGE], "profit", "money", {}),
        ([0, 0, 88, 95, 120], "runtime", "number", {"0": 2}),
        ([0, 0, 6.1, 7.2, 8.0], "rating", "number", {"0": 2}),
        ([0, 0, 1, 3, 40, 7], "awards", "number", {}),
        ([0, 0, 50, 60], "fresh", "percentage", {}),
        ([0, 1, 0, 1], "sequel", "flag", {}),
        ([-1, -1, 1, 0, 1], "mood", "number", {}),
        ([-1, -1, -3, 5], "change", "number", {}),
        ([-99, -99, 5, 7], "x", "number", {"-99": 2}),
        ([99, 99, 95, 97], "score", "number", {}),
        ([0, 0, 3, 95, 142], "runtime", "duration", {"0": 2}),
        ([0, 0, 1, 2, 3], "minutes", "number", {}),
        ([9999, 9999, 12, 50_000], "votes", "number", {}),
        ([1994, 2003, 9999, 1987], "year", "number", {"9999": 1}),
        ([1900, 1900, 1925, 1931], "released", "year", {"1900": 2}),
        ([np.nan, np.nan], "budget", "money", {}),
    ],
)
def test_a_number_is_proposed_only_where_it_can_be_no_value(values, name, kind, expected):
    assert propose_sentinels(np.array(values, np.float64), name, kind) == expected


@pytest.mark.parametrize(
    ("file", "name", "expected"),
    [
        ("missing/zero_budgets.csv", "budget", {"0": 12}),
        ("missing/minus_one.csv", "runtime", {"-1": 5}),
        ("missing/nines.csv", "runtime", {"999": 3, "9999": 3}),
        ("missing/real_zeros.csv", "sequels", {}),
        ("dates/sentinel_years.csv", "year", {"1900": 5, "0": 2}),
        ("dates/truly_1900.csv", "year", {}),
    ],
)
def test_sentinels_of_the_cases_are_counted(file, name, expected):
    assert propose_sentinels(pd.read_csv(CASES / file)[name].to_numpy(np.float64), name) == expected
