import numpy as np
import pytest

from greenlight_films.datamodules.leaks import leaks_by_class, leaks_by_value

N = 300


@pytest.fixture
def columns() -> dict[str, np.ndarray]:
    """Return what is known before a film is made, on scales from minutes to millions."""
    random = np.random.default_rng(5)
    budget = random.lognormal(16, 1.2, N)
    return {"budget": budget, "runtime": random.normal(105, 15, N).round(), "crew": random.integers(5, 400, N)}


@pytest.fixture
def gross(columns) -> np.ndarray:
    """Return what films earn, which goes with their budget."""
    return (columns["budget"] * np.random.default_rng(6).lognormal(0.5, 0.6, N)).round()


def test_what_goes_with_the_target_and_does_not_tell_it_is_no_leak(columns, gross):
    assert np.corrcoef(np.log(columns["budget"]), np.log(gross))[0, 1] > 0.85
    assert leaks_by_value(columns, gross) == []
    assert leaks_by_value({"year": np.arange(N)}, np.full(N, 6.0)) == []


@pytest.mark.parametrize(
    ("copy", "words"),
    [
        (lambda gross: (0.92 * gross).round(1), "copy is gross times 0.92"),
        (lambda gross: -gross, "times -1"),
        (lambda gross: (gross - 1e6) / 1e6, "times 1e-06 minus 1"),
        (lambda gross: np.log10(gross).round(3), "the order of gross (rank correlation"),
        (lambda gross: (-gross).argsort().argsort() + 1, "the reverse order of gross (rank correlation -1.000)"),
        (lambda gross: np.where(np.arange(N) % 3, gross, np.nan), "times 1"),
    ],
)
def test_a_column_that_tells_the_target_alone(columns, gross, copy, words):
    (leak,) = leaks_by_value({**columns, "copy": copy(gross)}, gross, "gross")
    assert leak.columns == ("copy",)
    assert words in leak.sentence


SPLIT = np.random.default_rng(7).random(N)
REST = 1 - SPLIT / 2 - SPLIT[::-1] / 2


@pytest.mark.parametrize(
    ("parts", "how"),
    [
        (lambda gross, budget: {"a": gross * SPLIT, "b": gross * (1 - SPLIT)}, "sum"),
        (lambda gross, budget: {"a": (gross * SPLIT).round(-5), "b": (gross * (1 - SPLIT)).round(-5)}, "sum"),
        (lambda gross, budget: {"a": gross - budget * SPLIT, "b": 0.8 * budget * SPLIT}, "sum"),
        (lambda gross, budget: {"a": gross + budget * SPLIT, "b": budget * SPLIT}, "difference"),
        (lambda gross, budget: {"a": gross * (1 + SPLIT), "b": 1 + SPLIT}, "ratio"),
        (lambda gross, budget: {"a": 1 / (1 + SPLIT), "b": gross * (1 + SPLIT)}, "product"),
        (lambda gross, budget: {"a": gross / (1 + SPLIT), "b": SPLIT}, "product"),  # a + a b
        (lambda gross, budget: {"a": gross * SPLIT / 2, "b": gross * SPLIT[::-1] / 2, "c": gross * REST}, "sum"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("gaps", [0, 30])
def test_columns_that_tell_the_target_together(columns, gross, parts, how, gaps):
    told = parts(gross, columns["budget"])
    for part in told.values():
        part[:gaps] = np.nan
    (leak,) = leaks_by_value({**columns, **told}, gross, "gross")
    assert leak.columns == tuple(told)
    assert f"by their {how}" in leak.sentence


def test_every_leak_is_found_where_there_are_several(columns, gross):
    copies = {
        "euros": 0.92 * gross,
        "place": (-gross).argsort().argsort(),
        "a": gross * SPLIT,
        "b": gross * (1 - SPLIT),
    }
    found = leaks_by_value({**columns, **copies}, gross)
    assert [leak.columns for leak in found] == [("euros",), ("place",), ("a", "b")]


def test_a_single_huge_film_makes_no_leak(columns):
    random = np.random.default_rng(8)
    budget, gross = random.lognormal(0, 1, N), random.lognormal(0, 1, N)
    budget[0] = gross[0] = 1e5
    assert np.corrcoef(budget, gross)[0, 1] > 0.9995
    assert leaks_by_value({"budget": budget, "runtime": columns["runtime"]}, gross) == []


def test_of_few_rows_nothing_is_told(columns, gross):
    few = {column: values[:19] for column, values in {**columns, "copy": gross}.items()}
    assert leaks_by_value(few, gross[:19]) == []


def test_classes_of_the_target_tell_it(columns, gross):
    low, middle, high = (gross < 1e7), (gross >= 1e7) & (gross < 1e8), gross >= 1e8
    classes = np.select([low, middle, high], [2, 0, 1])
    classes[:5] = -1  # missing
    (leak,) = leaks_by_class({"verdict": classes, "other": columns["crew"] % 3}, gross, "gross")
    assert leak.columns == ("verdict",)
    assert leak.sentence == "verdict puts the films into 3 classes of gross that don't overlap"
    (number,) = leaks_by_value({**columns, "verdict": np.where(classes < 0, np.nan, classes)}, gross, "gross")
    assert number == leak
    one_off = np.where(np.arange(N) == gross[5:].argmin() + 5, 1, classes)
    assert leaks_by_class({"verdict": one_off}, gross) == []


def test_a_class_of_few_films_or_of_many_values_tells_nothing(gross):
    order = gross.argsort().argsort()
    assert leaks_by_class({"few": order < 4, "many": order // 10}, gross) == []
    assert leaks_by_class({"some": order < 5}, gross)
    assert leaks_by_class({"half": np.arange(29) < 15}, np.arange(29.0)) == []
    assert leaks_by_class({"empty": np.full(N, -1), "same": np.zeros(N, dtype=int)}, gross) == []


@pytest.mark.slow
def test_wide_tables_are_searched_in_part(gross):
    random = np.random.default_rng(9)
    wide = {f"x{index}": random.normal(size=N) for index in range(400)}
    found = leaks_by_value({**wide, "a": gross * SPLIT, "b": gross * (1 - SPLIT)}, gross)
    assert [leak.columns for leak in found] == [("a", "b")]
