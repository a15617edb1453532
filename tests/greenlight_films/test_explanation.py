"""`Explanation`: what adds up to a prediction, as a frame, a figure and text."""

import re
from decimal import Decimal

import numpy as np
import pytest

import greenlight_films as gl
from tests.conftest import awkward_films
from tests.greenlight_films.conftest import FEATURES, small

FRAME = awkward_films()


@pytest.fixture(scope="module")
def explanation(fitted):
    return fitted.explain(FRAME.head(7).drop(columns="rating"))


@pytest.fixture(scope="module")
def in_logarithms():
    target = gl.Target("rating", unit="points", transform="log1p", shift=1)
    return small(target=target, features=FEATURES, film="id", members=2).fit(FRAME).explain(FRAME)


def test_a_frame_has_a_line_for_each_number_label_and_column_of_labels(explanation):
    table = explanation.to_frame()
    assert list(table) == ["row", "column", "value", "role", "contribution", "alone"]
    assert sorted(table["row"].unique()) == list(range(7))
    third = table[table["row"] == 3]
    assert set(third["column"]) == {"year", "runtime", "genre", "cast", "company"}
    cast = third[third["column"] == "cast"]
    assert sorted(cast["value"].fillna("instead")) == ["Ann Ames", "instead"]
    assert set(cast["role"]) == {"actor"}
    years = table[table["column"] == "year"].set_index("row")["value"]
    assert years.to_dict() == FRAME["year"].head(7).astype(str).to_dict()
    runtimes = fitted_runtimes(table)
    assert runtimes == ["missing" if np.isnan(value) else f"{value:g}" for value in FRAME["runtime"].head(7)]


def fitted_runtimes(table) -> list[str]:
    return table[table["column"] == "runtime"].sort_values("row")["value"].tolist()


@pytest.mark.parametrize("level", ["value", "column", "role"])
def test_contributions_and_the_average_are_the_prediction_at_every_level(explanation, in_logarithms, fitted, level):
    for result in (explanation, in_logarithms):
        sums = result.to_frame(level).groupby("row")["contribution"].sum()
        total = (sums + result.average_prediction).to_numpy()
        assert total == pytest.approx(result.predicted_learnt, abs=1e-9)
        assert np.ptp(total) > 0.01 * result.scale.std
    assert explanation.predicted == pytest.approx(fitted.predict(FRAME.head(7)), abs=1e-5)
    assert in_logarithms.predicted == pytest.approx(np.exp(in_logarithms.predicted_learnt) - 2)


def test_columns_are_the_sums_of_their_values(explanation):
    values = explanation.to_frame().groupby(["row", "column"])["contribution"].sum().sort_index()
    columns = explanation.to_frame("column").set_index(["row", "column"])["contribution"].sort_index()
    assert values.index.equals(columns.index)
    assert values.to_numpy() == pytest.approx(columns.to_numpy())


def test_the_largest_contribution_of_a_film_comes_first_whatever_its_sign(explanation):
    for _, film in explanation.to_frame().groupby("row"):
        assert film["contribution"].abs().is_monotonic_decreasing
    assert explanation.to_frame()["contribution"].lt(0).any()


def test_alone_is_the_prediction_less_that_without_the_value(fitted, explanation):
    without = fitted.predict(FRAME.head(7).assign(company=None))
    table = explanation.to_frame().dropna(subset="value").query("column == 'company'").set_index("row")["alone"]
    assert table.abs().max() > 0.001
    assert table.to_numpy() == pytest.approx((explanation.predicted - without)[table.index], abs=1e-5)


def test_the_average_is_that_of_the_training_films(fitted, explanation):
    encoded = fitted.fitted_.encoder.encode(FRAME[FRAME["rating"].notna()])
    train = np.flatnonzero(fitted.fitted_.sides == 0)
    assert explanation.average_prediction == pytest.approx(fitted.network_.predict(encoded.take(train)).mean())


def test_a_film_is_explained_alike_alone_and_among_others(fitted, explanation):
    single = fitted.explain(FRAME.iloc[[4]]).to_frame()
    among = explanation.to_frame().query("row == 4")
    assert single["contribution"].to_numpy() == pytest.approx(among["contribution"].to_numpy(), abs=1e-6)


def test_the_text_adds_up_as_it_is_shown_and_counts_the_others(explanation):
    lines = repr(explanation).splitlines()
    assert len(lines) == 7
    average = Decimal(re.fullmatch(r"average prediction ([\d.]+) \(points\)", lines[0])[1])
    for row, line in enumerate(lines[1:6]):
        total, changes = re.fullmatch(rf"film {row}: ([\d.]+) = average, (.*)", line).groups()
        numbers = [Decimal(number) for number in re.findall(r" ([+-][\d.]+)(?:,|$)", changes)]
        assert len(numbers) == 6
        assert average + sum(numbers) == Decimal(total) == Decimal(f"{explanation.predicted[row]:.2f}")
    assert lines[-1] == "and 2 more films"


def test_the_text_of_a_logarithm_says_what_it_multiplies_by(in_logarithms):
    lines = repr(in_logarithms).splitlines()
    assert lines[0].endswith("(log of 2 + points)")
    assert re.search(r"= average, .* [+-]0\.\d+ \(times \d", lines[1])
    assert f"({in_logarithms.predicted[0]:,.4g} points)" in lines[1]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda explanation: explanation.plot(-1), "row must be a film's position from 0 to 6, got -1"),
        (lambda explanation: explanation.plot(7), "row must be a film's position from 0 to 6, got 7"),
        (lambda explanation: explanation.waterfall("a"), "row must be a whole number, got 'a'"),
        (lambda explanation: explanation.to_frame("rols"), "level must be one of value, column, role, got 'rols'"),
    ],
)
def test_a_film_or_level_that_is_none_is_refused(explanation, call, message):
    with pytest.raises(gl.InputError, match=f"^{message}"):
        call(explanation)


def test_a_figure_leads_from_the_average_to_the_prediction(explanation):
    figure = explanation.plot(row=2, top=3)
    bars, table = figure.data[0], explanation.to_frame().query("row == 2").head(3)
    names = list(figure.layout.yaxis.ticktext)
    assert (names[0], names[-2], names[-1]) == ("average prediction", "all other values", "prediction")
    assert len(names) == 6
    assert list(bars.x[1:4]) == pytest.approx(table["contribution"].tolist(), abs=0.0101)
    assert sum(bars.x[:5]) == pytest.approx(bars.x[5])
    assert bars.x[5] == pytest.approx(explanation.predicted[2], abs=0.0051)
    assert f"Film 2: predicted {explanation.predicted[2]:,.4g} points" in figure.layout.title.text
    assert figure.layout.xaxis.title.text == "points"
