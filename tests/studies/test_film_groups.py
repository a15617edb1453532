"""Groups of test films on which a network errs, against scipy and statsmodels on the same films."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests

from greenlight_films.datamodules import TargetScale
from greenlight_films.studies.film_groups import covered_less, film_groups, holm, mean_errors
from greenlight_films.studies.results import Results
from greenlight_films.studies.run_folder import RunFolder


@pytest.fixture
def results(study) -> Results:
    return Results(RunFolder(study.path))


def planted(results: Results) -> Results:
    """Return results with 400 test films of their own: rows, actual, predicted."""
    n = 400
    random = np.random.default_rng(3)
    actual = random.normal(6, 1, n)
    predicted = actual + random.normal(0, 0.5, n)
    table = {"row": np.arange(1, n + 1), "actual": actual, "predicted": predicted, "film": np.arange(n)}
    mine = Results(results.run)
    mine.__dict__["test"] = pd.DataFrame(table)
    mine.__dict__["scale"] = TargetScale("none", 0.0, 6.0, 1.0)
    mine.__dict__["year"] = None
    return mine


def groups_of(masks: dict[str, np.ndarray]) -> pd.DataFrame:
    parts = [pd.DataFrame({"group": name, "position": np.flatnonzero(mask)}) for name, mask in masks.items()]
    return pd.concat(parts, ignore_index=True)


def test_every_kind_of_group_is_looked_at_and_holds_its_films(results):
    groups, test = film_groups(results), results.test
    sizes = groups.groupby("group").size()
    assert sizes["all test films"] == 45
    assert sizes.filter(like="tenth").sum() == sizes.filter(like="year ").sum() == 45
    assert len(sizes.filter(like="runtime ")) == 3
    drama = groups.loc[groups["group"] == "genre: Drama", "position"]
    table = results.cells(["genre"])["genre"].reindex(test["row"]).fillna("")
    assert set(drama) == set(np.flatnonzero(table.str.contains("Drama")))
    assert len(drama) > 10


def test_mean_errors_are_those_of_a_t_test_held_against_all_groups(results):
    mine = planted(results)
    test = mine.test
    test.loc[:59, "predicted"] += 0.6
    masks = {"high": np.arange(400) < 60, "plain": np.arange(400) >= 200, "few": np.arange(400) < 19}
    table = mean_errors(mine, groups_of(masks)).set_index("group")
    assert set(table.index) == {"high", "plain"}
    error = test["predicted"] - test["actual"]
    tests = {name: stats.ttest_1samp(error[masks[name]], 0) for name in table.index}
    expected = multipletests([tests[name].pvalue for name in table.index], method="holm")[1]
    np.testing.assert_allclose(table["p"], expected, rtol=1e-6)
    assert table.loc["high", "p"] < 1e-6 < 0.05 < table.loc["plain", "p"]
    for name, one_sample in tests.items():
        interval = one_sample.confidence_interval()
        assert table.loc[name, ["low", "high"]].tolist() == pytest.approx([interval.low, interval.high])


def test_rows_of_a_film_are_one_observation(results):
    once = planted(results)
    twice = planted(results)
    twice.__dict__["test"] = pd.concat([once.test] * 2, ignore_index=True)
    single = mean_errors(once, groups_of({"all": np.ones(400, bool)}))
    double = mean_errors(twice, groups_of({"all": np.ones(800, bool)}))
    pd.testing.assert_frame_equal(single, double)


def test_intervals_that_hold_too_rarely_are_told_by_the_binomial_distribution(results):
    mine = planted(results)
    mine.__dict__["coverage"] = pd.DataFrame()
    test = mine.test
    for level, half in ((80, 0.64), (95, 0.98)):
        test[f"lower_{level}"], test[f"upper_{level}"] = test["predicted"] - half, test["predicted"] + half
    test.loc[:99, ["lower_80", "upper_80"]] = test.loc[:99, ["lower_80", "upper_80"]].to_numpy() + 0.7
    table = covered_less(mine, groups_of({"off": np.arange(400) < 100, "plain": np.arange(400) >= 100}))
    first = table.iloc[0]
    hits = ((test["actual"] >= test["lower_80"]) & (test["actual"] <= test["upper_80"]))[:100].sum()
    assert (first["group"], first["level"], first["covered"]) == ("off", 80, hits / 100)
    assert first["p"] == pytest.approx(4 * stats.binom.cdf(hits, 100, 0.8))
    assert (table["p"].iloc[1:] > 0.05).all()


def test_holms_p_values_are_those_of_statsmodels():
    p = np.random.default_rng(0).uniform(0, 0.2, 50) ** 2
    np.testing.assert_allclose(holm(p), multipletests(p, method="holm")[1])
    assert holm(np.zeros(0)).tolist() == []


def test_an_older_run_without_a_role_or_intervals_has_groups_too(tmp_path):
    from tests.reports.conftest import RUN

    results = Results(RunFolder(RUN))
    groups = film_groups(results)
    assert groups["group"].nunique() > 10
    assert covered_less(results, groups).empty
    assert mean_errors(results, groups)["films"].min() >= 20
