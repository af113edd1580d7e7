"""Pair production by gammas in the field of a nucleus, and its share in the scintillator.

Born approximation without screening, summed over the pair's energies and angles: the two series of
[MAXIMON68] (coefficients from memory: unverified; they meet at 2.04 MeV to 2e-4). Pairs in the field of an
electron, from 2.04 MeV on, are left out: 2 % of the pairs in carbon at 3 MeV, 6 % at 5 MeV (unverified).
"""

import math

from sim.core.constants import ALPHA_EM, CLASSICAL_ELECTRON_RADIUS_CM, ELECTRON_MASS_MEV
from sim.core.jit import njit
from sim.physics.stopping import MOLECULES_PER_GRAM

PAIR_THRESHOLD_MEV = 2.0 * ELECTRON_MASS_MEV

_UNIT_CM2 = ALPHA_EM * CLASSICAL_ELECTRON_RADIUS_CM**2
_ZETA3 = 1.2020569031595942
_CHARGES_SQUARED = 9.0 * 36.0 + 12.0 * 1.0  # sum of Z^2 over a molecule C9H12


@njit
def pair_cross_section(energy_mev: float) -> float:
    """Return the cross section [cm^2] of a nucleus over its Z^2; 0 below the threshold."""
    k = energy_mev / ELECTRON_MASS_MEV
    if k <= 2.0:
        return 0.0
    if k < 4.0:
        e = (2.0 * k - 4.0) / (2.0 + k + 2.0 * math.sqrt(2.0 * k))
        series = 1.0 + e * (0.5 + e * (23.0 / 40.0 + e * (11.0 / 60.0 + e * (29.0 / 960.0))))
        return _UNIT_CM2 * 2.0 * math.pi / 3.0 * ((k - 2.0) / k) ** 3 * series
    x = math.log(2.0 * k)
    q = 4.0 / (k * k)
    second = (
        6.0 * x - 3.5 + x * (x * (2.0 / 3.0 * x - 1.0) - math.pi**2 / 3.0) + 2.0 * _ZETA3 + math.pi**2 / 6.0
    )
    fourth = 3.0 / 16.0 * x + 1.0 / 8.0
    sixth = 29.0 / 2304.0 * x - 77.0 / 13824.0
    return _UNIT_CM2 * (28.0 / 9.0 * x - 218.0 / 27.0 + q * (second - q * (fourth + q * sixth)))


@njit
def pair_attenuation(energy_mev: float) -> float:
    """Return the pair-production part of the mass attenuation coefficient of the scintillator [cm^2/g]."""
    return MOLECULES_PER_GRAM * _CHARGES_SQUARED * pair_cross_section(energy_mev)
