"""Eigenstates of small hermitian matrices by Jacobi rotations, started from those of the node before.

A warm start keeps signs, phases and order of the states from node to node, which closed formulas do not.
"""

import math

import numpy as np
from numpy.typing import NDArray

from sim.core.jit import njit

Floats = NDArray[np.float64]
Complexes = NDArray[np.complex128]

_SWEEPS = 30


@njit
def follow_three(value: Floats, vector: Floats, change: float, a: Floats) -> None:
    """Follow the eigenstates of a real symmetric 3x3 matrix while its first diagonal element changes.

    ``value`` (3,) and ``vector`` (3, 3), columns, are updated in place; ``a`` (3, 3) is work space.
    """
    for i in range(3):
        for j in range(3):
            a[i, j] = change * vector[0, i] * vector[0, j]
    for i in range(3):
        a[i, i] += value[i]
    for _ in range(_SWEEPS):
        scale = abs(a[0, 0]) + abs(a[1, 1]) + abs(a[2, 2])
        if abs(a[0, 1]) + abs(a[0, 2]) + abs(a[1, 2]) <= 1e-17 * scale:
            break
        for p in range(2):
            for q in range(p + 1, 3):
                if a[p, q] == 0.0:
                    continue
                tau = (a[q, q] - a[p, p]) / (2.0 * a[p, q])
                t = math.copysign(1.0, tau) / (abs(tau) + math.sqrt(1.0 + tau * tau))
                c = 1.0 / math.sqrt(1.0 + t * t)
                s = t * c
                a[p, p] -= t * a[p, q]
                a[q, q] += t * a[p, q]
                a[p, q] = a[q, p] = 0.0
                r = 3 - p - q
                rp, rq = a[r, p], a[r, q]
                a[r, p] = a[p, r] = c * rp - s * rq
                a[r, q] = a[q, r] = s * rp + c * rq
                for k in range(3):
                    kp, kq = vector[k, p], vector[k, q]
                    vector[k, p] = c * kp - s * kq
                    vector[k, q] = s * kp + c * kq
    for i in range(3):
        value[i] = a[i, i]


@njit
def _orthonormalise(vector: Complexes) -> None:
    """Take the rounding of many rotations out of nearly orthonormal columns (Gram-Schmidt)."""
    n = vector.shape[0]
    for j in range(n):
        for i in range(j):
            along = 0j
            for k in range(n):
                along += vector[k, i].conjugate() * vector[k, j]
            for k in range(n):
                vector[k, j] -= along * vector[k, i]
        norm = 0.0
        for k in range(n):
            norm += vector[k, j].real ** 2 + vector[k, j].imag ** 2
        for k in range(n):
            vector[k, j] /= math.sqrt(norm)


@njit
def follow(matrix: Complexes, value: Floats, vector: Complexes, a: Complexes) -> None:
    """Bring ``vector`` (n, n), unitary, columns, to the eigenvectors of a hermitian matrix nearest to it.

    ``value`` (n,) is written; ``a`` (n, n) is work space.
    """
    n = value.size
    _orthonormalise(vector)
    for i in range(n):
        for j in range(n):
            total = 0j
            for k in range(n):
                total += matrix[i, k] * vector[k, j]
            a[i, j] = total
    column = np.empty(n, np.complex128)
    for j in range(n):
        for i in range(n):
            total = 0j
            for k in range(n):
                total += vector[k, i].conjugate() * a[k, j]
            column[i] = total
        for i in range(n):
            a[i, j] = column[i]
    norm = 0.0
    for i in range(n):
        norm = max(norm, abs(a[i, i]))
    for _ in range(_SWEEPS):
        rotated = False
        for p in range(n - 1):
            for q in range(p + 1, n):
                size = abs(a[p, q])
                if size <= 1e-17 * norm:
                    continue
                rotated = True
                turn = a[p, q] / size
                tau = (a[q, q].real - a[p, p].real) / (2.0 * size)
                t = math.copysign(1.0, tau) / (abs(tau) + math.sqrt(1.0 + tau * tau))
                c = 1.0 / math.sqrt(1.0 + t * t)
                s = t * c
                a[p, p] -= t * size
                a[q, q] += t * size
                a[p, q] = 0.0
                a[q, p] = 0.0
                for r in range(n):
                    if r not in (p, q):
                        rp, rq = a[r, p], a[r, q]
                        a[r, p] = c * rp - s * turn.conjugate() * rq
                        a[r, q] = s * turn * rp + c * rq
                        a[p, r] = a[r, p].conjugate()
                        a[q, r] = a[r, q].conjugate()
                for k in range(n):
                    kp, kq = vector[k, p], vector[k, q]
                    vector[k, p] = c * kp - s * turn.conjugate() * kq
                    vector[k, q] = s * turn * kp + c * kq
        if not rotated:
            break
    for i in range(n):
        value[i] = a[i, i].real
