import numpy as np
import pytest
from sklearn.decomposition import PCA as SklearnPCA
from sklearn.decomposition import TruncatedSVD
from sklearn.preprocessing import StandardScaler

from greenlight_films.baselines import PCA


@pytest.fixture
def dense():
    random = np.random.default_rng(0)
    return random.normal(size=(150, 4)) @ random.normal(size=(4, 4)) * [1, 50, 0.1, 3] + 7


def test_it_is_scikit_learns_on_standardised_numbers(sample, dense):
    films = sample(dense, np.arange(150.0))
    ours, theirs = PCA().fit(films), SklearnPCA().fit(StandardScaler().fit_transform(dense))
    np.testing.assert_allclose(ours.ratio, theirs.explained_variance_ratio_)
    np.testing.assert_allclose(np.abs(ours.components), np.abs(theirs.components_), atol=1e-9)
    scores = theirs.transform(StandardScaler().fit_transform(dense))
    np.testing.assert_allclose(np.abs(ours.transform(films.films)), np.abs(scores), atol=1e-9)
    assert (ours.transform(films.films, 2) == ours.transform(films.films)[:, :2]).all()
    tables = ours.tables(films, films)
    assert tables["variance.csv"]["cumulative"].iloc[-1] == pytest.approx(1)
    assert tables["loadings.csv"]["feature"].tolist() == ["n0", "n1", "n2", "n3"]
    assert tables["loadings.csv"]["pc2"].tolist() == ours.components[1].tolist()
    assert tables["scores.csv"].columns.tolist() == ["row", "pc1", "pc2", "pc3"]


@pytest.mark.parametrize(("ratio", "enough"), [([0.5, 0.3, 0.2], 2), ([0.9, 0.1], 1), ([0.3, 0.2], None)])
def test_enough_components_explain_four_fifths(ratio, enough):
    model = PCA()
    model.ratio = np.array(ratio)
    assert model.enough == enough


def test_many_labels_are_decomposed_without_centring(sample):
    random = np.random.default_rng(0)
    labels = (random.random((200, 80)) < 0.1) * 1.0
    films = sample(random.normal(size=(200, 2)), np.arange(200.0), labels)
    model = PCA().fit(films)
    assert model.method == "TruncatedSVD"
    assert model.components.shape == (50, 82)
    theirs = TruncatedSVD(50, random_state=0).fit(model.described.matrix(films.films))
    np.testing.assert_allclose(model.ratio, theirs.explained_variance_ratio_)
    np.testing.assert_allclose(model.transform(films.films), theirs.transform(model.described.matrix(films.films)))
    tables = model.tables(films, films)
    assert set(tables["variance.csv"]["method"]) == {"TruncatedSVD"}
    assert tables["loadings.csv"].shape == (30, 11)
    weights = np.abs(model.components[:3]).max(0)
    assert set(tables["loadings.csv"]["feature"]) == set(np.array(model.described.names)[np.argsort(-weights)[:30]])
