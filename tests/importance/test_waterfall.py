import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from greenlight_films.importance.waterfall import OTHERS, Waterfall, add_up_to, step_of, times

numbers = arrays.arrays(np.float64, st.integers(1, 30), elements=st.floats(-1e6, 1e6))


@given(numbers)
def test_rounded_numbers_add_up_to_the_rounded_total_each_less_than_a_step_away(values):
    total = round(float(values.sum()))
    result = add_up_to(values, total)
    assert result.sum() == total
    assert np.abs(result - values).max() < 1 + 1e-6


@given(numbers, st.integers(-100, 100))
def test_they_add_up_to_any_total(values, total):
    assert add_up_to(values, total).sum() == total


def test_numbers_that_round_to_the_total_are_rounded_as_usual():
    assert add_up_to(np.array([1.2, -3.4, 0.9, 2.3]), 1).tolist() == [1, -3, 1, 2]


def test_the_largest_stand_apart_and_the_others_are_summed():
    values = np.array([0.5, -0.31, 0.104, 0.103])
    result = Waterfall.of(["a", "b", "c", "d"], values, 6.0, 6.397, 0.01, top=2)
    assert result.names == ["a", "b", OTHERS]
    assert (result.average, result.predicted) == (600, 640)
    assert result.changes == [50, -31, 21]
    assert [result.text(number) for number in result.changes] == ["+0.50", "-0.31", "+0.21"]
    assert result.text(result.predicted, signed=False) == "6.40"
    assert Waterfall.of(["a"], values[:1], 6.0, 6.5, 0.01, top=2).names == ["a"]


def test_large_numbers_have_no_decimals():
    assert Waterfall.of(["a"], np.array([2.1e6]), 1e9, 1.0021e9, step_of(2e8), 5).text(1002) == "+1,002,000,000"


@pytest.mark.parametrize(("deviation", "step"), [(0.99, 0.001), (1.0, 0.01), (123.0, 1.0), (9e7, 1e5)])
def test_three_digits_of_a_deviation_are_shown(deviation, step):
    assert step_of(deviation) == step


def test_a_logarithm_is_a_factor():
    assert times(float(np.log(1.3))) == "times 1.3"
    assert times(800) == "times 1.01e+304"
