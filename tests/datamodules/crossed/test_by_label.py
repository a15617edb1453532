"""What labels of training rows are beside their names, row by row."""

import numpy as np

from greenlight_films.datamodules.crossed.by_label import ByLabel


def test_the_inputs_of_a_rows_labels_come_from_all_parts():
    by_label = ByLabel()
    by_label.add(slice(0, 2), np.array([4, 1, 4]), np.array([0, 2, 2, 3]), np.array([[1, 2], [3, 4], [5, 6]]))
    by_label.add(slice(2, 3), np.array([9, 9]), np.array([0, 1, 2, 2]), np.array([[7], [8]]))
    labels, values = by_label.of_row(0, 4)
    assert labels.tolist() == [1, 4, 9]
    assert values.tolist() == [[3, 4, 0, 0], [1, 2, 0, 0], [0, 0, 7, 0]]
    assert by_label.of_row(1, 4)[0].tolist() == [9]
    assert by_label.of_row(2, 4)[1].tolist() == [[5, 6, 0, 0]]
