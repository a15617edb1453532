"""The kernel of near records, held against finite differences and against what films were drawn from."""

import numpy as np
import pytest
from scipy.optimize import approx_fprime

from greenlight_films.datamodules.crossed.label_cells import Cells
from greenlight_films.datamodules.crossed.near_records import LabelFilms, NearKernel
from greenlight_films.datamodules.crossed.near_tuning import kernel_of, squared_error, tuned_kernel


def drawn(kernel: NearKernel, n_labels: int, n_films: int, rows_a_film: int = 1) -> LabelFilms:
    """Return films whose residuals are drawn from a kernel, label by label."""
    random = np.random.default_rng(1)
    n = n_labels * n_films
    coordinates, kind = random.normal(size=(n_labels, n_films, 2)), random.integers(0, 2, (n_labels, n_films))
    distances = np.abs(coordinates[:, :, None] - coordinates[:, None])
    covariance = kernel.covariance(distances, kind[:, :, None] == kind[:, None]) + kernel.noise * np.eye(n_films)
    residual = (np.linalg.cholesky(covariance) @ random.normal(size=(n_labels, n_films, 1))).ravel()
    cells = Cells(np.arange(n + 1), np.repeat(np.arange(n_labels), n_films).astype(np.int32), n_labels)
    return LabelFilms.of_rows(cells, residual, np.arange(n) // rows_a_film, coordinates.reshape(n, 2), kind.ravel())


PLANTED = NearKernel(0.1, np.array([1.2, 0.5]), np.array([0.5, 2.0]), 0.6, 0.4)


@pytest.mark.parametrize("rows_a_film", [1, 2])
def test_the_gradient_is_that_of_finite_differences(rows_a_film):
    films = drawn(PLANTED, 20, 6, rows_a_film)
    numbers = np.array([-1.0, 0.2, -0.7, 0.1, 0.6, -1.2])
    _, gradient = squared_error(numbers, films)
    numeric = approx_fprime(numbers, lambda logs: squared_error(logs, films)[0], 1e-6)
    assert gradient == pytest.approx(numeric, abs=1e-6)
    assert (np.abs(gradient) > 1e-5).all()


def test_the_error_is_that_of_the_leave_one_out_means_and_the_numbers_are_logarithms():
    films, kernel = drawn(PLANTED, 20, 6), kernel_of(np.log([0.1, 1.2, 0.5, 0.5, 2.0, 0.6]), 2)
    assert (kernel.constant, kernel.same_kind, kernel.noise) == pytest.approx((0.1, 0.6, 1))
    assert kernel.weights == pytest.approx([1.2, 0.5])
    assert kernel.lengths == pytest.approx([0.5, 2.0])
    means = films.left_out(kernel)[:, 0]
    error = squared_error(np.log([0.1, 1.2, 0.5, 0.5, 2.0, 0.6]), films)[0]
    assert error == pytest.approx(((films.residual - means[films.order]) ** 2).mean())


def test_it_predicts_as_well_as_what_films_were_drawn_from_and_has_its_scale():
    films = drawn(PLANTED, 400, 8)
    tuned = tuned_kernel(films)

    def error(kernel: NearKernel) -> float:
        return float(((films.residual - films.left_out(kernel)[films.order, 0]) ** 2).mean())

    assert error(tuned) <= error(PLANTED)
    assert error(PLANTED) < 0.8 * (films.residual**2).mean()
    assert tuned.variance == pytest.approx(PLANTED.variance, rel=0.15)
    assert tuned.noise == pytest.approx(PLANTED.noise, abs=0.2)


def test_scaled_residuals_have_the_same_kernel_scaled():
    films = drawn(PLANTED, 50, 6)
    larger, own = tuned_kernel(LabelFilms(**{**vars(films), "residual": 10 * films.residual})), tuned_kernel(films)
    assert larger.lengths == pytest.approx(own.lengths, rel=0.05)
    assert larger.variance == pytest.approx(100 * own.variance, rel=0.05)


def test_kinds_that_are_all_the_same_have_no_share():
    films = drawn(PLANTED, 20, 6)
    assert tuned_kernel(LabelFilms(**{**vars(films), "kind": films.kind * 0})).same_kind == 0


def test_films_that_are_all_as_expected_leave_a_kernel_that_can_be_used():
    films = drawn(PLANTED, 5, 3)
    flat = LabelFilms(**{**vars(films), "residual": films.residual * 0})
    records = flat.left_out(tuned_kernel(flat))
    assert (records[:, 0] == 0).all()
    assert (records[:, 1] > 0).all()
