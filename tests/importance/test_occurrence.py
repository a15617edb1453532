import numpy as np
import pytest
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import pdist

from greenlight_films.importance.held_out import Entries
from greenlight_films.importance.occurrence import Occurrence


@pytest.fixture
def crew(make_study):
    """Return rows whose labels come in crews of one to four that often work together."""
    random = np.random.default_rng(3)
    matrix = np.zeros((400, 40))
    for start in range(0, 40, 4):
        works = random.random(400) < 0.06
        for label in range(start, start + 4):
            matrix[:, label] = np.where(random.random(400) < 0.8, works, random.random(400) < 0.03)
    return matrix


def occurrence_of(matrix, make_rows):
    rows = make_rows(matrix)
    return Occurrence.of(Entries.of(rows))


def test_groups_are_those_of_one_matrix_over_all_labels(crew, make_rows):
    groups = occurrence_of(crew, make_rows).groups()
    whole = fcluster(linkage(pdist(crew.T != 0, "jaccard"), "average"), 0.5, "distance")
    expected = {tuple(np.flatnonzero(whole == number)) for number in np.unique(whole)}
    assert {tuple(group) for group in groups} == {group for group in expected if len(group) > 1}
    assert len(groups) > 3
    assert [len(group) for group in groups] == sorted((len(group) for group in groups), reverse=True)


def test_pairs_are_in_three_films_or_more_those_together_more_than_by_chance_first(crew, make_rows):
    first, second = occurrence_of(crew, make_rows).pairs
    both = crew.T @ crew
    expected = {(i, j) for i in range(40) for j in range(i + 1, 40) if both[i, j] >= 3}
    assert set(zip(first.tolist(), second.tolist(), strict=True)) == expected
    chance = both[first, first] * both[second, second] / 400
    strength = both[first, second] * np.log(both[first, second] / chance)
    assert strength == pytest.approx(np.sort(strength)[::-1])
    assert (first[:10] // 4 == second[:10] // 4).all()


def test_labels_in_fewer_than_three_films_are_left_out(make_rows):
    matrix = np.zeros((9, 3))
    matrix[:2, :2], matrix[:3, 2] = 1, 1
    occurrence = occurrence_of(matrix, make_rows)
    assert occurrence.columns.tolist() == [2]
    assert occurrence.groups() == []
    assert len(occurrence.pairs[0]) == 0
    assert occurrence_of(matrix[:2, :2], make_rows).groups() == []
