import numpy as np
import pytest
import scipy.stats
from scipy.special import ndtri
from sklearn.preprocessing import QuantileTransformer, StandardScaler

from greenlight_films.datamodules.errors import InputError
from greenlight_films.datamodules.features import Number
from tests.datamodules.features.encoded import fitted

TRAIN = np.arange(20, 80)


@pytest.mark.parametrize("log1p", [False, True])
def test_standard_numbers_agree_with_scikit_learn(log1p, films):
    cells = films["Budget"]
    blocks, (number, missing) = fitted(Number("Budget", log1p=log1p), cells, TRAIN)
    raw = np.log1p(cells) if log1p else cells
    raw = raw.fillna(raw[TRAIN].median()).to_numpy()[:, None]
    scaler = StandardScaler().fit(raw[TRAIN])
    np.testing.assert_allclose(number.values, scaler.transform(raw), rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(missing.values[:, 0], cells.isna())
    assert cells.isna().any()
    assert blocks[0].fitted["mean"] == pytest.approx(scaler.mean_[0])


@pytest.mark.parametrize("value", [0.0, 0.1, 1 / 3, 1e9 + 0.1])
def test_a_constant_column_is_0_everywhere(value):
    _, (number,) = fitted(Number("x"), np.full(3, value))
    np.testing.assert_array_equal(number.values, np.zeros((3, 1)))


@pytest.mark.parametrize("given", [{}, {"scale": "quantile"}, {"scale": "by_skewness"}, {"encoding": "piecewise"}])
def test_of_a_column_that_never_varied_in_training_nothing_is_told_of_others_either(given):
    blocks, (number, *_) = fitted(Number("x", **given), [7.0, 7.0, 7.0, 5000.0, np.nan], train=[0, 1, 2])
    assert len(blocks) == 1
    np.testing.assert_array_equal(number.values, np.zeros((5, 1)))
    np.testing.assert_array_equal(number.unscaled, np.full((5, 1), 7.0))


def test_missing_has_no_column_where_no_training_row_lacks_the_number():
    _, (number,) = fitted(Number("x"), [1.0, 3.0, np.nan], train=[0, 1])
    np.testing.assert_allclose(number.values[:, 0], [-1, 1, 0])


@pytest.mark.parametrize("n_rows", [40, 5000])
def test_quantiles_agree_with_scikit_learn_where_no_end_is_tied(n_rows):
    rng = np.random.default_rng(0)
    values = np.append(rng.gamma(2, 10, n_rows), [1e4, 5e4])
    train, values = np.arange(n_rows // 2), np.where(np.arange(n_rows + 2) % 3, values, values.round())
    values[train[:7]] = np.median(values)
    assert len(np.unique(values[train])) < len(train) - 5
    assert (values[train] == values[train].min()).sum() == (values[train] == values[train].max()).sum() == 1
    _, (number,) = fitted(Number("x", scale="quantile"), values, train)
    transformer = QuantileTransformer(n_quantiles=min(1000, len(train)), output_distribution="normal", subsample=None)
    expected = transformer.fit(values[train, None]).transform(values[:, None])
    np.testing.assert_allclose(number.values, expected, rtol=1e-4, atol=1e-5)


def test_quantiles_of_a_real_column_with_many_ties_agree_with_scikit_learn(wikidata):
    values = wikidata["Runtime"].dropna().to_numpy()
    train = np.arange(0, len(values), 2)
    _, (number,) = fitted(Number("x", scale="quantile"), values, train)
    transformer = QuantileTransformer(n_quantiles=1000, output_distribution="normal", subsample=None)
    expected = transformer.fit(values[train, None]).transform(values[:, None])
    inside = (values > values[train].min()) & (values < values[train].max())
    assert len(np.unique(values)) < inside.sum() / 10
    np.testing.assert_allclose(number.values[inside], expected[inside], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("cells", "train", "shares"),
    [
        ([0.0, 0, 0, 1, 2], [0, 1, 2, 3, 4], [0.25, 0.25, 0.25, 0.75, 1 - 1e-7]),
        ([1.0, 2, 3, -1e9, 1e9], [0, 1, 2], [1e-7, 0.5, 1 - 1e-7, 1e-7, 1 - 1e-7]),
    ],
)
def test_quantiles_at_the_ends(cells, train, shares):
    _, (number,) = fitted(Number("x", scale="quantile"), cells, train)
    np.testing.assert_allclose(number.values[:, 0], ndtri(shares), rtol=1e-5)


def test_a_number_that_no_training_row_has_is_refused():
    with pytest.raises(InputError, match="column 'x' has no value in the 2 training rows; leave it out"):
        fitted(Number("x"), [np.nan, np.nan, 1.0], train=[0, 1])


@pytest.mark.parametrize(("power", "is_skewed"), [(1, False), (3, True), (-3, True)])
def test_by_skewness_takes_quantiles_of_known_training_values_that_are_skewed_to_either_side(power, is_skewed):
    draws = np.random.default_rng(3).gamma(5, size=400) ** abs(power)
    values = np.append(draws * np.sign(power), [np.nan, -1e9, 1e9])
    assert (abs(scipy.stats.skew(values[:400])) > 2) == is_skewed
    _, (number, _) = fitted(Number("x", scale="by_skewness"), values, np.arange(401))
    of_known = Number("x", scale="quantile" if is_skewed else "standard")
    expected = fitted(of_known, values, np.arange(401) if not is_skewed else np.arange(400))[1][0].values
    farthest = ndtri(1 - 0.5 / 400)  # of 400 films, half a one lies beyond
    np.testing.assert_allclose(number.values, expected.clip(-farthest, farthest) if is_skewed else expected, rtol=1e-6)
    assert (abs(number.values).max() == pytest.approx(farthest)) == is_skewed


def test_by_skewness_counts_logarithms_where_they_are_taken():
    values = np.random.default_rng(4).lognormal(10, 1.5, size=500)
    assert "quantiles" in fitted(Number("x", scale="by_skewness"), values)[0][0].fitted
    assert "quantiles" not in fitted(Number("x", scale="by_skewness", log1p=True), values)[0][0].fitted


@pytest.mark.parametrize("value", [0.0, 0.1, 1e9 + 0.1])
def test_a_constant_is_not_skewed(value):
    (block,), (number,) = fitted(Number("x", scale="by_skewness"), np.full(7, value))
    assert "quantiles" not in block.fitted
    assert not number.values.any()
