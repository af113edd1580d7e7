"""Charge of single photoelectrons, above and below the discriminator threshold."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from sim.core.jit import njit_inline
from sim.core.rng import single
from sim.detector.config import ChargeConfig

Floats = NDArray[np.float64]
CHARGE_STEPS = 64  # steps of the charge converter in one p.e.; charges are multiples of 1/64
_BINS = 1024
_MAX_PE = 12.0
_STEPS, _HALF = np.float32(_BINS), np.float32(0.5)


class Charge(NamedTuple):
    """Inverse distribution functions in converter steps, float32 (_BINS + 1,)."""

    above: NDArray[np.float32]
    below: NDArray[np.float32]
    below_fraction: float  # of all photoelectrons


@njit_inline
def charge_steps(word: np.uint32, table: NDArray[np.float32]) -> int:
    """Turn the upper 24 bits of a random word into a charge in converter steps, rounded."""
    place = single(word) * _STEPS
    i = np.uint64(place)
    begin = table[i]
    return int(begin + (place - np.float32(i)) * (table[i + np.uint64(1)] - begin) + _HALF)


def charge_distribution(config: ChargeConfig, charge_pe: Floats) -> Floats:
    """Return the distribution function of the charge of a photoelectron, shape of ``charge_pe``."""
    peak, sigma = config.peak_pe, config.sigma_pe
    missing = ndtr(-peak / sigma)
    gauss = (ndtr((charge_pe - peak) / sigma) - missing) / (1.0 - missing)
    slow = -np.expm1(-charge_pe / config.exponential_pe)
    w = config.exponential_fraction
    return np.asarray(np.where(charge_pe > 0, w * slow + (1.0 - w) * gauss, 0.0))


def build_charge(config: ChargeConfig) -> Charge:
    """Make the tables: one above, one below the threshold."""
    grid = np.linspace(0.0, _MAX_PE, 24001)
    cdf = charge_distribution(config, grid)
    cdf /= cdf[-1]
    if not config.enabled:
        mean = float(np.trapezoid(1.0 - cdf, grid)) * CHARGE_STEPS
        flat = np.full(_BINS + 1, mean, np.float32)
        return Charge(flat, flat, 0.0)
    below = float(np.interp(config.threshold_pe, grid, cdf))
    u = np.arange(_BINS + 1) / _BINS
    rising = np.concatenate([[True], np.diff(cdf) > 1e-14])
    levels, values = cdf[rising], grid[rising] * CHARGE_STEPS
    return Charge(
        np.interp(below + u * (1.0 - below), levels, values).astype(np.float32),
        np.interp(u * below, levels, values).astype(np.float32),
        below,
    )
