import numpy as np
import pytest
from scipy.sparse import csr_array
from sklearn.decomposition import TruncatedSVD

from greenlight_films.baselines.directions import LabelDirections


@pytest.fixture
def labels():
    random = np.random.default_rng(0)
    dense = (random.random((120, 70)) < 0.1) * random.choice([1.0, 0.5], (120, 70))
    dense[:, 3], dense[:, 5] = 1, 0
    return csr_array(dense)


def test_few_labels_stay_as_they_are(labels):
    directions = LabelDirections().fit(labels[:, :40])
    assert directions.labels.tolist() == [place for place in range(40) if place not in (3, 5)]
    assert (directions.transform(labels[:, :40]) == labels[:, directions.labels].toarray()).all()


def test_many_become_singular_directions(labels):
    directions = LabelDirections().fit(labels)
    theirs = TruncatedSVD(50, random_state=0).fit(labels[:, directions.labels])
    assert directions.components.shape == (50, 68)
    np.testing.assert_allclose(directions.transform(labels), theirs.transform(labels[:, directions.labels]))


def test_what_columns_add_sums_up_to_the_whole(labels):
    directions = LabelDirections().fit(labels)
    parts = [directions.transform(labels, np.arange(start, start + 10)) for start in range(0, 70, 10)]
    assert all(np.abs(one).max() > 0.1 for one in parts)
    np.testing.assert_allclose(sum(parts), directions.transform(labels), atol=1e-12)


def test_no_label_has_no_direction():
    assert LabelDirections().fit(csr_array((4, 0))).transform(csr_array((3, 0))).shape == (3, 0)
