"""Coverage of intervals on the test films, counted by hand."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.proportion import proportion_confint

from greenlight_films.studies.conformal import PredictionIntervals
from greenlight_films.studies.coverage import coverage


@pytest.fixture
def intervals(films):
    """Return by level the intervals of 2 and of 3 points around guesses, of all rows."""
    predicted = films.films.actual + np.random.default_rng(2).normal(0, 1, films.films.n_rows)
    return {80: PredictionIntervals(predicted, predicted - 1, predicted + 1),
            95: PredictionIntervals(predicted, predicted - 1.5, predicted + 1.5)}  # fmt: skip


def table_of(films, intervals, **changes):
    predicted = intervals[80].predicted
    return coverage(replace(films.films, **changes), films.fitted, predicted, intervals).set_index("level")


def test_all_test_films_are_counted(films, intervals):
    test = films.films.rows.test
    error = np.abs(intervals[80].predicted - films.films.actual)[test]
    table = table_of(films, intervals).query("by == 'all'")
    assert table["covered"].tolist() == [(error <= 1).mean(), (error <= 1.5).mean()]
    assert 0.5 < table["covered"][80] < table["covered"][95] < 1
    assert table["films"].tolist() == table["rows"].tolist() == [len(test)] * 2
    assert table["width"].tolist() == pytest.approx([2, 3])
    ends = proportion_confint((error <= 1).sum(), len(test), method="wilson")
    assert table.loc[80, ["covered_low", "covered_high"]].tolist() == pytest.approx(ends)


def test_years_and_predictions_are_in_tenths_from_low_to_high(films, intervals, films_frame):
    test = films.films.rows.test
    year = films_frame.loc[films.films.number[test] - 1, "year"].to_numpy()
    assert films.films.years[test].tolist() == year.tolist()
    error = np.abs(intervals[80].predicted - films.films.actual)[test]
    for by, values in (("year", year), ("prediction", intervals[80].predicted[test])):
        table = table_of(films, intervals)
        table = table[table["by"] == by].loc[80]
        assert len(table) == 10
        assert table["low"].is_monotonic_increasing
        assert (table["high"].to_numpy()[:-1] < table["low"].to_numpy()[1:]).all()
        assert table["films"].sum() == len(test)
        for row in table.itertuples():
            inside = (values >= row.low) & (values <= row.high)
            assert row.covered == (error[inside] <= 1).mean()
    assert set(table_of(films, intervals, years=None)["by"]) == {"all", "prediction", "names"}


def test_films_are_told_apart_by_the_names_that_the_model_knows(films, intervals, films_frame):
    table = table_of(films, intervals).query("by == 'names'").loc[80].set_index("group")
    test = films.films.rows.test
    has_cast = films_frame.loc[films.films.number[test] - 1, "cast"].notna().sum()
    of_actors = table[table.index.str.startswith("actor: ")]
    assert of_actors["films"].sum() == has_cast < len(test)
    assert of_actors.index.tolist()[-1] == "actor: all names known"


def test_rows_of_a_film_count_singly_and_weights_count(films, intervals):
    test = films.films.rows.test
    weights = np.ones(films.films.n_rows)
    weights[test[:5]] = 10
    ids = films.films.ids.assign(film=[f"tt{row // 3}" for row in range(films.films.n_rows)])
    table = table_of(films, intervals, weights=weights, ids=ids).query("by == 'all'")
    hit = np.abs(intervals[80].predicted - films.films.actual)[test] <= 1
    assert table["covered"][80] == pytest.approx(np.average(hit, weights=weights[test]))
    assert table["films"][80] == ids["film"].iloc[test].nunique() < table["rows"][80] == len(test)


def test_test_rows_that_weigh_nothing_have_no_coverage(films, intervals):
    table = table_of(films, intervals, weights=np.zeros(films.films.n_rows))
    assert table["covered"].isna().all()
    assert isinstance(table, pd.DataFrame)
