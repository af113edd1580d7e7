"""Neutrino-electron elastic scattering: weak cross section with radiative corrections [BKS95].

``dsigma/dT = (2 G_F^2 m/pi) {g_L^2 [1 + (alpha/pi) f_-] + g_R^2 (1-z)^2 [1 + (alpha/pi) f_+]
- g_L g_R (m/E) z [1 + (alpha/pi) f_+-]}``, z = T/E. nu_mu and nu_tau scatter alike.

Antineutrinos: g_L and g_R exchanged, radiative corrections in full. Photons couple to e_L and e_R alike and
CP turns nu e_L into anti-nu e_R, so f_- stays with the isotropic term and f_+ with (1 - z)^2, whichever
coupling stands there. kappa(T) depends on the momentum transfer only, RHO_NC and the box diagrams are
contact terms at these energies (E << M_W): the same for both.
"""

import math
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sim.core.constants import (
    ALPHA_EM,
    ELECTRON_MASS_MEV,
    FERMI_MEV2,
    HBARC_MEV_CM,
    RHO_NC,
    SIN2_THETA_W_LOW,
    SIN2_THETA_W_MSBAR,
)
from sim.core.errors import PhysicsError
from sim.core.jit import njit
from sim.physics.radiative import kappa, photon_corrections

Floats = NDArray[np.float64]
State = Literal["nue", "nux", "anue", "anux"]

STATES: tuple[State, ...] = ("nue", "nux", "anue", "anux")  # x: mu or tau

_PREFACTOR_CM2_MEV = 2.0 * FERMI_MEV2**2 * HBARC_MEV_CM**2 * ELECTRON_MASS_MEV / math.pi
_ALPHA_PI = ALPHA_EM / math.pi
_SMALLEST_RECOIL_MEV = 1e-18  # corrections vanish well above; below, divisions overflow
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(48)


@njit
def max_recoil(energy_mev: float) -> float:
    """Return the largest recoil kinetic energy [MeV] at neutrino energy E [MeV]."""
    return 2.0 * energy_mev * energy_mev / (ELECTRON_MASS_MEV + 2.0 * energy_mev)


@njit
def min_energy(recoil_mev: float) -> float:
    """Return the smallest neutrino energy [MeV] that gives recoil T [MeV]; inverse of ``max_recoil``."""
    return 0.5 * (recoil_mev + math.sqrt(recoil_mev * (recoil_mev + 2.0 * ELECTRON_MASS_MEV)))


@njit
def weak_kernel(recoil_mev: float, energy_mev: float, radiative: bool) -> tuple[float, float, float, float]:
    """Return dsigma/dT [cm^2/MeV] of nu_e, nu_x, anti-nu_e, anti-nu_x; 0 outside 0 < T < T_max."""
    if not 0.0 < recoil_mev < max_recoil(energy_mev):
        return 0.0, 0.0, 0.0, 0.0
    z = recoil_mev / energy_mev
    left = 1.0
    right = (1.0 - z) ** 2
    mixed = ELECTRON_MASS_MEV / energy_mev * z
    right_e = right_x = SIN2_THETA_W_LOW
    left_x = SIN2_THETA_W_LOW - 0.5
    left_e = SIN2_THETA_W_LOW + 0.5
    if radiative:
        at_mev = max(recoil_mev, _SMALLEST_RECOIL_MEV)
        minus, plus, plus_minus = photon_corrections(at_mev, energy_mev)
        left += _ALPHA_PI * minus
        right += _ALPHA_PI * plus
        mixed *= 1.0 + _ALPHA_PI * plus_minus
        kappa_e, kappa_mu = kappa(at_mev)
        right_e = RHO_NC * kappa_e * SIN2_THETA_W_MSBAR
        left_e = 1.0 - 0.5 * RHO_NC + right_e
        right_x = RHO_NC * kappa_mu * SIN2_THETA_W_MSBAR
        left_x = right_x - 0.5 * RHO_NC
    ll_e, rr_e, lr_e = left_e * left_e, right_e * right_e, left_e * right_e * mixed
    ll_x, rr_x, lr_x = left_x * left_x, right_x * right_x, left_x * right_x * mixed
    # at T_max the tree level is (g_L - (1-z) g_R)^2, zero for anti-nu_e near 0.5 MeV: keep first order >= 0
    return (
        _PREFACTOR_CM2_MEV * max(ll_e * left + rr_e * right - lr_e, 0.0),
        _PREFACTOR_CM2_MEV * max(ll_x * left + rr_x * right - lr_x, 0.0),
        _PREFACTOR_CM2_MEV * max(rr_e * left + ll_e * right - lr_e, 0.0),
        _PREFACTOR_CM2_MEV * max(rr_x * left + ll_x * right - lr_x, 0.0),
    )


@njit
def weak_integral(
    low_mev: float, high_mev: float, energy_mev: float, radiative: bool
) -> tuple[float, float, float, float]:
    """Return the integral of ``weak_kernel`` over low < T < high, [cm^2] for the four states.

    Gauss-Legendre in u with T = T_top - (T_top - T_low) u^2, which absorbs the logarithm at T_max.
    """
    low = max(low_mev, 0.0)
    top = min(high_mev, max_recoil(energy_mev))
    nue = nux = anue = anux = 0.0
    if top > low:
        for k in range(_NODES.size):
            u = 0.5 * (1.0 + _NODES[k])
            weight = _WEIGHTS[k] * u * (top - low)
            a, b, c, d = weak_kernel(top - (top - low) * u * u, energy_mev, radiative)
            nue += weight * a
            nux += weight * b
            anue += weight * c
            anux += weight * d
    return nue, nux, anue, anux


@njit
def _evaluate(
    recoil_mev: Floats, energy_mev: Floats, state: int, radiative: bool, total: bool, out: Floats
) -> None:
    for i in range(out.size):
        if total:
            values = weak_integral(recoil_mev[i], energy_mev[i], energy_mev[i], radiative)
        else:
            values = weak_kernel(recoil_mev[i], energy_mev[i], radiative)
        out[i] = (values[0], values[1], values[2], values[3])[state]


def _evaluate_shaped(
    recoil_mev: ArrayLike, energy_mev: ArrayLike, state: State, radiative: bool, total: bool
) -> Floats:
    if state not in STATES:
        msg = f"no neutrino state {state!r}, states are {', '.join(STATES)}"
        raise PhysicsError(msg)
    recoil, energy = np.broadcast_arrays(
        np.asarray(recoil_mev, dtype=np.float64), np.asarray(energy_mev, dtype=np.float64)
    )
    if np.any(~(energy > 0.0)) or np.any(~(recoil >= 0.0)):
        msg = "neutrino energies must be > 0 and recoil energies >= 0 MeV"
        raise PhysicsError(msg)
    out = np.empty(recoil.size)
    _evaluate(recoil.ravel(), energy.ravel(), STATES.index(state), radiative, total, out)
    return out.reshape(recoil.shape)


def differential_cross_section(
    state: State, recoil_mev: ArrayLike, energy_mev: ArrayLike, *, radiative: bool = True
) -> Floats:
    """Weak dsigma/dT per electron.

    Parameters
    ----------
    state : ``nue``, ``nux`` (mu or tau), ``anue`` or ``anux``.
    recoil_mev : electron kinetic energy T, >= 0, any shape.
    energy_mev : neutrino energy, > 0, broadcast against ``recoil_mev``.
    radiative : False gives tree level with sin^2 theta_W at zero momentum transfer.

    Returns
    -------
    float array of the broadcast shape, cm^2/MeV; 0 above the kinematic limit (and at T = 0).

    Raises
    ------
    PhysicsError
        Unknown state, non-positive or NaN energies.
    """
    return _evaluate_shaped(recoil_mev, energy_mev, state, radiative, total=False)


def total_cross_section(
    state: State, energy_mev: ArrayLike, threshold_mev: ArrayLike = 0.0, *, radiative: bool = True
) -> Floats:
    """Weak cross section [cm^2] above a recoil threshold; arguments as ``differential_cross_section``."""
    return _evaluate_shaped(threshold_mev, energy_mev, state, radiative, total=True)
