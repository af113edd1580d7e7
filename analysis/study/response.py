"""The response of a changed detector: the fit's response, moved by what the calibration events show.

Means and variances after a change, less what the form of ``analysis.response`` missed before it, are fitted
with that form. So the same response comes back if nothing changes, and only paired differences enter.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from analysis.response import Response, electron_mean

Floats = NDArray[np.float64]

_MODEL_ERROR = 1e-4  # relative, of the form; keeps points of tiny error from carrying all weight


class Points(NamedTuple):
    """Mean and variance of electrons at some energies, all (n,); alphas: ratio of mean and width.

    Attributes
    ----------
    visible0_mev, visible1_mev : before and after.
    mean0, mean1, variance0, variance1 : of the estimator.
    mean_error, variance_error : of the differences.
    """

    visible0_mev: Floats
    visible1_mev: Floats
    mean0: Floats
    mean1: Floats
    variance0: Floats
    variance1: Floats
    mean_error: Floats
    variance_error: Floats
    alpha_mean: float
    alpha_width: float


def variance(response: Response, mean: Floats) -> Floats:
    """Return the variance at means of the estimator, float (n,)."""
    m = mean - response.offset
    return np.asarray(m * (response.resolution_a + response.yield_variance * m) + response.floor_variance)


def _mean_form(response: Response, energy: Floats, target: Floats, error: Floats) -> Response:
    design = np.stack([np.ones_like(energy), energy, energy**2, energy**3], axis=1)
    offset, slope, square, cube = np.linalg.lstsq(design / error[:, None], target / error, rcond=None)[0]
    return response._replace(
        offset=float(offset),
        light_yield=float(slope),
        curvature=float(-square / slope),
        curvature_2=float(-cube / slope),
    )


def _variance_form(response: Response, mean: Floats, target: Floats, error: Floats) -> Response:
    m = mean - response.offset
    design = np.stack([m, m**2], axis=1) / error[:, None]
    scaled = (target - response.floor_variance) / error
    a, v = np.linalg.lstsq(design, scaled, rcond=None)[0]
    if v < 0.0:
        a, v = float(design[:, 0] @ scaled / (design[:, 0] @ design[:, 0])), 0.0
    return response._replace(resolution_a=float(a), yield_variance=float(v))


def shifted_response(base: Response, points: Points, step: tuple[float, float] = (1.0, 1.0)) -> Response:
    """Return the response after a change.

    Parameters
    ----------
    base : before.
    points : at least 5 energies.
    step : what a raw count stands for, before and after: dark hits fluctuate by themselves.
    """
    expected = electron_mean(base, base.light_yield, points.visible0_mev)
    target = points.mean1 - (points.mean0 - expected)
    error = np.hypot(points.mean_error, _MODEL_ERROR * points.mean1)
    response = _mean_form(base, points.visible1_mev, target, error)
    dark = max(response.offset, 0.0) * step[1] - max(base.offset, 0.0) * step[0]
    response = response._replace(floor_variance=max(base.floor_variance + dark, 0.0))
    spread = points.variance1 - (points.variance0 - variance(base, expected))
    spread_error = np.hypot(points.variance_error, 10.0 * _MODEL_ERROR * points.variance1)
    response = _variance_form(response, target, spread, spread_error)
    return response._replace(
        po210_peak=base.po210_peak * points.alpha_mean, po210_width=base.po210_width * points.alpha_width
    )
