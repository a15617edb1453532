"""What labels are in films, and the sums of it."""

import numpy as np
import pytest

from tests.datamodules.crossed.conftest import ready


def test_held_out_films_have_the_weighted_sums_of_their_labels_constants(table):
    films = ready(table).films
    labels = films.crossed.labels
    assert labels.values.shape == (films.encoded.labels.shape[1], len(labels.names))
    encoded = films.encoded
    for row in (*films.rows.val, *films.rows.test):
        own = slice(*encoded.labels.indptr[row : row + 2])
        weighted = encoded.labels.data[own, None] * labels.values[encoded.labels.indices[own]]
        assert encoded.inputs[row] == pytest.approx(weighted.sum(axis=0) - labels.centre, abs=1e-5)
        names = table["cast"][row].split(", ") if table["cast"][row] else []
        is_cast = encoded.labels.indices[own] < 40
        assert is_cast.sum() + encoded.unseen["cast"][row] == len(names)
        assert encoded.labels.data[own][is_cast] == pytest.approx(len(names) ** -0.5 if names else 0)


def test_the_sums_of_a_new_films_inputs_are_those_of_its_labels(table):
    data = ready(table)
    inputs, encoded = data.films.crossed.labels, data.films.encoded
    sums = inputs.of_rows(encoded)
    for row in (0, 3, 199):
        own = slice(*encoded.labels.indptr[row : row + 2])
        of_labels = inputs.of_labels(encoded.labels.indices[own], encoded.dense[row])
        assert encoded.labels.data[own] @ of_labels - inputs.centre == pytest.approx(sums[row], abs=1e-5)
    assert np.abs(sums).max() > 0.5
