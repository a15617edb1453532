from greenlight_films.reports.figures import neighbours
from tests.reports.figures.samples import GRID, KNN


def test_the_best_k_plain_and_tuned_are_marked():
    plain, tuned = neighbours.error_by_k(KNN, "points", GRID).data[-2:]
    assert (plain.x, plain.y) == ((2,), (1.2,))
    assert (tuned.x, tuned.y) == ((3,), (1.1,))
