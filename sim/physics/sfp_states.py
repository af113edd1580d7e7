"""Three neutrino and three antineutrino or right-handed states: their Hamiltonian, and 6x6 arithmetic."""

import math

import numpy as np
from numpy.typing import NDArray

from sim.core.jit import njit, njit_inline
from sim.physics.sfp_six import Six

Floats = NDArray[np.float64]
Complexes = NDArray[np.complex128]


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
