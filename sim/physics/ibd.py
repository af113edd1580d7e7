"""Inverse beta decay: cross section of anti-nu_e + p -> e+ + n, angle and energy of the positron.

All vector and axial form factors, weak magnetism and the pseudoscalar term, exact recoil of the neutron, no
second-class currents, radiative correction [SV03]; the constants are those of 2003 [SV03] or of 2022 [RVV22].
The two sets differ by 0.7 % in the cross section. Nuclei do not count: free protons at rest.
"""

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sim.core.constants import ELECTRON_MASS_MEV
from sim.core.errors import PhysicsError
from sim.physics.ibd_kernels import THRESHOLD, moments, per_cosine, positrons

Floats = NDArray[np.float64]
Constants = Literal["2022", "2003"]

THRESHOLD_MEV: float = THRESHOLD


class Weak(NamedTuple):
    """V_ud, g_A/g_V at t = 0, axial mass."""

    v_ud: float
    g_axial: float
    axial_mass_mev: float


WEAK: dict[Constants, Weak] = {
    "2022": Weak(0.97427, 1.27601, 1014.0),  # [RVV22], axial mass unverified
    "2003": Weak(0.9746, 1.270, 1000.0),  # [SV03]
}


def _weak(constants: Constants) -> Weak:
    if constants not in WEAK:
        msg = f"inverse beta decay: unknown constants {constants!r}, expected one of {', '.join(WEAK)}"
        raise PhysicsError(msg)
    return WEAK[constants]


def _moments(energy_mev: ArrayLike, constants: Constants) -> Floats:
    energy = np.asarray(energy_mev, dtype=np.float64)
    out = np.empty((energy.size, 3))
    moments(energy.ravel(), *_weak(constants), out)
    return out.reshape((*energy.shape, 3))


def _mean(energy_mev: ArrayLike, constants: Constants, moment: int, at_threshold: float) -> Floats:
    integrals = _moments(_allowed(energy_mev), constants)
    total = integrals[..., 0]
    mean = integrals[..., moment] / np.where(total > 0.0, total, 1.0)
    return np.asarray(np.where(total > 0.0, mean, at_threshold))


def _allowed(energy_mev: ArrayLike) -> Floats:
    energy = np.asarray(energy_mev, dtype=np.float64)
    if not np.all(energy >= THRESHOLD_MEV):
        lowest = float(np.min(energy))
        msg = f"inverse beta decay: no positron at {lowest:g} MeV, the threshold is {THRESHOLD_MEV:.5f} MeV"
        raise PhysicsError(msg)
    return energy


def _pairs(energy_mev: ArrayLike, cosine: ArrayLike) -> tuple[Floats, Floats, tuple[int, ...]]:
    energy, angle = np.broadcast_arrays(
        np.asarray(energy_mev, dtype=np.float64), np.asarray(cosine, dtype=np.float64)
    )
    if not np.all(np.abs(angle) <= 1.0):
        msg = "inverse beta decay: a cosine of the positron's angle is outside [-1, 1]"
        raise PhysicsError(msg)
    return np.ascontiguousarray(energy).ravel(), np.ascontiguousarray(angle).ravel(), energy.shape


def total_cross_section(energy_mev: ArrayLike, constants: Constants = "2022") -> Floats:
    """Cross section on a free proton at rest.

    Parameters
    ----------
    energy_mev : antineutrino energies, any shape; meant for energies below 100 MeV.
    constants : set of V_ud and g_A, ``2022`` [RVV22] or ``2003`` [SV03].

    Returns
    -------
    float array of the same shape, cm^2; 0 below the threshold.

    Raises
    ------
    PhysicsError
        Unknown set of constants.
    """
    return np.asarray(_moments(energy_mev, constants)[..., 0])


def differential_cross_section(
    energy_mev: ArrayLike, cosine: ArrayLike, constants: Constants = "2022"
) -> Floats:
    """Cross section per unit cosine of the angle between positron and antineutrino.

    In the last 1 eV above the threshold positrons go forward only, two energies at one angle: the greater one
    is counted there. Elsewhere the integral over the cosine is the total.

    Parameters
    ----------
    energy_mev, cosine : antineutrino energies and cosines, broadcast against each other.
    constants : as in :func:`total_cross_section`.

    Returns
    -------
    float array of the broadcast shape, cm^2; 0 below the threshold.

    Raises
    ------
    PhysicsError
        A cosine outside [-1, 1], or an unknown set of constants.
    """
    energy, angle, shape = _pairs(energy_mev, cosine)
    out = np.empty(energy.size)
    per_cosine(energy, angle, *_weak(constants), out)
    return out.reshape(shape)


def positron_energy(energy_mev: ArrayLike, cosine: ArrayLike) -> Floats:
    """Total energy of the positron at an angle, by exact two-body kinematics.

    Parameters
    ----------
    energy_mev, cosine : antineutrino energies and cosines of the positron, broadcast against each other.

    Returns
    -------
    float array of the broadcast shape, MeV.

    Raises
    ------
    PhysicsError
        An energy below the threshold, or a cosine outside [-1, 1].
    """
    energy, angle, shape = _pairs(_allowed(energy_mev), cosine)
    out = np.empty(energy.size)
    positrons(energy, angle, out)
    return out.reshape(shape)


def positron_limits(energy_mev: ArrayLike) -> tuple[Floats, Floats]:
    """Return the least and the greatest total energy of the positron, each of the shape of the energies, MeV.

    Raises
    ------
    PhysicsError
        An energy below the threshold.
    """
    return positron_energy(energy_mev, -1.0), positron_energy(energy_mev, 1.0)


def mean_prompt_energy(energy_mev: ArrayLike, constants: Constants = "2022") -> Floats:
    """Mean energy of the prompt event: kinetic energy of the positron plus both annihilation gammas.

    Parameters
    ----------
    energy_mev : antineutrino energies, any shape.
    constants : as in :func:`total_cross_section`.

    Returns
    -------
    float array of the same shape, MeV.

    Raises
    ------
    PhysicsError
        An energy below the threshold, or an unknown set of constants.
    """
    return _mean(energy_mev, constants, 1, ELECTRON_MASS_MEV) + ELECTRON_MASS_MEV


def mean_cosine(energy_mev: ArrayLike, constants: Constants = "2022") -> Floats:
    """Mean cosine of the angle between positron and antineutrino, any shape; 1 at the threshold.

    Good to 1e-4 from 10 eV above the threshold on; parameters and errors as in :func:`mean_prompt_energy`.
    """
    return _mean(energy_mev, constants, 2, 1.0)
