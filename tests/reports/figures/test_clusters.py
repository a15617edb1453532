import re

import pytest

from greenlight_films.reports.figures import clusters
from tests.reports.figures.samples import BY_CLUSTER, PROFILES


def test_profiles_show_means_coloured_by_their_distance_from_all():
    drawn = clusters.profiles(PROFILES, 2)
    assert all(re.fullmatch(r"\d<br>\(\d+\)", name) for name in drawn.layout.xaxis.ticktext)
    trace = drawn.data[0]
    assert [list(row) for row in trace.text] == [["10", "30"]]
    assert [list(row) for row in trace.z] == [[pytest.approx(-1 / 3, rel=1e-3), 1.0]]


def test_whiskers_reach_at_most_one_and_a_half_boxes():
    box = clusters.target_by_cluster(BY_CLUSTER, 2, "Rating", "points").data[0]
    assert (box.lowerfence, box.upperfence) == ((1.0, 4.0), (9.0, 8.0))
