"""Spin-flavour precession to all orders in mu B: six dressed states, density matrix averaged over births.

The six eigenstates of the full Hamiltonian are followed from node to node. Between two nodes the states turn
by ``theta = log(W1^+ W0)``; each element is weighed by the mean of its phase factor over the cell and the
turn is put back by a Cayley transform, so that a step is unitary, exact for slow pairs, and free of spurious
kicks for fast ones. Neutrinos born in a cell join the density matrix with their phases integrated: the
average over production holds every interference that survives it, near-degenerate pairs included.
"""

import math
from typing import NamedTuple

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
    solve,
    vacuum_states,
)

Floats = NDArray[np.float64]
Complexes = NDArray[np.complex128]


class Way(NamedTuple):
    """The way of one energy, what lies between nodes included.

    ``turn`` complex (n, 6, 6): what the cell before each node does, phases taken out; ``phase`` (n, 6) of the
    dressed states since the centre; ``value`` (n, 6), rad/R_sun; ``electron`` complex (n, 6): amplitudes of
    a nu_e in the dressed states; ``last`` complex (6, 6): dressed states at the surface, columns.
    """

    turn: Complexes
    phase: Floats
    value: Floats
    electron: Complexes
    last: Complexes


@njit
def new_way(nodes: int) -> Way:
    """Return room for a way."""
    return Way(
        np.empty((nodes, 6, 6), np.complex128),
        np.zeros((nodes, 6)),
        np.empty((nodes, 6)),
        np.empty((nodes, 6), np.complex128),
        np.empty((6, 6), np.complex128),
    )


@njit
def travel(squared: Floats, six: Six, path: Path, way: Way) -> None:
    """Fill the way of one energy; ``squared``: mass2/2E in rad/R_sun."""
    matrix, work = np.empty((6, 6), np.complex128), np.empty((6, 6), np.complex128)
    new = vacuum_states(six)
    old = np.empty_like(new)
    slope, slope_old = np.zeros(6), np.zeros(6)
    plus, minus = np.empty_like(new), np.empty_like(new)
    for n in range(path.x.size):
        old[:] = new
        slope_old[:] = slope
        value, turn = way.value[n], way.turn[n]
        hamiltonian(squared, six, path.v_e[n], path.v_n[n], path.coupling[n], path.twist, matrix)
        follow(matrix, value, new, work)
        for a in range(6):
            left = abs(new[0, a]) ** 2 + abs(new[1, a]) ** 2 + abs(new[2, a]) ** 2
            electron = abs(new[0, a]) ** 2 + six.right_matter * abs(new[3, a]) ** 2
            slope[a] = electron * path.slope_e[n] + (left + six.right_matter * (1.0 - left)) * path.slope_n[n]
            way.electron[n, a] = new[0, a].conjugate()
        if n == 0:
            continue
        length = path.x[n] - path.x[n - 1]
        start, end = way.phase[n - 1], way.phase[n]
        for a in range(6):
            end[a] = start[a] + 0.5 * length * (value[a] + way.value[n - 1, a])
            end[a] += length * length / 12.0 * (slope_old[a] - slope[a])
        overlap(new, old, turn)
        for a in range(6):
            for b in range(6):
                same = 1.0 if a == b else 0.0
                plus[a, b] = turn[a, b] + same
                minus[a, b] = 2.0 * (turn[a, b] - same)
        solve(plus, minus)  # minus: log of the turn, antihermitian
        for a in range(6):
            for b in range(6):
                angle = start[a] - start[b]
                zero, _ = phase_moments(end[a] - end[b] - angle)
                same = 1.0 if a == b else 0.0
                half = 0.5 * minus[a, b] * complex(math.cos(angle), math.sin(angle)) * zero
                plus[a, b] = same - half
                turn[a, b] = same + half
        solve(plus, turn)
    way.last[:] = new


@njit
def _outward(squared: Floats, six: Six, path: Path, density: Floats, way: Way, out: Floats) -> None:
    """Write the populations (6,) of one energy; ``density`` of births at the nodes, per solar radius."""
    travel(squared, six, path, way)
    rho, work = np.zeros((6, 6), np.complex128), np.empty((6, 6), np.complex128)
    late = np.empty_like(rho)
    for n in range(1, path.x.size):
        length = path.x[n] - path.x[n - 1]
        born = density[n] != 0.0 or density[n - 1] != 0.0
        if born:
            old, new, start, end = way.electron[n - 1], way.electron[n], way.phase[n - 1], way.phase[n]
            for a in range(6):
                for b in range(6):
                    angle = start[a] - start[b]
                    zero, one = phase_moments(end[a] - end[b] - angle)
                    begin = length * complex(math.cos(angle), math.sin(angle))
                    rho[a, b] += density[n - 1] * begin * (zero - one) * old[a] * old[b].conjugate()
                    late[a, b] = density[n] * begin * one * new[a] * new[b].conjugate()
        sandwich(way.turn[n], rho, work)
        if born:
            for a in range(6):
                for b in range(6):
                    rho[a, b] += late[a, b]
    phase = way.phase[path.x.size - 1]
    for a in range(6):
        for b in range(6):
            angle = phase[a] - phase[b]
            rho[a, b] *= complex(math.cos(angle), -math.sin(angle))
    mass_populations(way.last, rho, six.inner, out)


@njit
def _energies(energy_mev: Floats, six: Six, path: Path, density: Floats, out: Floats) -> None:
    way = new_way(path.x.size)
    for k in range(energy_mev.size):
        squared = six.mass2_ev2 * (RAD_PER_EV2_MEV / energy_mev[k])
        _outward(squared, six, path, density, way, out[k])


def dressed_populations(energy_mev: Floats, six: Six, path: Path, weight: Floats) -> Floats:
    """Return the populations of three and three mass states at the surface, float (n, 6); rows sum to 1.

    Parameters
    ----------
    energy_mev : (n,), positive.
    six : the Hamiltonian's parts.
    path : nodes from the centre to the surface.
    weight : (n_nodes,), birth weights on the nodes, sum 1.
    """
    energy = np.ascontiguousarray(energy_mev, dtype=np.float64)
    area = np.empty_like(path.x)
    area[1:-1] = 0.5 * (path.x[2:] - path.x[:-2])
    area[0], area[-1] = 0.5 * (path.x[1] - path.x[0]), 0.5 * (path.x[-1] - path.x[-2])
    out = np.empty((energy.size, 6))
    _energies(energy, six, path, weight / area, out)
    return out
