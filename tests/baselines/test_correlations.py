import numpy as np
import pytest

from greenlight_films.baselines.correlations import correlations


def test_they_are_pearsons(sample):
    random = np.random.default_rng(0)
    dense, labels = random.normal(50, 20, (80, 3)), (random.random((80, 5)) < 0.3) * 0.5
    dense[:, 1], labels[:, 2], labels[:, 4] = 7, 0, 1
    predicted = dense[:, 0] + 10 * labels[:, 0] + random.normal(size=80)
    table = correlations(sample(dense, predicted, labels), predicted)
    assert set(table["feature"]) == {"n0", "n2", "tag=t0", "tag=t1", "tag=t3"}
    assert table["feature"][0] == "n0"
    for name, found, n_rows in table.itertuples(index=False):
        column = dense[:, int(name[1:])] if name[0] == "n" else labels[:, int(name[-1])]
        assert found == pytest.approx(np.corrcoef(column, predicted)[0, 1], abs=1e-6)
        assert n_rows == (80 if name[0] == "n" else (column > 0).sum())
