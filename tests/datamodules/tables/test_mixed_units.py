import numpy as np
import pandas as pd
import pytest

from greenlight_films.datamodules.tables.mixed_units import (
    are_weeks,
    has_another_unit,
    is_stray_currency,
    several_units,
    stray_currency,
    unit_in_words,
    weeks,
)

COLUMN = pd.Series(["81,199", "$5.16M", "7"], name="Votes")
SECOND = np.array([False, True, False])


@pytest.mark.parametrize(
    ("values", "unit", "expected"),
    [([0.83], "%", True), ([83], "%", False), ([3], "min", True), ([90], "min", False), ([70], "of 10", True)],
)
def test_numbers_without_a_unit_may_have_another(values, unit, expected):
    assert has_another_unit(np.array(values), unit) is expected


@pytest.mark.parametrize(
    ("name", "unit", "n_with", "n_without", "expected"),
    [
        ("Votes", "USD", 1, 63, True),
        ("Votes", "USD", 7, 57, False),
        ("Votes", "%", 1, 63, False),
        ("Votes", "of 10", 1, 63, False),
        ("Budget", "USD", 1, 63, False),
        ("票房", "CNY", 1, 63, False),
        ("profit", "USD", 1, 63, False),
    ],
)
def test_few_cells_with_a_currency_are_strays_unless_the_column_is_called_as_money(
    name, unit, n_with, n_without, expected
):
    assert is_stray_currency(name, unit, n_with, n_without) is expected


def test_a_stray_currency_is_told_with_its_row_value_and_remedy():
    message = stray_currency(COLUMN, SECOND, "USD")
    assert message.startswith("column 'Votes' must hold numbers in one unit, most have none, but row 2 has '$5.16M'; ")
    assert "data.missing: {Votes: ['$5.16M']}" in message


@pytest.mark.parametrize(
    ("units", "values", "expected"),
    [
        (["of 1996", "of 2015"], [12, 53], True),
        (["of 1996"], [3], True),
        (["of 1996"], [54], False),
        (["of 1996", "of 10"], [3, 3], False),
        (["min"], [3], False),
    ],
)
def test_numbers_over_years_are_weeks(units, values, expected):
    assert are_weeks(units, np.array(values)) is expected


def test_weeks_and_months_have_their_own_remedies():
    assert weeks(COLUMN, "52/2015", np.array([52.0, 3.0])).endswith(
        "got weeks of years such as '52/2015'; leave it out, or declare it as Category"
    )
    assert weeks(COLUMN, "3/2015", np.array([3.0])).endswith("got months of years such as '3/2015'; declare it as Date")


def test_several_units_are_told_by_their_rows():
    message = several_units(COLUMN, SECOND, "EUR", {"EUR": 2, "USD": 1}, None)
    assert message.startswith("column 'Votes' must be in one currency, got EUR in 2 rows, USD in 1 row: row 2 has")
    assert unit_in_words("min") == "minutes"
