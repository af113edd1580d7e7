"""Magnetic term of neutrino-electron scattering: ``dsigma/dT = pi r_e^2 mu^2 (1/T - 1/E)`` [VOGEL89].

It flips the neutrino's helicity, so it adds to the weak term without interference. mu^2 in Bohr magnetons
squared, of the arriving state: see ``sim.physics.moments``.
"""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sim.core.constants import CLASSICAL_ELECTRON_RADIUS_CM
from sim.core.errors import PhysicsError
from sim.core.jit import njit
from sim.physics.elastic import max_recoil

Floats = NDArray[np.float64]

RECOIL_FLOOR_MEV = 1e-3  # below, electrons are bound and no light is seen; the 1/T integral starts here

_PI_R2_CM2 = math.pi * CLASSICAL_ELECTRON_RADIUS_CM**2


@njit
def magnetic_kernel(recoil_mev: float, energy_mev: float) -> float:
    """Return dsigma/dT [cm^2/MeV] for mu = 1 Bohr magneton; 0 outside 0 < T < T_max."""
    if not 0.0 < recoil_mev < max_recoil(energy_mev):
        return 0.0
    return _PI_R2_CM2 * (1.0 / recoil_mev - 1.0 / energy_mev)


@njit
def magnetic_integral(low_mev: float, high_mev: float, energy_mev: float) -> float:
    """Return the integral of ``magnetic_kernel`` over low < T < high [cm^2], above the recoil floor."""
    low = max(low_mev, RECOIL_FLOOR_MEV)
    top = min(high_mev, max_recoil(energy_mev))
    if top <= low:
        return 0.0
    return _PI_R2_CM2 * (math.log(top / low) - (top - low) / energy_mev)


@njit
def _differential(recoil_mev: Floats, energy_mev: Floats, out: Floats) -> None:
    for i in range(out.size):
        out[i] = magnetic_kernel(recoil_mev[i], energy_mev[i])


def magnetic_cross_section(recoil_mev: ArrayLike, energy_mev: ArrayLike, moment_squared: ArrayLike) -> Floats:
    """Magnetic dsigma/dT per electron.

    Parameters
    ----------
    recoil_mev : electron kinetic energy T, >= 0, any shape.
    energy_mev : neutrino energy, > 0, broadcast against ``recoil_mev``.
    moment_squared : (mu/mu_B)^2 of the arriving state, >= 0, broadcast likewise.

    Returns
    -------
    float array of the broadcast shape, cm^2/MeV; 0 above the kinematic limit (and at T = 0).

    Raises
    ------
    PhysicsError
        A value outside its range.
    """
    recoil, energy, squared = np.broadcast_arrays(
        np.asarray(recoil_mev, dtype=np.float64),
        np.asarray(energy_mev, dtype=np.float64),
        np.asarray(moment_squared, dtype=np.float64),
    )
    if np.any(~(energy > 0.0)) or np.any(~(recoil >= 0.0)) or np.any(~(squared >= 0.0)):
        msg = "neutrino energies must be > 0 MeV, recoil energies and squared moments >= 0"
        raise PhysicsError(msg)
    out = np.empty(recoil.size)
    _differential(recoil.ravel(), energy.ravel(), out)
    return np.asarray(out.reshape(recoil.shape) * squared, dtype=np.float64)
