import numpy as np
from sklearn.neural_network import MLPRegressor

from greenlight_films.baselines import SklearnMLP


def test_it_is_the_studys_network_on_what_the_network_sees(sample):
    random = np.random.default_rng(0)
    dense, labels = random.normal(size=(120, 2)), (random.random((120, 3)) < 0.5) * 1.0
    films = sample(dense, np.sin(dense[:, 0]) + labels[:, 1], labels)
    ours = SklearnMLP().fit(films)
    theirs = MLPRegressor(hidden_layer_sizes=(64,), alpha=1e-4, max_iter=500, random_state=0)
    theirs.fit(np.hstack([films.films.dense, labels]).astype(np.float64), films.target)
    found = films.scale.inverse(theirs.predict(np.hstack([films.films.dense, labels]).astype(np.float64)))
    np.testing.assert_allclose(ours.predict(films.films), found, rtol=1e-6)
