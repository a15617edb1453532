import numpy as np

from greenlight_films.reports.figures.tiles import tiles


def test_a_missing_number_has_no_tile_and_zero_no_sign():
    values = np.array([[-0.001, np.nan], [0.5, -0.256]])
    trace = tiles(values, ["a", "b"], ["x", "y"], "Four tiles.", ("column", "row", "weight"), ends=(-1, 1)).data[0]
    assert [list(row) for row in trace.text] == [["0.00", ""], ["0.50", "-0.26"]]
    assert trace.z[0][1] is None
