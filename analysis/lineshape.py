"""Line shapes: the probability that an event of known mean, variance and skew falls into a bin.

Every shape is a continuous density, evaluated at the bin centre and multiplied by the bin's width. For a
spectrum on the grid of the raw counts that is exact: the density summed over the grid has its own moments.
For bins of a continuous quantity the width of the bin is part of the variance (Sheppard's correction), exact
to 1e-6 for standard deviations above 8 bins. All shapes return their derivatives: the gradient is analytic.
"""

import math
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from sim.core.errors import PhysicsError
from sim.core.jit import njit, njit_inline

Floats = NDArray[np.float64]

_HALF_LOG_2PI = 0.5 * math.log(2.0 * math.pi)
_SMALLEST_SKEW = 1e-3  # below it the shape is a Gaussian to 1e-4 and the scale would underflow


class Shape(IntEnum):
    """Family of the line shape."""

    CUMULANT = 0  # Poisson, scaled and shifted to three given cumulants
    GENERALISED_GAMMA = 1  # Smirnov 2007 [SMIRNOV07]; its skew follows from mean and variance
    GAUSSIAN = 2


@njit_inline
def _log_gamma_and_slope(z: float) -> tuple[float, float]:
    """Return ln Gamma(z) and its derivative for z > 0, to 1e-10: Stirling above 8, recurrence below."""
    shift = 0.0
    slope = 0.0
    while z < 8.0:
        shift -= math.log(z)
        slope -= 1.0 / z
        z += 1.0
    log_z = math.log(z)
    inverse = 1.0 / z
    square = inverse * inverse
    value = (z - 0.5) * log_z - z + _HALF_LOG_2PI
    value += inverse * (1.0 / 12.0 - square * (1.0 / 360.0 - square * (1.0 / 1260.0 - square / 1680.0)))
    slope += log_z - 0.5 * inverse
    slope -= square * (1.0 / 12.0 - square * (1.0 / 120.0 - square * (1.0 / 252.0 - square / 240.0)))
    return value + shift, slope


@njit_inline
def _cumulant(x: float, mean: float, variance: float, third: float) -> tuple[float, float, float, float]:
    scale = third / variance  # a hit counts for `scale`, the number of hits is Poisson with mean `lam`
    lam = variance / (scale * scale)
    y = (x - mean) / scale + lam
    if y <= -0.5:
        return 0.0, 0.0, 0.0, 0.0
    log_gamma, digamma = _log_gamma_and_slope(y + 1.0)
    log_lam = math.log(lam)
    density = math.exp(-lam + y * log_lam - log_gamma) / scale
    by_lam = y / lam - 1.0
    by_y = log_lam - digamma
    # (scale, lam, y) as functions of (mean, variance, third)
    by_y_and_lam = by_lam + by_y
    by_scale = -2.0 * lam / scale * by_y_and_lam - (x - mean) / (scale * scale) * by_y - 1.0 / scale
    by_variance = by_y_and_lam / (scale * scale) - by_scale * scale / variance
    return density, -density * by_y / scale, density * by_variance, density * by_scale / variance


@njit_inline
def _generalised_gamma(x: float, mean: float, variance: float) -> tuple[float, float, float, float]:
    if x <= 0.0:
        return 0.0, 0.0, 0.0, 0.0
    m2 = mean * mean + variance
    # variance of x^2 for three Poisson-like cumulants and a Gaussian fourth
    spread = (
        variance * variance * (2.0 + 3.0 / mean)
        + 4.0 * mean * mean * (variance - 2.0)
        + 2.0 * mean * (6.0 * variance - 1.0)
    )
    alpha = m2 * m2 / spread
    spread_by_mean = (
        -3.0 * variance * variance / (mean * mean)
        + 8.0 * mean * (variance - 2.0)
        + 2.0 * (6.0 * variance - 1.0)
    )
    spread_by_variance = 2.0 * variance * (2.0 + 3.0 / mean) + 4.0 * mean * mean + 12.0 * mean
    log_gamma, digamma = _log_gamma_and_slope(alpha)
    ratio = x * x / m2
    log_alpha_ratio = math.log(alpha * ratio)
    density = 2.0 * math.exp(alpha * log_alpha_ratio - alpha * ratio - log_gamma) / x
    by_alpha = log_alpha_ratio + 1.0 - ratio - digamma
    by_m2 = alpha * (ratio - 1.0) / m2
    alpha_by_m2 = 2.0 * m2 / spread
    by_mean = 2.0 * mean * (by_m2 + by_alpha * alpha_by_m2) - by_alpha * alpha / spread * spread_by_mean
    by_variance = by_m2 + by_alpha * alpha_by_m2 - by_alpha * alpha / spread * spread_by_variance
    return density, density * by_mean, density * by_variance, 0.0


@njit_inline
def _gaussian(x: float, mean: float, variance: float) -> tuple[float, float, float, float]:
    pull = (x - mean) / variance
    density = math.exp(-0.5 * pull * (x - mean)) / math.sqrt(2.0 * math.pi * variance)
    return density, density * pull, 0.5 * density * (pull * pull - 1.0 / variance), 0.0


@njit
def line_shape(
    shape: int, x: float, mean: float, variance: float, third: float
) -> tuple[float, float, float, float]:
    """Return the density at x and its derivatives by mean, variance and third cumulant."""
    if shape == Shape.GENERALISED_GAMMA:
        return _generalised_gamma(x, mean, variance)
    if shape == Shape.GAUSSIAN or third < _SMALLEST_SKEW * variance * math.sqrt(variance):
        return _gaussian(x, mean, variance)
    return _cumulant(x, mean, variance, third)


@njit
def fill_row(shape: int, first: float, step: float, moments: tuple[float, float, float], row: Floats) -> None:
    """Fill ``row`` (4, n_bins): contents of the bins at first + k step, and their derivatives."""
    mean, variance, third = moments
    for k in range(row.shape[1]):
        a, b, c, d = line_shape(shape, first + k * step, mean, variance, third)
        row[0, k] = step * a
        row[1, k] = step * b
        row[2, k] = step * c
        row[3, k] = step * d


@njit
def _many(shape: int, x: Floats, mean: float, variance: float, third: float, out: Floats) -> None:
    for i in range(x.size):
        a, b, c, d = line_shape(shape, x[i], mean, variance, third)
        out[0, i], out[1, i], out[2, i], out[3, i] = a, b, c, d


def evaluate_line_shape(shape: Shape, x: Floats, mean: float, variance: float, third: float = 0.0) -> Floats:
    """Density of a line shape and its derivatives.

    Parameters
    ----------
    shape : family.
    x : estimator values, float (n,).
    mean, variance, third : the first three cumulants; ``third`` matters for ``CUMULANT`` only.

    Returns
    -------
    float (4, n): density, then its derivatives by mean, variance and third cumulant.

    Raises
    ------
    PhysicsError
        Mean or variance not positive, third cumulant negative.
    """
    if not (mean > 0.0 and variance > 0.0 and third >= 0.0):
        msg = f"mean {mean}, variance {variance}, third cumulant {third}: expected > 0, > 0, >= 0"
        raise PhysicsError(msg)
    values = np.asarray(x, dtype=np.float64)
    out = np.empty((4, values.size))
    _many(int(shape), values, mean, variance, third, out)
    return out
