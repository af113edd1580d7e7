"""Beta decays as sums of branches: electron and antineutrino spectra of allowed shape.

``p W (Q - T)^2 F(Z, W) L0(Z, W)`` for every branch, also for forbidden ones: for first-forbidden transitions
of heavy nuclei that are not unique the allowed shape is a fair approximation, good to some per cent.
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sim.core.constants import ELECTRON_MASS_MEV
from sim.core.jit import njit
from sim.physics.beta import finite_size
from sim.physics.fermi import allowed_shape, nuclear_radius_me

Floats = NDArray[np.float64]

_NORM_NODES = 200


class Branch(NamedTuple):
    """Endpoint (greatest kinetic energy), decays through it per decay of the parent or chain, daughter."""

    endpoint_mev: float
    share: float
    z_daughter: int
    mass_number: int


@njit
def _electron_shape(kinetic_mev: Floats, endpoint_mev: float, z: float, radius_me: float) -> Floats:
    out = np.zeros(kinetic_mev.size)
    endpoint_me = 1.0 + endpoint_mev / ELECTRON_MASS_MEV
    for i in range(kinetic_mev.size):
        w = 1.0 + kinetic_mev[i] / ELECTRON_MASS_MEV
        shape = allowed_shape(z, w, endpoint_me, radius_me)
        if shape > 0.0:
            out[i] = shape * finite_size(z, w, radius_me)
    return out


def _shape(branch: Branch, kinetic_mev: Floats) -> Floats:
    radius = nuclear_radius_me(branch.mass_number)
    return _electron_shape(kinetic_mev, branch.endpoint_mev, float(branch.z_daughter), radius)


@lru_cache(maxsize=256)
def _norm(branch: Branch) -> float:
    node, weight = np.polynomial.legendre.leggauss(_NORM_NODES)
    half = 0.5 * branch.endpoint_mev
    return float(half * np.sum(weight * _shape(branch, half * (1.0 + node))))


def _electron(branch: Branch, kinetic_mev: Floats) -> Floats:
    shape = _shape(branch, np.ascontiguousarray(kinetic_mev).ravel()).reshape(kinetic_mev.shape)
    return np.asarray(shape * (branch.share / _norm(branch)), dtype=np.float64)


def electron_density(branches: Iterable[Branch], kinetic_mev: ArrayLike) -> Floats:
    """Electrons per MeV and decay.

    Parameters
    ----------
    branches : the transitions; each integrates to its share.
    kinetic_mev : kinetic energies, any shape.

    Returns
    -------
    float array of the same shape, per MeV; 0 outside ``0 < T < endpoint``.
    """
    kinetic = np.asarray(kinetic_mev, dtype=np.float64)
    return sum((_electron(branch, kinetic) for branch in branches), np.zeros_like(kinetic))


def antineutrino_density(branches: Iterable[Branch], energy_mev: ArrayLike) -> Floats:
    """Antineutrinos per MeV and decay: each takes what its electron leaves of the endpoint.

    Parameters and result as in :func:`electron_density`, with antineutrino energies.
    """
    energy = np.asarray(energy_mev, dtype=np.float64)
    return sum(
        (_electron(branch, branch.endpoint_mev - energy) for branch in branches), np.zeros_like(energy)
    )
