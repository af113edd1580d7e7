"""Gammas in the scintillator: Klein-Nishina scattering [KN29], photoelectric absorption, pairs.

Every kernel is a plain function of its arguments and of uniform numbers given by the caller. Coherent
scattering moves no energy and is left out. One interaction in 115 makes a pair at 2.2 MeV, one in 16 at
5 MeV.
"""

import math
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.core.constants import CLASSICAL_ELECTRON_RADIUS_CM, ELECTRON_MASS_MEV
from sim.core.jit import njit, njit_inline
from sim.physics.pair_production import pair_attenuation
from sim.physics.stopping import ELECTRONS_PER_GRAM

# Carbon, cm2/g: power law through the tabulated 10 to 100 keV values, good to 5 % [XCOM], unverified
_PHOTO_10KEV_CM2_G = 2.01
_PHOTO_POWER = -3.30
_CARBON_FRACTION = 0.8994  # by weight in C9H12; hydrogen's share of the absorption is negligible

_LOWEST_MEV, _HIGHEST_MEV = 1e-3, 30.0
_CELLS = 2000


class Attenuation(NamedTuple):
    """Mass attenuation [cm^2/g] and the shares of it, on a grid uniform in ln E, (n,) each."""

    log_lowest: float
    inverse_step: float
    total: NDArray[np.float64]
    absorbed: NDArray[np.float64]  # photoelectric
    paired: NDArray[np.float64]


@njit
def _primitive(fraction: float, k: float) -> float:
    """Integral of 1/e + e - sin^2(theta) over e = E'/E, up to a constant; k = E/m."""
    a = 1.0 / k
    return (
        (1.0 - 2.0 * a - 2.0 * a * a) * math.log(fraction)
        + 0.5 * fraction * fraction
        + (2.0 * a + a * a) * fraction
        - a * a / fraction
    )


@njit
def klein_nishina(energy_mev: float) -> float:
    """Return the total Compton cross section [cm^2] per electron."""
    k = energy_mev / ELECTRON_MASS_MEV
    if k < 2e-3:
        thomson = 8.0 * math.pi / 3.0 * CLASSICAL_ELECTRON_RADIUS_CM**2
        return thomson * (1.0 - k * (2.0 - 5.2 * k))
    lowest = 1.0 / (1.0 + 2.0 * k)
    area = _primitive(1.0, k) - _primitive(lowest, k)
    return math.pi * CLASSICAL_ELECTRON_RADIUS_CM**2 / k * area


@njit
def scattered_fraction(energy_mev: float, uniform: float) -> float:
    """Invert the Klein-Nishina distribution: E'/E at which its cumulative (from below) equals ``uniform``.

    Newton's method inside a shrinking bracket; converges to rounding in about five steps.
    """
    k = energy_mev / ELECTRON_MASS_MEV
    low = 1.0 / (1.0 + 2.0 * k)
    high = 1.0
    if k < 2e-3:  # Thomson limit: 3/8 (1 + cos^2) in cos(theta), solved in closed form
        q = 4.0 * uniform - 2.0
        root = math.pow(q + math.sqrt(1.0 + q * q), 1.0 / 3.0)
        cosine = root - 1.0 / root
        return 1.0 / (1.0 + k * (1.0 - cosine))
    start = _primitive(low, k)
    target = start + uniform * (_primitive(1.0, k) - start)
    fraction = low + uniform * (high - low)
    for _ in range(60):
        excess = _primitive(fraction, k) - target
        if excess > 0.0:
            high = fraction
        else:
            low = fraction
        t = (1.0 / fraction - 1.0) / k
        step = excess / (1.0 / fraction + fraction - t * (2.0 - t))
        following = fraction - step
        if not low < following < high:
            following = 0.5 * (low + high)
        if abs(following - fraction) <= 1e-14 * fraction:
            return following
        fraction = following
    return fraction


@njit
def compton_electron(energy_mev: float, uniform: float) -> tuple[float, float]:
    """Return (kinetic energy of the electron [MeV], cosine of the gamma's scattering angle)."""
    fraction = scattered_fraction(energy_mev, uniform)
    cosine = 1.0 - (1.0 / fraction - 1.0) * ELECTRON_MASS_MEV / energy_mev
    return energy_mev * (1.0 - fraction), min(max(cosine, -1.0), 1.0)


@njit
def compton_attenuation(energy_mev: float) -> float:
    """Return the Compton part of the mass attenuation coefficient of the scintillator [cm^2/g]."""
    return ELECTRONS_PER_GRAM * klein_nishina(energy_mev)


@njit
def photoelectric_attenuation(energy_mev: float) -> float:
    """Return the photoelectric part of the mass attenuation coefficient of the scintillator [cm^2/g]."""
    return _CARBON_FRACTION * _PHOTO_10KEV_CM2_G * math.pow(energy_mev / 0.01, _PHOTO_POWER)


@njit
def interaction_shares(energy_mev: float) -> tuple[float, float]:
    """Return the probabilities that the next interaction of a gamma absorbs it, or makes a pair of it."""
    photoelectric = photoelectric_attenuation(energy_mev)
    pair = pair_attenuation(energy_mev)
    total = photoelectric + pair + compton_attenuation(energy_mev)
    return photoelectric / total, pair / total


def tabulate(
    compton: Callable[[float], float],
    photoelectric: Callable[[float], float],
    pair: Callable[[float], float],
) -> Attenuation:
    """Tabulate the attenuation of a medium from its three parts in cm^2/g, from 1 keV to 30 MeV."""
    step = math.log(_HIGHEST_MEV / _LOWEST_MEV) / _CELLS
    energy = _LOWEST_MEV * np.exp(step * np.arange(_CELLS + 1))
    parts = np.array([[part(e) for e in energy] for part in (compton, photoelectric, pair)])
    total = parts.sum(axis=0)
    return Attenuation(math.log(_LOWEST_MEV), 1.0 / step, total, parts[1] / total, parts[2] / total)


@lru_cache(maxsize=1)
def attenuation_table() -> Attenuation:
    """Tabulate the attenuation of the scintillator; linear between, error below 1e-4, tested."""
    return tabulate(compton_attenuation, photoelectric_attenuation, pair_attenuation)


@njit_inline
def attenuation(table: Attenuation, energy_mev: float) -> tuple[float, float, float]:
    """Return mass attenuation [cm^2/g], photoelectric and pair share; off the grid as at its ends."""
    last = table.total.size - 1
    position = (math.log(energy_mev) - table.log_lowest) * table.inverse_step
    position = min(max(position, 0.0), float(last))
    i = min(int(position), last - 1)
    t = position - i
    return (
        table.total[i] + t * (table.total[i + 1] - table.total[i]),
        table.absorbed[i] + t * (table.absorbed[i + 1] - table.absorbed[i]),
        table.paired[i] + t * (table.paired[i + 1] - table.paired[i]),
    )
