"""The page of several runs: what it says, and that it is one file with figures and inert data."""

import pytest

from greenlight_films.reports.spread_page import spread_page
from greenlight_films.studies.run_folder import RunFolder
from greenlight_films.studies.seeds.results import Spread


@pytest.fixture(scope="module")
def page(seeds) -> str:
    return spread_page(Spread(RunFolder(seeds.path)))


def test_the_page_says_what_was_repeated_and_what_it_came_to(page, seeds):
    text = " ".join(page.split())
    for part in (
        "<h1>small: 3 seeds</h1>",
        "Models learnt rating (points) 3 times, each with a seed of its own, 3 to 5",
        "Scores on the test films, mean ± standard deviation over 3 seeds",
        "Rank correlation of importances between two seeds",
        f"report --run {seeds.path}/seeds/4",
        f"study --config {seeds.path}/config.yaml --seeds 3",
    ):
        assert part in text, part
    assert "seeds are missing" not in text


def test_the_page_has_a_figure_of_scores_and_two_of_importances(page):
    assert page.count('data-figure="') == 3
    assert 'data-figure="2"' in page


def test_missing_runs_are_counted(seeds):
    spread = Spread(RunFolder(seeds.path))
    spread.record["finished"] = [3, 5]
    assert "1 of 3 seeds are missing." in spread_page(spread)
