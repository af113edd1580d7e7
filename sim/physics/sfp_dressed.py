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

from sim.core.jit import njit, njit_inline
from sim.physics.sfp_eigen import follow
from sim.physics.sfp_path import RAD_PER_EV2_MEV, Path

Floats = NDArray[np.float64]
Complexes = NDArray[np.complex128]


class Six(NamedTuple):
    """The Hamiltonian's parts, between the 23 rotation and the rest.

    ``mass2_ev2`` (3,); ``inner`` (3, 3), mass states to this basis; ``moment`` complex (3, 3), Bohr
    magnetons; ``right_matter``: -1 where the lower three feel minus the potentials (antineutrinos), 0 for
    sterile ones.
    """

    mass2_ev2: Floats
    inner: Floats
    moment: Complexes
    right_matter: float


@njit
def hamiltonian(
    squared: Floats, six: Six, v_e: float, v_n: float, coupling: float, twist: float, out: Complexes
) -> None:
    """Write the 6x6 Hamiltonian in rad/R_sun; ``squared``: mass2/2E in rad/R_sun."""
    for a in range(3):
        for b in range(3):
            vacuum = 0.0
            for k in range(3):
                vacuum += six.inner[a, k] * squared[k] * six.inner[b, k]
            out[a, b] = vacuum
            out[a + 3, b + 3] = vacuum
            out[a + 3, b] = coupling * six.moment[a, b]
            out[b, a + 3] = out[a + 3, b].conjugate()
    for a in range(3):
        matter = v_n + v_e if a == 0 else v_n
        out[a, a] += matter
        out[a + 3, a + 3] += six.right_matter * matter + twist


@njit
def vacuum_states(six: Six) -> Complexes:
    """Return the six mass states as columns (6, 6), where following them begins."""
    states = np.zeros((6, 6), np.complex128)
    for a in range(3):
        for b in range(3):
            states[a, b] = states[a + 3, b + 3] = six.inner[a, b]
    return states


@njit_inline
def phase_moments(step: float) -> tuple[complex, complex]:
    """Return the integrals of exp(i step s) and s exp(i step s) over s in (0, 1)."""
    if abs(step) < 0.1:
        u = step * step
        real0 = 1.0 - u / 6.0 * (1.0 - u / 20.0 * (1.0 - u / 42.0))
        imag0 = step / 2.0 * (1.0 - u / 12.0 * (1.0 - u / 30.0))
        real1 = 0.5 - u / 8.0 * (1.0 - u / 18.0 * (1.0 - u / 40.0))
        imag1 = step / 3.0 * (1.0 - u / 10.0 * (1.0 - u / 28.0))
        return complex(real0, imag0), complex(real1, imag1)
    turn = complex(math.cos(step), math.sin(step))
    zero = (turn - 1.0) / (1j * step)
    return zero, (turn - zero) / (1j * step)


@njit
def solve(a: Complexes, b: Complexes) -> None:
    """Replace b by a^-1 b; Gauss elimination with pivots, a is used up."""
    n = a.shape[0]
    for p in range(n):
        best = p
        for r in range(p + 1, n):
            if abs(a[r, p]) > abs(a[best, p]):
                best = r
        if best != p:
            for k in range(n):
                a[p, k], a[best, k] = a[best, k], a[p, k]
                b[p, k], b[best, k] = b[best, k], b[p, k]
        for r in range(n):
            if r != p:
                factor = a[r, p] / a[p, p]
                for k in range(p, n):
                    a[r, k] -= factor * a[p, k]
                for k in range(n):
                    b[r, k] -= factor * b[p, k]
    for p in range(n):
        for k in range(n):
            b[p, k] /= a[p, p]


@njit
def sandwich(u: Complexes, rho: Complexes, work: Complexes) -> None:
    """Replace rho by u rho u^+."""
    n = u.shape[0]
    for i in range(n):
        for j in range(n):
            total = 0j
            for k in range(n):
                total += u[i, k] * rho[k, j]
            work[i, j] = total
    for i in range(n):
        for j in range(n):
            total = 0j
            for k in range(n):
                total += work[i, k] * u[j, k].conjugate()
            rho[i, j] = total


@njit
def overlap(new: Complexes, old: Complexes, out: Complexes) -> None:
    """Write new^+ old."""
    n = new.shape[0]
    for i in range(n):
        for j in range(n):
            total = 0j
            for k in range(n):
                total += new[k, i].conjugate() * old[k, j]
            out[i, j] = total


@njit
def mass_populations(vector: Complexes, rho: Complexes, inner: Floats, out: Floats) -> None:
    """Write the populations (6,) of three and three mass states; rho is in the basis of the columns."""
    row = np.empty(6, np.complex128)
    for k in range(6):
        block = 3 * (k // 3)
        for a in range(6):
            row[a] = 0j
            for b in range(3):
                row[a] += inner[b, k - block] * vector[b + block, a]
        total = 0.0
        for a in range(6):
            for b in range(6):
                total += (row[a] * rho[a, b] * row[b].conjugate()).real
        out[k] = total


@njit
def _outward(squared: Floats, six: Six, path: Path, density: Floats, out: Floats) -> None:
    """Write the populations (6,) of one energy; ``density`` of births at the nodes, per solar radius."""
    matrix, work = np.empty((6, 6), np.complex128), np.empty((6, 6), np.complex128)
    new = vacuum_states(six)
    old = np.empty_like(new)
    value, value_old = np.empty(6), np.empty(6)
    phase, slope, slope_old = np.zeros(6), np.zeros(6), np.zeros(6)
    rho = np.zeros((6, 6), np.complex128)
    turn, plus, minus = np.empty_like(rho), np.empty_like(rho), np.empty_like(rho)
    late = np.empty_like(rho)
    step = np.empty(6)
    for n in range(path.x.size):
        old[:] = new
        value_old[:] = value
        slope_old[:] = slope
        hamiltonian(squared, six, path.v_e[n], path.v_n[n], path.coupling[n], path.twist, matrix)
        follow(matrix, value, new, work)
        for a in range(6):
            left = abs(new[0, a]) ** 2 + abs(new[1, a]) ** 2 + abs(new[2, a]) ** 2
            electron = abs(new[0, a]) ** 2 + six.right_matter * abs(new[3, a]) ** 2
            slope[a] = electron * path.slope_e[n] + (left + six.right_matter * (1.0 - left)) * path.slope_n[n]
        if n == 0:
            continue
        length = path.x[n] - path.x[n - 1]
        for a in range(6):
            step[a] = 0.5 * length * (value[a] + value_old[a])
            step[a] += length * length / 12.0 * (slope_old[a] - slope[a])
        born = density[n] != 0.0 or density[n - 1] != 0.0
        overlap(new, old, turn)
        for a in range(6):
            for b in range(6):
                same = 1.0 if a == b else 0.0
                plus[a, b] = turn[a, b] + same
                minus[a, b] = 2.0 * (turn[a, b] - same)
        solve(plus, minus)  # minus: log of the turn, antihermitian
        for a in range(6):
            for b in range(6):
                start = complex(math.cos(phase[a] - phase[b]), math.sin(phase[a] - phase[b]))
                zero, one = phase_moments(step[a] - step[b])
                same = 1.0 if a == b else 0.0
                if born:
                    early = density[n - 1] * length * start
                    rho[a, b] += early * (zero - one) * old[0, a].conjugate() * old[0, b]
                    late[a, b] = density[n] * length * start * one * new[0, a].conjugate() * new[0, b]
                half = 0.5 * minus[a, b] * start * zero
                plus[a, b] = same - half
                turn[a, b] = same + half
        solve(plus, turn)
        sandwich(turn, rho, work)
        if born:
            for a in range(6):
                for b in range(6):
                    rho[a, b] += late[a, b]
        for a in range(6):
            phase[a] += step[a]
    for a in range(6):
        for b in range(6):
            rho[a, b] *= complex(math.cos(phase[a] - phase[b]), -math.sin(phase[a] - phase[b]))
    mass_populations(new, rho, six.inner, out)


@njit
def _energies(energy_mev: Floats, six: Six, path: Path, density: Floats, out: Floats) -> None:
    for k in range(energy_mev.size):
        squared = six.mass2_ev2 * (RAD_PER_EV2_MEV / energy_mev[k])
        _outward(squared, six, path, density, out[k])


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
