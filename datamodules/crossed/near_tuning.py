"""Tuning of the kernel of near records by the squared leave-one-out error of the training films."""

import numpy as np
from scipy.optimize import minimize

from greenlight_films.datamodules.crossed.near_records import LabelFilms, NearKernel

MOST_STEPS = 40
BOUNDS = (-7.0, 5.0)
"""Of the logarithm of each number."""


def tuned_kernel(films: LabelFilms) -> NearKernel:
    """Return the kernel of the least squared leave-one-out error, scaled to fit that error.

    The error is the same for any multiple of a kernel: that one is returned by which squared errors are their variances
    on average (Sundararajan and Keerthi 2001, doi:10.1162/08997660151134343).
    """
    n_coordinates = films.coordinates.shape[1]
    n_numbers = 1 + 2 * n_coordinates + (len(np.unique(films.kind)) > 1)
    start = np.full(n_numbers, -1.0)
    start[1 + n_coordinates : 1 + 2 * n_coordinates] = 0
    best = minimize(
        squared_error,
        start,
        args=(films,),
        jac=True,
        method="L-BFGS-B",
        bounds=[BOUNDS] * n_numbers,
        options={"maxiter": MOST_STEPS, "ftol": 1e-5},
    )
    kernel = kernel_of(best.x, n_coordinates)
    records = films.left_out(kernel)
    residual = np.empty(len(records))
    residual[films.order] = films.residual
    scale = float(((residual - records[:, 0]) ** 2 / records[:, 1]).sum()) / max(len(residual), 1)
    scale = scale or 1.0  # without films, or where they are all as expected
    return NearKernel(
        kernel.constant * scale, kernel.weights * scale, kernel.lengths, kernel.same_kind * scale, kernel.noise * scale
    )


def kernel_of(numbers: np.ndarray, n_coordinates: int) -> NearKernel:
    """Return the kernel of noise 1 with these logarithms: of constant, weights, lengths and, if given, same kind."""
    constant, *rest = np.exp(numbers)
    weights, lengths, same = np.split(np.array(rest), (n_coordinates, 2 * n_coordinates))
    return NearKernel(float(constant), weights, lengths, float(same.sum()), 1.0)


def squared_error(numbers: np.ndarray, films: LabelFilms) -> tuple[float, np.ndarray]:
    """Return the mean squared leave-one-out error and its gradient by `numbers`, those of `kernel_of`, (n_numbers,)."""
    kernel = kernel_of(numbers, films.coordinates.shape[1])
    error, gradient = 0.0, np.zeros(len(numbers))
    for members in films.members():
        if members.shape[1] == 1:  # nothing to learn from
            error += float((films.residual[members] ** 2).sum())
            continue
        precision = films.precision(kernel, members)
        own = films.own_covariance(precision, members)
        pull = precision @ films.residual[members][..., None]
        left = own @ pull
        error += float((left**2).sum())
        back = own @ left
        by_covariance = precision @ ((own != 0) * (back * left.swapaxes(1, 2))) @ precision
        by_covariance -= (precision @ back) * pull.swapaxes(1, 2)
        gradient += 2 * _by_numbers(kernel, by_covariance, *films.pairs(members))[: len(numbers)]
    n_present = max(len(films.label), 1)
    return error / n_present, gradient / n_present


def _by_numbers(kernel: NearKernel, by_covariance: np.ndarray, distances: np.ndarray, same: np.ndarray) -> np.ndarray:
    """Return the gradient by the logarithms of constant, weights, lengths and same kind."""
    near = np.exp(-distances / kernel.lengths) * by_covariance[..., None]
    of_kind = kernel.same_kind * same * near[..., 0]
    axes = (0, 1, 2)
    weights = kernel.weights * near.sum(axis=axes)
    lengths = kernel.weights * (near * distances).sum(axis=axes) / kernel.lengths
    lengths[0] += (of_kind * distances[..., 0]).sum() / kernel.lengths[0]
    return np.concatenate(([kernel.constant * by_covariance.sum()], weights, lengths, [of_kind.sum()]))
