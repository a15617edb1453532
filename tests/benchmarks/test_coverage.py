"""The benchmark of coverage: a figure for each kind of interval, level and split."""

from pathlib import Path

import pytest

from greenlight_films.benchmarks.coverage import measure


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.*predict returned None.*")
def test_coverage_is_reported_by_kind_level_and_split(study_config):
    result = measure(str(study_config), 2, ["--trainer.max_epochs", "2"])
    assert result["seeds"] == 2
    for kind in ("by_difficulty", "one_width"):
        assert list(result[kind]) == ["80", "90", "95"]
        for of_level in result[kind].values():
            assert len(of_level["all"]) == 2
            assert all(0.4 < share <= 1 for share in of_level["all"])
            assert len(of_level["prediction"]) == 10


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.*predict returned None.*")
def test_on_each_of_five_splits_of_the_ratings_intervals_of_95_percent_cover_93_to_97():
    config = Path(__file__).parents[2] / "configs" / "ratings.yaml"
    shares = measure(str(config), 5, ["--trainer.max_epochs", "3"])["by_difficulty"]["95"]["all"]
    assert len(shares) == 5
    assert all(0.93 <= share <= 0.97 for share in shares), shares
