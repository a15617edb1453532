import numpy as np
import pytest
from scipy.sparse import csr_array

from greenlight_films.datamodules.crossed.label_cells import Cells

WEIGHTS = csr_array(np.array([[0.5, 0, 0.25], [0, 0, 0], [0, 2, 0], [1, 1, 1]]))


def test_sums_over_cells_are_products_with_the_weights():
    cells, values = Cells.of(WEIGHTS), np.random.default_rng(1).normal(size=(3, 2))
    assert cells.summed(values[cells.codes]) == pytest.approx(WEIGHTS @ values)


def test_without_given_weights_a_cell_shares_them_by_the_square_root():
    cells = Cells(np.array([0, 2, 2, 6]), np.array([0, 1, 0, 1, 2, 3], dtype=np.int32), 4)
    assert cells.weights() == pytest.approx([2**-0.5] * 2 + [0.5] * 4)
    assert cells.rows().tolist() == [0, 0, 2, 2, 2, 2]
    assert cells.counts().tolist() == [2, 0, 4]
