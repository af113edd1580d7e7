"""From visible energy to an estimator: mean, variance and skew, and their derivatives.

``mean = offset + LY E (1 - c E - c2 E^2)``; with m = mean - offset, ``variance = a m + v m^2 + floor``. The
light yield of single events varies with position and time, with relative variance v (b^2 of the literature);
with its skewness g the third cumulant of a Poisson-like number of hits that count for a each is
``f (a^2 m + 3 a v m^2 + a floor) + g v^(3/2) m^3``; f is 1 for a compound Poisson, less with dead time.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from analysis.config import Estimator
from sim.core.errors import TableError
from sim.core.jit import njit_inline
from sim.core.tables import Table, load_table

Floats = NDArray[np.float64]


class Response(NamedTuple):
    """Constants of one estimator; light yield, a, v, skew and the 210Po peak are where a fit starts."""

    light_yield: float
    curvature: float
    curvature_2: float
    offset: float
    resolution_a: float
    yield_variance: float
    floor_variance: float
    skew_factor: float
    gain_skew: float
    po210_peak: float
    po210_width: float


class Moments(NamedTuple):
    """Mean, variance and third cumulant at one visible energy, and what the gradient needs."""

    mean: float
    variance: float
    third: float
    mean_by_yield: float
    mean_by_energy: float
    mean_by_energy_2: float
    variance_by_mean: float
    third_by_mean: float


@njit_inline
def electron_moments(
    r: Response, light_yield: float, a: float, v: float, skew: float, energy_mev: float
) -> Moments:
    """Return the moments of an electron-like event of that visible energy."""
    shape = energy_mev * (1.0 - energy_mev * (r.curvature + r.curvature_2 * energy_mev))
    slope = 1.0 - energy_mev * (2.0 * r.curvature + 3.0 * r.curvature_2 * energy_mev)
    m = light_yield * shape
    skewed = skew * v * math.sqrt(v) if v > 0.0 else 0.0
    return Moments(
        r.offset + m,
        m * (a + v * m) + r.floor_variance,
        r.skew_factor * (m * (a * a + 3.0 * a * v * m) + a * r.floor_variance) + skewed * m * m * m,
        shape,
        light_yield * slope,
        -light_yield * (2.0 * r.curvature + 6.0 * r.curvature_2 * energy_mev),
        a + 2.0 * v * m,
        r.skew_factor * a * (a + 6.0 * v * m) + 3.0 * skewed * m * m,
    )


def _number(table: Table, column: str, row: int) -> float:
    return float(table.numbers(column)[row])


def load_response(name: str, estimator: Estimator) -> Response:
    """Return the constants of an estimator from the table ``response_<name>``.

    Raises
    ------
    TableError
        No such table, or the estimator is not in it.
    """
    table = load_table(f"response_{name}")
    estimators = list(table.text("estimator"))
    if estimator not in estimators:
        msg = f"{table.name}: no row for the estimator {estimator!r}, it holds: {', '.join(estimators)}"
        raise TableError(msg)
    row = estimators.index(estimator)
    return Response(*(_number(table, column, row) for column in Response._fields))


def electron_mean(response: Response, light_yield: float, visible_mev: Floats) -> Floats:
    """Return the mean estimator of electron-like events, float (n,), at visible energies in MeV."""
    curve = 1.0 - visible_mev * (response.curvature + response.curvature_2 * visible_mev)
    return response.offset + light_yield * visible_mev * curve
