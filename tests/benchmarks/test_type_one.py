"""The benchmark of errors of the first kind: a short run has every figure; how near to the truth, no test asserts."""

import pytest

from greenlight_films.benchmarks.type_one import CARRIERS, KINDS, measure


@pytest.mark.slow
def test_a_short_run_has_a_share_for_each_kind_of_residuals_and_number_of_carriers():
    figures = measure(n_draws=24, n_labels=3, epochs=1)
    for part, carriers in CARRIERS.items():
        of_part = figures if part == "films" else figures[part]
        for name in ("type_one", "type_one_001", "type_one_0001", "power", "coverage", "coverage_wider"):
            assert set(of_part[name]) == set(KINDS)
            for shares in of_part[name].values():
                assert [int(k) for k in shares] == [k for k in carriers if k > 2 or name.startswith("type")]
                assert all(0 <= share <= 1 for share in shares.values())
        assert max(of_part["type_one"]["gaussian"].values()) < 0.5
