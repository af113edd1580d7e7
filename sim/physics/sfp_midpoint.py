"""Spin-flavour precession slab by slab: the density of each slab's centre, its six states passed exactly.

For fields too irregular for nodes that follow them, for level crossings and for mixing so small that states
jump. Neutrinos born in a slab join the density matrix with their phases integrated over it.
"""

import math

import numpy as np
from numpy.typing import NDArray

from sim.core.jit import njit
from sim.physics.sfp_eigen import follow
from sim.physics.sfp_path import RAD_PER_EV2_MEV, Path
from sim.physics.sfp_six import Six
from sim.physics.sfp_states import (
    hamiltonian,
    mass_populations,
    overlap,
    phase_moments,
    sandwich,
    vacuum_states,
)

Floats = NDArray[np.float64]


@njit
def _outward(squared: Floats, six: Six, path: Path, weight: Floats, out: Floats) -> None:
    """Write the populations (6,) of one energy; ``weight`` of births in the slabs."""
    matrix, work = np.empty((6, 6), np.complex128), np.empty((6, 6), np.complex128)
    new = vacuum_states(six)
    old = np.empty_like(new)
    rho, turn = np.zeros_like(matrix), np.empty_like(matrix)
    value = np.empty(6)
    length = 1.0 / path.x.size
    for n in range(path.x.size):
        old[:] = new
        hamiltonian(squared, six, path.v_e[n], path.v_n[n], path.coupling[n], path.twist, matrix)
        follow(matrix, value, new, work)
        overlap(new, old, turn)
        sandwich(turn, rho, work)
        for a in range(6):
            for b in range(6):
                step = (value[b] - value[a]) * length
                rho[a, b] *= complex(math.cos(step), math.sin(step))
                if weight[n] != 0.0:
                    zero, _ = phase_moments(step)
                    rho[a, b] += weight[n] * zero * new[0, a].conjugate() * new[0, b]
    mass_populations(new, rho, six.inner, out)


@njit
def _energies(energy_mev: Floats, six: Six, path: Path, weight: Floats, out: Floats) -> None:
    for k in range(energy_mev.size):
        squared = six.mass2_ev2 * (RAD_PER_EV2_MEV / energy_mev[k])
        _outward(squared, six, path, weight, out[k])


def midpoint_populations(energy_mev: Floats, six: Six, slabs: Path, weight: Floats) -> Floats:
    """Return the populations of three and three mass states at the surface, float (n, 6); rows sum to 1.

    Parameters
    ----------
    energy_mev : (n,), positive.
    six : the Hamiltonian's parts.
    slabs : equal slabs from the centre to the surface, quantities at their centres.
    weight : (n_slabs,), birth weights of the slabs, sum 1.
    """
    energy = np.ascontiguousarray(energy_mev, dtype=np.float64)
    out = np.empty((energy.size, 6))
    _energies(energy, six, slabs, weight, out)
    return out
