import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from statsmodels.stats.outliers_influence import variance_inflation_factor

from greenlight_films.baselines import OLS
from greenlight_films.baselines.ols import variance_inflation
from greenlight_films.datamodules import InputError


@pytest.fixture
def films(sample):
    random = np.random.default_rng(0)
    dense = random.normal(size=(200, 3)) @ [[1, 0, 0.9], [0, 50, 0], [0, 0, 0.3]] + [0, 1000, 5]
    genre = np.eye(3)[random.choice(3, 200, p=[0.5, 0.3, 0.2])]
    noise = random.normal(0, 0.2 + np.abs(dense[:, 0]), 200)  # wider far out: robust errors differ
    actual = 3 + 2 * dense[:, 0] - 0.01 * dense[:, 1] + genre @ [0, 1, -1] + noise
    return sample(dense, actual, genre)


def table(films, **given) -> pd.DataFrame:
    return OLS(**given).fit(films).tables(films, films)["coefficients.csv"].set_index("name")


def matrix_of(films) -> np.ndarray:
    """Return the design matrix of `films`: a constant, numbers, and labels but the first."""
    return np.hstack([np.ones((200, 1)), films.films.unscaled, films.films.labels[:, 1:].toarray()])


def test_it_is_least_squares_on_numbers_and_dummies(films):
    matrix = matrix_of(films)
    expected = np.linalg.lstsq(matrix, films.actual, rcond=None)[0]
    coefficients = table(films)
    assert coefficients.index[:6].tolist() == ["const", "n0", "n1", "n2", "tag=t1", "tag=t2"]
    np.testing.assert_allclose(coefficients["coefficient"].iloc[:6], expected, rtol=1e-9)
    assert coefficients["left_out"]["tag=t0"] == "the others' reference"
    np.testing.assert_allclose(OLS().fit(films).predict(films.films), matrix @ expected, rtol=1e-9)
    scaled, target = ((values - values.mean(0)) / values.std(0) for values in (matrix[:, 1:], films.actual))
    standardised = np.linalg.lstsq(scaled, target, rcond=None)[0]
    np.testing.assert_allclose(coefficients["standardised"].iloc[1:6], standardised, rtol=1e-9)
    assert np.isnan(coefficients["standardised"]["const"])


def test_its_standard_errors_are_those_of_the_closed_form_and_robust_ones_statsmodels(films):
    matrix, model = matrix_of(films), OLS().fit(films)
    inverse = np.linalg.inv(matrix.T @ matrix)
    residual = films.actual - matrix @ inverse @ matrix.T @ films.actual
    coefficients = table(films).iloc[:6]
    plain = np.sqrt(np.diag(inverse) * (residual**2).sum() / 194)
    np.testing.assert_allclose(coefficients["se"], plain, rtol=1e-8)
    width = (coefficients["high_95"] - coefficients["low_95"]) / coefficients["se"]
    np.testing.assert_allclose(width, 2 * 1.9723, rtol=1e-4)
    robust = model.model.get_robustcov_results("HC3")
    np.testing.assert_allclose(coefficients["se_hc3"], robust.bse)
    np.testing.assert_allclose(coefficients["p_hc3"], robust.pvalues, atol=1e-12)
    np.testing.assert_allclose(coefficients[["low_95_hc3", "high_95_hc3"]], robust.conf_int())
    assert coefficients["se_hc3"]["n0"] > 1.2 * coefficients["se"]["n0"]


def test_a_label_of_a_single_film_has_no_robust_error_and_spoils_no_other(sample):
    random = np.random.default_rng(0)
    dense, labels = random.normal(size=(300, 1)), np.zeros((300, 2))
    labels[7, 0], labels[::3, 1] = 1, 1
    films = sample(dense, dense[:, 0] + random.normal(size=300), labels)
    coefficients = table(films)
    assert np.isnan(coefficients["se_hc3"]["tag=t0"])
    assert np.isnan(coefficients["p_hc3"]["tag=t0"])
    rest = sample(np.delete(dense, 7, 0), np.delete(films.actual, 7), np.delete(labels, 7, 0)[:, 1:])
    names = ["const", "n0", "tag=t1"]
    np.testing.assert_allclose(coefficients["se_hc3"][names], table(rest)["se_hc3"].to_numpy()[:3], rtol=1e-6)


def test_columns_whose_sizes_leave_no_digits_are_refused(sample):
    random = np.random.default_rng(0)
    films = sample(np.column_stack([1e18 + 1e15 * random.normal(size=90), random.normal(size=90)]), np.arange(90.0))
    with pytest.raises(InputError, match=r"compare.ols: n0 is more than 1e\+12 times as large as .*; give it log1p"):
        OLS().check(films)


def test_labels_are_there_or_not_whatever_their_weight(sample):
    random = np.random.default_rng(0)
    labels = (random.random((100, 4)) < 0.4) * 1.0
    weights = 1 / np.sqrt(np.maximum(labels.sum(1, keepdims=True), 1))
    actual = labels @ [1, 2, 3, 4] + random.normal(size=100)
    coefficients = (table(sample(None, actual, given))["coefficient"] for given in (labels, labels * weights))
    np.testing.assert_allclose(*coefficients)


def test_variance_inflation_is_statsmodels(films):
    matrix = sm.add_constant(films.films.unscaled)
    expected = [variance_inflation_factor(matrix, column) for column in range(1, 4)]
    np.testing.assert_allclose(variance_inflation(matrix)[1:], expected)
    assert expected[0] > 5


def test_a_rank_deficient_design_is_named_column_by_column(sample):
    random = np.random.default_rng(1)
    dense = random.normal(size=(60, 4))
    dense[:, 2], dense[:, 3] = dense[:, 0] - 3 * dense[:, 1], 7
    films = sample(dense, dense[:, 0] + random.normal(size=60))
    coefficients = table(films)
    assert coefficients["left_out"]["n2"] == "depends linearly on n0, n1"
    assert coefficients["left_out"]["n3"] == "never varies"
    assert np.isnan(coefficients["coefficient"]["n2"])
    model = OLS().fit(films)
    np.testing.assert_allclose(model.predict(films.films), model.model.fittedvalues)
    summary = model.tables(films, films)["summary.txt"]
    assert "left out: n2 depends linearly on n0, n1" in summary
    assert "left out: n3 never varies" in summary


def test_a_design_too_wide_is_refused_with_the_limit_and_what_to_do(sample):
    random = np.random.default_rng(0)
    wide = sample(None, random.normal(size=1500), (random.random((1500, 1100)) < 0.1) * 1.0)
    with pytest.raises(InputError, match=r"compare.ols.full has 1,101 columns .* 1,500 .* at most 1,000, .* to ridge"):
        OLS("ols_full", ["tag"]).check(wide)
    few = sample(random.normal(size=(5, 6)), random.normal(size=5))
    with pytest.raises(InputError, match=r"compare.ols has 7 columns with the constant for 5 training rows"):
        OLS().fit(few)


def test_a_target_in_logarithms_is_fitted_in_them_and_predicted_in_its_own_unit(sample):
    dense = np.random.default_rng(0).normal(size=(100, 1))
    films = sample(dense, np.expm1(3 + 2 * dense[:, 0]), transform="log1p")
    model = OLS().fit(films)
    np.testing.assert_allclose(model.coefficients, [3, 2])
    np.testing.assert_allclose(model.predict(films.films), films.actual, rtol=1e-6)
    assert "log1p of the target" in model.tables(films, films)["summary.txt"]


def test_the_goodness_of_fit_is_in_a_table(films):
    model = OLS().fit(films)
    fit = model.tables(films, films)["fit.csv"].set_index("name")["value"]
    residual = films.actual - model.predict(films.films)
    log_likelihood = -100 * (np.log(2 * np.pi) + np.log(np.mean(residual**2)) + 1)
    expected = {"nobs": 200, "rsquared": 1 - residual.var() / films.actual.var(), "aic": 2 * 6 - 2 * log_likelihood}
    assert fit[list(expected)].to_dict() == pytest.approx(expected)
