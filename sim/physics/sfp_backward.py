"""Spin-flavour precession to all orders in mu B, apart for every birth place: one pass serves all of them.

The final states are carried inwards from the surface. A nu_e of a birth place is a sum of dressed states;
over its surroundings, a Gaussian of birth radii, the coherence of two of them is lost by ``exp(-(w sigma)^2
/ 2)``, w their splitting: fast phases drop out, near-degenerate pairs keep theirs.
"""

import math

import numpy as np
from numpy.typing import NDArray

from sim.core.jit import njit
from sim.physics.sfp_dressed import Way, new_way, travel
from sim.physics.sfp_eigen import follow
from sim.physics.sfp_path import RAD_PER_EV2_MEV, Path
from sim.physics.sfp_random import rates, transfer
from sim.physics.sfp_six import Six
from sim.physics.sfp_states import hamiltonian, vacuum_states

Floats = NDArray[np.float64]
Complexes = NDArray[np.complex128]
Places = NDArray[np.int64]


@njit
def _product(a: Complexes, b: Complexes, out: Complexes) -> None:
    """Write a b."""
    for i in range(6):
        for j in range(6):
            total = 0j
            for k in range(6):
                total += a[i, k] * b[k, j]
            out[i, j] = total


@njit
def _arrived(final: Complexes, born: Complexes, value: Floats, sigma: float, out: Floats) -> None:
    """Write the populations (6,) of amplitudes ``born`` in states of energies ``value``, damped."""
    for k in range(6):
        out[k] = 0.0
    for a in range(6):
        for b in range(6):
            spread = (value[a] - value[b]) * sigma
            kept = math.exp(-0.5 * spread * spread)
            if kept < 1e-16:
                continue
            seed = kept * born[a] * born[b].conjugate()
            for k in range(6):
                out[k] += (final[k, a] * seed * final[k, b].conjugate()).real


@njit
def _dressed(squared: Floats, six: Six, path: Path, at: Places, sigma: float, way: Way, out: Floats) -> None:
    """Write the populations (n, 6) of births at the nodes ``at``, rising, for one energy."""
    travel(squared, six, path, way)
    last = path.x.size - 1
    final, work = np.empty((6, 6), np.complex128), np.empty((6, 6), np.complex128)
    born = np.empty(6, np.complex128)
    rows = vacuum_states(six).T.copy()
    _product(rows, way.last, final)
    for a in range(6):
        turned = complex(math.cos(way.phase[last, a]), -math.sin(way.phase[last, a]))
        for k in range(6):
            final[k, a] *= turned
    wanted = at.size - 1
    for n in range(last, -1, -1):
        while wanted >= 0 and at[wanted] == n:
            for a in range(6):
                born[a] = way.electron[n, a] * complex(math.cos(way.phase[n, a]), math.sin(way.phase[n, a]))
            _arrived(final, born, way.value[n], sigma, out[wanted])
            wanted -= 1
        if wanted < 0:
            return
        work[:] = final
        _product(work, way.turn[n], final)


@njit
def _slabs(squared: Floats, six: Six, path: Path, at: Places, sigma: float, out: Floats) -> None:
    """Write the populations (n, 6) of births in the slabs ``at``, rising, for one energy."""
    matrix, work = np.empty((6, 6), np.complex128), np.empty((6, 6), np.complex128)
    new = vacuum_states(six)
    final, dressed = new.T.copy(), np.empty((6, 6), np.complex128)
    value, born = np.empty(6), np.empty(6, np.complex128)
    length = 1.0 / path.x.size
    wanted = at.size - 1
    for n in range(path.x.size - 1, -1, -1):
        hamiltonian(squared, six, path.v_e[n], path.v_n[n], path.coupling[n], path.twist, matrix)
        follow(matrix, value, new, work)
        _product(final, new, dressed)
        while wanted >= 0 and at[wanted] == n:
            for a in range(6):
                half = 0.5 * value[a] * length  # born in the middle of the slab
                born[a] = new[0, a].conjugate() * complex(math.cos(half), -math.sin(half))
            _arrived(dressed, born, value, sigma, out[wanted])
            wanted -= 1
        if wanted < 0:
            return
        for a in range(6):
            turned = complex(math.cos(value[a] * length), -math.sin(value[a] * length))
            for k in range(6):
                dressed[k, a] *= turned
        for k in range(6):
            for i in range(6):
                total = 0j
                for a in range(6):
                    total += dressed[k, a] * new[i, a].conjugate()
                final[k, i] = total


@njit
def _random(squared: Floats, six: Six, path: Path, at: Places, length: float, out: Floats) -> None:
    """Write the populations (n, 6) of births at the nodes ``at``, rising, in a random field."""
    nodes = path.x.size
    rate, birth = np.empty((nodes, 3, 3)), np.empty((nodes, 3))
    rates(squared, six, path, length, rate, birth)
    plus, step = np.empty((6, 6), np.complex128), np.empty((6, 6), np.complex128)
    final, work = np.eye(6, dtype=np.complex128), np.empty((6, 6), np.complex128)
    wanted = at.size - 1
    for n in range(nodes - 1, -1, -1):
        while wanted >= 0 and at[wanted] == n:
            for k in range(6):
                total = 0.0
                for i in range(3):
                    total += final[k, i].real * birth[n, i]
                out[wanted, k] = total
            wanted -= 1
        if wanted < 0:
            return
        transfer(path.x[n] - path.x[n - 1], rate[n], rate[n - 1], plus, step)
        work[:] = final
        _product(work, step, final)


def dressed_by_birth(energy_mev: Floats, six: Six, path: Path, at: Places, sigma: float) -> Floats:
    """Return the populations of births at nodes, dressed states, float (n, n_at, 6); they sum to 1.

    Parameters
    ----------
    energy_mev : (n,), positive.
    six : the Hamiltonian's parts.
    path : nodes from the centre to the surface.
    at : (n_at,), nodes, rising.
    sigma : standard deviation of the surroundings of a birth place, solar radii.
    """
    out = np.empty((len(energy_mev), len(at), 6))
    way = new_way(len(path.x))
    for k, mev in enumerate(energy_mev):
        _dressed(six.mass2_ev2 * (RAD_PER_EV2_MEV / float(mev)), six, path, at, sigma, way, out[k])
    return out


def midpoint_by_birth(energy_mev: float, six: Six, slabs: Path, at: Places, sigma: float) -> Floats:
    """Return the populations of births in slabs, slab by slab, float (n_at, 6); arguments as above."""
    out = np.empty((len(at), 6))
    _slabs(six.mass2_ev2 * (RAD_PER_EV2_MEV / energy_mev), six, slabs, at, sigma, out)
    return out


def random_by_birth(energy_mev: Floats, six: Six, path: Path, at: Places, length_rsun: float) -> Floats:
    """Return the populations of births at nodes in a random field, float (n, n_at, 6); arguments as above."""
    out = np.empty((len(energy_mev), len(at), 6))
    for k, mev in enumerate(energy_mev):
        _random(six.mass2_ev2 * (RAD_PER_EV2_MEV / float(mev)), six, path, at, length_rsun, out[k])
    return out
