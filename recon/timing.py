"""When hits come: the density of time residuals that the vertex fit maximises.

The density is the emission profile folded with the transit-time spread; a tube that saw k photons reports the
first of them, with density k f (1 - F)^(k-1). A flat share for dark and scattered light keeps late hits from
pulling.
"""

from typing import NamedTuple

import numpy as np

from recon.config import ReconConfig
from recon.hits import Floats
from sim.core.constants import SPEED_OF_LIGHT_M_NS
from sim.core.jit import njit_inline

_STEP_NS = 0.25  # of the table; Hermite cubics between: density to 1e-4 (6 photons) or 6e-3 (64)
_EARLY_NS = -15.0  # the table's first residual
_MOST_PHOTONS = 64  # tables of the first of 1, 2, ... photons; a near tube of a 16 MeV event sees as many


class Timing(NamedTuple):
    """What the kernel needs: log-density and slope on a grid of residuals, and the speed of light."""

    log_density: Floats  # float64 (photons - 1, grid, 2): value and slope per step
    slowness_ns_m: float
    window_ns: float
    median_ns: float  # of the residual of single photons


@njit_inline
def log_density_at(table: Floats, residual: float) -> tuple[float, float, float]:
    """Return the log-density at a residual, its first and second derivative per ns; constant off the grid."""
    n = table.shape[0]
    place = (residual - _EARLY_NS) / _STEP_NS
    if place <= 0.0:
        return table[0, 0], 0.0, 0.0
    if place >= n - 1.0:
        return table[n - 1, 0], 0.0, 0.0
    i = int(place)
    f = place - i
    low, low_slope = table[i, 0], table[i, 1]
    rise = table[i + 1, 0] - low
    # low + slope f + a f^2 + b f^3 with both values and both slopes met
    a = 3.0 * rise - 2.0 * low_slope - table[i + 1, 1]
    b = low_slope + table[i + 1, 1] - 2.0 * rise
    value = low + f * (low_slope + f * (a + f * b))
    slope = low_slope + f * (2.0 * a + 3.0 * b * f)
    curvature = 2.0 * a + 6.0 * b * f
    return value, slope / _STEP_NS, curvature / (_STEP_NS * _STEP_NS)


def residual_density(residual_ns: Floats, config: ReconConfig) -> tuple[Floats, Floats, Floats]:
    """Return density (1/ns), its slope (1/ns^2) and distribution function of single-photon residuals.

    Each emission component is an exponential folded with a Gaussian of ``time_spread_ns``.

    Parameters
    ----------
    residual_ns : float64 (n,).
    config : emission components and spread.
    """
    from scipy.special import log_ndtr, ndtr

    spread = config.time_spread_ns
    u = residual_ns / spread
    gauss = np.exp(-0.5 * u**2) / (np.sqrt(2.0 * np.pi) * spread)
    density, slope, below = np.zeros_like(u), np.zeros_like(u), ndtr(u)
    for weight, tau in zip(config.emission_weight, config.emission_tau_ns, strict=True):
        later = np.exp(0.5 * (spread / tau) ** 2 - residual_ns / tau + log_ndtr(u - spread / tau))
        density += weight * later / tau
        slope += weight * (gauss - later / tau) / tau
        below -= weight * later
    return density, slope, below


def timing_model(config: ReconConfig) -> Timing:
    """Tabulate the log-density of residuals for the first of 1, 2, ... photons, and what else a fit needs."""
    grid = np.arange(_EARLY_NS, config.vertex_window_ns + _STEP_NS, _STEP_NS)
    density, slope, below = residual_density(grid, config)
    left = np.maximum(1.0 - below, 0.0)
    share = 1.0 - config.vertex_background
    table = np.empty((_MOST_PHOTONS, len(grid), 2))
    for k in range(1, _MOST_PHOTONS + 1):
        first = k * density * left ** (k - 1)
        first_slope = k * slope * left ** (k - 1) - k * (k - 1) * density**2 * left ** max(k - 2, 0)
        mixed = share * first + config.vertex_background / config.vertex_window_ns
        table[k - 1, :, 0] = np.log(mixed)
        table[k - 1, :, 1] = share * first_slope / mixed * _STEP_NS
    median_ns = float(np.interp(0.5, below, grid))
    return Timing(table, config.refractive_index / SPEED_OF_LIGHT_M_NS, config.vertex_window_ns, median_ns)
