"""Electronic stopping power of the scintillator (pseudocumene C9H12) for electrons, positrons, alphas.

Electrons and positrons: Bethe formula with the exact Moller and Bhabha terms, collisions only, no density
effect [ROHRLICH54]. Below ``_SLOW_MEV`` it fails, and the stopping power is taken proportional to the
velocity. Alphas: five-parameter fits of [ZIEGLER77] to solid hydrogen and carbon, added by Bragg's rule;
good from 1 keV to 10 MeV.
"""

import math

from sim.core.constants import (
    AVOGADRO,
    CLASSICAL_ELECTRON_RADIUS_CM,
    ELECTRON_MASS_MEV,
    SCINTILLATOR_DENSITY_G_CM3,
)
from sim.core.jit import njit

MEAN_EXCITATION_MEV = 60.4e-6  # pseudocumene, [BX-G4]
ELECTRONS_PER_GRAM = 0.55 * AVOGADRO  # Z/A, [BX-G4]
MOLECULES_PER_GRAM = AVOGADRO / 120.192  # C9H12, g/mol

_SLOW_MEV = 0.6e-3  # about ten times the mean excitation energy
_SCALE_MEV_CM = (
    2.0
    * math.pi
    * CLASSICAL_ELECTRON_RADIUS_CM**2
    * ELECTRON_MASS_MEV
    * ELECTRONS_PER_GRAM
    * SCINTILLATOR_DENSITY_G_CM3
)
_ALPHA_SCALE_MEV_CM = 1e-21 * MOLECULES_PER_GRAM * SCINTILLATOR_DENSITY_G_CM3  # from eV per 1e15 atoms/cm2
_LN2 = math.log(2.0)


@njit
def _bethe(energy_mev: float, positron: bool) -> float:
    tau = energy_mev / ELECTRON_MASS_MEV
    gamma2 = (tau + 1.0) ** 2
    beta2 = tau * (tau + 2.0) / gamma2
    if positron:
        k = 1.0 / (tau + 2.0)
        term = 2.0 * _LN2 - beta2 / 12.0 * (23.0 + k * (14.0 + k * (10.0 + 4.0 * k)))
    else:
        term = 1.0 - beta2 + (tau * tau / 8.0 - (2.0 * tau + 1.0) * _LN2) / gamma2
    ratio = energy_mev / MEAN_EXCITATION_MEV
    return _SCALE_MEV_CM / beta2 * (math.log(0.5 * ratio * ratio * (tau + 2.0)) + term)


@njit
def electron_stopping(energy_mev: float, positron: bool) -> float:
    """Return the collision stopping power [MeV/cm] of an electron or positron of kinetic energy > 0."""
    if energy_mev < _SLOW_MEV:
        return _bethe(_SLOW_MEV, positron) * math.sqrt(energy_mev / _SLOW_MEV)
    return _bethe(energy_mev, positron)


@njit
def _helium_fit(energy_mev: float, a1: float, a2: float, a3: float, a4: float, a5: float) -> float:
    low = a1 * math.pow(1e3 * energy_mev, a2)
    high = a3 / energy_mev * math.log(1.0 + a4 / energy_mev + a5 * energy_mev)
    return low * high / (low + high)


@njit
def alpha_stopping(energy_mev: float) -> float:
    """Return the electronic stopping power [MeV/cm] of an alpha particle of kinetic energy 0 to 10 MeV."""
    slow = 1.0
    if energy_mev < 1e-3:
        slow = math.sqrt(energy_mev / 1e-3)
        energy_mev = 1e-3
    hydrogen = _helium_fit(energy_mev, 0.9661, 0.4126, 6.92, 8.831, 2.582)
    carbon = _helium_fit(energy_mev, 4.232, 0.3877, 22.99, 35.0, 7.993)
    return _ALPHA_SCALE_MEV_CM * slow * (12.0 * hydrogen + 9.0 * carbon)
