"""Beta spectra of the internal backgrounds 14C, 85Kr, 210Bi (electrons) and 11C (positrons).

``dN/dT = p W (Q - T)^2 F(Z, W) L0(Z, W) C(W)``: relativistic Fermi function of a point charge, finite-size
correction L0 of [WILKINSON90], shape factor C. No screening: Rose's recipe would change the spectra by less
than 2 % above 20 keV, less than the measured shape factors are known, and has no meaning below 10 keV.
85Kr: the 0.43 % branch to the 514 keV level is left out.
"""

import math
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.core.constants import ALPHA_EM, ELECTRON_MASS_MEV
from sim.core.errors import PhysicsError
from sim.core.jit import njit
from sim.physics.config import BackgroundsConfig
from sim.physics.fermi import allowed_shape, log_abs_gamma, nuclear_radius_me
from sim.physics.spectra import Spectrum

Floats = NDArray[np.float64]

_GRID = 2001


class BetaDecay(NamedTuple):
    """Endpoint (greatest kinetic energy), charge of the daughter (negative for positrons), mass number."""

    endpoint_mev: float
    z_daughter: int
    mass_number: int


DECAYS = {
    "14C": BetaDecay(0.156475, 7, 14),  # [BX-G4], AME
    "85Kr": BetaDecay(0.687, 37, 85),  # first-forbidden unique
    "210Bi": BetaDecay(1.1621, 84, 210),  # [BX-G4]
    "11C": BetaDecay(0.960, -5, 11),  # positron
}


@njit
def finite_size(z: float, total_energy_me: float, radius_me: float) -> float:
    """Return L0, the correction of a point-charge Fermi function for a charge of radius R [WILKINSON90]."""
    az = ALPHA_EM * z
    gamma = math.sqrt(1.0 - az * az)
    slope = az * radius_me / (15.0 * (2.0 * gamma - 1.0))
    return (
        1.0
        + 13.0 / 60.0 * az * az
        - slope * total_energy_me * (41.0 - 26.0 * gamma)
        - 0.5 * slope * gamma * (17.0 - 2.0 * gamma) / total_energy_me
    )


@njit
def unique_forbidden(z: float, total_energy_me: float, endpoint_me: float, radius_me: float) -> float:
    """Return the first-forbidden unique shape factor q^2 + lambda_2 p^2 (unit m_e^2).

    lambda_2 is the ratio of the p_3/2 to the s_1/2 Coulomb functions at the nucleus; 1 for z = 0.
    """
    w = total_energy_me
    p2 = w * w - 1.0
    p = math.sqrt(p2)
    az = ALPHA_EM * z
    y = az * w / p
    g1 = math.sqrt(1.0 - az * az)
    g2 = math.sqrt(4.0 - az * az)
    log_ratio = (
        math.log(36.0 * 4.0)
        + (2.0 * (g2 - g1) - 2.0) * math.log(2.0 * p * radius_me)
        + 2.0 * (log_abs_gamma(g2, y) - math.lgamma(1.0 + 2.0 * g2))
        - 2.0 * (log_abs_gamma(g1, y) - math.lgamma(1.0 + 2.0 * g1))
    )
    lambda_2 = (2.0 + g2) / (2.0 * (1.0 + g1)) * math.exp(log_ratio)
    return (endpoint_me - w) ** 2 + lambda_2 * p2


@njit
def _shape(kinetic_mev: Floats, endpoint_mev: float, z: float, radius_me: float, unique: bool) -> Floats:
    out = np.empty(kinetic_mev.size)
    endpoint_me = 1.0 + endpoint_mev / ELECTRON_MASS_MEV
    for i in range(kinetic_mev.size):
        w = 1.0 + kinetic_mev[i] / ELECTRON_MASS_MEV
        out[i] = allowed_shape(z, w, endpoint_me, radius_me) * finite_size(z, w, radius_me)
        if unique and out[i] > 0.0:
            out[i] *= unique_forbidden(z, w, endpoint_me, radius_me)
    return out


def _shape_factor(isotope: str, kinetic_mev: Floats, backgrounds: BackgroundsConfig) -> Floats:
    if isotope == "14C":
        slope = backgrounds.c14_shape_per_mev
        return np.asarray(1.0 + slope * (DECAYS[isotope].endpoint_mev - kinetic_mev), dtype=np.float64)
    if isotope == "210Bi":
        a, b, c = backgrounds.bi210_shape
        w = 1.0 + kinetic_mev / ELECTRON_MASS_MEV
        return np.asarray(1.0 + a * w + b / w + c * w * w, dtype=np.float64)
    return np.ones_like(kinetic_mev)


def beta_density(isotope: str, kinetic_mev: Floats, backgrounds: BackgroundsConfig) -> Floats:
    """Unnormalised spectrum at given kinetic energies, float (n,); zero outside 0 < T < endpoint.

    Parameters
    ----------
    isotope : a key of ``DECAYS``.
    kinetic_mev : float (n,), electron or positron kinetic energies.
    backgrounds : the card section, for the shape factors.

    Raises
    ------
    PhysicsError
        Unknown isotope, or a shape factor that makes the spectrum negative.
    """
    if isotope not in DECAYS:
        msg = f"no beta spectrum of {isotope!r}, isotopes are {', '.join(DECAYS)}"
        raise PhysicsError(msg)
    decay = DECAYS[isotope]
    density = _shape(
        np.asarray(kinetic_mev, dtype=np.float64),
        decay.endpoint_mev,
        float(decay.z_daughter),
        nuclear_radius_me(decay.mass_number),
        isotope == "85Kr",
    ) * _shape_factor(isotope, kinetic_mev, backgrounds)
    if density.min(initial=0.0) < 0.0:
        msg = f"the shape factor of {isotope} makes its beta spectrum negative"
        raise PhysicsError(msg)
    return density


@lru_cache(maxsize=64)
def beta_spectrum(isotope: str, backgrounds: BackgroundsConfig) -> Spectrum:
    """Kinetic-energy spectrum of one isotope on a grid, trapezoid integral 1.

    The grid has ``_GRID`` points, denser at T = 0, where positron spectra rise steeply.

    Parameters
    ----------
    isotope : ``14C``, ``85Kr``, ``210Bi`` (electrons) or ``11C`` (positrons, without their gammas).
    backgrounds : the card section, for the shape factors.

    Raises
    ------
    PhysicsError
        As ``beta_density``.
    """
    if isotope not in DECAYS:
        msg = f"no beta spectrum of {isotope!r}, isotopes are {', '.join(DECAYS)}"
        raise PhysicsError(msg)
    ramp = np.linspace(0.0, 1.0, _GRID)
    kinetic = DECAYS[isotope].endpoint_mev * ramp**2 * (1.5 - 0.5 * ramp)
    density = beta_density(isotope, kinetic, backgrounds)
    if DECAYS[isotope].z_daughter > 0:  # p F(W) tends to a constant for electrons
        low = beta_density(isotope, kinetic[1:2] * np.array([1e-4]), backgrounds)
        density[0] = low[0]
    return Spectrum(kinetic, density / np.trapezoid(density, kinetic))
