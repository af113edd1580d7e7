"""Nodes in visible energy on which spectra are placed so that folding with a smooth line shape is exact.

A bin at energy e is shared among the six nearest nodes with the weights of Lagrange interpolation. Folding
then equals folding the bin with the line shape interpolated in energy to fifth order: 2.5 nodes a standard
deviation are enough where a spectrum is seen through the core of the line shape; 14C, seen through the tail,
takes 5.
"""

import numpy as np
from numpy.typing import NDArray

from analysis.response import Response

Floats = NDArray[np.float64]

STEEP_MEV = 0.16  # visible energies below need close nodes: all of 14C
_CLOSE, _WIDE = 5.0, 2.5  # nodes per standard deviation
_ORDER = 6


def _uniform_in_root(first_mev: float, last_mev: float, response: Response, per_sigma: float) -> Floats:
    # sigma of the estimator is at least sqrt(a m), and d(m)/d(sqrt(E)) = 2 sqrt(LY m)
    step = 0.5 * np.sqrt(response.resolution_a / response.light_yield) / per_sigma
    n = int(np.ceil((np.sqrt(last_mev) - np.sqrt(first_mev)) / step)) + 1
    return np.asarray(np.linspace(np.sqrt(first_mev), np.sqrt(last_mev), max(n, _ORDER)) ** 2)


def close_nodes(first_mev: float, last_mev: float, response: Response) -> Floats:
    """Return energies uniform in their square root, five a standard deviation, float (n,)."""
    return _uniform_in_root(first_mev, last_mev, response, _CLOSE)


def wide_nodes(first_mev: float, last_mev: float, response: Response) -> Floats:
    """Return energies uniform in their square root, 2.5 a standard deviation, float (n,)."""
    return _uniform_in_root(first_mev, last_mev, response, _WIDE)


def straight_nodes(last_mev: float, response: Response) -> Floats:
    """Return uniform energies from 0, 2.5 a standard deviation at 0.8 MeV, float (n,)."""
    step = np.sqrt(response.resolution_a * 0.8 / response.light_yield) / _WIDE
    n = int(np.ceil(last_mev / step)) + 1
    return np.linspace(0.0, last_mev, max(n, _ORDER))


def place(position: Floats, contents: Floats, nodes: Floats) -> Floats:
    """Share contents among uniform nodes.

    Parameters
    ----------
    position : float (m,), in the coordinate in which the nodes are uniform.
    contents : float (m,).
    nodes : float (n,), uniform, n >= 6.

    Returns
    -------
    float (n,). Contents outside the nodes are dropped; the first five moments of the rest are kept.
    """
    step = (nodes[-1] - nodes[0]) / (nodes.size - 1)
    at = (position - nodes[0]) / step
    inside = (at >= 0.0) & (at <= nodes.size - 1) & (contents != 0.0)
    at = at[inside]
    first = np.clip(np.floor(at).astype(np.int64) - _ORDER // 2 + 1, 0, nodes.size - _ORDER)
    local = at - first
    out = np.zeros(nodes.size)
    for k in range(_ORDER):
        weight = np.ones_like(local)
        for other in range(_ORDER):
            if other != k:
                weight *= (local - other) / (k - other)
        np.add.at(out, first + k, weight * contents[inside])
    return out
