import numpy as np
import pytest
import torch
from scipy import stats

from greenlight_films.importance import Entries
from greenlight_films.importance.screening import Screen, _nearly_normal_p
from greenlight_films.importance.tangent import Tangent
from tests.importance.test_label_tests import straight


def labelled(residual, n_real: int = 20):
    """Return a linear model that was not fitted, with 400 labels; the first of them do what the model says."""
    random = np.random.default_rng(0)
    n, counts = len(residual), random.permutation(np.tile([1, 2, 3, 4, 6, 10, 30, 90], 50))
    matrix = np.zeros((n, len(counts)))
    for label, k in enumerate(counts):
        matrix[random.permutation(n)[:k], label] = 1
    coef = random.normal(size=len(counts)) * 0.2
    coef[:n_real] = 4 / np.sqrt(counts[:n_real])
    effect = np.where(np.arange(len(counts)) < n_real, coef, 0.0)
    return straight(matrix, coef, (matrix @ (coef - effect)) - residual, random)


@pytest.mark.parametrize("kind", ["gaussian", "money"])
def test_screening_changes_no_p_that_matters(many, kind):
    random = np.random.default_rng(1)
    residual = random.normal(size=600) if kind == "gaussian" else random.lognormal(sigma=1.5, size=600) / 20
    study = labelled(residual)
    tasks = study.tasks(off_rows="all")
    tasks.run()
    screened = tasks.together()[0]
    tasks.tests = tasks.tests.__class__(**{**vars(tasks.tests), "screen": None})
    tasks.results.clear()
    tasks.run()
    exact = tasks.together()[0]
    same = screened.p == exact.p
    assert same[exact.p < 0.06].all()
    close = (screened.p - exact.p).abs()[exact.n_films >= 3]
    assert close.max() < 0.1
    assert 0.1 < (~same).double().mean() < 0.9
    q, exact_q = screened.q(), exact.q()
    assert int((exact_q < 0.05).sum()) > 3
    assert torch.equal(q[exact_q < 0.05], exact_q[exact_q < 0.05])
    assert torch.equal(q < 0.05, exact_q < 0.05)
    known = exact.low.isfinite()
    assert torch.equal(known, screened.low.isfinite())
    width, exact_width = (part.high - part.low for part in (screened, exact))
    assert 0.8 < (width / exact_width)[known].median() < 1.25


@pytest.mark.parametrize("weights", ["one", "root"])
def test_the_skewness_of_effects_is_that_over_all_rows(make_study, weights):
    study = make_study(3001, (2, 5, 9), weights=weights, seed=3, label_std=0.05)
    reference = study.reference()
    tangent, entries = Tangent.of(reference, torch.tensor(7)), Entries.of(study.rows)
    screen = Screen.of(tangent)
    assert len(screen.rows) < 1100
    table = tangent.table(reference, entries, screen.rows)
    skewness = screen._skewness(table)
    torch.testing.assert_close(screen._skewness(table * 1e18), skewness, atol=1e-4, rtol=1e-4)
    effects = tangent.table(reference, entries, torch.arange(3001)).double()
    deviations = effects - effects.mean(1, keepdim=True)
    expected = (deviations**3).mean(1) / (deviations**2).mean(1) ** 1.5
    assert expected.abs().max() > 0.5
    np.testing.assert_allclose(skewness, expected, atol=0.4)


def test_rows_that_are_not_independent_are_not_screened(make_study, many):
    for rows_a_film, is_screened in ((1, True), (2, False)):
        study = make_study(60, (1, 3, 8) * 40, seed=2, rows_a_film=rows_a_film)
        assert (study.tasks().tests.screen is not None) == is_screened


@pytest.mark.parametrize("shape", [4, 16])
def test_nearly_normal_p_follows_skewed_sums(shape):
    z = torch.linspace(-1.8, 1.8, 37).double()
    below = torch.from_numpy(stats.gamma(shape).cdf(shape + z * shape**0.5))
    exact = 2 * torch.minimum(below, 1 - below)
    nearly = _nearly_normal_p(z, torch.full_like(z, 2 / shape**0.5))
    normal = _nearly_normal_p(z, torch.zeros_like(z))
    np.testing.assert_allclose(normal, 2 * stats.norm.sf(z.abs()), atol=1e-12)
    assert (nearly - exact).abs().max() < 0.4 / shape
    assert (nearly - exact).abs().mean() < 0.4 * (normal - exact).abs().mean()
